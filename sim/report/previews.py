"""Figures with the answer left out: the shape of a question, as an invitation. No number of a run is in them."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from sim.outcome import Outcome
from sim.records import Owner
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
_WIDTH = 320
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
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 320 170" width="{width}" height="{width * 170 // 320}" '
        'role="img" aria-hidden="true" font-size="14.5">'
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
        y = 5 + i * 27
        fill = style.tokens.owners[owner]
        out.append(
            f'<rect x="104" y="{y}" width="212" height="22" fill="{_PANEL}"/>'
            f'<text x="96" y="{y + 16}" text-anchor="end" fill="{_INK}">{escape(name)}</text>'
            f'<rect x="104" y="{y + 3}" width="13" height="16" fill="{fill}"/>'
            f'<text x="126" y="{y + 17}" fill="{_MUTED}" font-size="15">?</text>'
        )
    out.append(f'<path d="M104 2V166" stroke="{_INK}" stroke-width="1.5"/></svg>')
    return "".join(out)


def ledger(style: Style, width: int = _WIDTH) -> str:
    """Six columns with a part of the same pages each, and a sum nobody has said yet.

    Args:
        width: In pixels.
    """
    own, shared = style.tokens.owners["application"], style.tokens.owners["files"]
    out = [_head(width), f"<defs>{hatching('files', style, '-tease')}</defs>"]
    for i in range(6):
        x = 22 + i * 47
        fill = shared if i == 0 else "url(#again-files-tease)"
        out.append(
            f'<rect x="{x}" y="44" width="38" height="56" fill="{own}" stroke="{_LINE}"/>'
            f'<rect x="{x}" y="100" width="38" height="44" fill="{fill}" stroke="{shared}"/>'
        )
    out.append(
        f'<text x="160" y="164" text-anchor="middle" fill="{_MUTED}">{tr("ui.tease.again", style.language)}</text>'
        f'<text x="160" y="30" text-anchor="middle" fill="{_INK}" font-weight="600" font-size="15">'
        f"{tr('ui.tease.sum', style.language)}</text></svg>"
    )
    return "".join(out)


def layers(_: Style) -> str:
    """A build of four steps, one of them edited."""
    out = [_head(_WIDTH)]
    for i, (text, glyph) in enumerate(_STEPS):
        y, edited = 6 + i * 42, glyph == "✎"
        if i:
            out.append(f'<path d="M160 {y - 12}V{y}" stroke="{_LINE}" stroke-width="2"/>')
        out.append(
            f'<rect x="56" y="{y}" width="208" height="30" rx="5" fill="none" stroke="{_RED if edited else _LINE}" '
            f'stroke-width="{2.5 if edited else 1.3}"/>'
            f'<text x="76" y="{y + 20}" text-anchor="middle" fill="{_RED if edited else _MUTED}" font-weight="700" '
            f'font-size="15">{glyph}</text>'
            f'<text x="94" y="{y + 20}" fill="{_INK}" style="font-family:var(--st-code-font,{CODE_FONT})">'
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
