"""Figures with the answer left out: the shape of a question, as an invitation. No number of a run is in them."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from sim.outcome import Outcome
from sim.records.instances import Owner
from sim.report.figures.canvas import hatching
from sim.report.style import CODE_FONT, Language, Style
from sim.report.texts import tr
from sim.report.words import label_names
from sim.scenario import Scenario

if TYPE_CHECKING:
    from sim.catalog.model import Technology

_INK = "var(--st-text-color)"
_MUTED = "var(--st-gray-text-color)"
_LINE = "var(--st-border-color)"
_PANEL = "var(--st-secondary-background-color)"
_RED = "var(--st-red-color)"
_WIDTH, _HEIGHT = 264, 152
"""Pixels. In a card of 245 pixels, as in a window of 960, its letters are still 12 high."""
_MOST_LANES = 6
_STEPS = (("FROM python", "✓"), ("COPY requirements", "✎"), ("RUN pip install", "?"), ("COPY src", "?"))

_GLYPHS: dict[str, tuple[str, ...]] = {
    "lanes": ("startup", "compose", "distribution", "lifecycle"),
    "columns": ("memory", "density", "leftovers", "imagestore"),
    "bars": ("overhead", "neighbour", "durability", "saturation"),
    "graph": ("build", "microservices", "components"),
    "grid": ("portability", "isolation", "drift"),
    "line": ("rollout",),
}
"""What a study's figure looks like from afar."""
_GLYPH_WIDTH, _GLYPH_HEIGHT = 44, 30


def _head(width: int) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{width}" '
        f'height="{width * _HEIGHT // _WIDTH}" role="img" aria-hidden="true" font-size="15.5">'
    )


def lanes(scenario: Scenario, lang: Language) -> list[tuple[str, Owner]]:
    """What a race compares, in the scenario's order: each technology's name and whose its first moments are."""
    from sim.catalog.load import technologies

    racers = {label: params.technology for label, params in scenario.parts[0].variants.items()}
    named = Outcome(scenario.id, scenario.parts[0].study, scenario.seed, 1, tuple(racers), (), parameters={
        label: {"technology": technology} for label, technology in racers.items()
    }, names=scenario.labels)  # fmt: skip
    names = label_names(named, lang)
    return [(names[label].name, _first(technologies()[technology])) for label, technology in racers.items()]


def _first(technology: Technology) -> Owner:
    """Whose the first work of a start is. What is read from disk is in the page cache."""
    owners = [phase.owner for phase in technology.phases]
    return next((owner for owner in owners if owner != "files"), owners[0])


def race(style: Style, racers: Sequence[tuple[str, Owner]]) -> str:
    """Lanes that have only just started.

    Args:
        racers: Name and owner of the first moments of each, six at most.
    """
    out = [_head(_WIDTH)]
    for i, (name, owner) in enumerate(racers[:_MOST_LANES]):
        y = 3 + i * 24.5
        fill = style.tokens.owners[owner]
        out.append(
            f'<rect x="104" y="{y}" width="{_WIDTH - 108}" height="20" fill="{_PANEL}"/>'
            f'<text x="96" y="{y + 16}" text-anchor="end" fill="{_INK}">{escape(name)}</text>'
            f'<rect x="104" y="{y + 2}" width="13" height="16" fill="{fill}"/>'
            f'<text x="126" y="{y + 16}" fill="{_MUTED}">?</text>'
        )
    out.append(f'<path d="M104 0V{_HEIGHT}" stroke="{_INK}" stroke-width="1.5"/></svg>')
    return "".join(out)


