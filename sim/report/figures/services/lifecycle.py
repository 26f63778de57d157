"""A container's life as a lane: starting, running, waiting and stopping, with the count of starts at its end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import Any, Literal, get_args

from sim.outcome import Outcome
from sim.records.containers import LifeRecord
from sim.report.figures import parts
from sim.report.numbers import written
from sim.report.ring import named
from sim.report.style import SMALLEST, Language, Spec, Style, chart, inline, type_size
from sim.report.texts import tr
from sim.report.words import LabelNames, label_names, spoken

LifeState = Literal["running", "starting", "waiting", "stopping"]
LIFE_STATES: tuple[LifeState, ...] = get_args(LifeState)

LENS_SECONDS = 15.0
"""What is enlarged."""
_LENS_WORTH = 4.0
"""A lens is worth its place where the lanes are at least so many times longer."""
_FINEST = 1_200
"""Pieces of one state that a lane draws at most: no screen has a pixel for more."""
TOLD_STARTS = 100
"""Starts of one label that the table lists."""


def life(outcome: Outcome, label: str) -> list[LifeRecord]:
    """The stretches of a label's container in order."""
    return [record for record in outcome.of_type(LifeRecord) if record.of == label]


def window_of(outcome: Outcome) -> float:
    """Seconds until the stop: the longest of all labels."""
    return max((record.start for record in outcome.of_type(LifeRecord) if record.state == "stopping"), default=1.0)


def enlarges(outcome: Outcome) -> bool:
    """Whether the first seconds deserve a lane of their own: some container starts twice in them."""
    starts = (record for record in outcome.of_type(LifeRecord) if record.state == "starting" and record.number == 1)
    return window_of(outcome) >= _LENS_WORTH * LENS_SECONDS and any(record.end < LENS_SECONDS for record in starts)


def lifelines(
    outcome: Outcome, style: Style, names: LabelNames, *, lens: bool = False, hidden: bool = False, stacked: bool = True
) -> Spec:
    """A lane a label.

    Args:
        lens: The first `LENS_SECONDS` alone, without counts.
        hidden: Empty lanes with "?", before the run is shown.
        stacked: For a page, where the lens stands above the lanes. Else they stand beside one another, alike.
    """
    window = window_of(outcome)
    end = LENS_SECONDS if lens else max((record.end for record in outcome.of_type(LifeRecord)), default=window)
    rows = [] if hidden else [row for label in outcome.labels for row in _rows(outcome, label, str(names[label]), end)]
    for row in rows:
        row |= {"state_word": tr(f"figure.life.{row['state']}", style.language)}
        row |= {"took": written(row["lasts"], "s", style.language), "at": written(row["start"], "s", style.language)}
    ends = [] if lens else _ends(outcome, style.language, end, hidden=hidden)
    top = end if lens or hidden else parts.end_for(end, [row["stop"] for row in ends], style)
    x: dict[str, Any] = {"field": "start", "type": "quantitative", "title": None, "stack": None}
    x |= {"scale": {"domainMin": 0, "domainMax": top, "nice": False}, "axis": parts.seconds_axis(end, style)}
    axis = parts.lane_axis({label: names[label] for label in outcome.labels}, style, two_lines=not lens)
    y = {"field": "lane", "type": "nominal", "sort": list(outcome.labels), "title": None, "axis": axis}
    layers = [_tracks(outcome, style, end)]
    if enlarges(outcome) and not lens and not hidden:
        layers.append(_shade(style))
    layers += [*_bars(rows, style, x, end), _waits(rows, style, lens=lens), *_texts(ends, style, hidden=hidden)]
    step = (28 if lens else 46) if stacked else 56
    of = named({"label": "lane", "state": "state"})
    return chart(style, height={"step": style.px(step)}, encoding={"y": y, "x": x}, layer=layers, usermeta=of)


def life_legend(style: Style) -> str:
    """What the fills stand for, as HTML."""
    chips = "".join(
        '<span style="display:inline-flex;align-items:center;gap:6px;margin-right:18px">'
        f'<span style="display:inline-block;width:20px;height:12px;box-sizing:border-box;{_css(state, style)}"></span>'
        f"{escape(tr(f'figure.life.{state}', style.language))}</span>"
        for state in LIFE_STATES
    )
    return f'<div style="font-size:{max(SMALLEST, style.px(14))}px;color:{style.tokens.muted}">{chips}</div>'


