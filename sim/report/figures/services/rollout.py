"""A service through an event: the replicas that answer, requests lost, latency. Strips of all that is compared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import Any, Literal

from sim.never import NEVER
from sim.outcome import Outcome
from sim.quantity import parse
from sim.records.load import RequestRecord
from sim.records.replicas import NodeRecord, ReplicaRecord, WantedRecord
from sim.report.figures import parts
from sim.report.numbers import about, marked, written
from sim.report.ring import named
from sim.report.style import Language, Spec, Style, chart, inline
from sim.report.texts import tr
from sim.report.words import LabelNames, label_names, spoken

ReplicaLook = Literal["new", "old", "gone", "starting", "leaving", "away"]
"""How a replica is drawn: it answers, in the newest version or an older one; it is asked and does not answer; it
starts; it ends; it is on a node that is down, and is not asked."""

LOOKS: tuple[ReplicaLook, ...] = ("new", "old", "starting", "gone", "leaving", "away")
"""In the order of the legend."""
_LANE = 38
"""Pixels."""
SOME = 0.05
"""Requests of a bin that count as some."""
_MORE = 1.12
"""How much longer an axis is than what happens on it."""
_LEAST = 1 / 250
"""Share of the axis that a burst of lost requests is drawn at least."""


def replicas(outcome: Outcome, label: str) -> list[ReplicaRecord]:
    """What became of a label's replicas."""
    return [record for record in outcome.of_type(ReplicaRecord) if record.of == label]


def requests(outcome: Outcome, label: str) -> list[RequestRecord]:
    """What became of a label's requests, in time."""
    return [record for record in outcome.of_type(RequestRecord) if record.of == label]


def nodes(outcome: Outcome, label: str) -> list[NodeRecord]:
    """A label's nodes."""
    return [record for record in outcome.of_type(NodeRecord) if record.of == label]


def wanted(outcome: Outcome, label: str) -> list[WantedRecord]:
    """How many replicas a label wants, and from when on."""
    return [record for record in outcome.of_type(WantedRecord) if record.of == label]


def newest_version(records: Sequence[ReplicaRecord]) -> int:
    """The version that was asked for last."""
    return max((record.version for record in records), default=1)


def look(record: ReplicaRecord, newest: int) -> ReplicaLook:
    """How a stretch of a replica is drawn."""
    if record.asked and not record.answers:
        return "gone"
    if record.asked:
        return "new" if record.version == newest else "old"
    if record.state == "lost":
        return "away"
    return "leaving" if record.state == "leaving" else "starting"


def end_of(outcome: Outcome) -> float:
    """When the longest run of all labels ends, in seconds."""
    return max((one.time + one.width for one in outcome.of_type(RequestRecord)), default=1.0)


def interesting_end(outcome: Outcome, label: str) -> float:
    """Until when something changes with a label, and a little more; at most the end of its run."""
    bins = requests(outcome, label)
    end = max((one.time + one.width for one in bins), default=1.0)
    moments = [one.start for one in replicas(outcome, label)]
    moments += [one.time + one.width for one in bins if one.failed > SOME]
    moments += [at for node in nodes(outcome, label) for at in (node.down, node.noticed) if at != NEVER]
    return min(end, max(moments, default=end) * _MORE + 1.0)


def fills(style: Style) -> dict[ReplicaLook, dict[str, str]]:
    """Fill and stroke of each look. Old and new are two lightnesses of the application's colour."""
    tokens = style.tokens
    own = tokens.owners["application"]
    return {
        "new": {"fill": own, "stroke": own},
        "old": {"fill": own + "61", "stroke": own + "61"},
        "gone": {"fill": tokens.attention, "stroke": tokens.attention},
        "starting": {"fill": tokens.background, "stroke": own},
        "leaving": {"fill": tokens.track, "stroke": tokens.line},
        "away": {"fill": tokens.wash, "stroke": tokens.attention},
    }


