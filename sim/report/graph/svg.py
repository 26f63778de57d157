"""A laid out graph as one self-contained SVG string: shown, picked, exported and tested as it is.

Colours are the page's theme variables with the look's as fall-backs, so that both themes come for free and an export
needs none. Nodes are focusable buttons with a full label. Status is glyph, word and frame, never colour alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape as html_escape
from typing import Literal

from sim.printable import printable
from sim.report.graph.layout import Layout
from sim.report.style import CODE_FONT, FONT, Style

Tone = Literal["quiet", "hot", "cause", "unsure", "absent"]
"""Outline. Washed and framed in attention. The same with a heavy frame. Dashed attention. Dashed and grey."""

WIDTH, HEIGHT = 250, 46
GUTTER, GAP = 44, 22
DENSE_GAP, HALL_GAP = 14, 5
"""Between the rows of a tree, whose edges need less room, and of what a lecture shows."""
MARGIN, HEAD, HALL_HEAD = 22, 34, 28
HALL_LEFT, HALL_EDGE, HALL_GUTTER = 18, 11, 38
"""Of what a lecture shows: the margins at the left, where stubs begin, and at the right and below, where a ring ends,
and the room between columns."""
BOW = 34
"""Room at the right of a single column, for edges that run beside nodes."""
INDENT = 40
"""How far a tree's branches stand to the right of what they branch from."""
_AROUND = "10rem"
"""What a lecture's screen shows above and below a drawing."""
CHARACTERS = 25
"""Of code that a node has room for, at an assumed glyph width: no font metrics in pure Python."""


@dataclass(frozen=True, slots=True)
class Card:
    """A card: glyph, `word` in bold and `body` in code, below it what became of it, and a cost at the right.

    Attributes:
        label: Read aloud.
        flag: A small tag on the frame ("you: re-runs"), "" for none.
        place: What it is of, as `sim.report.ring.place_data` writes it.
        stub: What a short edge from the left stands for ("reads the build context"), "" for none.
    """

    id: str
    glyph: str
    word: str
    body: str
    note: str
    cost: str
    tone: Tone
    label: str
    flag: str = ""
    stub: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True)
class EdgeLine:
    """An edge.

    Attributes:
        hot: It carries the cascade.
        dashed: Content taken from elsewhere, not the parent.
    """

    source: str
    target: str
    hot: bool = False
    dashed: bool = False


def escape(text: str) -> str:
    """A text inside the document; what XML cannot hold is a blank."""
    return html_escape(printable(text, instead=" "))


def notice(text: str, style: Style) -> str:
    """A sentence in place of a drawing."""
    width = 16 * (len(text) + 2)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} 40" role="img" aria-label="{escape(text)}" '
        f'style="max-width:100%;height:auto"><text x="8" y="26" font-family="{escape(FONT)}" font-size="16" '
        f'fill="var(--st-text-color,{style.tokens.ink})">{escape(text)}</text></svg>'
    )


