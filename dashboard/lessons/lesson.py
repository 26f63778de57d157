"""A lesson's page: the question before the run, the finding after it. Predict, run, read, check, change, predict again.

Works for every scenario and every study. What is drawn is the study's figure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import streamlit as st

from dashboard import controls, exploring, hall, popovers, running
from dashboard.figures import laid_out
from dashboard.frame import head, link
from dashboard.lessons import answers, lesson_run, predict, quiz, variants
from dashboard.lessons import notes as notes_of
from dashboard.lessons.correction import Correction, correct
from dashboard.lessons.lesson_run import key_of
from dashboard.links import set_link
from dashboard.page_part import PagePart
from dashboard.shown import Shown, answer_shown, offer
from dashboard.view import View
from sim.classroom.corrected import corrected_prediction
from sim.classroom.predicted import Said, judge
from sim.errors import InputError
from sim.outcome import Metric, Outcome
from sim.report import words
from sim.report.controlnames import differences, provenance
from sim.report.richtext import unbroken
from sim.report.texts import has, tr
from sim.scenario import Scenario

_FIGURE_AND_TEXT = (9, 4)
"""Widths of the two columns on a desk."""
_ASK_AND_FIGURE = (3, 8)
"""Those of the question and its empty figure in a hall."""


def show(scenario: Scenario, view: View) -> None:
    """Draw the page of a scenario."""
    head(view, lambda: st.caption(kicker(scenario, view)))
    body(scenario, view)


def body(scenario: Scenario, view: View) -> None:
    """Draw all of a scenario's page below its first line."""
    scenario = variants.varied(controls.seeded(scenario, view), view)
    lesson = scenario.lesson
    revealed = _revealed(scenario, view)
    title = st.container()
    if view.embed and not revealed:
        text, figure = st.columns(_ASK_AND_FIGURE, gap="medium")
    elif view.embed or view.notes:
        text, figure = st.container(), st.container()
    else:
        figure, text = st.columns(_FIGURE_AND_TEXT, gap="large")
    with text:  # after the run the conditions come first, so that they stand beside the figure that follows them
        conditions = st.container() if revealed else text
        told = st.container(key="told" if revealed else "ask")
    with figure:
        place, wrong = st.empty(), st.container()
        figures = running.FirstFigure(st.empty(), lesson_run.first(scenario, view, revealed=revealed))
        # A block put over a block keeps what is in it, where an empty place would not.
        if lesson_run.stays(scenario, view, revealed=revealed):
            figures.place.container()
    early = lesson_run.early(scenario, place, figures, view)
    if early is None:
        with conditions:
            changes, faults = lesson_run.conditions(scenario, view)
        with wrong:
            changes, outcomes = lesson_run.outcomes_of(scenario, changes, faults, place, figures, view)
    else:
        changes, outcomes = early
    if not outcomes:
        title.title(view.read(scenario.title), anchor=False)
        return

    drawn = figures.place.container()
    values = words.values(*outcomes)
    names = [words.label_names(outcome, view.lang) for outcome in outcomes]
    if lesson is not None:
        first_part = PagePart(scenario, outcomes[0], names[0], view)
        answers.restore(first_part, lesson.predict, values)
    said: Said = st.session_state.get(key_of(scenario, "said")) or Said()
    page_parts = [
        PagePart(scenario, outcome, names[part], view, said.order if revealed else (), part)
        for part, outcome in enumerate(outcomes)
    ]
    with title:
        finding = words.finding(lesson, values, view.lang) if lesson and revealed else ""
        st.title(unbroken(finding) or view.read(scenario.title), anchor=False)
        changed = differences(scenario, changes, view.lang)
        if changed:
            st.caption(changed)
    if view.notes:
        with drawn:
            notes_of.show(scenario, page_parts[0], values, view)
        return
    if not revealed:
        with told:
            said = _predict(scenario, page_parts[0], values, view)
        with drawn:
            for page_part in page_parts[:1] if view.embed else page_parts:
                laid_out.before(_with_said(page_part, said))
            if view.embed:
                _provenance(scenario, outcomes[0], view)
        offer(_shown(scenario, changes, page_parts, said, revealed=False))
        return
    found = Correction(tuple(page_parts))
    if lesson is not None:
        with drawn:
            answers.restore_quiz(scenario)
            found = correct(scenario, page_parts, said, values, view, variants.seed())
    page_parts = list(found.page_parts)
    with drawn:
        if view.embed:
            page_parts = [hall.one_part(page_parts)]
        notes = [laid_out.after(page_part, over=figures.shown) for page_part in page_parts]
    if early is not None:
        with conditions:
            lesson_run.conditions(scenario, view)
    with drawn:
        if not view.embed:
            popovers.row(page_parts)
            _compare(scenario, changes, view)
        if not view.embed or said == Said():  # a correction takes its room
            _provenance(scenario, outcomes[0], view, over=figures.shown)
        laid_out.clear(figures.shown)
    with told:
        _read(scenario, found, said, notes, values, view)
    offer(replace(_shown(scenario, changes, page_parts, said, revealed=True), told=found.said))


