"""Questions after the run, and what to check the lesson by.

Which answer is right is computed from the outcome, so that it follows the controls.
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from dashboard import running
from dashboard.folded import folded
from dashboard.lessons import answers
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

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator


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
    of_page = [_Asked(scenario, number, values, view, seed) for number in range(len(questions))]
    places = [_ask(one) for one in of_page]
    answers.keep_quiz(scenario, view)
    last = last_answered(scenario)
    for one in sorted(of_page, key=lambda one: (one.number != last, bool(one.question.change))):
        ran = _say(one, places[one.number], where if one.number == last else "")
        if ran and one.number == last:
            st.rerun()  # so that the figure, which is drawn before it, shows where the answer is corrected


@dataclass(frozen=True)
class _Asked:
    """A question on a page, by its number counted from 0, and the metrics that the page shows."""

    scenario: Scenario
    number: int
    values: Mapping[str, Metric]
    view: View
    seed: int | None

    @property
    def question(self) -> Question:
        assert self.scenario.lesson is not None
        return self.scenario.lesson.quiz[self.number]

    def kept(self) -> Mapping[str, Metric] | None:
        return kept_values(self.scenario, self.question, self.values, self.seed)

    def answered_by(self, place: DeltaGenerator) -> Mapping[str, Metric]:
        return values_of(self.scenario, self.question, self.values, self.view, self.seed, place)


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


def _answered(one: _Asked) -> None:
    st.session_state[_last(one.scenario)] = one.number
    running.run_after_all(_run_key(one.scenario, one.question, one.seed))


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
    scenario: Scenario,
    question: Question,
    values: Mapping[str, Metric],
    view: View,
    seed: int | None,
    place: DeltaGenerator,
) -> Mapping[str, Metric]:
    """The metrics that a question is answered by: those shown, or of a run of its own where it asks what if.

    Args:
        place: An empty place for how far that run is.

    Raises `CancelledByReaderError` where the reader has stopped it.
    """
    kept = kept_values(scenario, question, values, seed)
    if kept is not None:
        return kept
    ran = running.run(_run_key(scenario, question, seed), what_if(scenario, question), place, view, height=80)
    return words.values(*ran)


def kept_values(
    scenario: Scenario, question: Question, values: Mapping[str, Metric], seed: int | None
) -> Mapping[str, Metric] | None:
    """The same, where they are known without a run. None where they are not."""
    if not question.change:
        return values
    kept = running.kept(_run_key(scenario, question, seed), scenario.seed)
    return None if kept is None else words.values(*kept)


def _run_key(scenario: Scenario, question: Question, seed: int | None) -> Hashable:
    """What the run of a question is called in the store of finished runs."""
    return "what if", scenario.file, seed, json.dumps(question.change, sort_keys=True)


def sources(scenario: Scenario, values: Mapping[str, Metric], view: View) -> None:
    """Where the lesson's sentences can be checked, closed until asked for."""
    cited = scenario.lesson.sources if scenario.lesson else ()
    if not cited:
        return
    folded(tr("ui.lesson.sources", view.lang), f"{scenario.id}:cited", partial(_cited, cited, values, view))


def _cited(cited: Sequence[Source], values: Mapping[str, Metric], view: View) -> None:
    st.markdown("\n".join(f"- {words.fill(source.text, values, view.lang)} <{source.url}>" for source in cited))


def _ask(one: _Asked) -> DeltaGenerator:
    """Draw a question. Only where it quotes what comes of its change, that has to run first.

    Returns the place where something is said of its answer. It is there before an answer is: else what follows would be
    drawn anew further down, without its focus.
    """
    asks, place = st.container(), st.empty()
    scenario, question, lang = one.scenario, one.question, one.view.lang
    texts = [question.ask, *(choice.text for choice in question.choices)]
    try:
        values = one.answered_by(place) if any(words.quotes(text) for text in texts) else one.values
    except CancelledByReaderError:
        return place
    ask, *names = [words.fill(text, values, lang) for text in texts]
    key = f"{scenario.id}:quiz:{one.number}"
    call_again(key, names)
    asks.radio(
        ask,
        order(scenario.id, f"{one.number + 1}", len(names), one.seed),
        index=None,
        format_func=names.__getitem__,
        key=key,
        on_change=_answered,
        args=(one,),
    )
    return place


def _say(one: _Asked, place: DeltaGenerator, where: str) -> bool:
    """Say what came of the answer, where there is one. Returns whether that had to be run first."""
    chosen = picked(one.scenario, one.number)
    if chosen is None:
        return False
    ran = one.kept() is None
    try:
        values = one.answered_by(place)
    except CancelledByReaderError:
        return False
    told = corrected(one.question, chosen, values, one.view.lang, where=where)
    say = place.info if told.right is None else place.success if told.right else place.warning
    say("\n\n".join(told.said), icon=_ICONS[told.right])
    return ran


_ICONS = {None: None, True: ":material/check:", False: ":material/replay:"}
