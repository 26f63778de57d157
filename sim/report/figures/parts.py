"""What several figures draw alike: lanes with names, axes of seconds, intervals, estimates, room for text."""

from __future__ import annotations

import itertools
import json
import math
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sim.outcome import Metric, Outcome
from sim.records.instances import OWNERS
from sim.report.numbers import NARROW, unit_of, written
from sim.report.style import PHONE, SMALLEST, Language, Style, inline, on_phone, text_width, type_size, value_width
from sim.report.texts import tr
from sim.report.words import LabelName, LabelNames

SpecLayer = dict[str, Any]

PALE = 0.38
"""Fill opacity of an estimate."""
DASH = [5, 3]
"""Dash of what is an estimate, or not there yet."""
DOTS = [0.1, 3.4]
"""Dash of what is there, but counted again. With round ends these are dots."""

_ENDINGS = 3
"""Last digits after which an English rank has an ending of its own."""
_LONG, _SHORT = 22, 15
"""Letters of a name that still fit on one line beside a lane, and on a phone."""

_PHONE_ROOM = 132
"""Pixels of a phone that names beside lanes may take."""
_PARTICLES = "をはがのにでと"
"""Japanese words behind which a name may be broken."""

_BRACKET = re.compile(r"(?<!\s)\s*[(\uff08]")
"""Begins what a lane's name has no room for."""


def end_for(end: float, texts: Iterable[str], style: Style, plus: int = 0, least: float = 0.4) -> dict[str, str]:
    """Where an axis ends, as an expression: so that texts behind a bar that reaches `end` are not cut off.

    Texts grow with the figure's width, as `type_size` has it.

    Args:
        plus: As there.
        least: The share that bars keep.
    """
    usual, wide = (
        max((text_width(text, style.px(pixels) + plus) for text in texts), default=0.0) + style.px(pixels) + 16
        for texts, pixels in zip(itertools.tee(texts), (15, 19), strict=True)
    )
    return {"expr": f"{end} / max({least}, 1 - (width > 1000 ? {wide:.0f} : {usual:.0f}) / width)"}


def apart(ends: list[dict[str, Any]], high: float) -> None:
    """Give names at the lines' ends a height each, so that none covers another."""
    least, at = 0.16 * high, -1.0
    for end in sorted(ends, key=lambda end: float(end["value"])):
        at = max(float(end["value"]), at + least) if at >= 0 else float(end["value"])
        end["at"] = at


_LEADER = 16
"""Pixels from a line's end to its name."""


def names_at_ends(ends: Sequence[Mapping[str, Any]], x: str, y: Mapping[str, Any], style: Style) -> list[SpecLayer]:
    """The name of each line behind its end, and a hair-line to it where it had to move away (`apart`).

    Args:
        x: The field of the ends that says where they are.
    """
    place = {"x": {"field": x, "type": "quantitative"}, "y": {**y, "field": "value"}, "y2": {"field": "at"}}
    line = {"type": "rule", "color": style.tokens.muted, "strokeWidth": 1, "xOffset": 2, "x2Offset": _LEADER - 3}
    text = {"type": "text", "align": "left", "dx": _LEADER, "fontSize": type_size(style)}
    return [
        {"data": inline(ends), "mark": line, "encoding": place | {"x2": {"field": x}}},
        {"data": inline(ends), "mark": text, "encoding": {"y": {**y, "field": "at"}, "text": {"field": "text"}}},
    ]


def cut(text: str, characters: int) -> str:
    """The text, at most so many half-width characters long, with an ellipsis where it was cut."""
    room = float(characters)
    for position, character in enumerate(text):
        room -= 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if room < 0:
            return text[: max(position - 1, 0)].rstrip() + "…"
    return text


def ticks(end: float, most: int = 5) -> list[float]:
    """Zero and at most `most` more round values up to `end`, in steps of 1, 2 or 5."""
    if end <= 0:
        return [0.0]
    power = 10.0 ** math.floor(math.log10(end / most))
    step = next(power * factor for factor in (1, 2, 5, 10) if end / (power * factor) <= most)
    return [round(step * i, 12) for i in range(math.floor(end / step + 1e-9) + 1)]


