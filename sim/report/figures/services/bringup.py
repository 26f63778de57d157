"""A compose project as it comes up: a lane a service, the critical path through them, and what changes would save."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from itertools import chain
from typing import Any

from sim.outcome import Outcome
from sim.records.projects import SavingRecord, ServiceRecord
from sim.report.figures import parts
from sim.report.numbers import written
from sim.report.ring import named
from sim.report.style import Language, Spec, Style, chart, inline
from sim.report.texts import tr
from sim.report.words import label_names, spoken

STATES = ("created", "starting", "running", "unasked", "unhealthy", "works", "crashed", "waiting", "exited")
"""In the order of the legend."""

_LANE = 36
"""Pixels."""
_TAIL = 0.06
"""The share of the axis behind the last event, so that what works then is seen."""
_LENGTH, _BARS = 44, 0.6
"""Pixels that a length in a bar needs, and about which share of the figure's width the bars have."""
_ATTENTION = ("crashed", "unhealthy")


def services(outcome: Outcome, label: str) -> dict[str, list[ServiceRecord]]:
    """The stretches of each container of a label, by its lane's name; those that start first come first."""
    found: dict[str, list[ServiceRecord]] = {}
    records = [record for record in outcome.of_type(ServiceRecord) if record.of == label]
    several = {record.service for record in records if record.number > 1}
    for record in records:
        name = f"{record.service}-{record.number}" if record.service in several else record.service
        found.setdefault(name, []).append(record)
    return dict(sorted(found.items(), key=lambda lane: _order(lane[1])))


def bringup(outcome: Outcome, style: Style, label: str, *, most: int = 40) -> Spec:
    """A lane a container, from `docker compose up` until all works or nothing more happens.

    Where there are more than `most`, those on the critical path and the first others are drawn, and the figure says so.

    What works and was not asked is hollow. The heavy line is the critical path. The colour of attention marks errors,
    and on the path the time in which others wait for a probe of a service that works.
    """
    every = services(outcome, label)
    lanes = _shown(every, most)
    end, last = _end(every), max((record.place for record in _all(every)), default=0)
    told = {name: _told(stretches, style.language) for name, stretches in lanes.items()}
    scale = {"domainMin": 0, "domainMax": parts.end_for(end, told.values(), style), "nice": False}
    x: dict[str, Any] = {"type": "quantitative", "title": None, "scale": scale, "axis": parts.seconds_axis(end, style)}
    y: dict[str, Any] = {"field": "lane", "type": "nominal", "scale": {"domain": list(lanes)}, "title": None}
    y["axis"] = {"grid": False, "labelColor": style.tokens.ink, "labelFontWeight": 500}
    rows = [
        _row(name, record, end, style, held=0 < record.place < last)
        for name, stretches in lanes.items()
        for record in stretches
    ]
    ends = [{"lane": name, "at": end, "told": text} for name, text in told.items()]
    layers = [
        *_bars(rows, style, x),
        _lengths(rows, style, end),
        *_path(lanes, style, x),
        parts.text_layer(ends, style, "at", "told"),
    ]
    of = named({"service": "service", "state": "state"}, label=label)
    spec = chart(style, height={"step": style.px(_LANE)}, encoding={"y": y}, layer=layers, usermeta=of)
    if len(lanes) < len(every):
        spec["title"] = tr("figure.sample", style.language, n=len(lanes), all=f"{len(every):,}")
    return spec


def bringup_legend(outcome: Outcome, style: Style, label: str) -> str:
    """What the bars of a label's figure mean, as HTML."""
    there = {record.state for record in outcome.of_type(ServiceRecord) if record.of == label}
    alike: dict[tuple[str, str], list[str]] = {}
    for state in STATES:
        if state in there:
            look = _look(state, False, style)
            alike.setdefault((look["fill"], look["stroke"]), []).append(state)
    chips = [
        f'<span style="display:inline-flex;align-items:center;gap:.4em;margin-right:.95em;white-space:nowrap">'
        f'<span style="width:1.3em;height:.95em;box-sizing:border-box;background:{fill};'
        f'border:1.5px solid {stroke}"></span>{escape(_said(states, style.language))}</span>'
        for (fill, stroke), states in alike.items()
    ]
    return f'<div style="font-size:.9rem;line-height:1.9;color:{style.tokens.muted}">{"".join(chips)}</div>'


