"""A ring in a chart: one more layer over the marks that are meant, in the chart's own scales."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sim.report.ring.places import FigurePlace, always_and_fields
from sim.report.style import PHONE, SMALLEST, Spec, Style, inline, on_phone, rows_of, text_width, type_size, value_width
from sim.report.texts import tr

_SPANS, _POINTS = ("bar", "rect", "area"), ("point", "line", "tick", "circle")
_AWAY = 5
"""Pixels between a ring and what it encloses."""
_LINE, _HALO = 3, 7
"""Pixels of the ring, and of page colour below it."""
_AROUND = 700
"""Square pixels that a ring round a point encloses."""
_DOWN = 0.2
"""Share of a chart's height from its top to the word at an upright stroke, below what is told of the chart's top."""
_ABOVE = 7
"""Pixels of a word's foot above the edge of its ring."""
_APART = 10
"""Pixels between a bar and what is told behind it, and from there to a word."""
_GAP = 40
"""Pixels of a lane from which on a word fits between its bars and those above."""
_HALL = 18
"""Pixels of texts on a projector, for which a word leaves room."""
_RANGE = "range_told"
"""What rows call the end of a range, which is told where it has room."""
_BAND = 0.9
"""Share of a lane's height that a ring in it takes."""

Row = dict[str, Any]
_Lane = tuple[tuple[str, Any], ...]


def ringed_chart(spec: Spec, places: Sequence[FigurePlace], style: Style) -> tuple[Spec, int]:
    """The chart with a ring round each run of marks of the places, and how many rings there are.

    Bars that touch have one ring. A line has it at its end.
    """
    layers: list[Spec] = []
    count = 0
    for wanted in places:
        fields = always_and_fields(spec, wanted)
        if fields is None:
            continue
        rings = (
            _spans(spec, fields, _SPANS)
            or _spans(spec, fields, ("rule",))
            or _events(spec, fields)
            or _points(spec, fields)
        )
        for encoding, rows in rings:
            layers += _ring(spec, encoding, rows, style)
            count += len(rows)
    if not count:
        return spec, 0
    return {**spec, "layer": [*spec["layer"], *layers]}, count


def _meant(spec: Spec, fields: Mapping[str, Sequence[str]], kinds: Sequence[str]) -> Iterator[tuple[Spec, list[Row]]]:
    """The encodings of layers of a kind of marks, with the mark itself, and their rows that are meant."""
    for layer in spec.get("layer", ()):
        mark = layer["mark"]
        kind = mark if isinstance(mark, str) else mark["type"]
        unseen = isinstance(mark, dict) and mark.get("opacity") == 0
        if kind not in kinds or unseen or "data" not in layer:
            continue
        rows = [row for row in rows_of(layer["data"]) if all(str(row.get(f)) in of for f, of in fields.items())]
        if rows:
            look = {"mark": mark} if isinstance(mark, dict) else {}
            yield {**spec.get("encoding", {}), **layer.get("encoding", {}), **look}, rows


def _field(encoding: Spec, channel: str) -> str:
    name: str = encoding.get(channel, {}).get("field", "")
    return name


def _spans(spec: Spec, fields: Mapping[str, Sequence[str]], kinds: Sequence[str]) -> list[tuple[Spec, list[Row]]]:
    """Rings round bars, joined where bars touch; round an area from its first to its last moment."""
    lanes: dict[_Lane, list[tuple[float, float]]] = defaultdict(list)
    found: Spec = {}
    for encoding, rows in _meant(spec, fields, kinds):
        start, end = _field(encoding, "x"), _field(encoding, "x2") or _field(encoding, "x")
        if not start or (not _field(encoding, "x2") and not _field(encoding, "y2")):
            continue
        found = found or encoding
        for lane, group in _by_lane(encoding, rows, joined=not _field(encoding, "x2")).items():
            ends = [(float(row[start]), float(row[end])) for row in group]
            whole = [(min(one[0] for one in ends), max(one[1] for one in ends))]
            lanes[lane] += ends if _field(encoding, "x2") else whole
    rows = [{"from": low, "to": high, **dict(lane)} for lane, ends in lanes.items() for low, high in _runs(ends)]
    return [(found, rows)] if rows else []


def _by_lane(encoding: Spec, rows: Sequence[Row], *, joined: bool) -> dict[_Lane, list[Row]]:
    """Rows by their height in the chart. `joined`: all of them together, at the height of all."""
    y, y2 = _field(encoding, "y"), _field(encoding, "y2")
    if joined:
        heights = [float(row[name]) for row in rows for name in (y, y2)]
        return {(("low", min(heights)), ("high", max(heights))): list(rows)}
    lanes: dict[_Lane, list[Row]] = defaultdict(list)
    for row in rows:
        lanes[(("low", row[y]), ("high", row[y2])) if y2 else (("lane", row[y]),)].append(row)
    return lanes