def round_up(value: float) -> float:
    """The least 1, 2 or 5 times a power of ten that is not below the value.

    >>> round_up(0.97), round_up(0.13), round_up(3.0)
    (1.0, 0.2, 5.0)
    """
    power = 10.0 ** math.floor(math.log10(value)) if value > 0 else 1.0
    return round(next(power * factor for factor in (1, 2, 5, 10) if power * factor >= value * (1 - 1e-9)), 12)


def seconds_axis(end: float, style: Style, most: int = 5) -> dict[str, Any]:
    """An axis of seconds, milliseconds or minutes up to `end`, with the unit at every tick and no title."""
    factor, word = (60.0, "min") if end > 300 else (1.0, "s") if end >= 0.2 else (0.001, "ms")
    if style.language == "ja":
        word = {"min": "分", "s": "秒", "ms": "ミリ秒"}[word]
    label = f"datum.value ? format(datum.value / {factor}, '~g') + '{NARROW}{word}' : '0'"
    return {"values": [round(tick * factor, 12) for tick in ticks(end / factor, most)], "labelExpr": label}


def title_in_two(text: str) -> dict[str, Any]:
    """A chart's title, on a phone in two lines: a line that is too long is cut."""
    two = [line for line in _in_two(LabelName(text), _SHORT) if line]
    return {"text": {"expr": f"{PHONE} ? {json.dumps(two, ensure_ascii=False)} : {json.dumps(text)}"}}


def names_above(
    names: LabelNames, labels: Sequence[str], style: Style, up: float, beside: Mapping[str, str] | None = None
) -> list[SpecLayer]:
    """On a phone alone: above each lane its name, and in muted what kind of thing that is. The bar has the full width.

    Args:
        up: Pixels from the middle of a lane to that line.
        beside: What stands at the line's right end, by label. The kind is left out where it would reach that.
    """
    rows, names = [], _without_brackets(names)
    for label in labels:
        name, sort = names[label].name, names[label].kind
        after = 1.25 * text_width(name, 15) + 8
        ends = after + text_width(sort, SMALLEST) + text_width((beside or {}).get(label, ""), SMALLEST) + 8
        rows.append({"lane": label, "title": name, "kind": sort, "after": after, "ends": ends})
    text: dict[str, Any] = {"type": "text", "align": "left", "baseline": "middle", "aria": False}
    place: dict[str, Any] = {"x": {"value": 0}}
    title = text | {"dy": -up, "fontSize": 15, "fontWeight": 600, "opacity": on_phone(1, 0)}
    kind = text | {"dy": -up, "fontSize": SMALLEST, "color": style.tokens.muted}
    seen = {"opacity": {"value": {"expr": f"{PHONE} && datum.ends < width ? 1 : 0"}}}
    behind = {"x": {"field": "after", "type": "quantitative", "scale": None}, **seen}
    return [
        {"data": inline(rows), "mark": title, "encoding": place | {"text": {"field": "title"}}},
        {"data": inline(rows), "mark": kind, "encoding": behind | {"text": {"field": "kind"}}},
    ]