def bringup_table(outcome: Outcome, language: Language = "en") -> list[dict[str, str]]:
    """A row a stretch: whose, what it is at, from when to when, the exit code and its place on the critical path."""
    names = spoken(label_names(outcome, language))
    table = []
    for label in outcome.labels:
        for name, stretches in services(outcome, label).items():
            for record in stretches:
                cells = {
                    "label": names[label],
                    "service": name,
                    "state": tr(f"figure.bringup.{record.state}", language),
                    "start": written(record.start, "s", language),
                    "end": written(record.end, "s", language),
                    "code": record.code,
                    "place": str(record.place or ""),
                }
                table.append({tr(f"figure.bringup.col.{column}", language): cell for column, cell in cells.items()})
    return table


def savings_table(outcome: Outcome, label: str, language: Language = "en") -> list[dict[str, str]]:
    """A row a change, the one that saves most first."""
    return [
        {
            tr("figure.bringup.col.change", language): tr(
                f"figure.bringup.change.{record.change}", language, service=record.service, other=record.other
            ),
            tr("figure.bringup.col.seconds", language): written(record.seconds, "s", language),
            tr("figure.bringup.col.early", language): str(record.early),
        }
        for record in outcome.of_type(SavingRecord)
        if record.of == label
    ]


def bringup_alt(outcome: Outcome, label: str, language: Language = "en") -> str:
    """Each container of a label with how it stands in the end, and the critical path, in a sentence or two."""
    lanes = services(outcome, label)
    name = spoken(label_names(outcome, language))[label]
    each = parts.joined((f"{lane} {_told(stretches, language)}" for lane, stretches in lanes.items()), language)
    path = " → ".join(lane for lane, _ in _on_path(lanes))
    told = tr("figure.bringup.alt", language, name=name, each=each)
    return f"{told} {tr('figure.bringup.alt_path', language, path=path)}" if path else told


def _shown(lanes: dict[str, list[ServiceRecord]], most: int) -> dict[str, list[ServiceRecord]]:
    chosen = set(sorted(lanes, key=lambda name: lanes[name][0].place == 0)[:most])
    return {name: stretches for name, stretches in lanes.items() if name in chosen}


def _all(lanes: Mapping[str, Sequence[ServiceRecord]]) -> Iterator[ServiceRecord]:
    return chain.from_iterable(lanes.values())


def _said(states: Iterable[str], language: Language) -> str:
    return " / ".join(tr(f"figure.bringup.{state}", language) for state in states)


def _order(stretches: Sequence[ServiceRecord]) -> tuple[float, float]:
    """When it was first started, behind all others where it never was; at one time by its place on the path."""
    started = [record.start for record in stretches if record.state == "starting"]
    return min(started, default=math.inf), stretches[0].place or math.inf


def _end(lanes: Mapping[str, Sequence[ServiceRecord]]) -> float:
    last = max((record.end for record in _all(lanes)), default=1.0)
    return last * (1 + _TAIL)


def _told(stretches: Sequence[ServiceRecord], language: Language) -> str:
    """How a container stands in the end: since when it works or what it ended with, and how many errors it had."""
    last = stretches[-1]
    states = [record.state for record in stretches]
    probed = last.state == "works" and ("unasked" in states or "unhealthy" in states)
    end = "healthy" if probed else last.state
    told = tr(f"figure.bringup.end.{end}", language, at=written(last.start, "s", language), code=last.code)
    crashes = states.count("crashed")
    if crashes > (last.state == "exited" and last.code != "0"):
        told = tr("figure.bringup.end.errors", language, told=told, n=crashes)
    return told


def _look(state: str, held: bool, style: Style) -> dict[str, str]:
    """Fill and stroke of a state's bars. held: whether the path goes on from its service."""
    tokens = style.tokens
    fills = {
        "created": tokens.track,
        "starting": tokens.owners["application"],
        "running": tokens.owners["application"],
        "unasked": tokens.background,
        "works": tokens.owners["machine"],
        "waiting": tokens.track,
        "exited": tokens.track,
    }
    strokes = {"unasked": tokens.attention if held else tokens.ink, "created": tokens.line, "waiting": tokens.line}
    strokes |= {"exited": tokens.line} | dict.fromkeys(_ATTENTION, tokens.attention)
    fill = {"crashed": tokens.attention, "unhealthy": tokens.wash}.get(state) or fills[state]
    return {"fill": fill, "stroke": strokes.get(state, fill)}


