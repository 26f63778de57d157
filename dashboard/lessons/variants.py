"""A student's own questions: the variant that the page's link names, and how its answers become a receipt."""

from __future__ import annotations

import json
from collections.abc import Mapping

import streamlit as st

from dashboard.lessons import answers as answers_of
from dashboard.lessons import quiz
from dashboard.links import asked, plain, set_link
from dashboard.view import View
from sim import __version__, limits
from sim.classroom.asked import PREDICTION, guessed_in
from sim.classroom.grading import Receipt
from sim.classroom.letters import letters
from sim.classroom.predicted import Said
from sim.classroom.seeds import for_seed, order, seed_of
from sim.outcome import Metric, Outcome
from sim.report.figures.images.build import steps
from sim.report.texts import tr
from sim.scenario import Scenario

_LINK = "variant"


def seed() -> int | None:
    """The seed that the link asks the questions with. None where it has none, or one that is no number."""
    written = asked(_LINK) or ""
    return int(written) if written.isascii() and written.isdigit() and len(written) <= len("999999999") else None


def varied(scenario: Scenario, view: View) -> Scenario:
    """The scenario as the link's seed varies it. A seed that cannot be used is answered here."""
    written = asked(_LINK)
    if written is not None and seed() is None:
        st.error(tr("ui.class.no-variant", view.lang, value=plain(written)), icon=":material/error:")
    return for_seed(scenario, seed())


def offer(scenario: Scenario, outcome: Outcome, said: Said, values: Mapping[str, Metric], view: View) -> None:
    """Below a lesson: the student's own questions by an id, and the receipt of what was answered."""
    key = f"{scenario.id}:class"
    place = st.expander(tr("ui.class", view.lang), key=f"{key}:open", on_change="rerun")
    if not (place.open or st.session_state.get(key)):
        return
    with place:
        student = st.text_input(tr("ui.class.id", view.lang), key=key, max_chars=limits.STUDENT).strip()
        if not student:
            return
        with st.container(horizontal=True, vertical_alignment="center"):
            if seed() != seed_of(student):
                st.button(tr("ui.class.own", view.lang), key=f"{key}:own", on_click=_own, args=(scenario, student))
            receipt = Receipt(student, scenario.id, seed(), __version__, answers(scenario, outcome, said, values))
            st.download_button(
                tr("ui.class.receipt", view.lang),
                json.dumps(receipt.plain(), indent=2, ensure_ascii=False) + "\n",
                f"{scenario.id}-receipt.json",
                "application/json",
                icon=":material/download:",
                key=f"{key}:receipt",
            )
        st.caption(tr("ui.class.how", view.lang))


def answers(scenario: Scenario, outcome: Outcome, said: Said, values: Mapping[str, Metric]) -> dict[str, str]:
    """What was answered, by question, in the letters of the variant's sheet."""
    given = {PREDICTION: _predicted(scenario, outcome, said, values)}
    questions = scenario.lesson.quiz if scenario.lesson else ()
    for number, question in enumerate(questions, start=1):
        picked = quiz.picked(scenario, number - 1)
        shown = order(scenario.id, f"{number}", len(question.choices), seed())
        given[f"{number}"] = "" if picked is None else letters([shown.index(picked)])
    return given


def _predicted(scenario: Scenario, outcome: Outcome, said: Said, values: Mapping[str, Metric]) -> str:
    lesson = scenario.lesson
    assert lesson is not None
    if said.order:
        shown = order(scenario.id, PREDICTION, len(outcome.labels), seed())
        return letters(shown.index(outcome.labels.index(label)) for label in said.order)
    if said.guess is not None:
        unit, worth = guessed_in(values[lesson.predict.guess])
        return f"{said.guess / worth:.6g} {unit}".strip()
    if said.choice is not None:
        shown = order(scenario.id, PREDICTION, len(lesson.predict.choices), seed())
        return letters([shown.index(said.choice)])
    if said.steps:
        cards = [step.step for step in steps(outcome, label=outcome.labels[0]) if step.status != "depends"]
        return letters(cards.index(step) for step in said.steps if step in cards)
    return ""


def _own(scenario: Scenario, student: str) -> None:
    """Ask the student's own questions, from the beginning."""
    set_link(_LINK, f"{seed_of(student)}")
    answers_of.forget(scenario)