def life_table(outcome: Outcome, language: Language = "en") -> list[dict[str, str]]:
    """A row a start: when its process began, the exit code, and the wait for the next start."""
    names, table = spoken(label_names(outcome, language)), []
    for label in outcome.labels:
        records = life(outcome, label)
        waits = {record.number: record for record in records if record.state == "waiting"}
        runs = [record for record in records if record.state == "running"]
        for run in runs[:TOLD_STARTS]:
            wait = waits.get(run.number)
            cells = (
                names[label],
                f"{run.number + 1}",
                written(run.start, "s", language),
                run.code or "–",
                written(wait.end - wait.start, "s", language) if wait else "–",
            )
            table.append(_line(cells, language))
        if len(runs) > TOLD_STARTS:
            more = tr("figure.life.more", language, n=f"{len(runs) - TOLD_STARTS:,}")
            table.append(_line((names[label], more, "", "", ""), language))
    return table


def life_alt(outcome: Outcome, language: Language = "en") -> str:
    """How often each label is started, and how it ends, in a sentence."""
    names = spoken(label_names(outcome, language))
    told = [
        f"{names[row['lane']]}: {row['count']}, {row['stop']}" for row in _ends(outcome, language, 0.0, hidden=False)
    ]
    return tr("figure.life.alt", language, lanes="; ".join(told))


def _line(cells: Sequence[str], language: Language) -> dict[str, str]:
    columns = ("label", "number", "at", "code", "wait")
    return {tr(f"figure.life.col.{column}", language): cell for column, cell in zip(columns, cells, strict=True)}


def _rows(outcome: Outcome, label: str, name: str, end: float) -> Iterator[dict[str, Any]]:
    """A label's stretches up to `end`. Of those narrower than a pixel, one for each pixel."""
    records = life(outcome, label)
    stop = next((record.start for record in records if record.state == "stopping"), end)
    drawn: dict[str, float] = {}
    for record in records:
        until = min(record.end, end if record.state == "stopping" else stop)
        ended = record.state == "stopping" and record.end == record.start
        if ended or record.start >= end or until < drawn.get(record.state, -1.0) + end / _FINEST:
            continue
        drawn[record.state] = until
        cut = record.state == "waiting" and record.end >= stop
        yield {
            "lane": label,
            "name": name,
            "state": record.state,
            "start": record.start,
            "until": min(until, end),
            "middle": (record.start + min(until, end)) / 2,
            "lasts": until - record.start,
            "number": record.number + 1,
            "code": record.code or "–",
            "brief": record.state == "running" and until - record.start < end / 400,
            "whole": record.state == "waiting" and not cut and until <= end,
        }


def _ends(outcome: Outcome, language: Language, end: float, *, hidden: bool) -> list[dict[str, Any]]:
    """What stands behind each lane: its count of starts, and how it ended."""
    found = {label: _last_words(outcome, label, language) for label in outcome.labels}
    counts = {label: starts for label, (starts, _) in found.items()}
    most = max(counts.values(), default=0)
    return [
        {
            "lane": label,
            "end": 0.0 if hidden else end,
            "count": "?" if hidden else tr(f"figure.life.{'start' if starts == 1 else 'starts'}", language, n=starts),
            "stop": "" if hidden else stop,
            "most": starts == most > 1 and list(counts.values()).count(most) == 1,
        }
        for label, (starts, stop) in found.items()
    ]


def _last_words(outcome: Outcome, label: str, language: Language) -> tuple[int, str]:
    values = {m.metric: m.value for m in outcome.metrics if m.of == label}
    code = tr("figure.life.exit", language, code=f"{values.get('exit_code', 0):.0f}")
    took = values.get("stop_time", 0.0)
    if took:
        code += " · " + tr("figure.life.stop", language, time=written(took, "s", language))
    return int(values.get("starts", 0)), code


def _fill(state: LifeState, style: Style) -> str:
    """A process has the application's colour. What the engine does has the engine's."""
    owners = style.tokens.owners
    colours = {"running": owners["application"], "stopping": style.tokens.muted}
    return colours.get(state, owners["engine"])


