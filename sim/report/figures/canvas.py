"""A picture placed by hand, as SVG: what no chart grammar draws, such as hatches, brackets and words that are measured.

Places are pixels of the picture. Colours are the look's, so that page, export and notebook agree.
"""

from __future__ import annotations

from html import escape

from sim.records.instances import OWNERS, Owner
from sim.report.figures.parts import PALE
from sim.report.ring import place_data
from sim.report.style import FONT, SMALLEST, Style, text_width

_HATCH = 6
"""Pixels from one stroke of a hatch to the next."""
_FALLING = 45
"""Degrees of a gradient whose strokes fall: they stand across it."""


class Canvas:
    """Collects what is drawn, and ends as one SVG.

    Attributes:
        key: Tells the hatches of this picture from those of another on the same page.
    """

    def __init__(self, style: Style, key: str = "") -> None:
        self.style = style
        self.key = key
        self.drawn: list[str] = []
        self._hatched: set[Owner] = set()

    def text(
        self, x: float, y: float, words: str, *, size: int = SMALLEST, colour: str = "", anchor: str = "start",
        bold: bool = False, turned: bool = False, down: bool = False, title: str = "",
    ) -> None:  # fmt: skip
        """Words with their baseline at `y`.

        Args:
            turned: Read from the bottom up, around that place.
            down: Read from the top down, as Japanese is: they begin at `y`, and `x` is their middle.
            title: What a pointer on them is told.
        """
        if not words:
            return
        weight = ' font-weight="600"' if bold else ""
        told = f"<title>{escape(title)}</title>" if title else ""
        turn = f' transform="rotate(-90 {x:.1f} {y:.1f})"' if turned else ""
        turn += ' writing-mode="vertical-rl"' if down else ""
        self.drawn.append(
            f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{max(size, SMALLEST)}" '
            f'fill="{colour or self.style.tokens.ink}"{weight}{turn}>{told}{escape(words)}</text>'
        )

    def boxes(
        self, boxes: list[tuple[float, float, float, float]], fill: str, *, title: str = "", stroke: str = "",
        width: float = 1, estimate: bool = False,
    ) -> None:  # fmt: skip
        """Rectangles (x, y, width, height) as one shape, which tells its title where a pointer is on it.

        Args:
            estimate: Pale with a dashed outline.
        """
        path = "".join(f"M{x:.1f} {y:.1f}h{w:.1f}v{h:.1f}h{-w:.1f}z" for x, y, w, h in boxes if w > 0 and h > 0)
        if not path:
            return
        edge = f' stroke="{stroke}" stroke-width="{width:g}"' if stroke else ""
        if estimate:
            edge = f' fill-opacity="{PALE}" stroke="{fill}" stroke-width="1.5" stroke-dasharray="5 3"'
        told = f"<title>{escape(title)}</title>" if title else ""
        self.drawn.append(f'<path d="{path}" fill="{fill}"{edge}>{told}</path>')

    def swatch(self, box: tuple[float, float, float, float], colour: str, slant: int = 0, title: str = "") -> None:
        """A rectangle of a colour, or where it has a slant in degrees, of a hatch in a frame."""
        if not slant:
            self.boxes([box], colour, title=title)
            return
        x, y, width, height = box
        self.boxes([box], self.style.tokens.background, title=title, stroke=colour)
        self.line(strokes(x, y, width, height, falling=slant == _FALLING), colour, 2)

    def line(self, path: str, colour: str, width: float = 1) -> None:
        """A stroke along an SVG path."""
        self.drawn.append(f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="{width:g}"/>')

    def place(self, box: tuple[float, float, float, float], **values: str) -> None:
        """Say what stands in a rectangle (x, y, width, height), so that a ring finds it. Nothing is drawn."""
        x, y, width, height = box
        self.drawn.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="none" '
            f'pointer-events="none"{place_data(**values)}/>'
        )

    def triangle(self, x: float, y: float, fill: str, title: str = "") -> None:
        """A triangle that points up to a place."""
        told = f"<title>{escape(title)}</title>" if title else ""
        self.drawn.append(f'<path d="M{x:.1f} {y:.1f}l6 10h-12z" fill="{fill}">{told}</path>')

    def behind(self, shapes: list[str]) -> None:
        """Put shapes behind all that is drawn so far."""
        self.drawn[:0] = shapes

    def hatch(self, owner: Owner) -> str:
        """The fill of what is counted again: strokes in the owner's colour on the page's."""
        self._hatched.add(owner)
        return f"url(#again-{owner}{self.key})"

    def svg(self, width: float, height: float, alt: str) -> str:
        """The picture. It grows with its place up to a third above its own size."""
        patterns = "".join(hatching(owner, self.style, self.key) for owner in OWNERS if owner in self._hatched)
        defs = f"<defs>{patterns}</defs>" if patterns else ""
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" role="img" '
            f'aria-label="{escape(alt)}" style="width:100%;max-width:{width * 1.33:.0f}px;height:auto;display:block">'
            f"<style>text{{font-family:var(--st-font,{FONT})}}</style>{defs}{''.join(self.drawn)}</svg>"
        )


def hatching(owner: Owner, style: Style, key: str) -> str:
    """The SVG pattern of a hatch, called "again-", the owner and the key."""
    tokens = style.tokens
    return (
        f'<pattern id="again-{owner}{key}" width="{_HATCH}" height="{_HATCH}" patternUnits="userSpaceOnUse" '
        f'patternTransform="rotate(45)"><rect width="{_HATCH}" height="{_HATCH}" fill="{tokens.background}"/>'
        f'<rect width="1.5" height="{_HATCH}" fill="{tokens.owners[owner]}"/></pattern>'
    )


def strokes(x: float, y: float, width: float, height: float, *, falling: bool) -> str:
    """The SVG path of a hatch in a rectangle: slanted strokes that rise, or fall."""
    start, end = (y, y + height) if falling else (y + height, y)
    return "".join(
        f"M{x + _HATCH * n:g} {start:g}L{min(x + width, x + _HATCH * n + height):g} {end:g}"
        for n in range(int(width // _HATCH) + 1)
    )


def fits(words: str, size: int, room: float) -> bool:
    """Whether words have room, with a little air at both ends."""
    return text_width(words, size) + 8 <= room
