"""Memory as time passes: whose pages fill the host's RAM, what KSM saves, what is swapped, and when it became tight."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sim.outcome import Metric, Outcome
from sim.records.instances import OWNERS
from sim.records.memory import LedgerRecord
from sim.report.figures import parts
from sim.report.numbers import NARROW, about, written
from sim.report.ring import places
from sim.report.style import Language, Spec, Style, chart, inline, text_width, type_size
from sim.report.texts import tr
from sim.report.words import label_names, spoken

STACK = ("host", *OWNERS, "merged", "cache")
"""The parts of the RAM in stack order. What is free stays empty up to the RAM's line."""
SWAPS = ("swapped", "guest_swapped")

_HEIGHT = 300
_GIB, _MIB = 2**30, 2**20
_NAMED = 0.07
"""A part that fills so much of the axis at its end is named there."""
_ROW = 20
"""Pixels between the words of events that come close together."""
_Y_AXIS = 40
"""Pixels left of the plot that words above it may take."""
_HALO = 8
"""Pixels of page colour around the words of an event."""
_FIRSTS = {"first_reclaim": "reclaimed", "first_swap": "swapped", "first_kill": "oom_kills"}
"""Each time at which something first happened, and the metric that tells how much of it did."""


class Event(NamedTuple):
    """Something that happened first at a time, in words."""

    time: float
    text: str
    costs: bool
    metric: str


Series = Mapping[str, Sequence[tuple[float, int]]]
"""Part to its bytes at each time, in order."""


def over_time(outcome: Outcome) -> list[str]:
    """The labels that ran for a time, so that there is something to draw."""
    there = {record.of for record in outcome.of_type(LedgerRecord)}
    return [label for label in outcome.labels if label in there]


def series(outcome: Outcome, label: str) -> Series:
    """A label's ledger by part."""
    points: dict[str, list[tuple[float, int]]] = defaultdict(list)
    for record in outcome.of_type(LedgerRecord):
        if record.of == label:
            points[record.part].append((record.time, record.bytes))
    return points


def ram(ledger: Series) -> int:
    """The host's RAM in bytes: what its parts add up to, at any time."""
    return sum(ledger[part][0][1] for part in (*STACK, "free") if ledger.get(part))


def events(outcome: Outcome, label: str, language: Language = "en") -> list[Event]:
    """What first happened when, in order: cache dropped, memory swapped, a process killed, half of KSM's saving."""
    metrics = {m.metric: m for m in outcome.metrics if m.of == label and m.statistic == "value"}
    noted = []
    for first, amount in _FIRSTS.items():
        much = metrics.get(amount)
        if much and much.value and first in metrics:
            text = tr(f"figure.pressure.{first}", language, much=_said(much, language))
            noted.append(Event(metrics[first].value, text, first != "first_reclaim", first))
    saved = metrics.get("ksm_saved_most")
    if saved and saved.value:
        text = tr("figure.pressure.half", language, saved=_said(saved, language))
        half = metrics["half_saving_time"].value if "half_saving_time" in metrics else 0.0
        noted.append(Event(half, text, False, "half_saving_time"))
    return sorted(noted)


def _said(metric: Metric, language: Language) -> str:
    """A metric inside a sentence."""
    return (about if metric.estimate else written)(metric.value, metric.unit, language)


