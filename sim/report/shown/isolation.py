"""The staircase of isolation: the process before any step, then what each step takes away."""

from __future__ import annotations

from sim.report.figures.bars import metric_table
from sim.report.figures.words.isolation import stairs, stairs_html, stairs_legend, stairs_table
from sim.report.shown.drawing import Drawing, DrawingRequest, FigureTables, html, word_table
from sim.report.shown.plain import choices
from sim.report.texts import tr

__all__ = ["after", "before", "choices", "note", "tables"]


def before(request: DrawingRequest) -> tuple[Drawing, ...]:
    """The table with the process alone."""
    return (_stairs(request, hidden=True),)


def after(request: DrawingRequest) -> tuple[Drawing, ...]:
    """The table, and what its cells stand for."""
    return html("legend", stairs_legend(request.style)), _stairs(request)


def _stairs(request: DrawingRequest, *, hidden: bool = False) -> Drawing:
    outcome, style = request.outcome, request.style
    table = stairs(outcome, style, hidden=hidden)
    return word_table(
        "stairs", table, stairs_table(outcome, request.language), stairs_html(outcome, style, hidden=hidden)
    )


def note(request: DrawingRequest) -> str:
    """How to read the table."""
    return tr("ui.view.read", request.language)


def tables(request: DrawingRequest) -> FigureTables:
    """Every aspect with the step that takes it, the command that shows it and its source, and all metrics."""
    outcome, lang = request.outcome, request.language
    return FigureTables(stairs_table(outcome, lang), metric_table(outcome, language=lang))
