"""A fleet through the weeks: the servers of one label, and two lines of all labels below."""

from __future__ import annotations

import streamlit as st

from dashboard.controls import choice
from dashboard.page_part import PagePart, Sheet, chart
from sim.report.figures import metric_table
from sim.report.figures.drift import Line, drift_alt, drift_table, fleet, lines
from sim.report.texts import tr

_LINES: tuple[Line, ...] = ("environments", "oldest_missing")
_FEW = 2
"""Labels whose servers stand below one another. Of more, the reader picks one."""


def before(page_part: PagePart) -> None:
    """What is compared, by name."""
    for label in page_part.outcome.labels:
        st.markdown(f"**{page_part.called(label)}** · ?")


def after(page_part: PagePart) -> str:
    """Servers by weeks, then what all labels come to, beside them where both are to fit a hall's screen."""
    outcome, view = page_part.outcome, page_part.view
    shown = list(outcome.labels)
    if len(shown) > _FEW:
        options = {label: page_part.called(label) for label in shown}
        picked = choice(
            tr("ui.drift.of", view.lang), options, shown[0], "of", view, key=f"{page_part.key}:of", hidden=True
        )
        shown = [picked]
    servers, sums = st.columns(2, gap="medium") if view.embed else (st.container(), st.container())
    with servers:
        for label in shown:
            st.markdown(f"**{page_part.called(label)}**")
            chart(fleet(outcome, view.style, label), drift_alt(outcome, label, view.lang))
    with sums:
        for line in _LINES:
            st.markdown(f"**{tr(f'figure.drift.{line}', view.lang)}**")
            alt = " ".join(drift_alt(outcome, label, view.lang) for label in outcome.labels)
            chart(lines(outcome, view.style, line), alt)
    return tr("ui.drift.read", view.lang)


def sheet(page_part: PagePart) -> Sheet:
    """Each label by quarter, and all metrics."""
    outcome, lang = page_part.outcome, page_part.view.lang
    return Sheet(drift_table(outcome, lang), metric_table(outcome, language=lang))