def _row(lane: str, record: ServiceRecord, end: float, style: Style, *, held: bool) -> dict[str, Any]:
    """A stretch as a row of the chart. What lasts to the end goes on to the figure's edge."""
    lasts = record.end * (1 + _TAIL) >= end - 1e-9
    return {
        "lane": lane,
        "service": record.service,
        "start": record.start,
        "end": end if lasts else record.end,
        "state": record.state,
        "said": tr(f"figure.bringup.{record.state}", style.language),
        "took": written(record.end - record.start, "s", style.language),
        "low": record.state in ("created", "waiting", "exited"),
        "marked": record.state == "unasked" and held,
        **_look(record.state, held, style),
    }


def _bars(rows: Sequence[dict[str, Any]], style: Style, x: dict[str, Any]) -> Iterator[parts.SpecLayer]:
    """What only waits is a low bar, what does something a high one."""
    titles = {"lane": "service", "said": "state", "took": "took"}
    tooltip = [
        {"field": field, "title": tr(f"figure.bringup.col.{title}", style.language)} for field, title in titles.items()
    ]
    for low, band in ((True, 0.2), (False, 0.56)):
        yield {
            "data": inline([row for row in rows if row["low"] == low]),
            "mark": {"type": "bar", "height": {"band": band}, "strokeWidth": 1.5},
            "encoding": {
                "x": x | {"field": "start"},
                "x2": {"field": "end"},
                "fill": {"field": "fill", "type": "nominal", "scale": None},
                "stroke": {"field": "stroke", "type": "nominal", "scale": None},
                "tooltip": tooltip,
            },
        }


def _lengths(rows: Sequence[dict[str, Any]], style: Style, end: float) -> parts.SpecLayer:
    """In each hollow bar on the path how long it is, where that fits."""
    shown = [row | {"middle": (row["start"] + row["end"]) / 2} for row in rows if row["marked"]]
    layer = parts.text_layer(
        shown, style, "middle", "took", align="center", dx=0, fontWeight=600, color=style.tokens.attention_text
    )
    room = f"(datum.end - datum.start) / {end} * width * {_BARS} > {style.px(_LENGTH)}"
    layer["encoding"]["opacity"] = {"condition": {"test": room, "value": 1}, "value": 0}
    return layer


def _on_path(lanes: Mapping[str, Sequence[ServiceRecord]]) -> list[tuple[str, Sequence[ServiceRecord]]]:
    """The lanes of the critical path in its order; of a service with several containers, the last of them."""
    there = {stretches[0].place: (name, stretches) for name, stretches in lanes.items()}
    return [there[place] for place in sorted(there) if place]


def _path(lanes: Mapping[str, Sequence[ServiceRecord]], style: Style, x: dict[str, Any]) -> Iterator[parts.SpecLayer]:
    """Under each lane of the path a line until the next one begins, and one down to that."""
    path = _on_path(lanes)
    begins = [_begins(stretches) for _, stretches in path]
    ends = [*begins[1:], *(_works(stretches) for _, stretches in path[-1:])]
    along = [{"lane": name, "from": begin, "to": end} for (name, _), begin, end in zip(path, begins, ends, strict=True)]
    down = [
        {"lane": name, "to": end, "next": path[place + 1][0]}
        for place, ((name, _), end) in enumerate(zip(path[:-1], ends, strict=False))
    ]
    offset = style.px(_LANE * 0.36)
    line = {"type": "rule", "strokeWidth": 3, "color": style.tokens.ink, "yOffset": offset, "strokeCap": "square"}
    yield {
        "data": inline(along),
        "mark": line,
        "encoding": {"x": x | {"field": "from"}, "x2": {"field": "to"}},
    }
    yield {
        "data": inline(down),
        "mark": line | {"y2Offset": offset},
        "encoding": {"x": x | {"field": "to"}, "y2": {"field": "next"}},
    }


def _begins(stretches: Sequence[ServiceRecord]) -> float:
    """When the start begins after which it did not fail again."""
    return max(record.start for record in stretches if record.state == "starting")


def _works(stretches: Sequence[ServiceRecord]) -> float:
    return next(record.start for record in stretches if record.state in ("unasked", "works", "exited"))
