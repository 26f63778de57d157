"""Images by hosts: an empty table before the run, words and bars after it."""

from __future__ import annotations

import streamlit as st

from dashboard.page_part import PagePart, Sheet
from sim.report.figures import metric_table
from sim.report.figures.portability import fit_grid, fit_legend, fit_table
from sim.report.texts import tr


def before(page_part: PagePart) -> None:
    """The table with nothing in it."""
    st.html(fit_grid(page_part.outcome, page_part.view.style, hidden=True))


def after(page_part: PagePart) -> str:
    """The table, and what its bars stand for."""
    st.html(fit_legend(page_part.view.style))
    st.html(fit_grid(page_part.outcome, page_part.view.style))
    return tr("ui.fit.read", page_part.view.lang)


def sheet(page_part: PagePart) -> Sheet:
    """Every cell with its reason, cost and source, and all metrics."""
    outcome, lang = page_part.outcome, page_part.view.lang
    return Sheet(fit_table(outcome, lang), metric_table(outcome, language=lang))