def _runs(ends: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Stretches, those that touch as one."""
    found: list[tuple[float, float]] = []
    near = 1e-6 * max((end for _, end in ends), default=0.0)
    for start, end in sorted(ends):
        if found and start <= found[-1][1] + near:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def _events(spec: Spec, fields: Mapping[str, Sequence[str]]) -> list[tuple[Spec, list[Row]]]:
    """Rings round upright strokes at a moment, which are as high as the chart."""
    for encoding, rows in _meant(spec, fields, ("rule",)):
        x = _field(encoding, "x")
        if x and not _field(encoding, "x2") and "value" in encoding.get("y", {}):
            return [(encoding, [{"from": row[x], "to": row[x]} for row in rows])]
    return []


def _points(spec: Spec, fields: Mapping[str, Sequence[str]]) -> list[tuple[Spec, list[Row]]]:
    """A ring round the last point."""
    for encoding, rows in _meant(spec, fields, _POINTS):
        x, y = _field(encoding, "x"), _field(encoding, "y")
        if x and y:
            last = max(rows, key=lambda row: float(row[x]))
            return [(encoding, [{"from": last[x], "lane": last[y], "point": True}])]
    return []


def _ring(spec: Spec, encoding: Spec, rows: list[Row], style: Style) -> list[Spec]:
    """The layers of one ring: a halo of page colour, the stroke, and the word at it."""
    if rows[0].get("point"):
        mark, place, words = _round_point(encoding)
    elif "lane" in rows[0]:
        rows, (mark, place, words) = _at_lane(spec, encoding, rows, style)
    else:
        mark, place, words = _round_box(upright="low" not in rows[0])
    look: Spec = {"fillOpacity": 0, "cornerRadius": 6, "aria": False, "tooltip": None}
    halo, ring = ((_HALO, style.tokens.background), (_LINE, style.tokens.attention))
    data, first = inline(rows), inline(rows[:1])
    layers = [
        {"data": data, "mark": mark | look | {"stroke": ink, "strokeWidth": width}, "encoding": place}
        for width, ink in (halo, ring)
    ]
    text: Spec = {"type": "text", "text": _word(style), "align": "left", "fontWeight": 700}
    text |= {"fontSize": type_size(style, -2), "color": style.tokens.attention_text, "aria": False}
    edge = {"stroke": style.tokens.background, "strokeWidth": _HALO, "strokeJoin": "round"}
    for word, at in words:
        layers += [{"data": first, "mark": text | more | word, "encoding": at} for more in (edge, {})]
    return layers


_X: Spec = {"field": "from", "type": "quantitative", "title": None}
_Shape = tuple[Spec, Spec, list[tuple[Spec, Spec]]]
"""A ring's mark and encoding, and those of each of its words. Of several words one is seen."""


def _round_point(encoding: Spec) -> _Shape:
    place: Spec = {"x": _X, "y": encoding["y"] | {"field": "lane"}}
    mark = {"type": "point", "filled": False, "size": _AROUND, "opacity": 1}
    return mark, place, [({"align": "right", "dx": -14, "dy": -14}, place)]


def _round_box(*, upright: bool) -> _Shape:
    """Round an area, or a stroke as high as the chart."""
    low: Spec = {"value": 0} if upright else {"field": "low", "type": "quantitative"}
    high: Spec = {"value": {"expr": "height"}} if upright else {"field": "high"}
    place: Spec = {"x": _X, "x2": {"field": "to"}, "y": low, "y2": high}
    mark = {"type": "rect", "xOffset": -_AWAY, "x2Offset": _AWAY}
    at: Spec = {"x": _X, "y": low if upright else low | high}
    return mark, place, [({"dx": 10, "dy": {"expr": f"{_DOWN} * height"} if upright else 0}, at)]


def _at_lane(spec: Spec, encoding: Spec, rows: list[Row], style: Style) -> tuple[list[Row], _Shape]:
    """Round bars in a lane, with their rows, which then say what the word keeps off."""
    lane, step, at_end = rows[0]["lane"], _step(spec, style), _told_at_end(spec)
    reach, told = _told_behind(spec, lane, style)
    word = text_width(_word(style), style.px(_HALL))
    aside = _AWAY + max((wide + _APART for wide, of in at_end if of == lane), default=0.0)
    room = _Room(told + word + aside + _APART, word + _APART, aside, max((wide for wide, _ in at_end), default=0.0))
    order = encoding["y"].get("sort", [])
    place = order.index(lane) if lane in order else -1
    over = _told_behind(spec, order[place - 1], style)[0] if place > 0 else 0.0
    rows = [{**row, "reach": max(reach, row["to"]), "over": over} for row in rows]
    return rows, _in_lane(encoding, step, room, first=place == 0)


class _Room(NamedTuple):
    """Pixels for the word at a lane.

    Attributes:
        behind: It takes with what is told behind the bars, at the right end.
        above: It takes above the left end.
        aside: From the right end to it.
        told: What a phone is told at the right end of each lane.
    """

    behind: float
    above: float
    aside: float
    told: float


def _in_lane(encoding: Spec, step: float, room: _Room, *, first: bool) -> _Shape:
    """Round bars, the word at the right end of their lane where that is free, as it is on a phone.

    Else it is above the left end of the first lane, or of one under a gap that is high enough, where nothing is told of
    the lane above. Others have none.
    """
    y = encoding["y"] | {"field": "lane"}
    place: Spec = {"x": _X, "x2": {"field": "to"}, "y": y}
    end: Spec = {"x": {"value": {"expr": "width"}}, "y": y}
    mark: Spec = {"type": "bar", "xOffset": -_AWAY, "x2Offset": _AWAY}
    height, moved = encoding.get("mark", {}).get("height"), encoding.get("mark", {}).get("yOffset")
    free = f"width - scale('x', datum.reach) > {room.behind:.0f}"
    clear = f"scale('x', datum.over) - scale('x', datum.from) > {room.above:.0f} ? 1 : 0" if step >= _GAP else "0"
    above = "1" if first else f"{free} ? 0 : {clear}"
    right = "0" if first else f"{free} ? 1 : 0"
    foot: Spec = {"baseline": "alphabetic"}
    aside: Spec = {"align": "right", "dx": -room.aside}
    if not isinstance(moved, dict):
        low: Spec = foot | {"dy": -_BAND / 2 * step - _ABOVE}
        words = [(low, {"x": _X, "y": y} | _seen(above)), (aside, end | _seen(right))]
        return mark | {"height": {"band": _BAND}}, place, words
    tall = f"({height['expr']}) + {2 * _AWAY}"
    over: Spec = foot | {"dy": {"expr": f"-({tall}) / 2 - {_ABOVE}"}}
    beside, below = ({**aside, "dy": on_phone(f"({moved['expr']}) + {lower}", 0)} for lower in (0, 13))
    below |= {"dx": -room.told - _AWAY}
    words = [
        (over, {"x": _X, "y": y} | _seen(f"{PHONE} ? 0 : ({above})")),
        (beside, end | _seen(f"{PHONE} ? ({free} ? 1 : 0) : ({right})")),
        (below, end | _seen(f"{PHONE} ? ({free} ? 0 : 1) : 0")),
    ]
    return mark | {"height": {"expr": tall}, "yOffset": moved}, place, words


def _seen(when: str) -> Spec:
    """An encoding of a text that is seen where the expression is 1."""
    return {"opacity": {"value": {"expr": when}}}


def _told_behind(spec: Spec, lane: Any, style: Style) -> tuple[float, float]:
    """Where the last bar of a lane ends, or the last text behind one begins, and the pixels of the longest text."""
    ends, told = [0.0], [0.0]
    for layer in spec["layer"]:
        mark, encoding = layer["mark"], {**spec.get("encoding", {}), **layer.get("encoding", {})}
        kind = mark if isinstance(mark, str) else mark["type"]
        at_bars = _field(encoding, "x") and encoding["x"].get("scale", {}) is not None
        behind = kind == "text" and isinstance(mark, dict) and mark.get("align") == "left"
        if not at_bars or "data" not in layer or not (behind or kind == "bar"):
            continue
        y, text = _field(encoding, "y"), _field(encoding, "text")
        rows = [row for row in rows_of(layer["data"]) if row.get(y) == lane]
        ends += [float(row.get(_field(encoding, "x2") or _field(encoding, "x")) or 0) for row in rows]
        if behind:
            told += [value_width(str(row.get(text, "")), style.px(_HALL)) for row in rows]
    return max(ends), max(told)


def _told_at_end(spec: Spec) -> list[tuple[float, Any]]:
    """The pixels of each text that ends where lanes do. Of one in the middle of its lane with the lane.

    One that is seen or not is a phone's, or below the middle.
    """
    told: list[tuple[float, Any]] = []
    for layer in spec["layer"]:
        mark, encoding = layer["mark"], {**spec.get("encoding", {}), **layer.get("encoding", {})}
        right = isinstance(mark, dict) and mark.get("align") == "right" and "value" in encoding.get("x", {})
        if right and "data" in layer:
            text, y = _field(encoding, "text") or _RANGE, _field(encoding, "y")
            lower = isinstance(mark.get("opacity"), dict) or abs(mark.get("dy", 0)) >= _HALL
            told += [
                (text_width(str(row.get(text, "")), SMALLEST), None if lower else row.get(y))
                for row in rows_of(layer["data"])
            ]
    return told


def _word(style: Style) -> str:
    return tr("figure.ring.here", style.language)


def _step(spec: Spec, style: Style) -> float:
    """Pixels from one lane to the next."""
    height = spec.get("height")
    return float(height["step"]) if isinstance(height, dict) and "step" in height else style.px(30)