def _css(state: LifeState, style: Style) -> str:
    colour = _fill(state, style)
    return f"border:1px solid {colour};background:{colour}" + ("2E" if state == "waiting" else "")


def _tracks(outcome: Outcome, style: Style, end: float) -> parts.SpecLayer:
    rows = [{"lane": label, "start": 0, "until": end} for label in outcome.labels]
    mark = {"type": "bar", "height": {"band": 0.78}, "color": style.tokens.track}
    return {"data": inline(rows), "mark": mark, "encoding": {"x2": {"field": "until"}}}


def _shade(style: Style) -> parts.SpecLayer:
    """The part that the lens enlarges, across all lanes."""
    ends = {"x2": {"field": "until"}, "y": {"value": 0}, "y2": {"value": {"expr": "height"}}}
    mark = {"type": "rect", "color": style.tokens.ink, "opacity": 0.12, "aria": False}
    return {"data": inline([{"start": 0, "until": LENS_SECONDS}]), "mark": mark, "encoding": ends}


def _bars(rows: Sequence[dict[str, Any]], style: Style, x: dict[str, Any], end: float) -> list[parts.SpecLayer]:
    """A layer a state. A run too brief for a bar is a tick, so that every start can be seen."""
    columns = (("name", "label"), ("state_word", "state"), ("number", "number"), ("at", "at"), ("took", "time"))
    tooltip = [
        {"field": field, "title": tr(f"figure.life.col.{column}", style.language)}
        for field, column in (*columns, ("code", "code"))
    ]
    wide = f"(datum.until - datum.start) / {end} * width > 4"
    looks: dict[LifeState, dict[str, Any]] = {
        "waiting": {"fillOpacity": 0.18, "strokeWidth": 1},
        "starting": {"strokeWidth": 1},
        "running": {"stroke": style.tokens.background},
        "stopping": {"strokeWidth": 1},
    }
    layers: list[parts.SpecLayer] = []
    for state, look in looks.items():
        colour = _fill(state, style)
        shown = [row for row in rows if row["state"] == state and not row["brief"]]
        mark = {"type": "bar", "height": {"band": 0.6}, "clip": True, "color": colour, "stroke": colour} | look
        encoding: dict[str, Any] = {"x": x, "x2": {"field": "until"}, "tooltip": tooltip}
        if state == "running":
            encoding["strokeWidth"] = {"condition": {"test": wide, "value": 1}, "value": 0}
        layers.append({"data": inline(shown), "mark": mark, "encoding": encoding})
    tick = {"type": "tick", "thickness": 2.5, "size": style.px(24), "color": _fill("running", style), "clip": True}
    brief = [row for row in rows if row["brief"]]
    layers.append({"data": inline(brief), "mark": tick, "encoding": {"x": x, "tooltip": tooltip}})
    return layers


def _waits(rows: Sequence[dict[str, Any]], style: Style, *, lens: bool) -> parts.SpecLayer:
    """The wait inside each outline that has room for it."""
    whole = [row for row in rows if row["whole"]]
    letter = style.px(15 if style.language == "ja" else 9)
    room = f"scale('x', datum.until) - scale('x', datum.start) > length(datum.took) * {letter} + 6"
    mark = {"type": "text", "align": "center", "clip": True, "color": style.tokens.ink}
    return {
        "data": inline(whole),
        "mark": mark | {"fontSize": style.px(13) if lens else type_size(style, -2)},
        "encoding": {
            "x": {"field": "middle", "type": "quantitative"},
            "text": {"field": "took"},
            "opacity": {"condition": {"test": room, "value": 1}, "value": 0},
        },
    }


def _texts(ends: Sequence[dict[str, Any]], style: Style, *, hidden: bool) -> list[parts.SpecLayer]:
    if hidden:
        return [parts.text_layer(ends, style, "end", "count", plus=2, color=style.tokens.muted)]
    up, down = -style.px(9), style.px(10)
    counts = {"plus": 2, "dy": up, "fontWeight": 700}
    layers = [
        parts.text_layer([row for row in ends if row["most"] == most], style, "end", "count", color=colour, **counts)
        for most, colour in ((False, style.tokens.ink), (True, style.tokens.attention_text))
    ]
    return [*layers, parts.text_layer(ends, style, "end", "stop", plus=-1, dy=down, color=style.tokens.muted)]
