"""Images by hosts: an empty table before the run, words and bars after it."""

from __future__ import annotations

from sim.report.figures.bars import metric_table
from sim.report.figures.words.portability import fit_legend, fit_table, fit_words
from sim.report.shown.drawing import Drawing, DrawingRequest, FigureTables, html, word_table
from sim.report.shown.plain import choices
from sim.report.texts import tr

__all__ = ["after", "before", "choices", "note", "tables"]


def before(request: DrawingRequest) -> tuple[Drawing, ...]:
    """The table with nothing in it."""
    return (_words(request, hidden=True),)


def after(request: DrawingRequest) -> tuple[Drawing, ...]:
    """The table, and what its bars stand for."""
    return html("legend", fit_legend(request.style)), _words(request)


def note(request: DrawingRequest) -> str:
    """How to read the table."""
    return tr("ui.fit.read", request.language)


def tables(request: DrawingRequest) -> FigureTables:
    """Every cell with its reason, cost and source, and all metrics."""
    outcome, lang = request.outcome, request.language
    return FigureTables(fit_table(outcome, lang), metric_table(outcome, language=lang))


def _words(request: DrawingRequest, *, hidden: bool = False) -> Drawing:
    return word_table("fit", fit_words(request.outcome, request.style, hidden=hidden), tables(request).rows)
