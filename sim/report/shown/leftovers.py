"""What a removal leaves: an empty table before the run, words after it."""

from __future__ import annotations

from sim.report.figures.bars import metric_table
from sim.report.figures.words.leftovers import left_table, left_words
from sim.report.shown.drawing import Drawing, DrawingRequest, FigureTables, word_table
from sim.report.shown.plain import choices
from sim.report.texts import tr

__all__ = ["after", "before", "choices", "note", "tables"]


def before(request: DrawingRequest) -> tuple[Drawing, ...]:
    """The table with nothing in it."""
    return (_words(request, hidden=True),)


def after(request: DrawingRequest) -> tuple[Drawing, ...]:
    """The table."""
    return (_words(request),)


def note(request: DrawingRequest) -> str:
    """How to read the table."""
    return tr("ui.left.read", request.language)


def tables(request: DrawingRequest) -> FigureTables:
    """Every cell with what it is and where its rule can be read, and all metrics."""
    outcome, lang = request.outcome, request.language
    return FigureTables(left_table(outcome, lang), metric_table(outcome, language=lang))


def _words(request: DrawingRequest, *, hidden: bool = False) -> Drawing:
    return word_table("left", left_words(request.outcome, request.style, hidden=hidden), tables(request).rows)
