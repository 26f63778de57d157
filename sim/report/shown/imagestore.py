"""What the image stores fetch, send and keep: an empty table before the run, numbers after it."""

from __future__ import annotations

from sim.report.figures import metric_table
from sim.report.figures.imagestore import store_grid
from sim.report.shown.drawing import Drawing, DrawingRequest, FigureTables, html
from sim.report.shown.plain import choices
from sim.report.texts import tr

__all__ = ["after", "before", "choices", "note", "tables"]


def before(request: DrawingRequest) -> tuple[Drawing, ...]:
    """The table with nothing in it."""
    return (html("stores", store_grid(request.outcome, request.style, hidden=True)),)


def after(request: DrawingRequest) -> tuple[Drawing, ...]:
    """The table."""
    return (html("stores", store_grid(request.outcome, request.style)),)


def note(request: DrawingRequest) -> str:
    """How to read the table."""
    return tr("ui.stores.read", request.language)


def tables(request: DrawingRequest) -> FigureTables:
    """Every metric."""
    return FigureTables(metric_table(request.outcome, language=request.language))
