"""How far each technology is from native, by workload: marks beside one line at 1."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from typing import Any, Literal

from sim.outcome import Metric, Outcome
from sim.records.load import EventRecord
from sim.report.catalogtexts import sourced
from sim.report.figures import parts
from sim.report.numbers import NARROW, between, marked, times, written
from sim.report.ring import named
from sim.report.style import Language, Spec, Style, chart, inline, type_size
from sim.report.texts import tr
from sim.report.words import choice_name, label_names, spoken, wide

OverheadMeasure = Literal["throughput_ratio", "p99_ratio"]
"""Of the first less is worse, of the second more."""

FELT = 0.1
"""From so much on, a distance from native is written beside its mark."""
FAR = 2.0
"""Beyond this factor a distance is in the colour of attention."""

_LANE = 17
_LETTER, _ROOM, _MOST_ROOM = 7, 180, 320
"""Pixels of a half-width letter of a lane's name, and the least and most that names have beside the lanes."""
_SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down", "triangle-right")
_AT = re.compile("[(\uff08]")
"""Begins what a lane has no room for."""


def groups(outcome: Outcome) -> dict[str, list[str]]:
    """Each workload with its labels, in the scenario's order."""
    found: dict[str, list[str]] = {}
    for label in outcome.labels:
        found.setdefault((outcome.parameters or {}).get(label, {}).get("workload", ""), []).append(label)
    return found


def halves(outcome: Outcome) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The workloads in two parts of about as many lanes, for a screen that is wide and low."""
    workloads = tuple(groups(outcome))
    middle = (len(workloads) + 1) // 2
    return workloads[:middle], workloads[middle:]


def overhead(
    outcome: Outcome,
    style: Style,
    measure: OverheadMeasure,
    *,
    workloads: Collection[str] = (),
    hidden: bool = False,
) -> Spec:
    """A lane a label under its workload's heading, the shape is the technology.

    Args:
        workloads: Those that are shown, all where there are none.
        hidden: Without what came out.
    """
    every = list(_rows(outcome, style, measure))
    lanes = _lanes(outcome, workloads)
    rows = [] if hidden else [row for row in every if row["lane"] in lanes]
    tokens = style.tokens
    x = _x([] if hidden else every, measure)
    native: dict[str, Any] = {
        "data": inline([{"at": 1}]),
        "mark": {"type": "rule", "strokeWidth": 2, "color": tokens.ink},
        "encoding": {"x": x | {"field": "at"}, "y": {"value": 0}, "y2": {"value": {"expr": "height"}}},
    }
    lane = {"field": "lane", "type": "nominal", "sort": lanes, "title": None, "axis": _axis(outcome, style)}
    lane |= {"scale": {"domain": lanes, "paddingInner": 0.1, "paddingOuter": 0.1}}
    # A lane that only a heading has must be there even where nothing is drawn in it.
    empty: dict[str, Any] = {
        "data": inline({"lane": each, "at": 1} for each in lanes),
        "mark": {"type": "point", "opacity": 0},
        "encoding": {"x": x | {"field": "at"}, "y": lane},
    }
    drawn = [_doubt(rows, x, lane), *_marks(rows, style, x, lane), _text(rows, style, x, lane, measure)] if rows else []
    of = named({"label": "lane"}, metric=measure)
    return chart(style, height={"step": style.px(_LANE)}, layer=[empty, native, *drawn], usermeta=of)


def overhead_table(outcome: Outcome, language: Language = "en") -> list[dict[str, str]]:
    """One row a label: workload, technology, and both ratios with interval and range."""
    table = []
    names = _technologies(outcome, language)
    for workload, labels in groups(outcome).items():
        for label in labels:
            row = {
                tr("parameter.workload", language): choice_name("workload", workload, language),
                tr("parameter.technology", language): names[label],
            }
            for measure in ("throughput_ratio", "p99_ratio"):
                metric = outcome.metric(label, measure, "value")
                row[tr(f"figure.overhead.{measure}", language)] = _told(metric, language)
                row[tr(f"figure.overhead.{measure}.doubt", language)] = _doubtful(metric, language)
            table.append(row)
    return table


def overhead_sources(outcome: Outcome, language: Language = "en") -> list[dict[str, str]]:
    """One row for each event that costs something: how often a request has it, and what it takes more each time."""
    names = spoken(label_names(outcome, language))
    rows = []
    for record in outcome.of_type(EventRecord):
        cells = {
            "label": names[record.of],
            "event": tr(f"figure.event.{record.event}", language),
            "count": f"{record.count:g}",
            "seconds": written(record.seconds, "s", language, record.estimate),
            "source": sourced(record.source, language),
        }
        rows.append({tr(f"figure.overhead.{key}", language): cell for key, cell in cells.items()})
    return rows


def overhead_alt(outcome: Outcome, measure: OverheadMeasure, language: Language = "en") -> str:
    """What is at least a tenth away from native, in a sentence."""
    names = _technologies(outcome, language)
    told = []
    for workload, labels in groups(outcome).items():
        metrics = [outcome.metric(label, measure, "value") for label in labels]
        felt = [f"{names[metric.of]} {_told(metric, language)}" for metric in metrics if _felt(metric)]
        if felt:
            told.append(f"{choice_name('workload', workload, language)}: {parts.joined(felt, language)}")
    said = ("；" if language == "ja" else "; ").join(told) or tr("figure.overhead.none", language)
    return tr("figure.overhead.alt", language, measure=tr(f"figure.overhead.{measure}", language), said=said)


def _felt(metric: Metric) -> bool:
    return abs(metric.value - 1) >= FELT


def _told(metric: Metric, language: Language) -> str:
    text = f"{metric.value:.2f}" if metric.metric == "throughput_ratio" else times(metric.value, language)
    return marked(text, language) if metric.estimate and metric.value != 1 else text


def _doubtful(metric: Metric, language: Language) -> str:
    low, high = metric.range or (metric.low, metric.high)
    return "–" if low is None or high is None or low == high else between(low, high, "1", language)


def _technologies(outcome: Outcome, language: Language) -> dict[str, str]:
    """What each label's technology is called, and what is different where it repeats under one workload."""
    names = label_names(outcome, language)
    short = {label: _AT.split(name.name)[0].strip() for label, name in names.items()}
    told = spoken(names)
    return {
        label: told[label] if [short[other] for other in labels].count(short[label]) > 1 else short[label]
        for labels in groups(outcome).values()
        for label in labels
    }


