"""How an image reaches its nodes: when they are done, the bytes that move, and one node's pull layer by layer."""

from __future__ import annotations

import streamlit as st

from dashboard.controls import choice
from dashboard.page_part import PagePart, Sheet, chart
from sim.report.figures import metric_alt, metric_bars, metric_table
from sim.report.figures.legend import legend
from sim.report.figures.pulls import (
    completions,
    completions_alt,
    pull_marks,
    pulled,
    pulls,
    pulls_table,
)
from sim.report.texts import tr

_MEASURES = ("pull_time", "first_start_time", "bytes_moved", "registry_bytes")


def before(page_part: PagePart) -> None:
    """What is compared, without an answer."""
    outcome, view = page_part.outcome, page_part.view
    _measure(page_part, drawn=False)
    chart(completions(outcome, view.style, page_part.names, hidden=True), view.read(page_part.scenario.title))


def after(page_part: PagePart) -> str:
    """The time or the bytes of every label. Below them the layers of one label's first node."""
    outcome, view = page_part.outcome, page_part.view
    measure = _measure(page_part, drawn=not view.embed)
    if measure.endswith("_time"):
        spec = completions(outcome, view.style, page_part.names, metric=measure)
        chart(spec, completions_alt(outcome, view.lang, metric=measure))
    else:
        chart(metric_bars(outcome, view.style, measure, page_part.names), metric_alt(outcome, measure, view.lang))
    there = pulled(outcome)
    if there and not view.embed:
        picked = _label(page_part, there)
        st.markdown("**" + tr("ui.pull.layers", view.lang, name=page_part.called(picked)) + "**")
        st.html(legend(view.style, ("files",), pull_marks(outcome, picked), short=True))
        chart(pulls(outcome, view.style, picked), completions_alt(outcome, view.lang))
    return ""


def sheet(page_part: PagePart) -> Sheet:
    """Every metric, and what the shown label's first node did, with the source of each rate."""
    there = pulled(page_part.outcome)
    label = st.session_state.get(f"{page_part.key}:of", there[0] if there else "")
    rows = metric_table(page_part.outcome, language=page_part.view.lang)
    return Sheet(
        rows,
        pulls_table(page_part.outcome, label if label in there else there[0], page_part.view.lang) if there else (),
    )


def _measure(page_part: PagePart, *, drawn: bool) -> str:
    """The metric that is shown. Before the run the link alone says which."""
    view, key = page_part.view, f"{page_part.key}:measure"
    measures = {name: tr(f"metric.{name}", view.lang) for name in _MEASURES}
    return choice(
        tr("ui.pull.show", view.lang), measures, _MEASURES[0], "measure", view, key=key, hidden=True, drawn=drawn
    )


def _label(page_part: PagePart, there: list[str]) -> str:
    options = {label: page_part.called(label) for label in there}
    return choice(
        tr("ui.pull.of", page_part.view.lang), options, there[0], "of", page_part.view, key=f"{page_part.key}:of",
        hidden=True, drawn=len(options) > 1,
    )  # fmt: skip
