"""The boot race: one lane a label, its phases in their owners' colours, from a startup study's outcome."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from sim.outcome import Metric, Outcome
from sim.records.instances import OWNERS, Owner, PhaseRecord
from sim.report.figures import parts
from sim.report.figures.bars import doubt_columns
from sim.report.figures.legend import LegendMark
from sim.report.figures.starts.lanes import (
    Finish,
    Lane,
    median_lane,
    owners_of,
    phase_bars,
    scaled,
    segment_row,
    segments,
)
from sim.report.numbers import written
from sim.report.ring import named
from sim.report.sources import cited
from sim.report.style import PHONE, SMALLEST, Language, Spec, Style, chart, inline, on_phone, type_size
from sim.report.texts import tr
from sim.report.words import LabelNames, label_names, phase_names, spoken

_METRICS = {"ready": "startup_time", "init": "init_time", "runtime": "runtime_time"}
_LENS_WORTH = 4.0
"""A lens is worth its place where the longest lane is at least so many times longer than what it enlarges."""


_LOWER, _UP = 10, 14
"""Pixels below the middle of a lane where a phone has its bar, and above it where it has the name."""
_BAND, _READ = 0.56, 15
"""Share of a lane that a bar takes elsewhere, and pixels of a bar that has a number in it."""
_WIDEST, _AROUND = 2000, 6
"""Pixels of the widest chart there is (a page is 1800 wide), and around a number in a bar."""
_TWO_LINES = 45
"""Pixels of a lane from which on a name of two lines keeps away from the next."""
IN_A_LECTURE = 6
"""Lanes of a race that fits a lecture's screen with its enlargement below it."""


class LaneHeights(NamedTuple):
    """Pixels of a lane: as usual, the least, and what all lanes of a chart may take together."""

    usual: float
    least: float
    together: float


_HEIGHTS = {
    ("race", True): LaneHeights(50, 42, 460),
    ("race", False): LaneHeights(46, 42, 460),
    ("beside", True): LaneHeights(32, 24, 300),
    ("beside", False): LaneHeights(27, 24, 300),
    ("below", False): LaneHeights(27, 18, 108),
}
"""By whose lanes they are, a race's or those of an enlargement beside or below it, and whether there is height."""
_ALL_LANES, _LEAST_LANE = 400, 38
"""Pixels that the empty lanes take of a lecture's screen, and the lowest of them."""


def finish_metric(outcome: Outcome, label: str, finish: Finish = "ready") -> Metric | None:
    """The metric whose clock stops at the finish: its median over instances."""
    return parts.any_statistic(outcome, label, _METRICS[finish])


def drawn_lane(outcome: Outcome, label: str, finish: Finish = "ready") -> Lane | None:
    """What is drawn of a label: its median instance of the first replication, stretched to the median of all.

    One instance had its own luck: unstretched, its bar would not end at the number and the interval beside it.
    """
    lane, metric = median_lane(outcome, label, finish), finish_metric(outcome, label, finish)
    return scaled(lane, metric.value) if lane and metric else lane


def order(outcome: Outcome, finish: Finish = "ready") -> list[str]:
    """The labels by finish, first one first. Those without a time last."""
    times = {label: finish_metric(outcome, label, finish) for label in outcome.labels}
    return sorted(outcome.labels, key=lambda label: metric.value if (metric := times[label]) else math.inf)


def lens_cut(outcome: Outcome, finish: Finish = "ready") -> float | None:
    """Seconds the lens enlarges (a round number), or None where the lanes are near enough not to need one."""
    totals = [row["reach"] for row in _totals(outcome, Style(), finish)]
    cuts = {parts.round_up(reach) for reach in totals}
    return max((cut for cut in cuts if max(totals) >= _LENS_WORTH * cut), default=None)


def owners(outcome: Outcome, finish: Finish = "ready") -> list[Owner]:
    """The owners the race shows, in stack order: for the legend."""
    return owners_of([piece for lane in _lanes(outcome, finish) for piece in segments(lane)])


def marks(outcome: Outcome, finish: Finish = "ready") -> list[LegendMark]:
    """The marks the race uses: for the legend."""
    pieces = [piece for lane in _lanes(outcome, finish) for piece in segments(lane)]
    totals = [metric for label in outcome.labels if (metric := finish_metric(outcome, label, finish))]
    used: dict[LegendMark, bool] = {
        "estimate": any(piece.estimate for piece in pieces) or any(metric.estimate for metric in totals),
        "queued": any(piece.queued for piece in pieces),
        "interval": any(metric.low is not None for metric in totals),
        "range": any(metric.range is not None for metric in totals),
    }
    return [mark for mark, shown in used.items() if shown]