def pressure(outcome: Outcome, style: Style, label: str) -> Spec:
    """One label's RAM by owner as stacked areas under the RAM's line, with swap beside it and events in words.

    All labels of an outcome share one scale. Of several, the one that is drawn is named above it. A dashed line above
    the stack is what there would be without KSM.
    """
    ledger, language, tokens = series(outcome, label), style.language, style.tokens
    highest = max((_highest(series(outcome, other)) for other in over_time(outcome)), default=1.0)
    unit, word = (_GIB, "GiB") if highest >= 2 * _GIB else (_MIB, "MiB")
    domain = 1.06 * highest / unit
    end = max((time for line in ledger.values() for time, _ in line), default=1.0) or 1.0
    rows = _areas(ledger, unit, language)
    named = [row for row in rows if row["time"] == end and row["high"] - row["low"] > _NAMED * domain]
    for row in named:
        row["middle"] = (row["low"] + row["high"]) / 2
    size, total = ram(ledger), tr("figure.pressure.ram", language, size=written(ram(ledger), "B", language))
    saved = [size for _, size in ledger.get("saved", ())]
    if saved and saved[-1]:
        used = sum(ledger[part][-1][1] for part in STACK if ledger.get(part))
        text = tr("figure.pressure.without", language, size=written(used + saved[-1], "B", language))
        named.append({"time": end, "middle": (used + saved[-1]) / unit, "part": text})
    top = parts.end_for(end, [total, *(row["part"] for row in named)], style)
    x: dict[str, Any] = {"field": "time", "type": "quantitative", "title": None}
    x |= {"scale": {"domainMin": 0, "domainMax": top, "nice": False}, "axis": parts.seconds_axis(end, style)}
    told = f"format(datum.value, ',~r') + (datum.index == 1 ? '{NARROW}{word}' : '')"
    y: dict[str, Any] = {"field": "low", "type": "quantitative", "title": None}
    y |= {"scale": {"domain": [0, domain], "nice": False}}
    y["axis"] = {"values": parts.ticks(domain, 5), "labelExpr": told}
    layers = [_stack(rows, style), *_lines(ledger, unit, style)]
    across: dict[str, Any] = {"zero": 0, "time": end, "at": size / unit, "text": total}
    layers.append(
        {
            "data": inline([across]),
            "mark": {"type": "rule", "color": tokens.ink, "strokeWidth": 1.6},
            "encoding": {
                "x": {"field": "zero", "type": "quantitative"},
                "x2": {"field": "time"},
                "y": {"field": "at", "type": "quantitative"},
            },
        }
    )
    layers.append(_text([across], style, "at", "text", fontWeight=600))
    if named:
        layers.append(_text(named, style, "middle", "part", color=tokens.muted))
    happened = events(outcome, label, language)
    layers += _events(happened, style)
    if len(over_time(outcome)) > 1:
        layers.append(_name(outcome, label, style, len(happened)))
    padding = {"top": style.px(8), "left": 5, "right": 5, "bottom": 5}
    fit = {"type": "fit", "contains": "padding"}
    height = style.px(_HEIGHT + _ROW * len(happened))
    of = places.named({"part": "key", "event": "event"}, label=label)
    return chart(
        style, height=height, autosize=fit, padding=padding, encoding={"x": x, "y": y}, layer=layers, usermeta=of
    )


def pressure_table(outcome: Outcome, label: str, language: Language = "en") -> list[dict[str, str]]:
    """One row a part: its bytes at the start, at most, and at the end."""
    ledger, table = series(outcome, label), []
    for part in (*STACK, "free", "saved", *SWAPS, "ballooned"):
        line = [size for _, size in ledger.get(part, ())]
        if any(line):
            cells = {"part": part_text(part, language)}
            ends = (("start", line[0]), ("most", max(line)), ("end", line[-1]))
            cells |= {name: written(size, "B", language) for name, size in ends}
            table.append({tr(f"figure.pressure.col.{column}", language): cell for column, cell in cells.items()})
    return table


def pressure_alt(outcome: Outcome, label: str, language: Language = "en") -> str:
    """What is used of the RAM at the end, and what happened on the way, in a sentence."""
    ledger = series(outcome, label)
    used = sum(ledger[part][-1][1] for part in STACK if ledger.get(part))
    name = spoken(label_names(outcome, language))[label]
    sizes = {"used": written(used, "B", language), "ram": written(ram(ledger), "B", language)}
    said = [tr("figure.pressure.alt", language, name=name, **sizes)]
    said += [
        tr("figure.pressure.at", language, event=event.text, time=written(event.time, "s", language))
        for event in events(outcome, label, language)
    ]
    return ("。" if language == "ja" else "; ").join(said) + ("。" if language == "ja" else ".")


def part_text(part: str, language: Language = "en") -> str:
    """What a part of the ledger over time is called."""
    return tr(f"owner.{part}.short" if part in OWNERS else f"figure.pressure.part.{part}", language)


def _highest(ledger: Series) -> float:
    saved = max((size for _, size in ledger.get("saved", ())), default=0)
    used = max((sum(sizes) for sizes in zip(*(_sizes(ledger, part) for part in STACK), strict=False)), default=0)
    return float(max(ram(ledger), used + saved, *(max(_sizes(ledger, part), default=0) for part in SWAPS)))


def _sizes(ledger: Series, part: str) -> list[int]:
    return [size for _, size in ledger.get(part, ())]


def _areas(ledger: Series, unit: int, language: Language) -> list[dict[str, Any]]:
    rows = []
    below: dict[float, int] = defaultdict(int)
    for order, part in enumerate(STACK):
        if not any(_sizes(ledger, part)):
            continue
        for time, size in ledger[part]:
            low = below[time]
            below[time] = low + size
            row = {"key": part, "part": part_text(part, language), "order": order, "time": time}
            row |= {"low": low / unit, "high": (low + size) / unit, "bytes": size}
            rows.append(row | {"size": written(size, "B", language), "when": written(time, "s", language)})
    return rows


