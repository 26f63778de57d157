"""The distance from native by workload: throughput, and beside it the slowest hundredth of the answers."""

from __future__ import annotations

import streamlit as st

from dashboard.page_part import PagePart, Sheet, chart
from sim.report.figures.overhead import OverheadMeasure, overhead, overhead_alt, overhead_sources, overhead_table
from sim.report.texts import tr

_MEASURES: tuple[OverheadMeasure, ...] = ("throughput_ratio", "p99_ratio")


def before(page_part: PagePart) -> None:
    """The lanes and the line of native, without marks."""
    view = page_part.view
    chart(overhead(page_part.outcome, view.style, "throughput_ratio", hidden=True), view.read(page_part.scenario.title))


def after(page_part: PagePart) -> str:
    """Both ratios side by side; in a lecture the first alone."""
    outcome, view = page_part.outcome, page_part.view
    measures = _MEASURES[:1] if view.embed else _MEASURES
    places = [st.container()] if view.embed else st.columns(len(measures), gap="small")
    for place, measure in zip(places, measures, strict=True):
        with place:
            st.markdown(f"**{tr(f'figure.overhead.{measure}', view.lang)}**")
            chart(overhead(outcome, view.style, measure), overhead_alt(outcome, measure, view.lang))
    return tr("ui.overhead.read", view.lang)


def sheet(page_part: PagePart) -> Sheet:
    """Each label's ratios, and what each of its events costs."""
    outcome, lang = page_part.outcome, page_part.view.lang
    return Sheet(overhead_table(outcome, lang), overhead_sources(outcome, lang))
