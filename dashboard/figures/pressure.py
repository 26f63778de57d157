"""Memory as time passes, a figure a label: for a memory study whose instances run for a duration."""

from __future__ import annotations

import streamlit as st

from dashboard.controls import choice
from dashboard.page_part import PagePart, Sheet, chart
from sim.records import OWNERS
from sim.report.figures import metric_table
from sim.report.figures.legend import legend
from sim.report.figures.pressure import over_time, pressure, pressure_alt, pressure_table, series
from sim.report.texts import tr

_FEW = 2
"""Labels whose figures stand below one another. Of more, the reader picks one."""


def applies(page_part: PagePart) -> bool:
    """Whether any label ran for a time."""
    return bool(over_time(page_part.outcome))


def before(page_part: PagePart) -> None:
    """What is compared, by name. The shape of the curves would be the answer."""
    for label in page_part.outcome.labels:
        st.markdown(f"**{page_part.called(label)}** · ?")


def after(page_part: PagePart) -> str:
    """Each label's RAM over time on one scale."""
    outcome, view = page_part.outcome, page_part.view
    there = over_time(outcome)
    used = [
        owner for owner in OWNERS if any(size for other in there for _, size in series(outcome, other).get(owner, ()))
    ]
    st.html(legend(view.style, used, short=True))
    shown = there
    if len(there) > _FEW:
        options = {label: page_part.called(label) for label in there}
        shown = [
            choice(
                tr("ui.pressure.of", view.lang), options, there[0], "of", view, key=f"{page_part.key}:of", hidden=True
            )
        ]
    for label in shown:
        if len(shown) > 1:
            st.markdown(f"**{page_part.called(label)}**")
        chart(pressure(outcome, view.style, label), pressure_alt(outcome, label, view.lang))
    return tr("ui.pressure.read", view.lang)


def sheet(page_part: PagePart) -> Sheet:
    """The parts of every label over time, and all metrics."""
    rows = []
    for label in over_time(page_part.outcome):
        name = {tr("figure.col.label", page_part.view.lang): page_part.called(label)}
        rows += [name | row for row in pressure_table(page_part.outcome, label, page_part.view.lang)]
    return Sheet(rows, metric_table(page_part.outcome, language=page_part.view.lang))