def _stack(rows: Sequence[dict[str, Any]], style: Style) -> parts.SpecLayer:
    tokens = style.tokens
    colours = {"host": tokens.line, "merged": tokens.ink, "cache": tokens.owners["files"]} | dict(tokens.owners)
    colour = {
        "field": "key",
        "type": "nominal",
        "scale": {"domain": list(STACK), "range": [colours[part] for part in STACK]},
        "legend": None,
    }
    # Clean page cache is the files' too, but the kernel may drop it at any time: paler, and without dashes no estimate.
    weak = {"condition": {"test": "datum.key === 'cache'", "value": 0.45}, "value": 1}
    tooltip = [
        {"field": field, "title": tr(f"figure.pressure.col.{title}", style.language)}
        for field, title in (("part", "part"), ("size", "size"), ("when", "when"))
    ]
    mark = {"type": "area", "stroke": tokens.background, "strokeWidth": 1, "interpolate": "linear"}
    y = {"field": "low", "type": "quantitative", "stack": None}
    encoding = {"y": y, "y2": {"field": "high"}, "color": colour, "opacity": weak, "tooltip": tooltip}
    return {"data": inline(rows), "mark": mark, "encoding": encoding}


def _lines(ledger: Series, unit: int, style: Style) -> list[parts.SpecLayer]:
    """Dashed: what the instances would take without KSM. In attention: what is on swap, the host's and the guests'."""
    layers: list[parts.SpecLayer] = []
    y = {"field": "at", "type": "quantitative"}
    if any(_sizes(ledger, "saved")):
        used = [sum(sizes) for sizes in zip(*(_sizes(ledger, p) for p in STACK if ledger.get(p)), strict=True)]
        rows = [
            {"time": time, "at": (saved + size) / unit, "key": "saved"}
            for (time, saved), size in zip(ledger["saved"], used, strict=True)
        ]
        mark = {"type": "line", "strokeDash": [4, 3], "strokeWidth": 1.8, "color": style.tokens.ink}
        layers.append({"data": inline(rows), "mark": mark, "encoding": {"y": y}})
    swapped = [sum(sizes) for sizes in zip(*(_sizes(ledger, p) for p in SWAPS if ledger.get(p)), strict=True)]
    if any(swapped):
        times = [time for time, _ in ledger["swapped"]]
        rows = [{"time": time, "at": size / unit, "key": "swapped"} for time, size in zip(times, swapped, strict=True)]
        for width, colour in ((5, style.tokens.background), (2.5, style.tokens.attention)):
            mark = {"type": "line", "strokeWidth": width, "color": colour}
            layers.append({"data": inline(rows), "mark": mark, "encoding": {"y": y}})
    return layers


def _text(rows: Sequence[dict[str, Any]], style: Style, y: str, text: str, **mark: Any) -> parts.SpecLayer:
    return {
        "data": inline(rows),
        "mark": {"type": "text", "align": "left", "dx": 8, "fontSize": type_size(style)} | mark,
        "encoding": {"y": {"field": y, "type": "quantitative"}, "text": {"field": text}},
    }


def _name(outcome: Outcome, label: str, style: Style, row: int) -> parts.SpecLayer:
    """Whose memory it is, above the words of so many events."""
    data = inline([{"time": 0, "text": spoken(label_names(outcome, style.language))[label]}])
    mark = {"type": "text", "align": "left", "baseline": "middle", "fontWeight": 600, "fontSize": type_size(style)}
    encoding = {"y": {"value": -style.px(8 + _ROW * row)}, "text": {"field": "text"}}
    return {"data": data, "mark": mark | {"color": style.tokens.ink}, "encoding": encoding}


def _events(happened: Sequence[Event], style: Style) -> list[parts.SpecLayer]:
    """An upright at each event, its words above the figure, one row each. One that costs is in attention.

    The first event has the lowest row, and words stand left of their upright, so that no other one reaches them. An
    early event has no room there: its words stand at the right, on a halo of page colour above the others' uprights.
    """
    uprights: list[parts.SpecLayer] = []
    words: list[parts.SpecLayer] = []
    for row, event in enumerate(happened):
        colour = style.tokens.ink
        if event.costs:
            colour = style.tokens.attention_text if style.theme == "dark" else style.tokens.attention
        above = -style.px(8 + _ROW * row)
        data = inline([{"time": event.time, "text": event.text, "event": event.metric}])
        rule = {"type": "rule", "color": colour, "strokeWidth": 1.5, "strokeDash": [2, 2]}
        ends = {"y": {"value": above}, "y2": {"value": {"expr": "height"}}}
        uprights.append({"data": data, "mark": rule, "encoding": ends})
        room = f"scale('x', {event.time}) + {_Y_AXIS} > {text_width(event.text, style.px(15)):.0f}"
        text: dict[str, Any] = {"type": "text", "fontWeight": 600}
        text |= {"align": {"expr": f"{room} ? 'right' : 'left'"}, "dx": {"expr": f"{room} ? -5 : 5"}}
        text |= {"color": colour, "fontSize": type_size(style), "baseline": "middle"}
        halo = {"stroke": style.tokens.background, "strokeWidth": _HALO, "strokeJoin": "round", "aria": False}
        encoding = {"y": {"value": above}, "text": {"field": "text"}}
        words += [{"data": data, "mark": text | more, "encoding": encoding} for more in (halo, {})]
    return [*uprights, *words]