def race(
    outcome: Outcome,
    style: Style,
    names: LabelNames,
    *,
    predicted: Sequence[str] = (),
    hidden: bool = False,
    lens: bool = False,
    finish: Finish = "ready",
    tall: bool = True,
) -> Spec:
    """The race.

    Args:
        hidden: Empty lanes in the scenario's order, each with "?" or the rank said.
        lens: Its first moments.
        predicted: Labels in the order a student placed them.
        tall: Lanes for a page. Else for a projector.
    """
    if hidden:
        return _empty_lanes(outcome, style, names, predicted, tall)
    totals = _totals(outcome, style, finish, predicted)
    first = lens_cut(outcome, finish)
    domain = 1.13 * first if lens and first else parts.domain_for(totals)
    cut = first if lens and first else domain
    pieces = [
        segment_row(piece, lane.label, str(names[lane.label]), phase_names(outcome, lane.label, style.language), style)
        for lane in _lanes(outcome, finish)
        for piece in segments(lane, smallest=0.015 * domain)
    ]
    for row in pieces:
        row["until"] = min(row["end"], cut)
    shown = [row for row in totals if not lens or row["reach"] <= cut]
    step = style.px(_step(len(totals), lens=lens, tall=tall))
    layers = [_tracks(outcome, style)] if lens else [_lowered(_tracks(outcome, style), step, 0.78)]
    if not lens and first:
        layers.append(_shade(first, style))
    bars = phase_bars(
        [row for row in pieces if row["start"] < cut],
        style,
        _x_axis(cut, _axis_end(shown, domain, style, lens=lens), style),
        domain,
    )
    layers += bars if lens else [_lowered(layer, step, _BAND) for layer in bars]
    if not lens or step * _BAND >= _READ:
        layers.append(_numbers_in_bars(pieces, shown, style, cut, lens))
    if lens:
        layers += parts.interval_layers(shown, style)
        layers.append(parts.text_layer(shown, style, "reach", "label", fontWeight=700))
        longer = [{"lane": row["lane"], "end": cut, "label": "→"} for row in totals if row["reach"] > cut]
        layers.append(parts.text_layer(longer, style, "end", "label", color=style.tokens.muted))
    else:
        ranges = parts.range_layers(shown, style, 20, domain, told_on_phone=False)
        layers += [_moved(layer, 24) for layer in ranges]
        layers += parts.ranges_run_on(shown, domain, style, 24)
        layers += [_moved(layer, _LOWER) for layer in parts.interval_layers(shown, style)]
        layers += _told(shown, style)
        layers += parts.names_above(names, outcome.labels, style, _UP, {row["lane"]: row["rank"] for row in shown})
    lane = _lane_encoding(
        order(outcome, finish), names, style, two_lines=not lens and step >= _TWO_LINES, above=not lens
    )
    of = named({"label": "lane", "owner": "owner"})
    return chart(style, height={"step": step}, encoding={"y": lane}, layer=layers, usermeta=of)


def _lowered(layer: parts.SpecLayer, step: float, band: float) -> parts.SpecLayer:
    """Bars that are lower on a phone, and further down in their lane, as names stand above them there."""
    height = on_phone(0.44 * step, band * step)
    return _moved({**layer, "mark": {**layer["mark"], "height": height}}, _LOWER)


def _moved(layer: parts.SpecLayer, there: float) -> parts.SpecLayer:
    """Marks that are `there` pixels below the middle of their lane on a phone."""
    mark = layer["mark"]
    return {**layer, "mark": {**mark, "yOffset": on_phone(there, mark.get("yOffset", 0))}}


def _told(shown: Sequence[dict[str, Any]], style: Style) -> list[parts.SpecLayer]:
    """Behind each bar its total, and below that its rank. On a phone the rank stands at the right of the name."""
    muted = style.tokens.muted
    rank = parts.text_layer(shown, style, "reach", "rank", plus=-1, dy=style.px(9), color=muted)
    rank["mark"]["opacity"] = on_phone(0, 1)
    right: dict[str, Any] = {"align": "right", "dx": -2, "dy": -_UP, "fontSize": SMALLEST, "color": muted}
    beside = parts.text_layer(shown, style, "reach", "rank", **right, opacity=on_phone(1, 0), aria=False)
    beside["encoding"]["x"] = {"value": {"expr": "width"}}
    up = on_phone(_LOWER, -style.px(11))
    return [parts.text_layer(shown, style, "reach", "label", plus=1, dy=up, fontWeight=700), rank, beside]


