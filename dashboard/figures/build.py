"""What each build of a comparison costs, and the graph of the one the reader picks."""

from __future__ import annotations

import streamlit as st

from dashboard.components import drawing
from dashboard.controls import choice
from dashboard.scene import Scene, Sheet, chart
from sim.report.figures import (
    build_alt,
    build_graph,
    build_table,
    cost_line,
    first_cause,
    metric_alt,
    metric_bars,
    steps,
)
from sim.report.texts import told, tr


def before(scene: Scene) -> None:
    """The first label's graph without the fate of any step; steps may be picked where that is the prediction."""
    label = scene.outcome.labels[0]
    svg = build_graph(scene.outcome, scene.view.look, label=label, hidden=True, said=scene.said)
    lesson = scene.scenario.lesson
    steps_are_said = lesson is not None and lesson.predict.steps
    drawing(
        svg,
        f"{scene.key}:hidden",
        (lambda node: say_step(scene.scenario.id, node)) if steps_are_said else None,
        wide=True,
    )


def after(scene: Scene) -> str:
    """The time of every label's next build; below it one label's cost line and graph, and the reason of one step."""
    outcome, view = scene.outcome, scene.view
    if len(outcome.labels) > 1:
        bars = metric_bars(outcome, view.look, "rebuild_time", scene.names)
        chart(bars, metric_alt(outcome, "rebuild_time", view.lang))
    label = _label(scene)
    chart(cost_line(outcome, view.look, label=label), build_alt(outcome, view.lang, label=label))
    selected = st.session_state.get(f"{scene.key}:{label}:step") or first_cause(outcome, label=label)
    svg = build_graph(outcome, view.look, selected=selected, label=label)
    drawing(svg, key=f"{scene.key}:{label}:graph", on_pick=lambda node: _pick(scene, label, node), wide=True)
    for step in steps(outcome, label=label):
        if step.step == selected:
            st.markdown(f"`{step.text or step.name}`: {told(step.reason, view.lang)}")
    st.caption(tr("ui.legend.build", view.lang))
    return ""


def sheet(scene: Scene) -> Sheet:
    """The steps of the label that is shown."""
    label = st.session_state.get(f"{scene.key}:label", scene.outcome.labels[0])
    rows = build_table(scene.outcome, scene.view.lang, label=label)
    return Sheet(rows, rows)


def _label(scene: Scene) -> str:
    options = {label: scene.called(label) for label in scene.outcome.labels}
    first = scene.outcome.labels[0]
    return choice(tr("ui.build.of", scene.view.lang), options, first, "of", key=f"{scene.key}:label", hidden=True)


def _pick(scene: Scene, label: str, node: str) -> None:
    st.session_state[f"{scene.key}:{label}:step"] = node


def say_step(scenario: str, node: str) -> None:
    """Name a step as one that will run again, or take that back."""
    key = f"{scenario}:steps"
    said: list[str] = list(st.session_state.get(key, ()))
    st.session_state[key] = [step for step in said if step != node] if node in said else [*said, node]
