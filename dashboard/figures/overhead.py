"""The distance from native by workload: throughput, and beside it the slowest hundredth of the answers."""

from __future__ import annotations

import streamlit as st

from dashboard.page_part import PagePart, Sheet, chart
from sim.report.figures.overhead import (
    OverheadMeasure,
    halves,
    overhead,
    overhead_alt,
    overhead_sources,
    overhead_table,
)
from sim.report.texts import tr

_MEASURES: tuple[OverheadMeasure, ...] = ("throughput_ratio", "p99_ratio")


def before(page_part: PagePart) -> None:
    """The lanes and the line of native, without marks."""
    outcome, view = page_part.outcome, page_part.view
    spec = overhead(outcome, view.style, "throughput_ratio", workloads=_shown(page_part), hidden=True)
    chart(spec, view.read(page_part.scenario.title))


def after(page_part: PagePart) -> str:
    """Both ratios side by side; in a lecture the first alone, on both halves of a low screen."""
    outcome, view = page_part.outcome, page_part.view
    drawn: list[tuple[OverheadMeasure, tuple[str, ...]]] = [(measure, ()) for measure in _MEASURES]
    if view.embed:
        drawn = [("throughput_ratio", half) for half in halves(outcome) if half]
    for place, (measure, workloads) in zip(st.columns(len(drawn), gap="small"), drawn, strict=True):
        with place:
            st.markdown(f"**{tr(f'figure.overhead.{measure}', view.lang)}**")
            chart(
                overhead(outcome, view.style, measure, workloads=workloads), overhead_alt(outcome, measure, view.lang)
            )
    return tr("ui.overhead.read", view.lang)


def _shown(page_part: PagePart) -> tuple[str, ...]:
    """The workloads that fit below the question: all on a page, half of them in a lecture."""
    return halves(page_part.outcome)[0] if page_part.view.embed else ()


def sheet(page_part: PagePart) -> Sheet:
    """Each label's ratios, and what each of its events costs."""
    outcome, lang = page_part.outcome, page_part.view.lang
    return Sheet(overhead_table(outcome, lang), overhead_sources(outcome, lang))
