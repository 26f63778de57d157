"""Questions after the run, and what to check the lesson by.

Which answer is right is computed from the outcome, so that it follows the controls.
"""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from dashboard.view import View
from sim.outcome import Metric
from sim.report import words
from sim.report.texts import tr
from sim.scenario import Question, Scenario


def show(scenario: Scenario, values: Mapping[str, Metric], view: View) -> None:
    """The lesson's questions, each answered at once."""
    questions = scenario.lesson.quiz if scenario.lesson else ()
    if not questions:
        return
    st.markdown("**" + tr("ui.quiz", view.lang) + "**")
    for number, question in enumerate(questions):
        _ask(question, f"{scenario.id}:quiz:{number}", values, view)


def sources(scenario: Scenario, values: Mapping[str, Metric], view: View) -> None:
    """Where the lesson's sentences can be checked, closed until asked for."""
    cited = scenario.lesson.sources if scenario.lesson else ()
    if not cited:
        return
    with st.expander(tr("ui.lesson.sources", view.lang)):
        st.markdown("\n".join(f"- {words.fill(source.text, values, view.lang)} <{source.url}>" for source in cited))


def forget(scenario: Scenario) -> None:
    """Take the answers back. For a callback."""
    for key in list(st.session_state):
        if str(key).startswith(f"{scenario.id}:quiz:"):
            del st.session_state[key]


def _ask(question: Question, key: str, values: Mapping[str, Metric], view: View) -> None:
    texts = [words.fill(choice.text, values, view.lang) for choice in question.choices]
    picked = st.radio(
        words.fill(question.ask, values, view.lang),
        range(len(texts)),
        index=None,
        format_func=lambda i: texts[i],
        key=key,
    )
    if picked is None:
        return
    if not any(words.holds(choice.holds, values) for choice in question.choices):
        st.info(tr("ui.quiz.none", view.lang))
    elif words.holds(question.choices[picked].holds, values):
        why = words.fill(question.explain, values, view.lang)
        st.success(f"**{tr('ui.quiz.right', view.lang)}** {why}", icon=":material/check:")
    else:
        st.warning(f"**{tr('ui.quiz.wrong', view.lang)}** {tr('ui.quiz.look', view.lang)}", icon=":material/replay:")