def ledger(style: Style, width: int = _WIDTH) -> str:
    """Six columns with a part of the same pages each, and a sum nobody has said yet.

    Args:
        width: In pixels.
    """
    own, shared = style.tokens.owners["application"], style.tokens.owners["files"]
    out = [_head(width), f"<defs>{hatching('files', style, '-tease')}</defs>"]
    for i in range(6):
        x = 14 + i * 40
        fill = shared if i == 0 else "url(#again-files-tease)"
        out.append(
            f'<rect x="{x}" y="32" width="32" height="56" fill="{own}" stroke="{_LINE}"/>'
            f'<rect x="{x}" y="88" width="32" height="40" fill="{fill}" stroke="{shared}"/>'
        )
    out.append(
        f'<text x="{_WIDTH / 2:g}" y="147" text-anchor="middle" fill="{_MUTED}">'
        f"{tr('ui.tease.again', style.language)}</text>"
        f'<text x="{_WIDTH / 2:g}" y="20" text-anchor="middle" fill="{_INK}" font-weight="600">'
        f"{tr('ui.tease.sum', style.language)}</text></svg>"
    )
    return "".join(out)


def layers(_: Style) -> str:
    """A build of four steps, one of them edited."""
    out = [_head(_WIDTH)]
    for i, (text, glyph) in enumerate(_STEPS):
        y, edited = 3 + i * 39, glyph == "✎"
        if i:
            out.append(f'<path d="M{_WIDTH / 2:g} {y - 9}V{y}" stroke="{_LINE}" stroke-width="2"/>')
        out.append(
            f'<rect x="20" y="{y}" width="224" height="30" rx="5" fill="none" stroke="{_RED if edited else _LINE}" '
            f'stroke-width="{2.5 if edited else 1.3}"/>'
            f'<text x="40" y="{y + 20}" text-anchor="middle" fill="{_RED if edited else _MUTED}" font-weight="700">'
            f"{glyph}</text>"
            f'<text x="58" y="{y + 20}" fill="{_INK}" style="font-family:var(--st-code-font,{CODE_FONT})">'
            f"{text}</text>"
        )
    return "".join(out) + "</svg>"


def glyph(study: str, style: Style) -> str:
    """The outline of a study's figure, a few millimetres large. Lanes for a study without a shape of its own."""
    shape = next((name for name, names in _GLYPHS.items() if study in names), "lanes")
    tokens = style.tokens
    inside = _outline(shape, tokens.neutral, tokens.ink)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_GLYPH_WIDTH} {_GLYPH_HEIGHT}" width="{_GLYPH_WIDTH}" '
        f'height="{_GLYPH_HEIGHT}" aria-hidden="true">{inside}</svg>'
    )


def _outline(shape: str, pale: str, ink: str) -> str:
    def box(x: float, y: float, width: float, height: float, fill: str = pale) -> str:
        return f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" fill="{fill}"/>'

    if shape == "lanes":
        return "".join(box(2, 3 + 9 * i, w, 6) + box(2, 3 + 9 * i, 5, 6, ink) for i, w in enumerate((14, 26, 40)))
    if shape == "columns":
        return "".join(box(2 + 10.5 * i, 4, 8, 13) + box(2 + 10.5 * i, 17, 8, 10, ink) for i in range(4))
    if shape == "bars":
        return "".join(box(2 + 10.5 * i, 27 - h, 8, h, ink if h == 23 else pale) for i, h in enumerate((8, 14, 23, 11)))
    if shape == "grid":
        cells = ((i, j) for i in range(4) for j in range(3))
        return "".join(box(2 + 10.5 * i, 3 + 9 * j, 8, 6, ink if (i + 2 * j) % 4 == 1 else pale) for i, j in cells)
    if shape == "graph":
        lines = f'<path d="M12 15H32M10 15 34 6M10 15 34 24" stroke="{pale}" stroke-width="2" fill="none"/>'
        return lines + box(3, 11, 11, 8, ink) + "".join(box(30, 2 + 9 * i, 11, 7) for i in range(3))
    return f'<path d="M2 8H16L20 24 26 12H42" stroke="{ink}" stroke-width="2.5" fill="none"/>' + box(2, 27, 40, 1.5)
