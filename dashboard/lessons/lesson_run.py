"""What of a lesson is run: its conditions, their outcomes, and the figures that may stand before all have run."""

from __future__ import annotations

from collections.abc import Hashable, Mapping

import streamlit as st

from dashboard import controls, running, undoing
from dashboard.figures import laid_out
from dashboard.lessons import variants
from dashboard.links import UNDO, asked
from dashboard.page_part import PagePart
from dashboard.refusals import named, show_error
from dashboard.running import CancelledByReaderError
from dashboard.view import View
from sim import studies
from sim.errors import InputError
from sim.outcome import Outcome
from sim.report import words
from sim.report.texts import tr
from sim.scenario import Scenario

LessonRun = tuple[dict[str, str], tuple[Outcome, ...]]
"""What a reader has changed, and what came of it."""


def conditions(scenario: Scenario, view: View) -> tuple[dict[str, str], list[InputError]]:
    """The scenario's controls, closed until asked for. Inside a lecture the link alone sets them."""
    if view.embed or view.notes:
        return controls.from_link(scenario), []
    form = controls.of_scenario(scenario, view)
    paths = [control.path for control in form.controls]
    undoable = undoing.of_link(key_of(scenario, "undo"), lambda: paths, lambda: controls.forget(form))
    key = key_of(scenario, "conditions")
    drawn = any(form.at(control) in st.session_state for control in form.controls)  # or a figure's button has set one
    given = any(asked(path) is not None for path in (*paths, UNDO))
    st.session_state.setdefault(key, given)
    place = st.expander(tr("ui.conditions", view.lang), key=key, on_change="rerun")
    if not (place.open or given or drawn):
        return {}, []
    with place:
        above = st.container(horizontal=True, gap="small")
        changes, places = controls.form(form, view)
        faults = controls.judge(form, changes, places, view, _instead(scenario, view))
        undoing.note(undoable, changes)
        with above:
            undoing.buttons(undoable, view)
            if changes:
                st.button(
                    tr("ui.conditions.reset", view.lang), type="tertiary", icon=":material/restart_alt:",
                    on_click=controls.reset, args=(form,), key=key_of(scenario, "reset"),
                )  # fmt: skip
    return changes, faults


def outcomes_of(
    scenario: Scenario,
    changes: dict[str, str],
    faults: list[InputError],
    place: st.delta_generator.DeltaGenerator,
    figures: running.FirstFigure,
    view: View,
) -> LessonRun:
    """The outcomes under the changes. Where they cannot be run, the reason stands above the last ones that could."""
    last = key_of(scenario, "valid")
    stopped = False
    try:
        if not faults:
            changed = controls.changed(scenario, changes)
            outcomes = running.run(_run_key(scenario, changes), changed, place, view, first=figures)
            _note(scenario, changes, outcomes)
            return changes, outcomes
        st.caption(_instead(scenario, view))
    except InputError as error:
        told = named(error, str) if view.embed else error
        show_error(told, view, _instead(scenario, view), link=view.embed)
    except CancelledByReaderError:
        stopped = True
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(tr("ui.cancelled", view.lang))
            st.button(tr("ui.run.again", view.lang), on_click=running.run_after_all, key=key_of(scenario, "after-all"))
    if last not in st.session_state and changes and not stopped:
        ran = outcomes_of(scenario, {}, [], place, figures, view)
        st.session_state[key_of(scenario, "default")] = True
        return ran
    kept: LessonRun = st.session_state.get(last, (changes, ()))
    return kept


def early(
    scenario: Scenario, place: st.delta_generator.DeltaGenerator, figures: running.FirstFigure, view: View
) -> LessonRun | None:
    """What ran, before the conditions are drawn, so that the figure is the first that a reader sees of a change.

    Where all take long the first replication is shown here. None then, where the conditions were not drawn yet, and
    where they cannot be run.
    """
    if figures.draw is None or view.embed:
        return None
    changes = controls.held(controls.of_scenario(scenario, view))
    if changes is None:
        return None
    try:
        changed, key = controls.changed(scenario, changes), _run_key(scenario, changes)
        running.begin(key, changed, figures, view)
        if not figures.quick and running.kept(key, changed.seed) is None:
            return None
        outcomes = running.run(key, changed, place, view)
    except (InputError, CancelledByReaderError):
        return None
    _note(scenario, changes, outcomes)
    return changes, outcomes


def stays(scenario: Scenario, view: View, *, revealed: bool) -> bool:
    """Whether this answer's figure stands on the page already, so that it stays until the next one is there."""
    state, now = st.session_state, (scenario.id, view.embed, view.notes, revealed)
    before, state[_STOOD] = state.get(_STOOD), now
    return before == now and now[-1]


_STOOD = "lesson:stood"
"""The key of what a page showed last."""


def first(scenario: Scenario, view: View, *, revealed: bool) -> running.Draw | None:
    """Draws the figures of a first replication. None where the figure hides the answer, or is one of a build.

    In a hall it is None for several parts too, as one of them is chosen above the figure.
    """
    if view.notes or not revealed or any(studies.study(part.study).steps for part in scenario.parts):
        return None
    if view.embed and len(scenario.parts) > 1:
        return None
    again = key_of(scenario, "valid") in st.session_state

    def draw(outcomes: tuple[Outcome, ...]) -> None:
        for part, outcome in enumerate(outcomes):
            page_part = PagePart(scenario, outcome, words.label_names(outcome, view.lang), view, (), part)
            laid_out.first(page_part, again=again)

    return draw


def _run_key(scenario: Scenario, changes: Mapping[str, str]) -> Hashable:
    """What a run of it is called in the store of finished runs."""
    return scenario.file, variants.seed(), tuple(sorted(changes.items()))


def _note(scenario: Scenario, changes: Mapping[str, str], outcomes: tuple[Outcome, ...]) -> None:
    """Remember what could be run last."""
    st.session_state[key_of(scenario, "valid")] = (changes, outcomes)
    st.session_state.pop(key_of(scenario, "default"), None)


def _instead(scenario: Scenario, view: View) -> str:
    """What the figure shows where the changes cannot be run: the reader's last run, or the scenario as written."""
    state = st.session_state
    default = key_of(scenario, "valid") not in state or key_of(scenario, "default") in state
    return tr("ui.error.default" if default else "ui.error.last", view.lang)


def key_of(scenario: Scenario, name: str) -> str:
    """The key of something that a session keeps of a scenario's page."""
    return f"{scenario.id}:{name}"
