"""The memory ledger, by the ruler the reader picks, and the sums of all rulers below it.

A memory study that runs for a duration is drawn over time instead (`dashboard.figures.pressure`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import cast

import streamlit as st

from dashboard import previews
from dashboard.components import drawing
from dashboard.controls import choice
from dashboard.figures import pressure
from dashboard.page_part import PagePart, Sheet, chart
from sim.report.figures import RULERS, Ruler, ledger, ledger_alt, ledger_table, rulers
from sim.report.figures.legend import legend
from sim.report.figures.memory import marks
from sim.report.texts import tr
from sim.scenario import Scenario

_READ_BY: Mapping[str, Ruler] = {f"{ruler}_total": ruler for ruler in RULERS} | {"marginal": "physical"}
"""Metrics that one ruler shows."""


def before(page_part: PagePart) -> None:
    """Columns of the same pages, and a sum that nobody has said yet."""
    if pressure.applies(page_part):
        pressure.before(page_part)
        return
    _ruler(page_part, drawn=False)
    st.html(legend(page_part.view.style))
    drawing(previews.ledger(page_part.view.style, width=640), key=f"{page_part.key}:tease")


def after(page_part: PagePart) -> str:
    """The columns on one scale, so that changing the ruler is the animation."""
    if pressure.applies(page_part):
        return pressure.after(page_part)
    outcome, view = page_part.outcome, page_part.view
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        ruler = _ruler(page_part, drawn=True)
        st.html(legend(view.style, marks=marks(outcome, ruler), short=True), width="content")
    tall = not view.embed
    chart(ledger(outcome, view.style, ruler, page_part.names, tall=tall), ledger_alt(outcome, ruler, view.lang))
    sums = rulers(outcome, view.style, ruler, page_part.names, tall=tall)
    for column, (title, spec) in zip(st.columns(len(sums), gap="medium", wrap=False), sums, strict=True):
        with column:
            chart(spec, title)
    # What the lesson explains is the reading of the ruler it opens on. Said twice it is noise.
    return "" if ruler == asked(page_part.scenario) else tr(f"ruler.{ruler}.text", view.lang)


def sheet(page_part: PagePart) -> Sheet:
    """The parts of the ledger. Each row names its source."""
    if pressure.applies(page_part):
        return pressure.sheet(page_part)
    rows = ledger_table(page_part.outcome, page_part.view.lang)
    return Sheet(rows, rows)


def _ruler(page_part: PagePart, *, drawn: bool) -> Ruler:
    """The ruler that is shown. Before the run the link alone says which."""
    lang = page_part.view.lang
    options: dict[str, str] = {ruler: tr(f"ruler.{ruler}", lang) for ruler in RULERS}
    opened = asked(page_part.scenario)
    picked = choice(
        tr("ui.ruler", lang), options, opened, "ruler", page_part.view, key=f"{page_part.key}:ruler", hidden=True,
        drawn=drawn,
    )  # fmt: skip
    return cast("Ruler", picked)


def asked(scenario: Scenario) -> Ruler:
    """The ruler that a lesson's prediction asks about, on which its page opens.

    It is RSS where the prediction asks about none, or several.
    """
    if scenario.lesson is None:
        return RULERS[0]
    predict = scenario.lesson.predict
    conditions = " ".join((predict.rank, predict.guess, *(choice.holds for choice in predict.choices)))
    named = {ruler for metric, ruler in _READ_BY.items() if re.search(rf"\b{metric}\b", conditions)}
    return named.pop() if len(named) == 1 else RULERS[0]
