"""One service against many: which requests a change and a crash take along, and what the rest costs."""

from __future__ import annotations

from dashboard.page_part import PagePart, Sheet, chart, table
from sim.report.figures import metric_table
from sim.report.figures.radius import compared_table, radius, radius_alt, radius_table
from sim.report.texts import tr


def before(page_part: PagePart) -> None:
    """The lanes of what is compared, with the services that each kind of request visits."""
    chart(radius(page_part.outcome, page_part.view.style, hidden=True), tr("ui.radius.read", page_part.view.lang))


def after(page_part: PagePart) -> str:
    """The lanes of all labels, and what starting, holding, asking and changing takes."""
    outcome, view = page_part.outcome, page_part.view
    chart(radius(outcome, view.style), radius_alt(outcome, view.lang))
    table(compared_table(outcome, view.lang), view)
    return tr("ui.radius.read", view.lang)


def sheet(page_part: PagePart) -> Sheet:
    """Every stretch of every kind of request, and all metrics."""
    outcome, lang = page_part.outcome, page_part.view.lang
    return Sheet(radius_table(outcome, lang), metric_table(outcome, language=lang))
