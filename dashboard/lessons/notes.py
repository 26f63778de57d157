"""A lecturer's notes on one lesson, for a second window: what to ask, the finding, which answers are right, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from dashboard.lessons import quiz, variants
from dashboard.page_part import PagePart
from dashboard.view import View
from sim.classroom.predicted import ranking, words_of
from sim.outcome import Metric
from sim.report import words
from sim.report.figures.images.build import steps
from sim.report.texts import tr
from sim.scenario import Choice, Scenario


def show(scenario: Scenario, page_part: PagePart, values: Mapping[str, Metric], view: View) -> None:
    """Draw the notes below the question's title."""
    lesson, lang = scenario.lesson, view.lang
    if lesson is None:
        st.markdown(view.read(scenario.summary))
        return
    st.markdown(f"**{tr('ui.predict', lang)}** · {view.read(lesson.predict.ask)}")
    st.markdown(_right_prediction(page_part, values))
    st.markdown(f"**{tr('ui.notes.finding', lang)}** · {words.finding(lesson, values, lang)}")
    st.markdown(words.fill(lesson.explain, values, lang))
    for question in lesson.quiz:
        asked = st.empty()
        of_question = quiz.values_of(scenario, question, values, view, variants.seed(), asked)
        asked.markdown(f"**{words.fill(question.ask, of_question, lang)}**")
        st.markdown("\n".join(_answers(question.choices, of_question, view)))
        st.markdown(words.fill(question.explain, of_question, lang))
    quiz.beside(scenario, values, view)
    quiz.sources(scenario, values, view)


def _right_prediction(page_part: PagePart, values: Mapping[str, Metric]) -> str:
    """What a right prediction says, by its kind."""
    predict, view = page_part.scenario.lesson.predict, page_part.view  # type: ignore[union-attr]
    if predict.rank:
        order = ranking(page_part.outcome.labels, predict.rank, values)
        return "✓ " + " < ".join(page_part.called(label) for label in order)
    if predict.guess:
        metric = values[predict.guess]
        return f"✓ {words_of(metric, metric.value, view.lang)}"
    if predict.choices:
        return "\n".join(_answers(predict.choices, values, view))
    there = steps(page_part.outcome, label=page_part.outcome.labels[0])
    return "✓ " + " · ".join(f"`{step.text or step.name}`" for step in there if step.status == "miss")


def _answers(choices: Sequence[Choice], values: Mapping[str, Metric], view: View) -> list[str]:
    """Each answer with its mark, and what is said to those who choose a wrong one."""
    lines = []
    for choice in choices:
        right = words.holds(choice.holds, values)
        said = f": {words.fill(choice.feedback, values, view.lang)}" if choice.feedback and not right else ""
        lines.append(f"- {'✓' if right else '✗'} {words.fill(choice.text, values, view.lang)}{said}")
    return lines
