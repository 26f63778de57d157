"""Containers' lives as lanes: the first seconds enlarged, then the whole window with the count of starts."""

from __future__ import annotations

from sim.report.figures.bars import metric_table
from sim.report.figures.services.lifecycle import (
    LENS_SECONDS,
    enlarges,
    life_alt,
    life_legend,
    life_table,
    lifelines,
    window_of,
)
from sim.report.numbers import written
from sim.report.shown.drawing import Drawing, DrawingRequest, FigureTables, chart, html
from sim.report.shown.plain import choices
from sim.report.texts import tr

__all__ = ["after", "before", "choices", "note", "tables"]

_SHADE = 0.15


def before(request: DrawingRequest) -> tuple[Drawing, ...]:
    """Empty lanes in the scenario's order."""
    spec = lifelines(request.outcome, request.style, request.names, hidden=True, stacked=not request.lecture)
    lanes = chart("lanes", spec, request.scenario.title.read(request.language))
    return html("legend", life_legend(request.style)), lanes


def after(request: DrawingRequest) -> tuple[Drawing, ...]:
    """The lens where a container starts twice in it, and all lanes below."""
    outcome, style, lang = request.outcome, request.style, request.language
    keys, alt, stacked = html("legend", life_legend(style)), life_alt(outcome, lang), not request.lecture
    rows = tables(request).rows
    whole = lifelines(outcome, style, request.names, stacked=stacked)
    if not enlarges(outcome):
        return keys, chart("lanes", whole, alt, table=rows)
    # A lecture's screen has room for both beside one another, not below.
    row = "lanes" if request.lecture else ""
    first = tr("ui.lens", lang, time=written(LENS_SECONDS, "s", lang))
    every = tr("ui.life.window", lang, time=written(window_of(outcome), "s", lang))
    lens = lifelines(outcome, style, request.names, lens=True, stacked=stacked)
    return (
        keys,
        chart("lens", lens, alt, title=first, shade=_SHADE, row=row, table=rows),
        chart("lanes", whole, alt, title=every, row=row, table=rows),
    )


def note(request: DrawingRequest) -> str:
    """How to read the lanes."""
    return tr("ui.life.read", request.language)


def tables(request: DrawingRequest) -> FigureTables:
    """Every start with its exit code and wait, and all metrics."""
    outcome, lang = request.outcome, request.language
    return FigureTables(life_table(outcome, lang), metric_table(outcome, language=lang))