def _step(count: int, *, lens: bool, tall: bool) -> float:
    """Pixels of a lane: lower where there are many, as the whole race is to be seen at once."""
    below = not tall and count <= IN_A_LECTURE
    usual, least, together = _HEIGHTS["race" if not lens else "below" if below else "beside", tall]
    return max(least, min(usual, together / max(count, 1)))


def _lanes(outcome: Outcome, finish: Finish) -> list[Lane]:
    drawn = (drawn_lane(outcome, label, finish) for label in order(outcome, finish))
    return [lane for lane in drawn if lane]


def _totals(outcome: Outcome, style: Style, finish: Finish, predicted: Sequence[str] = ()) -> list[dict[str, Any]]:
    """One row a lane: its total with interval and range, written, and its rank beside the predicted one.

    One alone has no rank.
    """
    rows = []
    times = [one.value for label in outcome.labels if (one := finish_metric(outcome, label, finish))]
    for label in order(outcome, finish):
        metric, lane = finish_metric(outcome, label, finish), drawn_lane(outcome, label, finish)
        if metric is None:
            continue
        said = predicted.index(label) + 1 if label in predicted else 0
        rank, level = 1 + sum(time < metric.value for time in times), times.count(metric.value)
        told = parts.place(rank, style) if len(times) > 1 else ""
        if level > 1:
            told = tr("figure.place.level", style.language, place=told)
        if said:
            guess = tr("figure.you", style.language, place=parts.place(said, style))
            told += f" · {guess} {'✓' if rank <= said < rank + level else '✗'}"
        row = {"lane": label, "total": metric.value, **parts.doubt(metric, style.language), "rank": told}
        row["label"] = written(metric.value, "s", style.language, metric.estimate)
        row["reach"] = max(metric.value, metric.high or 0.0, lane.total if lane else 0.0)
        rows.append(row)
    return rows


def _lane_encoding(
    labels: Sequence[str], names: LabelNames, style: Style, *, two_lines: bool, above: bool
) -> dict[str, Any]:
    shown = {label: names[label] for label in labels}
    axis = parts.lane_axis(shown, style, two_lines=two_lines, above_on_phone=above)
    return {"field": "lane", "type": "nominal", "sort": list(labels), "title": None, "axis": axis}


def _tracks(outcome: Outcome, style: Style) -> parts.SpecLayer:
    return {
        "data": inline({"lane": label} for label in outcome.labels),
        "mark": {"type": "bar", "height": {"band": 0.78}, "color": style.tokens.track},
        "encoding": {"x": {"datum": 0}, "x2": {"value": {"expr": "width"}}},
    }


def _shade(cut: float, style: Style) -> parts.SpecLayer:
    """The part that the lens enlarges, across all lanes. Its y is fixed, as it would add a lane otherwise."""
    ends = {"x": {"datum": 0}, "x2": {"datum": cut}, "y": {"value": 0}, "y2": {"value": {"expr": "height"}}}
    return {
        "data": inline([{}]),
        "mark": {"type": "rect", "color": style.tokens.ink, "opacity": 0.09, "aria": False},
        "encoding": ends,
    }


def _axis_end(shown: Sequence[dict[str, Any]], domain: float, style: Style, *, lens: bool) -> str:
    """Where the axis ends, as an expression: behind the longest lane's time and rank. A phone has ranks elsewhere."""
    longest = max((row["reach"] for row in shown), default=0.0)
    time = parts.end_for(longest, [row["label"] for row in shown], style, plus=0 if lens else -1)["expr"]
    ends = [f"(width < 320 ? {domain * 1.25} : {domain})", time]
    if not lens:
        rank = parts.end_for(longest, [row["rank"] for row in shown], style, plus=-3)["expr"]
        ends.append(f"({PHONE} ? 0 : {rank})")
        ends.append(f"({PHONE} ? 0 : {parts.end_with_ranges(shown, domain, style)})")
    return f"max({', '.join(ends)})"


def _x_axis(cut: float, end: str, style: Style) -> dict[str, Any]:
    scale = {"domainMin": 0, "domainMax": {"expr": end}, "nice": False}
    axis = parts.seconds_axis(cut, style)
    return {"field": "start", "type": "quantitative", "scale": scale, "title": None, "axis": axis, "stack": None}


