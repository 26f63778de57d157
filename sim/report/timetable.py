"""The plan of a class on one time line: a row for each place, and below it which lesson builds on which.

An SVG string, for a page and for paper. What it says stands in a table beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape

from sim.catalog.tables.course import PLACES, ClassBlock, ClassPlace
from sim.report.grid import paragraph, width
from sim.report.style import Style
from sim.report.texts import tr

_WIDTH = 1120
_LEFT = 100
"""Where the time line begins."""
_HEADS = 24
"""Height of the line of minutes."""
_ROWS: Mapping[ClassPlace, int] = {"projector": 74, "hall": 52, "laptops": 74, "paper": 74}
_GAP = 8
_LINE = 16
"""From one line of text to the next."""
_CELL = 7.4
"""Width of half a full-width character at 13 pixels, with some air."""
_ARCS = 104
"""Height of what builds on what."""


def timetable(
    blocks: Sequence[ClassBlock], kickers: Mapping[str, str], chips: Mapping[str, str],
    builds: Iterable[tuple[str, str]], style: Style,
) -> str:  # fmt: skip
    """The drawing.

    Args:
        kickers: By a block's id, the small line above its text. "" for none.
        chips: By a lesson's id, what it is called below the rows, in the order of the class.
        builds: Pairs of ids of those: the second builds on the first.
    """
    end = max((block.end for block in blocks), default=1)
    scale = (_WIDTH - _LEFT - 12) / end
    tops, height = _tops()
    called = escape(tr("course.class", style.language))
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height + _ARCS}" width="100%" role="img" ',
        f'aria-label="{called}" font-size="13">',
        *_minutes(end, scale, height, style),
        *(_row(place, tops[place], style) for place in PLACES),
    ]
    votes = [block.start for block in blocks if block.place == "hall"]
    for block in blocks:
        x, wide = _LEFT + block.start * scale, block.minutes * scale
        if block.place == "hall":
            after = min((start for start in votes if start > block.start), default=end)
            out += _vote(block, x, (after - block.start) * scale, tops["hall"], style)
        else:
            out += _box(block, kickers.get(block.id, ""), x, wide, tops[block.place], style)
    places = {name: _middle(name, blocks, scale) for name in chips}
    out += _builds(chips, places, builds, height, style)
    return "".join(out) + "</svg>"


def _tops() -> tuple[dict[ClassPlace, int], int]:
    tops, y = {}, _HEADS
    for place in PLACES:
        tops[place] = y
        y += _ROWS[place] + _GAP
    return tops, y


def _minutes(end: int, scale: float, height: int, style: Style) -> Iterator[str]:
    for minute in range(0, end + 1, 10):
        x = _LEFT + minute * scale
        yield f'<path d="M{x:.1f} {_HEADS - 6}V{height}" stroke="{style.tokens.line}"/>'
        anchor = "end" if minute == end else "middle"
        yield f'<text x="{x:.1f}" y="12" text-anchor="{anchor}" fill="{style.tokens.muted}">{minute}</text>'


def _row(place: ClassPlace, top: int, style: Style) -> str:
    y = top + _ROWS[place] / 2 + 5
    return (
        f'<text x="{_LEFT - 10}" y="{y:.0f}" text-anchor="end" font-weight="600" fill="{style.tokens.ink}">'
        f"{escape(tr(f'course.{place}', style.language))}</text>"
    )


def _box(block: ClassBlock, kicker: str, x: float, wide: float, top: int, style: Style) -> Iterator[str]:
    shown = block.place == "projector" and bool(block.lessons)
    fill = style.tokens.accent if shown else "none" if block.place == "paper" else style.tokens.panel
    ink, muted = (style.tokens.background,) * 2 if shown else (style.tokens.ink, style.tokens.muted)
    edge = style.tokens.ink if block.place == "paper" else style.tokens.line
    yield (
        f'<rect x="{x + 1:.1f}" y="{top}" width="{wide - 3:.1f}" height="{_ROWS[block.place]}" rx="4" fill="{fill}" '
        f'stroke="{edge}"/>'
    )
    y = top + 19
    if kicker:
        yield f'<text x="{x + 8:.1f}" y="{y}" fill="{muted}">{escape(kicker)}</text>'
        y += _LINE
    for line in paragraph(block.text.read(style.language), max(4, int((wide - 16) / _CELL))):
        yield f'<text x="{x + 8:.1f}" y="{y}" font-weight="600" fill="{ink}">{escape(line)}</text>'
        y += _LINE


def _vote(block: ClassBlock, x: float, wide: float, top: int, style: Style) -> Iterator[str]:
    y = top + 17
    yield f'<circle cx="{x + 14:.1f}" cy="{y}" r="11" fill="{style.tokens.ink}"/>'
    yield (
        f'<text x="{x + 14:.1f}" y="{y + 5}" text-anchor="middle" font-weight="700" '
        f'fill="{style.tokens.background}">?</text>'
    )
    room = max(6, int((min(wide, 190) - 34) / _CELL))
    for number, line in enumerate(paragraph(block.text.read(style.language), room)):
        yield f'<text x="{x + 30:.1f}" y="{y - 3 + number * _LINE}" fill="{style.tokens.ink}">{escape(line)}</text>'


def _middle(name: str, blocks: Sequence[ClassBlock], scale: float) -> float:
    """Where a lesson's mark stands: at the middle of its share of the first block that is about it."""
    first = next(block for block in blocks if name in block.lessons)
    share = (first.lessons.index(name) + 0.5) / len(first.lessons)
    return _LEFT + (first.start + first.minutes * share) * scale


def _builds(
    chips: Mapping[str, str], places: Mapping[str, float], builds: Iterable[tuple[str, str]], height: int, style: Style
) -> Iterator[str]:
    base = height + 62
    yield (
        f'<text x="0" y="{height + 20}" font-weight="600" fill="{style.tokens.ink}">'
        f"{escape(tr('course.builds', style.language))}</text>"
    )
    for before, after in builds:
        a, b = places[before], places[after]
        rise = min(40.0, 14 + (b - a) / 12)
        yield (
            f'<path d="M{a:.1f} {base}C{a:.1f} {base - rise:.1f} {b:.1f} {base - rise:.1f} {b:.1f} {base - 5}" '
            f'fill="none" stroke="{style.tokens.ink}" stroke-width="1.5"/>'
            f'<path d="M{b - 4:.1f} {base - 8}L{b:.1f} {base}L{b + 4:.1f} {base - 8}Z" fill="{style.tokens.ink}"/>'
        )
    ends = [0.0, 0.0]
    for name in sorted(chips, key=places.__getitem__):
        half = width(chips[name]) * _CELL / 2
        line = 0 if places[name] - half > ends[0] else 1
        ends[line] = places[name] + half
        yield (
            f'<text x="{places[name]:.1f}" y="{base + 18 + line * _LINE}" text-anchor="middle" '
            f'fill="{style.tokens.ink}">{escape(chips[name])}</text>'
        )
