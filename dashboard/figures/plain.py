"""Any study as bars of its headline metric, one a label: for a study without a figure of its own."""

from __future__ import annotations

import streamlit as st

from dashboard.page_part import PagePart, Sheet, chart
from sim import studies
from sim.report.figures import metric_alt, metric_bars, metric_table


def before(page_part: PagePart) -> None:
    """What is compared, by name."""
    st.markdown(" · ".join(page_part.called(label) for label in page_part.outcome.labels))


def after(page_part: PagePart) -> str:
    """The headline metric of every label."""
    outcome, view, metric = page_part.outcome, page_part.view, _headline(page_part)
    chart(metric_bars(outcome, view.style, metric, page_part.names), metric_alt(outcome, metric, view.lang))
    return ""


def sheet(page_part: PagePart) -> Sheet:
    """Every metric."""
    return Sheet(metric_table(page_part.outcome, language=page_part.view.lang), ())


def _headline(page_part: PagePart) -> str:
    return studies.study(page_part.outcome.study).headlines[0].name
