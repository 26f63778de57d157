"""What the image stores fetch, send and keep: an empty table before the run, numbers after it."""

from __future__ import annotations

from sim.report.figures.bars import metric_table
from sim.report.figures.words.imagestore import store_words
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
    return tr("ui.stores.read", request.language)


def tables(request: DrawingRequest) -> FigureTables:
    """Every metric."""
    return FigureTables(metric_table(request.outcome, language=request.language))


def _words(request: DrawingRequest, *, hidden: bool = False) -> Drawing:
    return word_table("stores", store_words(request.outcome, request.style, hidden=hidden), tables(request).rows)
