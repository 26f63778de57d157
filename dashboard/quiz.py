"""Questions after the run, and what to check the lesson by.

Which answer is right is computed from the outcome, so that it follows the controls.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import partial

import streamlit as st

from dashboard import answers, running
from dashboard.folded import folded
from dashboard.renamed import call_again
from dashboard.running import CancelledByReaderError
from dashboard.view import View
from sim.classroom.corrected import corrected
from sim.classroom.seeds import order, what_if
from sim.outcome import Metric
from sim.report import words
from sim.report.besides import lists
from sim.report.texts import tr
from sim.scenario import Lesson, Question, Scenario, Source


def show(
    scenario: Scenario, values: Mapping[str, Metric], view: View, seed: int | None = None, where: str = ""
) -> None:
    """The lesson's questions, each answered at once.

    Args:
        seed: Gives the order of the answers (`sim.classroom.seeds`).
        where: Where in the figure the last answer is corrected.
    """
    questions = scenario.lesson.quiz if scenario.lesson else ()
    if not questions:
        return
    answers.restore_quiz(scenario)
    st.markdown("**" + tr("ui.quiz", view.lang) + "**")
    for number, question in enumerate(questions):
        try:
            of_question = values_of(scenario, question, values, view, seed)
        except CancelledByReaderError:
            continue
        shown = order(scenario.id, f"{number + 1}", len(question.choices), seed)
        _ask(scenario, number, shown, of_question, view, where if last_answered(scenario) == number else "")
    answers.keep_quiz(scenario, view)


def last_answered(scenario: Scenario) -> int | None:
    """The question that was answered last, counted from 0. None where the prediction came after all of them."""
    answered: int | None = st.session_state.get(_last(scenario))
    if _last(scenario) in st.session_state or scenario.lesson is None:
        return answered
    of_link = [number for number in range(len(scenario.lesson.quiz)) if picked(scenario, number) is not None]
    return of_link[-1] if of_link else None


def answered_by_link(scenario: Scenario) -> bool:
    """Whether all that was answered came with the link."""
    return _last(scenario) not in st.session_state


def predicted(scenario: Scenario) -> None:
    """Note that the prediction is what was answered last. For a callback."""
    st.session_state[_last(scenario)] = None


def _last(scenario: Scenario) -> str:
    return f"{scenario.id}:answered"


def _answered(scenario: Scenario, number: int) -> None:
    st.session_state[_last(scenario)] = number


def picked(scenario: Scenario, number: int) -> int | None:
    """The answer that was chosen of a question, both counted from 0 as the file has them. None for none."""
    chosen: int | None = st.session_state.get(f"{scenario.id}:quiz:{number}")
    return chosen


def beside(scenario: Scenario, values: Mapping[str, Metric], view: View) -> None:
    """What a lesson says beside its questions: half-true claims, what to try next, commands for a real engine."""
    lesson = scenario.lesson
    if lesson is None:
        return
    for title, texts in lists(lesson, values, view.lang):
        st.markdown("\n".join([f"**{title}**\n", *(f"- {text}" for text in texts)]))
    if lesson.commands:
        folded(tr("sheet.commands", view.lang), f"{scenario.id}:commands", partial(_commands, lesson, values, view))


def _commands(lesson: Lesson, values: Mapping[str, Metric], view: View) -> None:
    for command in lesson.commands:
        st.code(command.run, language="bash")
        st.markdown(words.fill(command.shows, values, view.lang))


def values_of(
    scenario: Scenario, question: Question, values: Mapping[str, Metric], view: View, seed: int | None
) -> Mapping[str, Metric]:
    """The metrics that a question is answered by: those shown, or of a run of its own where it asks what if."""
    if not question.change:
        return values
    key = ("what if", scenario.file, seed, json.dumps(question.change, sort_keys=True))
    kept = running.kept(key, scenario.seed)
    return words.values(*(kept or running.run(key, what_if(scenario, question), st.empty(), view, height=80)))


def sources(scenario: Scenario, values: Mapping[str, Metric], view: View) -> None:
    """Where the lesson's sentences can be checked, closed until asked for."""
    cited = scenario.lesson.sources if scenario.lesson else ()
    if not cited:
        return
    folded(tr("ui.lesson.sources", view.lang), f"{scenario.id}:cited", partial(_cited, cited, values, view))


def _cited(cited: Sequence[Source], values: Mapping[str, Metric], view: View) -> None:
    st.markdown("\n".join(f"- {words.fill(source.text, values, view.lang)} <{source.url}>" for source in cited))


def _ask(
    scenario: Scenario, number: int, shown: Sequence[int], values: Mapping[str, Metric], view: View, where: str
) -> None:
    assert scenario.lesson is not None
    question = scenario.lesson.quiz[number]
    texts = [words.fill(choice.text, values, view.lang) for choice in question.choices]
    key = f"{scenario.id}:quiz:{number}"
    call_again(key, texts)
    chosen = st.radio(
        words.fill(question.ask, values, view.lang),
        shown,
        index=None,
        format_func=lambda i: texts[i],
        key=key,
        on_change=_answered,
        args=(scenario, number),
    )
    if chosen is None:
        return
    told = corrected(question, chosen, values, view.lang, where=where)
    say = st.info if told.right is None else st.success if told.right else st.warning
    say("\n\n".join(told.said), icon=_ICONS[told.right])


_ICONS = {None: None, True: ":material/check:", False: ":material/replay:"}