def drawing(
    layout: Layout,
    nodes: Sequence[Card],
    lines: Sequence[EdgeLine],
    style: Style,
    *,
    title: str,
    selected: str = "",
    heads: Mapping[int, str] | None = None,
    tree: bool = False,
    single: bool = False,
    dense: bool = False,
    place: str = "",
) -> str:
    """The SVG.

    Args:
        heads: What stands above a column, by column, where the layout is one of columns.
        tree: The layout is an indented one, so edges run down from a parent's left and turn into the child.
        single: It is one column, so edges that skip a node run beside it.
        dense: Rows stand closer, and the drawing grows no taller than the frame it is in (a lecture's) while it is not
            cut.
        place: What all of it is of, as `sim.report.ring.place_data` writes it.
    """
    columns = single or bool(heads)
    left, edge, gutter = (HALL_LEFT, HALL_EDGE, HALL_GUTTER) if dense else (MARGIN, MARGIN, GUTTER)
    top, gap = (HALL_HEAD if dense else HEAD) if heads else MARGIN, HALL_GAP if dense else DENSE_GAP if tree else GAP
    across = {node: left + WIDTH / 2 + (x - 0.5) * (WIDTH + gutter) for node, (x, _) in layout.places.items()}
    if not columns:
        across = {node: left + x * WIDTH for node, (x, _) in layout.places.items()}
    down = {node: top + row * (HEIGHT + gap) for node, (_, row) in layout.places.items()}
    crowded = _crowded(layout) if columns else frozenset()
    last = max(across.values(), default=0.0)
    bows = single or any(across[source] == last for source, _ in crowded)
    width = round(last + WIDTH / 2 + (max(BOW, edge) if bows else edge))
    height = round(top + layout.rows * (HEIGHT + gap) - gap + edge)
    grown = round(width * 1.3 * style.size)
    room = f";max-height:max({height}px,calc(100vh - {_AROUND}))" if dense else ""
    out = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
            f'style="width:100%;height:auto;min-width:{width}px;max-width:{max(grown, width)}px{room}" role="group" '
            f'aria-label="{escape(title)}"{place} font-size="14"><style>{_style(style)}</style>'
        )
    ]
    for column, head in sorted((heads or {}).items()):
        out.append(f'<text class="h" x="{left + column * (WIDTH + gutter)}" y="20">{escape(head)}</text>')
    for i, line in enumerate(lines):
        points = [(left + x * WIDTH, top + row * (HEIGHT + gap)) for x, row in layout.routes[line.source, line.target]]
        a, b = (across[line.source], down[line.source]), (across[line.target], down[line.target])
        if tree:
            path = _elbow(a, b)
        elif not columns:
            path = _curve(a, points, b)
        elif a[0] == b[0]:
            path = (
                _beside(a, b, i if single else 0)
                if (line.source, line.target) in crowded
                else f"M{_n(a[0])} {_n(a[1] + HEIGHT)}V{_n(b[1])}"
            )
        else:
            path = _between(a, b, i, gap)
        classes = "e" + " m" * line.hot + " f" * line.dashed
        ends = f'data-from="{escape(line.source)}" data-to="{escape(line.target)}"'
        out.append(f'<path class="{classes}" {ends} d="{path}"/>')
    out += [_card(node, across[node.id] - WIDTH / 2, down[node.id], node.id == selected) for node in nodes]
    return "".join(out) + "</svg>"


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _crowded(layout: Layout) -> frozenset[tuple[str, str]]:
    """Edges inside a column that would run through another node of it."""
    taken = set(layout.places.values())
    pairs = []
    for source, target in layout.routes:
        (x, first), (other, last) = layout.places[source], layout.places[target]
        if x == other and any((x, row) in taken for row in range(first + 1, last)):
            pairs.append((source, target))
    return frozenset(pairs)


def _elbow(a: tuple[float, float], b: tuple[float, float]) -> str:
    """Straight down to a child below, or else down beside the children that come first, and into the child's left."""
    left = a[0] - WIDTH / 2 + INDENT / 2
    down = f"M{_n(left)} {_n(a[1] + HEIGHT)}V"
    if a[0] == b[0]:
        return f"{down}{_n(b[1])}"
    return f"{down}{_n(b[1] + HEIGHT / 2)}H{_n(b[0] - WIDTH / 2)}"


def _curve(a: tuple[float, float], through: Sequence[tuple[float, float]], b: tuple[float, float]) -> str:
    """Down from a's foot to b's head. Where it passes a row it passes straight."""
    x, y = a[0], a[1] + HEIGHT
    path = f"M{_n(x)} {_n(y)}"
    for px, py in through:
        path += _bend(x, y, px, py) + f"V{_n(py + HEIGHT)}"
        x, y = px, py + HEIGHT
    return path + _bend(x, y, b[0], b[1])


def _bend(x: float, y: float, px: float, py: float) -> str:
    if abs(px - x) < 0.05:
        return f"V{_n(py)}"
    middle = (y + py) / 2
    return f"C{_n(x)} {_n(middle)} {_n(px)} {_n(middle)} {_n(px)} {_n(py)}"


def _beside(a: tuple[float, float], b: tuple[float, float], lane: int = 0) -> str:
    """Around the nodes between, along the right side of the column.

    Args:
        lane: Tells apart edges side by side.
    """
    x, y, end = a[0] + WIDTH / 2, a[1] + HEIGHT / 2, b[1] + HEIGHT / 2
    away = x + 26 + lane % 3 * 6
    return f"M{_n(x)} {_n(y)}C{_n(away)} {_n(y + 8)} {_n(away)} {_n(end - 8)} {_n(x)} {_n(end)}"


def _between(a: tuple[float, float], b: tuple[float, float], lane: int, gap: float) -> str:
    """From side to side. A column between them is passed through the gap above the target's row, where no node is."""
    right = b[0] > a[0]
    side = WIDTH / 2 if right else -WIDTH / 2
    x, y, px, py = a[0] + side, a[1] + HEIGHT / 2, b[0] - side, b[1] + HEIGHT / 2
    if abs(b[0] - a[0]) <= WIDTH + GUTTER:
        pull = 30 if right else -30
        return f"M{_n(x)} {_n(y)}C{_n(x + pull)} {_n(y)} {_n(px - pull)} {_n(py)} {_n(px)} {_n(py)}"
    away = (10 + lane % 5 * 5) * (1 if right else -1)
    level = b[1] - gap / 2 + (lane % 5 - 2) * 2
    return f"M{_n(x)} {_n(y)}H{_n(x + away)}V{_n(level)}H{_n(px - away)}V{_n(py)}H{_n(px)}"


