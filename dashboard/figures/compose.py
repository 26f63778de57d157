"""A compose project as it comes up: the lanes of one label, and what each change alone would save."""

from __future__ import annotations

import streamlit as st

from dashboard.controls import choice
from dashboard.page_part import PagePart, Sheet, chart, table
from sim.report.figures import metric_table
from sim.report.figures.bringup import bringup, bringup_alt, bringup_legend, bringup_table, savings_table
from sim.report.texts import tr


def before(page_part: PagePart) -> None:
    """What is compared, by name."""
    for label in page_part.outcome.labels:
        st.markdown(f"**{page_part.called(label)}** · ?")


def after(page_part: PagePart) -> str:
    """The lanes of the label that the reader picks, then the changes that would save time there."""
    outcome, view = page_part.outcome, page_part.view
    picked = outcome.labels[0]
    if len(outcome.labels) > 1:
        options = {label: page_part.called(label) for label in outcome.labels}
        picked = choice(
            tr("ui.bringup.of", view.lang), options, picked, "of", view, key=f"{page_part.key}:of", hidden=True
        )
    st.html(bringup_legend(outcome, view.style, picked))
    chart(bringup(outcome, view.style, picked), bringup_alt(outcome, picked, view.lang))
    savings = savings_table(outcome, picked, view.lang)
    if savings:
        st.markdown(f"**{tr('ui.bringup.savings', view.lang)}**")
        table(savings, view)
    return tr("ui.bringup.read", view.lang)


def sheet(page_part: PagePart) -> Sheet:
    """Every stretch of every service, and all metrics."""
    outcome, lang = page_part.outcome, page_part.view.lang
    return Sheet(bringup_table(outcome, lang), metric_table(outcome, language=lang))
