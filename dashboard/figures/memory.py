"""The memory ledger, by the ruler the reader picks, and the sums of all rulers below it."""

from __future__ import annotations

from typing import cast

import streamlit as st

from dashboard import teasers
from dashboard.components import drawing
from dashboard.controls import choice
from dashboard.scene import Scene, Sheet, chart
from sim.report.figures import RULERS, Ruler, ledger, ledger_alt, ledger_table, rulers
from sim.report.figures.legend import legend
from sim.report.texts import tr


def before(scene: Scene) -> None:
    """Columns of the same pages, and a sum that nobody has said yet."""
    st.html(legend(scene.view.look))
    drawing(teasers.ledger(scene.view.look, width=640), key=f"{scene.key}:tease")


def after(scene: Scene) -> str:
    """The columns on one scale, so that changing the ruler is the animation."""
    outcome, view = scene.outcome, scene.view
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        ruler = _ruler(scene)
        st.html(legend(view.look, short=True), width="content")
    chart(ledger(outcome, view.look, ruler, scene.names), ledger_alt(outcome, ruler, view.lang))
    sums = rulers(outcome, view.look, ruler, scene.names)
    for column, (title, spec) in zip(st.columns(len(sums), gap="medium", wrap=False), sums, strict=True):
        with column:
            chart(spec, title)
    return tr(f"ruler.{ruler}.text", view.lang)


def sheet(scene: Scene) -> Sheet:
    """The parts of the ledger; each row names its source."""
    rows = ledger_table(scene.outcome, scene.view.lang)
    return Sheet(rows, rows)


def _ruler(scene: Scene) -> Ruler:
    lang = scene.view.lang
    options: dict[str, str] = {ruler: tr(f"ruler.{ruler}", lang) for ruler in RULERS}
    picked = choice(tr("ui.ruler", lang), options, RULERS[0], "ruler", key=f"{scene.key}:ruler", hidden=True)
    return cast("Ruler", picked)
