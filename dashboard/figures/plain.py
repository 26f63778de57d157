"""Any study as bars of its headline metric, one a label: for a study without a figure of its own."""

from __future__ import annotations

import streamlit as st

from dashboard.scene import Scene, Sheet, chart
from sim import studies
from sim.report.figures import metric_alt, metric_bars, metric_table


def before(scene: Scene) -> None:
    """What is compared, by name."""
    st.markdown(" · ".join(scene.called(label) for label in scene.outcome.labels))


def after(scene: Scene) -> str:
    """The headline metric of every label."""
    outcome, view, metric = scene.outcome, scene.view, _headline(scene)
    chart(metric_bars(outcome, view.look, metric, scene.names), metric_alt(outcome, metric, view.lang))
    return ""


def sheet(scene: Scene) -> Sheet:
    """Every metric."""
    return Sheet(metric_table(scene.outcome, language=scene.view.lang), ())


def _headline(scene: Scene) -> str:
    return studies.study(scene.outcome.study).headlines[0].name