def rollout_legend(outcome: Outcome, style: Style, label: str) -> str:
    """What the looks mean that a label has, as HTML."""
    records = replicas(outcome, label)
    newest = newest_version(records)
    there = {look(record, newest) for record in records}
    only = newest == min((record.version for record in records), default=1)
    chips = [
        f'<span style="display:inline-flex;align-items:center;gap:.4em;margin-right:1em;white-space:nowrap">'
        f'<span style="width:1.1em;height:.9em;box-sizing:border-box;background:{fills(style)[one]["fill"]};'
        f'border:1.5px solid {fills(style)[one]["stroke"]}"></span>'
        f"{escape(tr(f'figure.rollout.look.{_worded(one, only=only)}', style.language))}</span>"
        for one in LOOKS
        if one in there
    ]
    return f'<div style="font-size:.9rem;line-height:1.9;color:{style.tokens.muted}">{"".join(chips)}</div>'


def _worded(one: ReplicaLook, *, only: bool) -> str:
    return "answers" if only and one == "new" else one


# All that is compared


def lost_strips(outcome: Outcome, style: Style, names: LabelNames | None = None, *, brief: bool = False) -> Spec:
    """A lane a label: when requests were lost, how many in all, and when all was as wanted again.

    The stronger the colour, the larger the share of the requests of that moment.

    Args:
        brief: Of the stroke the time alone is said, as in a hall, whose type is large. The heading says what it is.
    """
    names = names or label_names(outcome, style.language)
    end = end_of(outcome)
    ends = [
        {
            "lane": label,
            "name": str(names[label]),
            "end": end,
            "lost": _lost(outcome, label, style.language),
            "took": _took(outcome, label, style, "after" if brief else "took"),
        }
        for label in outcome.labels
    ]
    texts = [str(one["lost"]) for one in ends] + [str(one["took"]) for one in ends]
    scale = {"domainMin": 0, "domainMax": parts.end_for(end, texts, style), "nice": False}
    x: dict[str, Any] = {"type": "quantitative", "title": None, "scale": scale, "axis": parts.seconds_axis(end, style)}
    y: dict[str, Any] = {"field": "lane", "type": "nominal", "sort": list(outcome.labels), "title": None}
    bursts = [row for label in outcome.labels for row in _bursts(outcome, label, end)]
    titles = (("name", "figure.col.label"), ("lost", "metric.lost"), ("took", "metric.duration"))
    tooltip = [{"field": field, "title": tr(title, style.language)} for field, title in titles]
    layers = [
        _bar([one | {"from": 0, "to": end} for one in ends], x, {"color": style.tokens.track}, tooltip=tooltip),
        _bar(bursts, x, {"color": style.tokens.attention}, opacity=True),
        _marks(outcome, style, x),
        parts.text_layer(ends, style, "end", "lost", dy=-style.px(9), fontWeight=700),
        parts.text_layer(ends, style, "end", "took", plus=-2, dy=style.px(10), color=style.tokens.muted),
    ]
    y["axis"] = parts.lane_axis(names, style, two_lines=True)
    of = named({"label": "lane"})
    return chart(style, height={"step": style.px(_LANE)}, encoding={"y": y}, layer=layers, usermeta=of)


def lost_strips_alt(outcome: Outcome, language: Language = "en") -> str:
    """How many requests each label lost, in a sentence."""
    names = spoken(label_names(outcome, language))
    each = (f"{names[label]} {_lost(outcome, label, language)}" for label in outcome.labels)
    return tr("figure.rollout.strips_alt", language, each=parts.joined(each, language))


def _bar(
    rows: Sequence[dict[str, Any]],
    x: dict[str, Any],
    mark: dict[str, Any],
    *,
    opacity: bool = False,
    tooltip: Sequence[dict[str, str]] = (),
) -> Spec:
    encoding: dict[str, Any] = {"x": x | {"field": "from"}, "x2": {"field": "to"}}
    if tooltip:
        encoding["tooltip"] = list(tooltip)
    if opacity:
        shades = {"domain": [0, 1], "range": [0.45, 1]}
        encoding["opacity"] = {"field": "share", "type": "quantitative", "scale": shades, "legend": None}
    return {
        "data": inline(rows),
        "mark": {"type": "bar", "height": {"band": 0.55}, "clip": True, **mark},
        "encoding": encoding,
    }