def _lanes(outcome: Outcome, workloads: Collection[str] = ()) -> list[str]:
    """The heading and the labels of each workload."""
    shown = {name: labels for name, labels in groups(outcome).items() if not workloads or name in workloads}
    return [lane for workload, labels in shown.items() for lane in (f"#{workload}", *labels)]


def _axis(outcome: Outcome, style: Style) -> dict[str, Any]:
    """Headings in bold, technologies below them."""
    said = {f"#{workload}": choice_name("workload", workload, style.language) for workload in groups(outcome)}
    said |= _technologies(outcome, style.language)
    heading = "substring(datum.value, 0, 1) == '#'"
    longest = max(len(name) + wide(name) for name in said.values())
    extent = {"expr": f"containerSize()[0] < 300 ? 130 : {min(max(_ROOM, _LETTER * longest), _MOST_ROOM)}"}
    return {
        "labelExpr": f"{json.dumps(said, ensure_ascii=False)}[datum.value]",
        "labelColor": style.tokens.ink,
        "labelFontWeight": {"condition": {"test": heading, "value": 700}, "value": 400},
        "labelFontSize": style.px(13),
        "labelLimit": 400,
        "minExtent": extent,
        "maxExtent": extent,
        "grid": False,
    }


def _rows(outcome: Outcome, style: Style, measure: OverheadMeasure) -> Iterator[dict[str, Any]]:
    technologies = _technologies(outcome, style.language)
    order = list(dict.fromkeys(technologies.values()))
    for workload, labels in groups(outcome).items():
        for label in labels:
            metric = outcome.metric(label, measure, "value")
            low, high = metric.range or (metric.low, metric.high)
            factor = max(metric.value, 1 / metric.value) if metric.value > 0 else FAR
            yield {
                "lane": label,
                "value": metric.value,
                "one": 1,
                "low": metric.value if low is None else low,
                "high": metric.value if high is None else high,
                "far": factor > FAR,
                "shape": order.index(technologies[label]) % len(_SHAPES),
                "told": _told(metric, style.language),
                "text": _number(metric) if _felt(metric) else "",
                "name": f"{choice_name('workload', workload, style.language)} · {technologies[label]}",
            }


