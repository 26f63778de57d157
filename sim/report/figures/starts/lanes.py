"""From an outcome's phases to the segments of lanes: which instance stands for a label, and what is drawn of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from sim.outcome import Outcome
from sim.records.instances import OWNERS, InstanceRecord, Owner, PhaseRecord
from sim.report.figures import parts
from sim.report.numbers import marked, written
from sim.report.sources import cited
from sim.report.style import Style, inline
from sim.report.texts import tr

Finish = Literal["ready", "init", "runtime"]
"""Where the clock stops: the application is ready, the instance's first process runs, the runtime or VMM is ready."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One piece of a lane, in seconds since the lane's zero.

    Attributes:
        queued: It is time in queues, not of service.
    """

    owner: Owner
    phases: tuple[str, ...]
    start: float
    end: float
    queued: bool
    estimate: bool
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lane:
    """One instance's start.

    Attributes:
        total: Seconds from its request to the finish.
        zero: When the request came.
    """

    label: str
    instance: int
    zero: float
    total: float
    phases: tuple[PhaseRecord, ...]


def finish_of(record: InstanceRecord, finish: Finish) -> float:
    """When the instance reached the finish, in seconds since the replication began."""
    return {"ready": record.ready, "init": record.init_started, "runtime": record.runtime_ready}[finish]


@dataclass(frozen=True, slots=True)
class _Recorded:
    """What is recorded of a label: its instances, and the phases of each."""

    instances: list[InstanceRecord] = field(default_factory=list)
    phases: dict[int, list[PhaseRecord]] = field(default_factory=lambda: defaultdict(list))


def _recorded(outcome: Outcome) -> Mapping[str, _Recorded]:
    """What is recorded, by label."""
    recorded: dict[str, _Recorded] = defaultdict(_Recorded)
    for record in outcome.records:
        if isinstance(record, PhaseRecord):
            recorded[record.of].phases[record.instance].append(record)
        elif isinstance(record, InstanceRecord):
            recorded[record.of].instances.append(record)
    return dict(recorded)


def lanes(outcome: Outcome, label: str, finish: Finish = "ready") -> Sequence[Lane]:
    """Every recorded instance of a label, by request and, of those that came together, by finish."""
    return outcome.once((lanes, label, finish), lambda: _lanes(outcome, label, finish))


def _lanes(outcome: Outcome, label: str, finish: Finish) -> tuple[Lane, ...]:
    recorded = outcome.once(_recorded, lambda: _recorded(outcome)).get(label, _Recorded())
    return tuple(
        Lane(
            label,
            record.instance,
            record.requested,
            finish_of(record, finish) - record.requested,
            tuple(
                phase for phase in recorded.phases.get(record.instance, ()) if phase.start < finish_of(record, finish)
            ),
        )
        for record in sorted(recorded.instances, key=lambda record: (record.requested, finish_of(record, finish)))
    )


def median_lane(outcome: Outcome, label: str, finish: Finish = "ready") -> Lane | None:
    """The instance whose time is the (lower) median: it stands for its label. None where no instance was recorded."""
    return outcome.once((median_lane, label, finish), lambda: _median_lane(outcome, label, finish))


def _median_lane(outcome: Outcome, label: str, finish: Finish) -> Lane | None:
    ordered = sorted(
        (lane for lane in lanes(outcome, label, finish) if lane.phases), key=lambda lane: (lane.total, lane.instance)
    )
    return ordered[(len(ordered) - 1) // 2] if ordered else None


def scaled(lane: Lane, total: float) -> Lane:
    """The lane with every length stretched by one factor, so that it takes `total` seconds."""
    if not lane.total:
        return lane
    factor = total / lane.total

    def at(time: float) -> float:
        return lane.zero + (time - lane.zero) * factor

    phases = (
        replace(phase, start=at(phase.start), end=at(phase.end), queued=phase.queued * factor) for phase in lane.phases
    )
    return replace(lane, total=total, phases=tuple(phases))


def segments(lane: Lane, smallest: float = 0.0, since: float | None = None) -> list[Segment]:
    """The lane's pieces in order, each phase as its time in queues and its time of service.

    Args:
        smallest: Neighbours of one owner are drawn as one piece where one is shorter than this many seconds. An
            estimate and what is none are, only where both are shorter. Estimates of one owner are one piece however
            long, as dashes between them would tell apart what nobody has measured apart.
        since: The zero of the axis, in seconds since the replication began. The lane's own request where None.
    """
    zero = lane.zero if since is None else since
    end = lane.zero + lane.total
    pieces: list[Segment] = []
    for phase in lane.phases:
        stop, served = min(phase.end, end), phase.start + phase.queued
        for start, until, queued in ((phase.start, min(served, stop), True), (served, stop, False)):
            if until - start > 1e-9 * max(lane.total, 1e-9):
                piece = Segment(
                    phase.owner,
                    (phase.phase,),
                    start - zero,
                    until - zero,
                    queued,
                    phase.estimate,
                    (phase.source,) if phase.source else (),
                )
                pieces.append(piece)
    merged: list[Segment] = []
    for piece in pieces:
        if merged and _one_piece(merged[-1], piece, smallest):
            merged[-1] = _joined(merged[-1], piece)
        else:
            merged.append(piece)
    return merged


def _one_piece(before: Segment, after: Segment, smallest: float) -> bool:
    lengths = before.end - before.start, after.end - after.start
    alike = (before.owner, before.queued) == (after.owner, after.queued) and abs(after.start - before.end) < 1e-9
    if before.estimate and after.estimate:
        return alike
    return alike and (min(lengths) if before.estimate == after.estimate else max(lengths)) < smallest


def _joined(before: Segment, after: Segment) -> Segment:
    return replace(
        before,
        end=after.end,
        estimate=before.estimate or after.estimate,
        phases=tuple(dict.fromkeys(before.phases + after.phases)),
        sources=tuple(dict.fromkeys(before.sources + after.sources)),
    )


def owners_of(pieces: Sequence[Segment]) -> list[Owner]:
    """The owners of the pieces, in stack order."""
    present = {piece.owner for piece in pieces}
    return [owner for owner in OWNERS if owner in present]


def segment_row(piece: Segment, lane: str, name: str, phase_names: dict[str, str], style: Style) -> dict[str, Any]:
    """A piece as a row of a chart's data: its place, its colour's owner and what hovering tells."""
    took = written(piece.end - piece.start, "s", style.language)
    phases = [phase_names.get(phase, phase) for phase in piece.phases]
    return {
        "lane": lane,
        "owner": piece.owner,
        "start": piece.start,
        "end": piece.end,
        "style": ("queued" if piece.queued else "served") + (" estimate" if piece.estimate else ""),
        "ink": style.tokens.ink if piece.queued or piece.estimate else style.tokens.on[piece.owner],
        "took": marked(took, style.language, short=True) if piece.estimate else took,
        "name": name,
        "who": tr(f"owner.{piece.owner}", style.language),
        "what": ("、" if style.language == "ja" else ", ").join(phases)
        + (f" ({tr('figure.mark.queued', style.language)})" if piece.queued else ""),
        "source": "; ".join(cited(source, style.language) for source in piece.sources),
    }


def phase_bars(
    rows: Sequence[dict[str, Any]], style: Style, x: dict[str, Any], domain: float, band: float = 0.56
) -> list[parts.SpecLayer]:
    """A layer for each stroke: solid, estimated, queued, and both. A dash is a mark's property, not an encoding."""
    colour, language = parts.owner_colour(style), style.language
    titles = (
        ("name", "figure.col.label"),
        ("who", "figure.col.owner"),
        ("what", "figure.col.phase"),
        ("took", "figure.col.time"),
        ("source", "figure.col.source"),
    )
    tooltip = [{"field": field, "title": tr(title, language)} for field, title in titles]
    wide = f"(datum.until - datum.start) / {domain} * width > 4"
    separator = {"condition": {"test": wide, "value": 1.5}, "value": 0}
    layers = []
    for row_style in ("served", "served estimate", "queued", "queued estimate"):
        chosen = [row for row in rows if row["style"] == row_style]
        if not chosen:
            continue
        mark: dict[str, Any] = {"type": "bar", "height": {"band": band}, "clip": True}
        encoding = {"x": x, "x2": {"field": "until"}, "color": colour, "tooltip": tooltip}
        if row_style == "served":
            mark["stroke"] = style.tokens.background
            encoding["strokeWidth"] = separator
        else:
            mark |= {"fillOpacity": parts.PALE if row_style == "served estimate" else 0.12, "strokeWidth": 1.5}
            mark |= {"strokeDash": parts.DASH} if "estimate" in row_style else {}
            encoding["stroke"] = colour
        layers.append({"data": inline(chosen), "mark": mark, "encoding": encoding})
    return layers