def _bursts(outcome: Outcome, label: str, end: float) -> Iterator[dict[str, Any]]:
    """Neighbouring bins that lost requests, as one bar, wide enough to be seen."""
    start, lost, sent, last = 0.0, 0.0, 0.0, -1.0
    for one in [*requests(outcome, label), RequestRecord(label, NEVER, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)]:
        fails = one.failed > SOME
        if last >= 0 and not (fails and one.time <= last + 1e-9):
            yield {"lane": label, "from": start, "to": max(last, start + end * _LEAST), "share": lost / sent}
            last = -1.0
        if fails:
            start, lost, sent = (start, lost, sent) if last >= 0 else (one.time, 0.0, 0.0)
            lost, sent, last = lost + one.failed, sent + one.offered, one.time + one.width


def _marks(outcome: Outcome, style: Style, x: dict[str, Any]) -> Spec:
    """A stroke where all is as wanted again."""
    rows = [
        {"lane": label, "from": since}
        for label in outcome.labels
        if (since := _settled(outcome, label)) not in (None, NEVER)
    ]
    mark = {"type": "tick", "thickness": 2, "size": style.px(_LANE * 0.62), "color": style.tokens.ink}
    return {"data": inline(rows), "mark": mark, "encoding": {"x": x | {"field": "from"}}}


def _settled(outcome: Outcome, label: str) -> float | None:
    """When all was as wanted again: the time that it took, after the event."""
    took = parts.any_statistic(outcome, label, "duration", "value")
    return None if took is None else took.value + event_time(outcome, label)


def event_time(outcome: Outcome, label: str) -> float:
    """When the event was: as the label's parameters say; at the beginning, where the service was started."""
    given = (outcome.parameters or {}).get(label, {})
    if given.get("event") == "start":
        return 0.0
    return parse(given["at"], "s") if "at" in given else 0.0


def _lost(outcome: Outcome, label: str, language: Language) -> str:
    metric = parts.any_statistic(outcome, label, "lost", "value")
    said = f"{metric.value:,.0f}" if metric is not None else "0"
    if metric is not None and metric.estimate and round(metric.value):
        said = marked(said, language, short=True)
    return tr("figure.rollout.lost", language, n=said)


def _took(outcome: Outcome, label: str, style: Style, said: Literal["took", "after"] = "took") -> str:
    took = parts.any_statistic(outcome, label, "duration", "value")
    if took is None:
        return ""
    if took.value == NEVER:
        return tr("figure.rollout.unsettled" if said == "took" else "figure.rollout.never", style.language)
    write = about if took.estimate else written
    return tr(f"figure.rollout.{said}", style.language, time=write(took.value, "s", style.language))


# One label


def rollout_alt(outcome: Outcome, label: str, language: Language = "en") -> str:
    """A label's replicas and requests in a sentence."""
    values = {metric.metric: metric.value for metric in outcome.metrics if metric.of == label}
    return tr(
        "figure.rollout.alt",
        language,
        name=spoken(label_names(outcome, language))[label],
        wanted=wanted(outcome, label)[-1].replicas if wanted(outcome, label) else 0,
        fewest=f"{values.get('fewest_ready', 0):.0f}",
        most=f"{values.get('most_pods', 0):.0f}",
        lost=_lost(outcome, label, language),
        time=written(values.get("duration", 0.0), "s", language),
    )


def rollout_table(outcome: Outcome, label: str, language: Language = "en") -> list[dict[str, str]]:
    """A row a stretch of a replica: what it is at, from when to when, on which node, and why."""
    rows = []
    for record in sorted(replicas(outcome, label), key=lambda one: one.start):
        cells = {
            "replica": record.replica,
            "version": f"v{record.version}",
            "node": record.node or "–",
            "state": tr(f"figure.rollout.state.{record.state}", language),
            "start": written(record.start, "s", language),
            "end": written(record.end, "s", language),
            "asked": tr(f"figure.rollout.asked.{_asked(record)}", language),
            "why": why(record, language),
        }
        rows.append({tr(f"figure.rollout.col.{column}", language): cell for column, cell in cells.items()})
    return rows


def why(record: ReplicaRecord, language: Language) -> str:
    """Why a stretch began, or what it waits for, as a sentence. "" where the state says it."""
    if not record.why:
        return ""
    return tr(f"figure.rollout.why.{record.why}", language, node=record.node or "–", detail=record.detail or "–")


def _asked(record: ReplicaRecord) -> str:
    if not record.asked:
        return "no"
    return "yes" if record.answers else "in_vain"