def _numbers_in_bars(
    rows: Sequence[dict[str, Any]],
    totals: Sequence[dict[str, Any]],
    style: Style,
    cut: float,
    lens: bool,
) -> parts.SpecLayer:
    """The duration inside each piece that has room and no whisker across it."""
    whisker = {row["lane"]: row["low"] for row in totals if row["low"] is not None}
    letter = style.px(15 if style.language == "ja" else 9)
    free = [
        {name: row[name] for name in ("lane", "start", "until", "took", "ink")}
        | {"middle": (row["start"] + row["until"]) / 2}
        for row in rows
        if row["start"] < cut
        and row["until"] <= whisker.get(row["lane"], math.inf)
        and (row["until"] - row["start"]) / cut * _WIDEST > len(row["took"]) * letter + _AROUND
    ]
    room = f"scale('x', datum.until) - scale('x', datum.start) > length(datum.took) * {letter} + {_AROUND}"
    size: Any = style.px(14) if lens else type_size(style, -1)
    dy: Any = 0 if lens else on_phone(_LOWER, 0)
    return {
        "data": inline(free),
        "mark": {"type": "text", "clip": True, "align": "center", "fontSize": size, "fontWeight": 500, "dy": dy},
        "encoding": {
            "x": {"field": "middle", "type": "quantitative"},
            "text": {"field": "took"},
            "color": {"field": "ink", "type": "nominal", "scale": None},
            "opacity": {"condition": {"test": room, "value": 1}, "value": 0},
        },
    }


def _empty_lanes(outcome: Outcome, style: Style, names: LabelNames, predicted: Sequence[str], tall: bool) -> Spec:
    said = {
        label: tr("figure.you", style.language, place=parts.place(i, style)) for i, label in enumerate(predicted, 1)
    }
    rows = [{"lane": label, "text": said.get(label, "?")} for label in outcome.labels]
    scale = {"domain": [0, 1], "nice": False}
    x = {"datum": 0, "type": "quantitative", "scale": scale, "title": None, "axis": {"labels": False, "grid": False}}
    step = style.px(72 if tall else min(50, max(_LEAST_LANE, _ALL_LANES / len(outcome.labels))))
    track = _lowered(_tracks(outcome, style), step, 0.78)
    track["encoding"]["x"] = x
    text = {"type": "text", "align": "left", "baseline": "middle", "dx": 14, "fontSize": type_size(style, 4)}
    words = {"data": inline(rows), "mark": text, "encoding": {"x": {"datum": 0}, "text": {"field": "text"}}}
    lane = _lane_encoding(outcome.labels, names, style, two_lines=step >= _TWO_LINES, above=True)
    text["dy"] = on_phone(_LOWER, 0)
    above = parts.names_above(names, outcome.labels, style, _UP + (step - 50) / 2)
    return chart(style, height={"step": step}, encoding={"y": lane}, layer=[track, words, *above])


def race_table(outcome: Outcome, language: Language = "en", finish: Finish = "ready") -> list[dict[str, str]]:
    """One row a label, by finish: total, interval, range, and the seconds of each owner in the instance drawn."""
    names, table = label_names(outcome, language), []
    for label in order(outcome, finish):
        metric, lane = finish_metric(outcome, label, finish), drawn_lane(outcome, label, finish)
        if metric is None:
            continue
        row = {tr("figure.col.label", language): str(names[label])}
        row[tr("figure.col.total", language)] = written(metric.value, "s", language, metric.estimate)
        row |= doubt_columns(metric, language)
        pieces = segments(lane) if lane else []
        for owner in OWNERS:
            spent = math.fsum(piece.end - piece.start for piece in pieces if piece.owner == owner)
            row[tr(f"owner.{owner}.short", language)] = written(spent, "s", language) if spent else "–"
        table.append(row)
    return table


def race_sources(outcome: Outcome, language: Language = "en") -> list[dict[str, str]]:
    """One row a phase of the instances drawn: label, owner, phase, duration, of which queued, source."""
    names, table = label_names(outcome, language), []
    for lane in _lanes(outcome, "ready"):
        known = phase_names(outcome, lane.label, language)
        table += [_source_row(phase, str(names[lane.label]), known, language) for phase in lane.phases]
    return table


def _source_row(phase: PhaseRecord, name: str, known: dict[str, str], language: Language) -> dict[str, str]:
    cells = {
        "label": name,
        "owner": tr(f"owner.{phase.owner}.short", language),
        "phase": known.get(phase.phase, phase.phase),
        "time": written(phase.end - phase.start, "s", language, phase.estimate),
        "queued": written(phase.queued, "s", language) if phase.queued else "–",
        "source": cited(phase.source, language),
    }
    return {tr(f"figure.col.{column}", language): cell for column, cell in cells.items()}


def race_alt(outcome: Outcome, language: Language = "en", finish: Finish = "ready") -> str:
    """The race in a sentence, for those who hear it."""
    names = spoken(label_names(outcome, language))
    lanes = [
        f"{names[label]} {written(metric.value, 's', language, metric.estimate)}"
        for label in order(outcome, finish)
        if (metric := finish_metric(outcome, label, finish))
    ]
    return parts.sentence(tr("figure.race_alt", language, lanes=parts.joined(lanes, language)))