def _number(metric: Metric) -> str:
    """A ratio beside its mark, an estimate with its sign."""
    digits = 3 if metric.value < FELT else 2
    text = f"{metric.value:.{digits}f}" if metric.metric == "throughput_ratio" else f"{metric.value:.2g}×"
    return f"≈{NARROW}{text}" if metric.estimate else text


def _x(rows: list[dict[str, Any]], measure: OverheadMeasure) -> dict[str, Any]:
    x: dict[str, Any] = {"field": "value", "type": "quantitative", "title": None}
    if measure == "throughput_ratio":
        axis = {"values": [0, 0.5, 1], "format": "~g"}
        return x | {"scale": {"domain": [0, 1.4], "nice": False}, "axis": axis}
    most = max((row["high"] for row in rows), default=10.0)
    ticks = [tick for tick in (1, 2, 5, 10, 20, 50, 100, 200, 500) if tick <= most] or [1]
    axis = {"values": ticks, "labelExpr": "datum.value + '×'"}
    return x | {"scale": {"type": "log", "domain": [0.9, max(most * 2.5, 3.0)], "nice": False}, "axis": axis}


def _doubt(rows: list[dict[str, Any]], x: dict[str, Any], lane: dict[str, Any]) -> parts.SpecLayer:
    """From the low to the high end of what the sources allow."""
    ends = {"x": x | {"field": "low"}, "x2": {"field": "high"}, "y": lane}
    return {"data": inline(rows), "mark": {"type": "rule", "strokeWidth": 7, "opacity": 0.2}, "encoding": ends}


def _marks(
    rows: list[dict[str, Any]], style: Style, x: dict[str, Any], lane: dict[str, Any]
) -> Iterator[parts.SpecLayer]:
    """What is lost as a line from native to the mark, and the mark in the technology's shape."""
    tokens = style.tokens
    colour = {"condition": {"test": "datum.far", "value": tokens.attention}, "value": tokens.muted}
    lost = {"x": x, "x2": {"field": "one"}, "y": lane, "color": colour}
    yield {"data": inline(rows), "mark": {"type": "rule", "strokeWidth": 3}, "encoding": lost}
    tooltip = [
        {"field": "name", "title": tr("parameter.workload", style.language)},
        {"field": "told", "title": tr("figure.overhead.native", style.language)},
    ]
    ink = {"condition": {"test": "datum.far", "value": tokens.attention}, "value": tokens.ink}
    shape: dict[str, Any] = {"field": "shape", "type": "ordinal", "legend": None}
    shape |= {"scale": {"domain": list(range(len(_SHAPES))), "range": list(_SHAPES)}}
    yield {
        "data": inline(rows),
        "mark": {"type": "point", "filled": True, "opacity": 1, "size": style.px(70)},
        "encoding": {"x": x, "y": lane, "shape": shape, "color": ink, "tooltip": tooltip},
    }


def _text(
    rows: list[dict[str, Any]], style: Style, x: dict[str, Any], lane: dict[str, Any], measure: OverheadMeasure
) -> parts.SpecLayer:
    """Numbers right of the line of native, or right of marks that are beyond it, where there is room."""
    where = "one" if measure == "throughput_ratio" else "high"
    ink = {"condition": {"test": "datum.far", "value": style.tokens.attention_text}, "value": style.tokens.ink}
    return {
        "data": inline(row | {"reach": max(row[where], row["value"])} for row in rows if row["text"]),
        "mark": {"type": "text", "align": "left", "dx": 9, "fontWeight": 700, "fontSize": type_size(style, -2)},
        "encoding": {"x": x | {"field": "reach"}, "y": lane, "text": {"field": "text"}, "color": ink},
    }
