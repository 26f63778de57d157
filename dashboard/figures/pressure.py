"""Memory as time passes, a figure a label: for a memory study whose instances run for a duration."""

from __future__ import annotations

import streamlit as st

from dashboard.controls import choice
from dashboard.scene import Scene, Sheet, chart
from sim.outcome import OWNERS
from sim.report.figures import metric_table
from sim.report.figures.legend import legend
from sim.report.figures.pressure import over_time, pressure, pressure_alt, pressure_table, series
from sim.report.texts import tr

_FEW = 2
"""Labels whose figures stand below one another; of more, the reader picks one."""


def applies(scene: Scene) -> bool:
    """Whether any label ran for a time."""
    return bool(over_time(scene.outcome))


def before(scene: Scene) -> None:
    """What is compared, by name; the shape of the curves would be the answer."""
    for label in scene.outcome.labels:
        st.markdown(f"**{scene.called(label)}** · ?")


def after(scene: Scene) -> str:
    """Each label's RAM over time on one scale."""
    outcome, view = scene.outcome, scene.view
    there = over_time(outcome)
    used = [owner for owner in OWNERS if any(size for one in there for _, size in series(outcome, one).get(owner, ()))]
    st.html(legend(view.look, used, short=True))
    shown = there
    if len(there) > _FEW:
        options = {label: scene.called(label) for label in there}
        shown = [choice(tr("ui.pressure.of", view.lang), options, there[0], "of", key=f"{scene.key}:of", hidden=True)]
    for label in shown:
        if len(shown) > 1:
            st.markdown(f"**{scene.called(label)}**")
        chart(pressure(outcome, view.look, label), pressure_alt(outcome, label, view.lang))
    return tr("ui.pressure.read", view.lang)


def sheet(scene: Scene) -> Sheet:
    """The parts of every label over time, and all metrics."""
    rows = []
    for label in over_time(scene.outcome):
        name = {tr("figure.col.label", scene.view.lang): scene.called(label)}
        rows += [name | row for row in pressure_table(scene.outcome, label, scene.view.lang)]
    return Sheet(rows, metric_table(scene.outcome, language=scene.view.lang))
