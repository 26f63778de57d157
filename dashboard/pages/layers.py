"""The layer lab: change a file or the Dockerfile and see which steps of the next build run again, and why."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import streamlit as st

from dashboard import controls, popovers, running, shipped
from dashboard.frame import head
from dashboard.layers import advice, lab, lab_link, lab_shown
from dashboard.lessons import answers, lesson, quiz, variants
from dashboard.lessons.correction import Correction, in_lab
from dashboard.lessons.lesson import kicker
from dashboard.links import one_of, opening, set_link
from dashboard.page_part import PagePart
from dashboard.refusals import answer, show_error
from dashboard.running import CancelledByReaderError
from dashboard.shown import Shown, answer_shown, offer
from dashboard.view import View
from sim.classroom.predicted import Said, again, judge_steps
from sim.errors import InputError
from sim.layerlab.state import LabState
from sim.outcome import Outcome
from sim.reasons import of_label
from sim.records.images import StepRecord
from sim.report import words
from sim.report.controlnames import provenance
from sim.report.figures.images.build import first_cause, gutter, steps
from sim.report.texts import tr
from sim.scenario import Scenario

_SCENARIO = "layers"
_WIDTHS = (5, 7)
_IN_A_HALL = (4, 7)


def page(view: View) -> None:
    """Draw the page. A link may name the edit: `?file=src/app.py&how=touch`."""
    scenario = shipped.scenario(_SCENARIO)
    head(view, lambda: st.caption(kicker(scenario, view)))
    scenario = variants.varied(controls.seeded(scenario, view), view)
    if view.notes:
        lesson.body(scenario, view)
        return
    title = st.container()
    left, right = st.columns(_IN_A_HALL if view.embed else _WIDTHS, gap="large")
    with left:
        word = st.container()
        state = lab.edit(view)
        paper = st.container()
        why = st.container()
        below = st.container()
        better = st.container()
        state = lab.remember(lab.options(state, view))
        if not view.embed:
            brought = lab.another(state, view)
            with below:
                lab.history(state, view, _again if view.show or st.session_state.get("lab:ran") else None)
    with right:
        place = st.empty()
        drawn = st.container()
    with paper:
        built, fault = _run(state, scenario, place, view)
    if not view.embed:
        lab.answer_brought(state, _lined(fault, view) if fault else None, brought, view)
    if built is None:
        title.title(view.read(scenario.title), anchor=False)
        with paper:
            lab_shown.paper(state, {}, 0, None, view)
            if fault:
                _answer(fault, view)
        return

    outcome = built.outcome
    page_part = PagePart(scenario, outcome, words.label_names(outcome, view.lang), view)
    _restore(page_part, view)
    revealed = not view.locked and (view.show or bool(st.session_state.get("lab:ran")))
    set_link("show", "1" if revealed else "")
    step = _selected(outcome, view) if revealed else None
    said: tuple[str, ...] = ()
    found = Correction((page_part,))
    if revealed and not view.embed:
        answers.restore_quiz(scenario)
        found = _correct(scenario, page_part, view, place)
        (page_part,) = found.page_parts
    _offer(built, page_part, view, found.said, revealed=revealed)
    marks = gutter(outcome, view.style) if revealed else {}
    title.title(
        lab_shown.finding(built.state, outcome, view) if revealed else lab_shown.question(state, scenario, view),
        anchor=False,
    )
    with word:
        if revealed:
            _verdict(page_part, view)
        else:
            said = _ask(scenario, page_part, view)
    with drawn:
        if revealed and not view.embed:
            lab_shown.cost(outcome, view)
        try:
            lab_shown.graph(page_part, view, step, said, revealed=revealed)
        except InputError as error:  # a build that can be planned may be too large to draw
            show_error(error, view)
    with paper:
        if not view.embed:
            lab_shown.paper(state, _faults(fault) if fault else marks, step.line if step else 0, outcome, view)
        if fault:
            _answer(fault, view)
    if revealed:
        with why:
            if view.embed:
                lab_shown.cost(outcome, view)
            lab_shown.reason(step, view)
        if not view.embed:
            with right:
                st.caption(lab_shown.legend(outcome, view))
                popovers.row([page_part])
            with better:
                advice.show(built.state, outcome, scenario, view)
    with left if view.embed else right:
        st.caption(provenance(scenario, outcome, view.lang))
    if revealed and not view.embed:
        _lesson(scenario, found.said, view)


# ---- the run ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Built:
    """A state, its build as a scenario, and what came of it."""

    state: LabState
    scenario: Scenario
    outcome: Outcome


def _run(
    state: LabState, scenario: Scenario, place: st.delta_generator.DeltaGenerator, view: View
) -> tuple[_Built | None, InputError | None]:
    """The build of the state. Where it cannot be planned, the last one that could, with the reason."""
    fault = None
    try:
        own = lab_shown.own(state, scenario)
        (outcome,) = running.run(("lab", state), own, place, view, height=600)
        st.session_state["lab:valid"] = _Built(state, own, outcome)
    except InputError as error:
        fault = error
    except CancelledByReaderError:
        st.markdown(tr("ui.cancelled", view.lang))
    built: _Built | None = st.session_state.get("lab:valid")
    return built, fault


def _selected(outcome: Outcome, view: View) -> StepRecord | None:
    """The step the reader picked, while there is one of that name. Otherwise the first cause, where there is one."""
    by_name = {step.step: step for step in steps(outcome)}
    first = first_cause(outcome)
    if "lab:step" not in st.session_state and opening("lab:link:step"):
        st.session_state["lab:step"] = one_of("step", by_name, "", "lab:link:step")
    picked = by_name.get(st.session_state.get("lab:step", ""), by_name.get(first))
    set_link("step", picked.step if picked and picked.step != first else "")
    answer("step", st.session_state.get("lab:step", ""), by_name, view, key="lab:link:step", called=first)
    return picked


def _restore(page_part: PagePart, view: View) -> None:
    """The first time, put the prediction of the link where the question and the verdict look for it."""
    lesson = page_part.scenario.lesson
    assert lesson is not None
    answers.restore(page_part, lesson.predict, {})
    said: Said | None = st.session_state.pop(f"{_SCENARIO}:said", None)
    if said is not None and view.show:
        st.session_state["lab:said"] = said.steps
        st.session_state["lab:said-of"] = lab.undo_history().now


def _offer(built: _Built, page_part: PagePart, view: View, told: str, *, revealed: bool) -> None:
    """Tell what the page shows, for its menus and keys."""
    scenario = page_part.scenario
    said = tuple(st.session_state.get(f"{_SCENARIO}:steps", ()))
    offer(
        Shown(
            scenario=scenario,
            own=built.scenario,
            page_parts=(page_part,) if revealed else (),
            reveal=None if revealed else lambda: _reveal(said),
            again=_again if revealed else None,
            scenario_file=lambda: lab_link.scenario_file(built.state, scenario),
            unlinked=lab_link.unlinked(built.state, view),
            told=told,
        )
    )


def _faults(fault: InputError) -> dict[str, dict[str, str]]:
    """The marks of lines that cannot be read."""
    glyph = {"glyph": "!", "kind": "cause"}
    return {str(problem.line): {**glyph, "word": problem.message} for problem in fault.problems if problem.line}


def _answer(fault: InputError, view: View) -> None:
    """Below the editor: what is wrong, in which line, what is allowed."""
    show_error(_lined(fault, view), view, tr("ui.error.last", view.lang))


def _lined(fault: InputError, view: View) -> InputError:
    """The problems with their lines in words."""
    return InputError(
        [
            dataclasses.replace(
                problem, message=of_label(tr("ui.lab.line", view.lang, n=problem.line), problem.message)
            )
            if problem.line
            else problem
            for problem in fault.problems
        ]
    )


def _ask(scenario: Scenario, page_part: PagePart, view: View) -> tuple[str, ...]:
    """The question, and the buttons that answer it."""
    lang = view.lang
    said: tuple[str, ...] = tuple(st.session_state.get(f"{_SCENARIO}:steps", ()))
    ask = view.read(scenario.lesson.predict.ask) if scenario.lesson else ""
    st.markdown(f"**{tr('ui.predict', lang)}** · {ask} {tr('ui.lab.predict.how', lang)}")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            tr("ui.run", lang),
            type="primary",
            icon=":material/play_arrow:",
            on_click=_reveal,
            args=(said,),
            disabled=view.locked,
            key="lab:run",
        )
        st.button(
            tr("ui.skip", lang), type="tertiary", on_click=_reveal, args=(None,), disabled=view.locked, key="lab:skip"
        )
        st.caption(tr("ui.lab.chosen", lang, n=len(said)))
    _keep(page_part, Said(steps=said or None))
    return said


def _keep(page_part: PagePart, said: Said) -> None:
    """Write the prediction into the link."""
    lesson = page_part.scenario.lesson
    assert lesson is not None
    answers.keep(page_part, lesson.predict, {}, said)


def _reveal(said: tuple[str, ...] | None) -> None:
    st.session_state["lab:ran"] = True
    st.session_state["lab:said"] = said
    st.session_state["lab:said-of"] = lab.undo_history().now
    answer_shown()


def _verdict(page_part: PagePart, view: View) -> None:
    """What came of the prediction, while its edit is still the one shown."""
    said = st.session_state.get("lab:said")
    still = st.session_state.get("lab:said-of") == lab.undo_history().now
    _keep(page_part, Said(steps=said if still else None))
    if said is not None and still:
        st.markdown(f"**{judge_steps(said, *again(page_part.outcome), view.lang)}**")


def _again() -> None:
    for key in ("lab:ran", "lab:said"):
        st.session_state.pop(key, None)
    answers.forget(shipped.scenario(_SCENARIO))


def _own_builds(scenario: Scenario, view: View, place: st.delta_generator.DeltaGenerator) -> tuple[Outcome, ...]:
    """What came of the lesson's own builds. Nothing where the reader stopped them."""
    try:
        return running.run((scenario.file, variants.seed(), ()), scenario, place, view, height=120)
    except CancelledByReaderError:
        return ()


def _correct(
    scenario: Scenario, page_part: PagePart, view: View, place: st.delta_generator.DeltaGenerator
) -> Correction:
    """The ring in the graph for the question that was answered last."""
    outcomes = _own_builds(scenario, view, place) if quiz.last_answered(scenario) is not None else ()
    if not outcomes:
        return Correction((page_part,))
    return in_lab(scenario, page_part, words.values(*outcomes), variants.seed())


def _lesson(scenario: Scenario, where: str, view: View) -> None:
    """How to read it, and the questions, computed from the lesson's own builds."""
    st.space("small")
    outcomes = _own_builds(scenario, view, st.empty())
    if not outcomes:
        return
    values = words.values(*outcomes)
    explain, questions = st.columns(_WIDTHS, gap="large")
    assert scenario.lesson is not None
    explain.markdown(words.fill(scenario.lesson.explain, values, view.lang))
    with questions:
        quiz.show(scenario, values, view, variants.seed(), where)
        quiz.beside(scenario, values, view)
        quiz.sources(scenario, values, view)
        said = Said(steps=st.session_state.get("lab:said"))
        variants.offer(scenario, outcomes[0], said, values, view)
