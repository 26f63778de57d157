"""A figure's legend inside its SVG. On a page a legend is HTML (`sim.report.figures.legend`), which no file can hold.

Every legend is one line of chips: a swatch with inline styles, then a word. They are read from that HTML.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from html.parser import HTMLParser

from sim.report.figures.canvas import strokes
from sim.report.style import FONT, Style, text_width

_SIZE = 14
_LINE = 26
_MARGIN = 16
_GAP = 6
_BETWEEN = 18
_VIEW_BOX = re.compile(r'<svg[^>]*?viewBox="0 0 ([\d.]+) ([\d.]+)"')
_COLOUR = r"#[0-9A-Fa-f]{6,8}"


@dataclass
class Chip:
    """A swatch and its word."""

    style: Mapping[str, str] = field(default_factory=dict)
    mark: str = ""
    text: str = ""

    @property
    def width(self) -> float:
        """Pixels of the swatch."""
        return _pixels(self.style.get("width", "1em"))

    @property
    def room(self) -> float:
        """Pixels of it all, with what stands before the next."""
        return self.width + _GAP + text_width(self.text, _SIZE) + _BETWEEN


class _ChipReader(HTMLParser):
    """Reads chips: a `span` in the line is one, the `span` in it is the swatch."""

    def __init__(self) -> None:
        super().__init__()
        self.chips: list[Chip] = []
        self._depth = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag != "span":
            return
        self._depth += 1
        if self._depth == 1:
            self.chips.append(Chip())
        else:
            written = (dict(attrs).get("style") or "").split(";")
            pairs = (one.partition(":") for one in written if ":" in one)
            self.chips[-1].style = {name.strip(): value.strip() for name, _, value in pairs}

    def handle_endtag(self, tag: str) -> None:
        if tag == "span":
            self._depth -= 1

    def handle_data(self, data: str) -> None:
        if self._depth == 1:
            self.chips[-1].text += data
        elif self._depth == 2:
            self.chips[-1].mark += data


def chips(legend: str) -> list[Chip]:
    """The chips of a legend's HTML."""
    reader = _ChipReader()
    reader.feed(legend)
    return reader.chips


def below(legend: str, svg: str, style: Style) -> str:
    """The SVG with the legend above it, as one SVG. A legend of several lines makes it taller."""
    match = _VIEW_BOX.search(svg)
    if match is None:
        return svg
    width, height = float(match[1]), float(match[2])
    drawn, top = _line(chips(legend), width, style)
    inner = re.sub(r"<svg ", f'<svg y="{top:g}" ', re.sub(r"<\?xml[^>]*\?>", "", svg), count=1)
    if not re.match(r"<svg[^>]* width=", inner):
        inner = inner.replace("<svg ", f'<svg width="{width:g}" height="{height:g}" ', 1)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height + top:g}" '
        f'viewBox="0 0 {width:g} {height + top:g}">'
        f'<rect width="100%" height="100%" fill="{style.tokens.background}"/>{drawn}{inner}</svg>'
    )


def legend_svg(legend: str, style: Style, width: int = 760) -> str:
    """The legend alone, as one SVG of that many pixels."""
    drawn, height = _line(chips(legend), width, style)
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height:g}">{drawn}</svg>'


def _line(shown: list[Chip], width: float, style: Style) -> tuple[str, float]:
    """The chips, in as many lines as they need, and the height they take."""
    parts, x, y = [], float(_MARGIN), float(_MARGIN)
    for chip in shown:
        if x > _MARGIN and x + chip.room - _BETWEEN > width - _MARGIN:
            x, y = float(_MARGIN), y + _LINE
        parts.append(_drawn(chip, x, y, style))
        x += chip.room
    return "".join(parts), y + _LINE


def _drawn(chip: Chip, x: float, y: float, style: Style) -> str:
    middle, height = y + _LINE / 2, _pixels(chip.style.get("height", "1em"))
    top, baseline = middle - height / 2, middle + _SIZE * 0.35
    ink = style.tokens.ink
    mark = (
        f'<text x="{x + chip.width / 2:g}" y="{baseline:g}" text-anchor="middle" fill="{ink}">'
        f"{escape(chip.mark)}</text>"
        if chip.mark
        else ""
    )
    return (
        f'<g font-family="{escape(FONT)}" font-size="{_SIZE}">{_swatch(chip, x, top, height)}{mark}'
        f'<text x="{x + chip.width + _GAP:g}" y="{baseline:g}" fill="{style.tokens.muted}">'
        f"{escape(chip.text)}</text></g>"
    )


def _swatch(chip: Chip, x: float, y: float, height: float) -> str:
    """A swatch by its inline style: fill, frame, and hatching where its background is a gradient."""
    background, border = chip.style.get("background", ""), chip.style.get("border", "")
    if background.startswith("linear-gradient"):
        return _whisker(background, x, y, chip.width, height)
    stroke = re.search(_COLOUR, border)
    wide = float(match[1]) if (match := re.search(r"([\d.]+)px", border)) else 1.5
    dash = ' stroke-dasharray="4 3"' if "dashed" in border else ' stroke-dasharray="2 2"' if "dotted" in border else ""
    fill = match[0] if (match := re.match(_COLOUR, background)) else "none"
    edge = f' stroke="{stroke[0]}" stroke-width="{wide:g}"{dash}' if stroke else ""
    opacity = f' opacity="{chip.style["opacity"]}"' if "opacity" in chip.style else ""
    box = f'<rect x="{x:g}" y="{y:g}" width="{chip.width:g}" height="{height:g}" fill="{fill}"{edge}{opacity}/>'
    if "gradient" not in background:
        return box
    return box + _hatching(background, x, y, chip.width, height)


def _whisker(background: str, x: float, y: float, width: float, height: float) -> str:
    """A bar across the middle with a stroke at each end, which a gradient between two borders draws on a page."""
    across = f"M{x:g} {y:g}v{height:g}M{x:g} {y + height / 2:g}h{width:g}M{x + width:g} {y:g}v{height:g}"
    return f'<path d="{across}" stroke="{_ink(background)}" stroke-width="2" fill="none"/>'


def _hatching(background: str, x: float, y: float, width: float, height: float) -> str:
    """Slanted lines by the gradient's angle."""
    paths = strokes(x, y, width, height, falling="135deg" not in background)
    return f'<path d="{paths}" stroke="{_ink(background)}" stroke-width="2" fill="none"/>'


def _ink(background: str) -> str:
    match = re.search(_COLOUR, background)
    return match[0] if match else "#000000"


def _pixels(written: str) -> float:
    match = re.fullmatch(r"([\d.]+)(em|px)", written)
    if match is None:
        return float(_SIZE)
    return float(match[1]) * (_SIZE if match[2] == "em" else 1)
