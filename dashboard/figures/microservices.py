"""One service against many: which requests a change and a crash take along, and what the rest costs."""

from __future__ import annotations

import streamlit as st

from dashboard.page_part import PagePart, Sheet, chart, table
from sim.report.figures import metric_table
from sim.report.figures.radius import compared_table, radius, radius_alt, radius_table, routes
from sim.report.texts import tr


def before(page_part: PagePart) -> None:
    """What is compared, and the services that each kind of request visits."""
    for label in page_part.outcome.labels:
        st.markdown(f"**{page_part.called(label)}** · ?")
        for kind, stretches in routes(page_part.outcome, label).items():
            st.markdown(f"- {kind}: {stretches[0].services.replace('>', '→')}")


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