def lane_axis(names: LabelNames, style: Style, *, two_lines: bool, above_on_phone: bool = False) -> dict[str, Any]:
    """The y axis of lanes: names in ink, the kind below the name. A phone has less room, and two lines of it.

    Args:
        two_lines: Whether a lane is high enough for two lines where it is no phone.

    With `above_on_phone` a phone has none: names stand above the bars (`names_above`).

    Margins depend on the names alone, so that zero stands under zero in every panel of a page.
    """
    names = _without_brackets(names)
    every = [name.name for name in names.values()]
    in_brackets = {label for label, name in names.items() if _BRACKET.match(name.kind)}
    short = {
        label: name.kind or name.name if every.count(name.name) > 1 else name.name for label, name in names.items()
    }
    short |= {label: f"{names[label].name}{names[label].kind}" for label in in_brackets}
    phone = {
        label: names[label] if label in in_brackets else _in_two(LabelName(name), _SHORT)
        for label, name in short.items()
    }
    folded = [label for label, name in phone.items() if name.kind]
    names = {label: _in_two(name, _LONG) for label, name in names.items()}
    full = {label: [name.name, name.kind] if name.kind else name.name for label, name in names.items()}
    double = [label for label, name in names.items() if name.kind]
    lines = [line for name in names.values() for line in name if line]
    lines += [] if two_lines else short.values()
    on_two = [line for name in phone.values() for line in name if line]
    usual, wide, narrow = (
        round(min(most, max([60.0, *(text_width(line, pixels) + 14 for line in there)])))
        for pixels, most, there in (
            (style.px(15), style.px(230), lines),
            (style.px(19), style.px(290), lines),
            (SMALLEST, _PHONE_ROOM, on_two),
        )
    )
    extent = {"expr": f"containerSize()[0] < 420 ? {narrow} : containerSize()[0] > 1120 ? {wide} : {usual}"}
    one_line = f"{json.dumps(short, ensure_ascii=False)}[datum.value]"
    axis: dict[str, Any] = {
        "labelExpr": one_line,
        "minExtent": extent,
        "maxExtent": extent,
        "labelLimit": extent,
        "labelColor": style.tokens.ink,
        "labelFontWeight": 500,
        "grid": False,
    }
    if folded or (two_lines and double):
        both = f"{json.dumps(full, ensure_ascii=False)}[datum.value]" if two_lines else one_line
        close = 16 if two_lines else 13
        two = {label: [*name] if name.kind else name.name for label, name in phone.items()}
        narrow_two = f"{json.dumps(two, ensure_ascii=False)}[datum.value]"
        axis["labelExpr"] = f"containerSize()[0] < 420 ? {narrow_two} : {both}"
        axis["labelLineHeight"] = {
            "expr": f"containerSize()[0] < 420 ? {close} : width > 1000 ? {style.px(22)} : {style.px(20)}"
        }
        small, usual_ = (f"containerSize()[0] {sign} 420" for sign in ("<", ">="))
        tests = ((small, folded, -close // 2), (usual_, double if two_lines else [], -style.px(10)))
        axis["labelOffset"] = {
            "condition": [
                {"test": f"{where} && indexof({json.dumps(which, ensure_ascii=False)}, datum.value) >= 0", "value": up}
                for where, which, up in tests
            ],
            "value": 0,
        }
    if above_on_phone:
        axis["labelExpr"] = f"{PHONE} ? '' : ({axis['labelExpr']})"
        for extent_of in ("minExtent", "maxExtent", "labelLimit"):
            axis[extent_of] = {"expr": f"{PHONE} ? 4 : ({extent['expr']})"}
    return axis


def _without_brackets(names: LabelNames) -> LabelNames:
    """The names without what stands in brackets. Where two would be alike, that is the second line of one's name."""
    bare = {label: _BRACKET.split(name.name)[0] for label, name in names.items()}
    every = list(bare.values())
    return {
        label: LabelName(bare[label], name.kind or name.name.removeprefix(bare[label]).strip())
        if every.count(bare[label]) > 1
        else name._replace(name=bare[label])
        for label, name in names.items()
    }


def _in_two(name: LabelName, room: int) -> LabelName:
    """A name of more letters than `room` and no second line is broken nearest its middle.

    At a space or behind a Japanese comma, else behind a particle.
    """
    ends = [i for i, letter in enumerate(name.name) if letter in " \u3001"]
    ends = ends or [i for i, letter in enumerate(name.name[:-1]) if letter in _PARTICLES]
    if name.kind or not ends or text_width(name.name, 1) <= text_width("m" * room, 1):
        return name
    middle = min(ends, key=lambda i: abs(i - len(name.name) / 2))
    return LabelName(name.name[: middle + 1].rstrip(), name.name[middle + 1 :])


def owner_colour(style: Style) -> dict[str, Any]:
    """The one scale of owners, the same on every page."""
    scale = {"domain": list(OWNERS), "range": [style.tokens.owners[owner] for owner in OWNERS]}
    return {"field": "owner", "type": "nominal", "scale": scale, "legend": None}


def interval_layers(rows: Sequence[Mapping[str, Any]], style: Style) -> list[SpecLayer]:
    """Whiskers from `low` to `high` with a halo of page colour, or they vanish on dark fills."""
    shown = [row for row in rows if row["low"] is not None]
    if not shown:
        return []
    tokens, data = style.tokens, inline(shown)
    low, high = {"field": "low", "type": "quantitative"}, {"field": "high", "type": "quantitative"}
    cap = {"type": "tick", "thickness": 2, "size": style.px(12), "color": tokens.ink, "clip": True}
    return [
        {
            "data": data,
            "mark": {"type": "rule", "strokeWidth": width, "color": colour, "clip": True},
            "encoding": encoding,
        }
        for width, colour, encoding in (
            (5, tokens.background, {"x": low, "x2": {"field": "high"}}),
            (2, tokens.ink, {"x": low, "x2": {"field": "high"}}),
        )
    ] + [{"data": data, "mark": cap, "encoding": {"x": end}} for end in (low, high)]


def domain_for(rows: Sequence[Mapping[str, Any]], room: float = 1.36) -> float:
    """Where the axis ends: room for the text behind the longest bar.

    The bars are the figure. A range of the sources takes no more than is left, however far it goes (`range_layers`).
    """
    reach = max((row["reach"] for row in rows), default=0.0) or 1.0
    return float(reach * room)


_TOLD = 18
"""Pixels of the text beside a bar and at the end of a range, on a projector."""
_ARROW_ROOM = 26
"""Pixels of the arrow alone, at the end of a range whose number has no room."""
_BEYOND = "scale('x', datum.range_high) > width"
"""In an expression of a range: whether it goes beyond the axis as it is drawn."""


def range_layers(
    rows: Sequence[Mapping[str, Any]], style: Style, below: float, domain: float, *, told_on_phone: bool = True
) -> list[SpecLayer]:
    """The range of the inputs' sources: a grey strip under the bar, another kind of doubt in another place.

    A range wider than the axis runs on towards its end, where an arrow on the strip's line says how far it goes: above
    the strip it would stand on the bar's own words. Where those leave it no room it is the arrow alone,
    or nothing: the strip runs to the end.

    Args:
        told_on_phone: Whether the arrow has room on a phone. Where it has none, `ranges_run_on` draws a point.
    """
    shown = [{**row, "range_end": min(row["range_high"], domain)} for row in rows if row["range_low"] is not None]
    strip = {
        "type": "rule",
        "strokeWidth": style.px(5),
        "opacity": 0.32,
        "color": style.tokens.ink,
        "yOffset": style.px(below),
    }
    start = {"x": {"field": "range_low", "type": "quantitative"}}
    layers: list[SpecLayer] = []
    if within := [row for row in shown if row["range_high"] <= domain]:
        layers.append({"data": inline(within), "mark": strip, "encoding": start | {"x2": {"field": "range_end"}}})
    if wider := [row for row in shown if row["range_high"] > domain]:
        told = _told_width(wider, style)
        free, arrow_fits = (_free(rows, room, style) for room in (told, _ARROW_ROOM))
        room = f"({free} ? {told:.0f} : {arrow_fits} ? {_ARROW_ROOM} : 0)"
        room = room if told_on_phone else f"({PHONE} ? 8 : {room})"
        end = {"value": {"expr": f"{_BEYOND} ? width - {room} : scale('x', datum.range_high)"}}
        layers.append({"data": inline(wider), "mark": strip, "encoding": start | {"x2": end}})
        arrow: dict[str, Any] = {"align": "right", "dx": -1, "dy": style.px(below), "color": style.tokens.muted}
        arrow |= {} if told_on_phone else {"opacity": on_phone(0, 1)}
        text = text_layer(wider, style, "range_end", "range_told", plus=-2, **arrow)
        text["encoding"]["x"] = {"value": {"expr": "width"}}
        said = f"{free} ? datum.range_told : {arrow_fits} ? '→' : ''"
        text["encoding"]["text"] = {"value": {"expr": f"!({_BEYOND}) ? '' : {said}"}}
        layers.append(text)
    return layers


def ranges_run_on(rows: Sequence[Mapping[str, Any]], domain: float, style: Style, below: float) -> list[SpecLayer]:
    """On a phone, where a range beyond the axis has no room for words: a point at the end of its strip."""
    wider = [row for row in rows if row["range_high"] is not None and row["range_high"] > domain]
    mark = {
        "type": "point", "shape": "triangle-right", "filled": True, "size": 60, "color": style.tokens.muted,
        "yOffset": below, "aria": False,
    }  # fmt: skip
    there: dict[str, Any] = {"x": {"value": {"expr": "width - 4"}}}
    there["opacity"] = {"value": {"expr": f"{PHONE} && {_BEYOND} ? 1 : 0"}}
    return [{"data": inline(wider), "mark": mark, "encoding": there}] if wider else []


def _told_width(wider: Sequence[Mapping[str, Any]], style: Style) -> float:
    return max(value_width(row["range_told"], style.px(_TOLD)) for row in wider) + 8


def end_with_ranges(rows: Sequence[Mapping[str, Any]], domain: float, style: Style, least: float = 0.4) -> str:
    """Where an axis ends, as an expression: so that ranges beyond `domain` can say how far they go. 0 without any.

    Args:
        least: The share that bars keep.
    """
    wider = [row for row in rows if row["range_high"] is not None and row["range_high"] > domain]
    if not wider:
        return "0"
    room = _beside(rows, style) + _TOLD + _told_width(wider, style) + 2
    return f"{max(row['reach'] for row in rows)} / max({least}, 1 - {room:.0f} / width)"


def _free(rows: Sequence[Mapping[str, Any]], room: float, style: Style) -> str:
    """Whether so many pixels are free at the right end of each lane, behind the words of the longest, as an expression.

    Lanes are close, so that words of the next one count too.
    """
    reach = max(row["reach"] for row in rows)
    return f"width - scale('x', {reach}) > {_beside(rows, style) + _TOLD + room:.0f}"


def _beside(rows: Sequence[Mapping[str, Any]], style: Style) -> float:
    """Pixels of the longest words behind a bar."""
    return max(value_width(str(row.get(told) or ""), style.px(_TOLD)) for row in rows for told in ("label", "rank"))


def text_layer(
    rows: Sequence[Mapping[str, Any]], style: Style, x: str, text: str, *, plus: int = 0, **mark: Any
) -> SpecLayer:
    """Left-aligned text beside the end of a bar."""
    size = type_size(style, plus)
    return {
        "data": inline(rows),
        "mark": {"type": "text", "align": "left", "dx": 10, "fontSize": size} | mark,
        "encoding": {"x": {"field": x, "type": "quantitative"}, "text": {"field": text}},
    }


def doubt(metric: Metric, language: Language) -> dict[str, Any]:
    """A metric's interval and range as fields of a row, and how the range's end is told where it has no room."""
    low, high = metric.range or (None, None)
    told = "" if high is None else f"→ {written(high, unit_of(metric), language)}"
    return {"low": metric.low, "high": metric.high, "range_low": low, "range_high": high, "range_told": told}


def any_statistic(outcome: Outcome, label: str, metric: str, preferred: str = "p50") -> Metric | None:
    """The label's metric at its preferred statistic, else at the first there is. None where it has none."""
    metrics = [m for m in outcome.metrics if m.of == label and m.metric == metric]
    return next((m for m in metrics if m.statistic == preferred), metrics[0] if metrics else None)


def place(rank: int, style: Style) -> str:
    """A rank in the figure's language: 1st, 2nd and so on."""
    last = rank % 10 if rank % 100 not in (11, 12, 13) else 0
    key = f"figure.place.{last}" if 1 <= last <= _ENDINGS else "figure.place"
    return tr(key, style.language, n=rank)


def joined(items: Iterable[str], language: str) -> str:
    """A list inside a sentence."""
    return ("、" if language == "ja" else ", ").join(items)


def sentence(text: str) -> str:
    """A sentence whose last word may be an abbreviation: "est.." ends in one full stop."""
    return text.removesuffix(".") if text.endswith("..") else text
