"""How an image reaches its nodes: when they are done, the bytes that move, and one node's pull layer by layer."""

from __future__ import annotations

import streamlit as st

from dashboard.controls import choice
from dashboard.scene import Scene, Sheet, chart
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


def before(scene: Scene) -> None:
    """What is compared, without an answer."""
    outcome, view = scene.outcome, scene.view
    chart(completions(outcome, view.look, scene.names, hidden=True), view.read(scene.scenario.title))


def after(scene: Scene) -> str:
    """The time or the bytes of every label; below them the layers of one label's first node."""
    outcome, view = scene.outcome, scene.view
    measures = {
        name: tr(f"metric.{name}", view.lang)
        for name in ("pull_time", "first_start_time", "bytes_moved", "registry_bytes")
    }
    label = tr("ui.pull.show", view.lang)
    measure = choice(
        label, measures, "pull_time", "measure", key=f"{scene.key}:measure", hidden=True, drawn=not view.embed
    )
    if measure.endswith("_time"):
        spec = completions(outcome, view.look, scene.names, metric=measure)
        chart(spec, completions_alt(outcome, view.lang, metric=measure))
    else:
        chart(metric_bars(outcome, view.look, measure, scene.names), metric_alt(outcome, measure, view.lang))
    there = pulled(outcome)
    if there and not view.embed:
        picked = _label(scene, there)
        st.markdown("**" + tr("ui.pull.layers", view.lang, name=scene.called(picked)) + "**")
        st.html(legend(view.look, ("files",), pull_marks(outcome, picked), short=True))
        chart(pulls(outcome, view.look, picked), completions_alt(outcome, view.lang))
    return ""


def sheet(scene: Scene) -> Sheet:
    """Every metric, and what the shown label's first node did, with the source of each rate."""
    there = pulled(scene.outcome)
    label = st.session_state.get(f"{scene.key}:of", there[0] if there else "")
    rows = metric_table(scene.outcome, language=scene.view.lang)
    return Sheet(
        rows, pulls_table(scene.outcome, label if label in there else there[0], scene.view.lang) if there else ()
    )


def _label(scene: Scene, there: list[str]) -> str:
    options = {label: scene.called(label) for label in there}
    return choice(
        tr("ui.pull.of", scene.view.lang), options, there[0], "of", key=f"{scene.key}:of", hidden=True,
        drawn=len(options) > 1,
    )  # fmt: skip
