"""A ring in an SVG: round its elements that say they are of a place (`data-place`), or that are nodes (`data-node`)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from html import escape, unescape
from typing import NamedTuple

from sim.report.ring.places import FigurePlace, belongs, read_place
from sim.report.style import FONT, SMALLEST, Style, text_width
from sim.report.texts import tr

_AWAY, _NODE_AWAY = 4, 9
"""Pixels between a ring and what it encloses. A node has a ring of its own where it is selected."""
_EDGE = 2
"""Pixels that a ring keeps from the picture's left edge."""
_MARKED = re.compile(r"<(?:rect|g)\b[^>]*\bdata-(?:place|node)=[^>]*>")
_ROOT = re.compile(r'<svg\b[^>]*?\bdata-place="([^"]*)"')
_ATTRIBUTE = re.compile(r'([\w-]+)="([^"]*)"')
_MOVED = re.compile(r"translate\(([-\d.]+)[ ,]([-\d.]+)\)")
_VIEW = re.compile(r'<svg\b[^>]*?\bviewBox="[-\d.]+ [-\d.]+ ([\d.]+) ')
_BOX = re.compile(r'<rect class="b"[^>]*>')
_TEXT = re.compile(r"<text\b([^>]*)>(?:<title>[^<]*</title>)?(.*?)</text>", re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
_CARD = re.compile(r"<g\b[^>]*\bdata-node=[^>]*>")
_STEP = 20
"""Pixels from one place for a word to the next."""
_ROOM = SMALLEST + 3
"""Pixels between rings below one another that the word of the first has room in. With less they are one."""


class _Box(NamedTuple):
    x: float
    y: float
    width: float
    height: float

    def around(self, away: float) -> _Box:
        """The box that is so much larger on every side, as far as the picture goes to the left and up."""
        x, y = max(self.x - away, _EDGE), max(self.y - away, _EDGE)
        return _Box(x, y, self.x + self.width + away - x, self.y + self.height + away - y)


def ringed_picture(svg: str, places: Sequence[FigurePlace], style: Style) -> tuple[str, int]:
    """The picture with a ring round each element of the places, and how many rings there are.

    Elements below one another whose rings would meet have one.
    """
    root = _ROOT.search(svg)
    always = read_place(root[1]) if root else {}
    found: Collection[_Box] = {
        box: None
        for values, box in _elements(svg)
        if any(belongs(wanted, always | values) and set(wanted) & set(values) for wanted in places)
    }
    boxes = _joined([box for box in found if not any(_inside(box, other) for other in found if other != box)])
    if not boxes:
        return svg, 0
    plain = (box for _, box in _elements(svg, around=False))
    there = zip(plain, (box for _, box in _elements(svg)), strict=True)
    others = [box for box, around in there if not any(_inside(around, ring) for ring in boxes)]
    texts = [box for box in _texts(svg) if not any(_inside(box, ring) for ring in boxes)]
    words = [*_texts(svg, in_nodes=True), *boxes[1:]]
    rings = [_ring(box, style) for box in boxes]
    rings.append(_word(boxes[0], style, [*others, *texts, *boxes[1:]], words, _width(svg)))
    head, _, tail = svg.rpartition("</svg>")
    return f'{head}<g aria-hidden="true" pointer-events="none">{"".join(rings)}</g></svg>{tail}', len(boxes)


def _elements(svg: str, *, around: bool = True) -> Iterator[tuple[dict[str, str], _Box]]:
    """What each marked element is of, and where it is, or where a ring round it would be."""
    for match in _MARKED.finditer(svg):
        told = dict(_ATTRIBUTE.findall(match[0]))
        values = read_place(told.get("data-place", ""))
        node = unescape(told.get("data-node", ""))
        if node:
            values |= {"node": node, "component": node}
        if match[0].startswith("<g"):
            inner = _BOX.search(svg, match.end())
            told = dict(_ATTRIBUTE.findall(inner[0])) | {"transform": told.get("transform", "")} if inner else {}
        if "width" in told:
            box = _box(told)
            yield values, box.around(_NODE_AWAY if node else _AWAY) if around else box


def _texts(svg: str, *, in_nodes: bool = False) -> Iterator[_Box]:
    """Where the words of a picture are: those of its nodes, or those of a picture that has none."""
    cards = list(_CARD.finditer(svg))
    if bool(cards) != in_nodes:
        return
    for start, end in zip(cards, [*cards[1:], None], strict=True) if cards else [(None, None)]:
        part = svg[start.end() if start else 0 : end.start() if end else len(svg)]
        moved = _MOVED.search(start[0]) if start else None
        x, y = (float(moved[1]), float(moved[2])) if moved else (0.0, 0.0)
        for told, words in _TEXT.findall(part):
            look = dict(_ATTRIBUTE.findall(told))
            if "transform" in look or not {"x", "y"} <= set(look):
                continue
            size = float(look.get("font-size", SMALLEST))
            wide = text_width(unescape(_TAG.sub("", words)), size)
            left = float(look["x"]) - {"end": wide, "middle": wide / 2}.get(look.get("text-anchor", ""), 0.0)
            yield _Box(x + left, y + float(look["y"]) - size, wide, size)


def _box(told: Mapping[str, str]) -> _Box:
    moved = _MOVED.search(told.get("transform", ""))
    x, y = (float(moved[1]), float(moved[2])) if moved else (0.0, 0.0)
    return _Box(x + float(told.get("x", 0)), y + float(told.get("y", 0)), float(told["width"]), float(told["height"]))


def _inside(box: _Box, other: _Box) -> bool:
    """Whether a box lies in another: one ring round both is enough."""
    across = other.x <= box.x and box.x + box.width <= other.x + other.width
    return across and other.y <= box.y and box.y + box.height <= other.y + other.height


def _joined(boxes: Sequence[_Box]) -> list[_Box]:
    """The boxes, those that meet in a column as one."""
    found: list[_Box] = []
    for box in sorted(boxes, key=lambda one: (one.x, one.width, one.y)):
        last = found[-1] if found else None
        if (
            last
            and (last.x, last.width) == (box.x, box.width)
            and _meets(last._replace(height=last.height + _ROOM), box)
        ):
            found[-1] = last._replace(height=max(last.y + last.height, box.y + box.height) - last.y)
        else:
            found.append(box)
    return found


def _width(svg: str) -> float:
    """The picture's own width. 0 where it does not say it."""
    found = _VIEW.search(svg)
    return float(found[1]) if found else 0.0


def _word_at(
    box: _Box, style: Style, others: Sequence[_Box], words: Sequence[_Box], width: float
) -> tuple[float, float]:
    """Where the word begins: on the ring's upper edge, else below, right or left of it, or further along an edge.

    It is the first of these where nothing else is marked or written, else the first where nothing is written: between
    nodes that are close it may lie across their frames.
    """
    long = text_width(tr("figure.ring.here", style.language), SMALLEST)
    top, bottom = box.y + 4, box.y + box.height + 4
    edges = [(box.x + 10, top)] if box.y > SMALLEST else []
    beside = [(box.x + box.width + 6, box.y + box.height / 2 + 4), (box.x - long - 6, box.y + box.height / 2 + 4)]
    along = [(box.x + 10 + moved, y) for y in (*(y for _, y in edges), bottom) for moved in _steps(box.width - long)]
    at_edges = [*edges, (box.x + 10, bottom)]
    for there, places in ((others, [*at_edges, *beside, *along]), (words, [*at_edges, *along, *beside])):
        for x, y in places:
            place = _Box(x, y - SMALLEST, long, SMALLEST + 3)
            inside = x >= _EDGE and (not width or x + long <= width)
            if inside and not any(_meets(place, other) for other in there):
                return x, y
    return at_edges[0]


def _steps(room: float) -> Iterator[float]:
    """How far along an edge a word may be tried."""
    return (float(moved) for moved in range(_STEP, max(0, int(room) - _STEP), _STEP))


def _meets(box: _Box, other: _Box) -> bool:
    across = box.x < other.x + other.width and other.x < box.x + box.width
    return across and box.y < other.y + other.height and other.y < box.y + box.height


def _ring(box: _Box, style: Style) -> str:
    """A halo of page colour, and the stroke."""
    page, red = _page(style), f"var(--st-red-color,{style.tokens.attention})"
    place = f'x="{box.x:.1f}" y="{box.y:.1f}" width="{box.width:.1f}" height="{box.height:.1f}" rx="9" fill="none"'
    return "".join(
        f'<rect {place} class="{name}" style="stroke:{ink};stroke-width:{wide}"/>'
        for name, ink, wide in (("halo", page, 5), ("look", red, 3))
    )


def _word(box: _Box, style: Style, others: Sequence[_Box], words: Sequence[_Box], width: float) -> str:
    """The word at a ring."""
    x, y = _word_at(box, style, others, words, width)
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{SMALLEST}" style="font-weight:700;'
        f"font-family:var(--st-font,{escape(FONT)});fill:var(--st-red-text-color,{style.tokens.attention_text});"
        f'paint-order:stroke;stroke:{_page(style)};stroke-width:5px">{escape(tr("figure.ring.here", style.language))}'
        "</text>"
    )


def _page(style: Style) -> str:
    return f"var(--st-background-color,{style.tokens.background})"
