"""The ring in a lesson's figure: where the answer that a reader gave last, and that was wrong, is corrected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import streamlit as st

from dashboard.figures import laid_out
from dashboard.lessons import quiz
from dashboard.links import asked
from dashboard.page_part import PagePart
from dashboard.view import View
from sim.classroom.look import Look, look, look_predicted
from sim.classroom.predicted import Said
from sim.outcome import Metric
from sim.report.shown import of_study
from sim.report.shown.ring import find, told_of_rings
from sim.scenario import Scenario


@dataclass(frozen=True)
class Correction:
    """What is ringed on a page.

    Attributes:
        page_parts: The page's parts, with their rings.
        question: The question that is corrected so, counted from 0. None for the prediction.
        said: Where to look, in words. "" where nothing is ringed.
    """

    page_parts: tuple[PagePart, ...]
    question: int | None = None
    said: str = ""


def correct(
    scenario: Scenario,
    page_parts: Sequence[PagePart],
    said: Said,
    values: Mapping[str, Metric],
    view: View,
    seed: int | None,
) -> Correction:
    """The page's parts with a ring where the last answer is corrected, if that was wrong.

    Where the figure as the reader has it lacks the place, it is turned to what has it, once for each answer.
    """
    last = quiz.last_answered(scenario)
    wanted = _look(scenario, page_parts, said, values, last, seed)
    if wanted is None:
        return Correction(tuple(page_parts), last)
    ringed, told = [], []
    for page_part in page_parts:
        found = find(page_part.request(laid_out.picked(page_part)), of_study(page_part.outcome.study), wanted.wanted)
        _turn(page_part, (last, wanted), found.picked, by_link=quiz.answered_by_link(scenario))
        ringed.append(replace(page_part, ring=found.places))
        told.append(found.said)
    return Correction(tuple(ringed), last, told_of_rings(told, view.lang, before=wanted.before))


def _look(
    scenario: Scenario,
    page_parts: Sequence[PagePart],
    said: Said,
    values: Mapping[str, Metric],
    last: int | None,
    seed: int | None,
) -> Look | None:
    lesson = scenario.lesson
    assert lesson is not None
    if last is None:
        return look_predicted(lesson.predict, said, page_parts[0].outcome, values)
    question, chosen = lesson.quiz[last], quiz.picked(scenario, last)
    if chosen is None:
        return None
    of_question = quiz.kept_values(scenario, question, values, seed)
    return None if of_question is None else look(question, chosen, of_question)


def in_lab(scenario: Scenario, page_part: PagePart, values: Mapping[str, Metric], seed: int | None) -> Correction:
    """What is ringed in the graph of a build that the reader edits: the steps that a lesson's question is about."""
    last = quiz.last_answered(scenario)
    wanted = None if last is None else _look(scenario, [page_part], Said(), values, last, seed)
    if wanted is None:
        return Correction((page_part,), last)
    steps = [[{"step": place["step"]} for place in places if "step" in place] for places in wanted.wanted]
    found = find(page_part.request(), of_study("build"), steps)
    return Correction((replace(page_part, ring=found.places),), last, found.said)


def _turn(page_part: PagePart, answer: tuple[int | None, Look], picked: Mapping[str, str], *, by_link: bool) -> None:
    """Choose what the place needs, until the reader chooses otherwise, as a link with the answer may say too."""
    turned = f"{page_part.key}:turned"
    if st.session_state.get(turned) == answer:
        return
    st.session_state[turned] = answer
    for name, value in picked.items() if not (by_link and any(asked(name) for name in picked)) else ():
        st.session_state[f"{page_part.key}:{name}"] = value