def _card(node: Card, x: float, y: float, selected: bool) -> str:
    room = CHARACTERS - len(node.word) - 1
    body = node.body if len(node.body) <= room else node.body[: max(room - 1, 0)].rstrip() + "…"
    parts = [
        (
            f'<g class="n {node.tone}" data-node="{escape(node.id)}"{node.place} tabindex="0" role="button" '
            f'aria-pressed="{str(selected).lower()}" aria-label="{escape(node.label)}" '
            f'transform="translate({_n(x)} {_n(y)})">'
            f'<rect class="b" width="{WIDTH}" height="{HEIGHT}" rx="5"/>'
            f'<rect class="ring" x="-4" y="-4" width="{WIDTH + 8}" height="{HEIGHT + 8}" rx="8"/>'
            f'<text class="g" x="19" y="29" text-anchor="middle">{escape(node.glyph)}</text>'
            f'<text class="t" x="38" y="19"><tspan class="w">{escape(node.word)}</tspan> {escape(body)}</text>'
            f'<text class="s" x="38" y="37">{escape(node.note)}</text>'
        )
    ]
    if node.cost:
        parts.append(f'<text class="s" x="{WIDTH - 10}" y="37" text-anchor="end">{escape(node.cost)}</text>')
    if node.stub:
        parts.append(f'<path class="e" d="M-13 {HEIGHT / 2:.0f}H0"><title>{escape(node.stub)}</title></path>')
        parts.append(f'<circle class="d" cx="-13" cy="{HEIGHT / 2:.0f}" r="3.5"/>')
    if node.flag:
        wide = 16 + sum(7 if ord(letter) < 0x300 else 13 for letter in node.flag)
        parts.append(f'<rect class="p" x="{WIDTH - wide - 8}" y="-14" width="{wide}" height="18" rx="9"/>')
        parts.append(
            f'<text class="q" x="{_n(WIDTH - 8 - wide / 2)}" y="-0.5" text-anchor="middle">{escape(node.flag)}</text>'
        )
    return "".join(parts) + "</g>"


def _style(style: Style) -> str:
    tokens = style.tokens
    ink, muted = f"var(--st-text-color,{tokens.ink})", f"var(--st-gray-text-color,{tokens.muted})"
    line, page = f"var(--st-border-color,{tokens.line})", f"var(--st-background-color,{tokens.background})"
    red, wash = f"var(--st-red-color,{tokens.attention})", f"var(--st-red-background-color,{tokens.wash})"
    red_text = f"var(--st-red-text-color,{tokens.attention_text})"
    font, code = f"var(--st-font,{FONT})", f"var(--st-code-font,{CODE_FONT})"
    return (
        f".e{{fill:none;stroke:{line};stroke-width:2}}.e.m{{stroke:{red};stroke-width:3}}.e.f{{stroke-dasharray:6 4}}"
        f".d{{fill:{page};stroke:{line};stroke-width:2}}"
        f".b{{fill:{page};stroke:{line};stroke-width:1.2}}"
        f".hot .b,.cause .b{{fill:{wash};stroke:{red};stroke-width:1.8}}.cause .b{{stroke-width:3.2}}"
        f".unsure .b{{stroke:{red};stroke-width:1.8;stroke-dasharray:5 3}}"
        f".absent .b{{fill:none;stroke:{muted};stroke-dasharray:4 3}}"
        f".ring{{fill:none;stroke:none}}.n[aria-pressed=true] .ring{{stroke:{ink};stroke-width:2.5}}"
        f"text{{font-family:{font}}}.t{{fill:{ink};font-family:{code};font-size:13px}}.w{{font-weight:700}}"
        f".absent .t{{fill:{muted}}}.s{{fill:{muted};font-size:13px}}"
        f".hot .s,.cause .s,.unsure .s{{fill:{red_text};font-weight:600}}"
        f".g{{fill:{muted};font-weight:700;font-size:17px}}.hot .g,.cause .g,.unsure .g{{fill:{red}}}"
        f".h{{fill:{muted};font-size:14px}}.p{{fill:{page};stroke:{ink};stroke-width:1.2}}"
        f".q{{fill:{ink};font-size:13px;font-weight:600}}"
    )


_VARIABLE = re.compile(r"var\(--[\w-]+,([^()]*)\)")


def standalone(svg: str, style: Style) -> str:
    """The same picture for a file: theme variables replaced by their values, the page's colour behind it."""
    page = f'<rect width="100%" height="100%" fill="{style.tokens.background}"/>'
    return _VARIABLE.sub(r"\1", svg).replace("</style>", f"</style>{page}", 1)
