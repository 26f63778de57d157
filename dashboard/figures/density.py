"""The ladder of constraints: how many fit, and what stops the next."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from dashboard.links import asked, set_link
from dashboard.scene import Scene, Sheet, chart
from sim.outcome import ConstraintRecord, Outcome
from sim.report.figures import ladder, ladder_alt, ladder_table
from sim.report.figures.density import constraint_name
from sim.report.texts import tr

_NEAR = 2
"""Constraints of a label that are shown at first: the one that binds and the one that would bind next."""
_FEW = 16
"""Rungs and heads that fit on a screen together."""


def before(scene: Scene) -> None:
    """What is compared, without a number and without a hint at what may stop it."""
    # One nameless rung a label, so that the lanes are seen and nothing hints at what may stop them.
    records = scene.outcome.of_type(ConstraintRecord)
    firsts = [next(record for record in records if record.of == label) for label in scene.outcome.labels]
    lanes = replace(scene.outcome, records=tuple(replace(record, constraint=" ") for record in firsts))
    tall = not scene.view.embed
    chart(ladder(lanes, scene.view.look, scene.names, hidden=True, tall=tall), scene.view.read(scene.scenario.title))
    lang = scene.view.lang
    names = sorted({constraint_name(record.constraint, lang) for record in scene.outcome.of_type(ConstraintRecord)})
    st.caption(tr("ui.candidates", lang, list=("、" if lang == "ja" else ", ").join(names)))


def after(scene: Scene) -> str:
    """The constraints of every label on one scale, the one that binds marked; the far ones only when asked for."""
    outcome, view = scene.outcome, scene.view
    if len(outcome.of_type(ConstraintRecord)) + len(outcome.labels) > _FEW:
        outcome = outcome if not view.embed and _every(scene) else near(outcome, _NEAR)
    chart(ladder(outcome, view.look, scene.names, tall=not view.embed), ladder_alt(scene.outcome, view.lang))
    return ""


def sheet(scene: Scene) -> Sheet:
    """The constraints; each row names its source."""
    rows = ladder_table(scene.outcome, scene.view.lang)
    return Sheet(rows, rows)


def near(outcome: Outcome, count: int) -> Outcome:
    """The outcome with only the `count` tightest constraints of each label."""
    kept = []
    for label in outcome.labels:
        bounded = [r for r in outcome.of_type(ConstraintRecord) if r.of == label and r.limit is not None]
        kept += sorted(bounded, key=lambda record: (record.limit or 0, not record.binds))[:count]
    return replace(outcome, records=tuple(kept))


def _every(scene: Scene) -> bool:
    key = f"{scene.key}:every"
    if key not in st.session_state:
        st.session_state[key] = asked("every") == "true"
    every = st.toggle(tr("ui.every", scene.view.lang), key=key)
    set_link("every", "true" if every else "")
    return every
