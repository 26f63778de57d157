"""The staircase of isolation: the process before any step, then what each step takes away."""

from __future__ import annotations

import streamlit as st

from dashboard.page_part import PagePart, Sheet
from sim.report.figures import metric_table
from sim.report.figures.isolation import stairs, stairs_legend, stairs_table
from sim.report.texts import tr


def before(page_part: PagePart) -> None:
    """The table with the process alone."""
    st.html(stairs(page_part.outcome, page_part.view.style, hidden=True))


def after(page_part: PagePart) -> str:
    """The table, and what its cells stand for."""
    st.html(stairs_legend(page_part.view.style))
    st.html(stairs(page_part.outcome, page_part.view.style))
    return tr("ui.view.read", page_part.view.lang)


def sheet(page_part: PagePart) -> Sheet:
    """Every aspect with the step that takes it, the command that shows it and its source, and all metrics."""
    outcome, lang = page_part.outcome, page_part.view.lang
    return Sheet(stairs_table(outcome, lang), metric_table(outcome, language=lang))