def _provenance(scenario: Scenario, outcome: Outcome, view: View, *, over: bool = False) -> None:
    """What the figures were made from. A hall leaves it out where it has no room (`hall`).

    Args:
        over: It may stand where a first figure had more rows.
    """
    with st.container(key="provenance"):
        st.caption(provenance(scenario, outcome, view.lang))
        laid_out.clear(over)


def _compare(scenario: Scenario, changes: Mapping[str, str], view: View) -> None:
    """The way to a comparison of this configuration with any other."""
    try:
        query = exploring.beside(scenario, controls.changed(scenario, changes), 0)
    except InputError:  # the page says why, and shows the last that could be run
        return
    label = tr("ui.explore.lesson", view.lang)
    st.page_link(link("explore", view), label=label, icon=":material/compare_arrows:", query_params=query)


def _revealed(scenario: Scenario, view: View) -> bool:
    """Whether the answer is shown, which the link says too. While it is locked it never is."""
    if scenario.lesson is None:
        return True
    revealed = not view.locked and (view.show or bool(st.session_state.get(key_of(scenario, "ran"))))
    set_link("show", "1" if revealed else "")
    return revealed


def _shown(
    scenario: Scenario, changes: Mapping[str, str], page_parts: Sequence[PagePart], said: Said, *, revealed: bool
) -> Shown:
    """What stands on the page now, for its menus and keys."""
    asks = scenario.lesson is not None
    return Shown(
        scenario=scenario,
        changes=changes,
        page_parts=tuple(page_parts) if revealed else (),
        reveal=(lambda: _reveal(scenario, said)) if asks and not revealed else None,
        again=(lambda: _again(scenario)) if asks and revealed else None,
    )


def kicker(scenario: Scenario, view: View) -> str:
    """What a lecturer needs to plan: minutes."""
    if scenario.lesson is None:
        return scenario.id
    minutes = scenario.lesson.minutes
    return tr("ui.lesson", view.lang, demonstration=minutes.demonstration, lab=minutes.lab)


def _with_said(page_part: PagePart, said: Said) -> PagePart:
    return replace(page_part, said=said.order or said.steps or ())


def _predict(scenario: Scenario, page_part: PagePart, values: Mapping[str, Metric], view: View) -> Said:
    """The question of the lesson, the widget to answer it, and the button that runs."""
    lesson = scenario.lesson
    assert lesson is not None
    if not view.embed:
        st.markdown(view.read(scenario.summary))
    st.markdown(f"**{tr('ui.predict', view.lang)}** · {view.read(lesson.predict.ask)}")
    said, complete = predict.ask(page_part, lesson.predict, values, variants.seed())
    with st.container(horizontal=True, vertical_alignment="center"):
        ranked = f"ui.run.rank.{page_part.outcome.study}"
        st.button(
            tr(ranked if lesson.predict.rank and has(ranked, view.lang) else "ui.run", view.lang),
            type="primary",
            icon=":material/play_arrow:",
            disabled=not complete or view.locked,
            on_click=_reveal,
            args=(scenario, said),
            key=key_of(scenario, "run"),
        )
        st.button(
            tr("ui.skip", view.lang),
            type="tertiary",
            disabled=view.locked,
            on_click=_reveal,
            args=(scenario, Said()),
            key=key_of(scenario, "skip"),
        )
        if lesson.predict.rank and not view.embed:
            st.caption(tr("ui.picked", view.lang, n=len(said.order), all=len(page_part.outcome.labels)))
    answers.keep(page_part, lesson.predict, values, said)
    return said


def _read(
    scenario: Scenario, found: Correction, said: Said, notes: Sequence[str], values: Mapping[str, Metric], view: View
) -> None:
    """What came of the prediction, how to read the figure, questions, and the way back."""
    lesson, page_part = scenario.lesson, found.page_parts[0]
    if lesson is None:
        return
    answers.keep(page_part, lesson.predict, values, said)
    where = found.said if found.question is None else ""
    verdict = f"**{judge(page_part.outcome, lesson.predict, said, values, view.lang)}**"
    if view.embed:
        if said != Said():
            why = corrected_prediction(lesson.predict, said.choice, values, view.lang, brief=True)
            st.markdown(" ".join((verdict, *why)))
        return
    read = [
        verdict,
        *corrected_prediction(lesson.predict, said.choice, values, view.lang, where=where),
        *filter(None, notes),
        words.fill(lesson.explain, values, view.lang),
    ]
    st.markdown("\n\n".join(read))
    quiz.show(scenario, values, view, variants.seed(), found.said)
    quiz.beside(scenario, values, view)
    quiz.sources(scenario, values, view)
    variants.offer(scenario, page_part.outcome, said, values, view)
    st.button(
        tr("ui.again", view.lang),
        type="tertiary",
        icon=":material/undo:",
        on_click=_again,
        args=(scenario,),
        key=key_of(scenario, "again"),
    )


def _reveal(scenario: Scenario, said: Said) -> None:
    st.session_state[key_of(scenario, "ran")] = True
    st.session_state[key_of(scenario, "said")] = said
    quiz.predicted(scenario)
    answer_shown()


def _again(scenario: Scenario) -> None:
    answers.forget(scenario)
