"""What a removal leaves: an empty table before the run, words after it."""

from __future__ import annotations

import streamlit as st

from dashboard.page_part import PagePart, Sheet
from sim.report.figures import metric_table
from sim.report.figures.leftovers import left_grid, left_table
from sim.report.texts import tr


def before(page_part: PagePart) -> None:
    """The table with nothing in it."""
    st.html(left_grid(page_part.outcome, page_part.view.style, hidden=True))


def after(page_part: PagePart) -> str:
    """The table."""
    st.html(left_grid(page_part.outcome, page_part.view.style))
    return tr("ui.left.read", page_part.view.lang)


def sheet(page_part: PagePart) -> Sheet:
    """Every cell with what it is and where its rule can be read, and all metrics."""
    outcome, lang = page_part.outcome, page_part.view.lang
    return Sheet(left_table(outcome, lang), metric_table(outcome, language=lang))
