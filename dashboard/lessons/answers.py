"""What a reader answered, as the page's link has it: the prediction (`said`) and the questions after the run (`quiz`).

It is written in the scenario's own words, never in the reader's: labels, a number in the unit that was asked for, and
places counted from 1 in the order of the scenario's file. So a link works in both languages and in every variant.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import streamlit as st

from dashboard.links import asked, opening, refuse, set_link
from dashboard.page_part import PagePart
from dashboard.refusals import answer, listed
from dashboard.view import View
from sim import limits
from sim.classroom.asked import guessed_in
from sim.classroom.predicted import Said
from sim.outcome import Metric
from sim.report.figures.images.build import steps
from sim.report.texts import tr
from sim.scenario import Prediction, Scenario

_NONE = "none"
"""How a link says that no step was predicted to run again."""


def restore(page_part: PagePart, predict: Prediction, values: Mapping[str, Metric]) -> None:
    """The first time, put the prediction of the link where the widgets and the verdict look for it."""
    key = page_part.scenario.id
    wanted = asked("said")
    if not opening(f"{key}:said") or wanted is None or f"{key}:said" in st.session_state:
        return
    said = read(wanted, page_part, predict, values)
    if said is None:
        refuse(f"{key}:said", wanted, "")
        set_link("said", "")
        return
    st.session_state[f"{key}:said"] = said
    if said.steps is not None:
        st.session_state[f"{key}:steps"] = list(said.steps)
    elif said.order:
        st.session_state[f"{key}:predict"] = list(said.order)
    elif said.guess is not None:
        st.session_state[f"{key}:predict"] = said.guess / guessed_in(values[predict.guess])[1]
    else:
        st.session_state[f"{key}:predict"] = said.choice


def keep(page_part: PagePart, predict: Prediction, values: Mapping[str, Metric], said: Said) -> None:
    """Write a prediction into the link, and answer one of the link that could not be used."""
    text = written(said, page_part, predict, values)
    set_link("said", text)
    view = page_part.view
    none = tr("ui.said.none", view.lang)
    key, labels = f"{page_part.scenario.id}:said", page_part.outcome.labels if predict.rank else ()
    answer("said", text, labels, view, key=key, called=none, expected=_expected(page_part, predict))


def read(wanted: str, page_part: PagePart, predict: Prediction, values: Mapping[str, Metric]) -> Said | None:
    """The prediction that a link writes so. None for what is none."""
    if predict.rank:
        order = tuple(wanted.split(","))
        known = set(order) <= set(page_part.outcome.labels) and len(set(order)) == len(order)
        return Said(order=order) if known else None
    if predict.guess:
        number = _number(wanted)
        return None if number is None else Said(guess=number * guessed_in(values[predict.guess])[1])
    if predict.choices:
        places = _places(wanted, len(predict.choices))
        return Said(choice=places[0] - 1) if places and len(places) == 1 else None
    there = [step.step for step in steps(page_part.outcome, label=page_part.outcome.labels[0])]
    places = [] if wanted == _NONE else _places(wanted, len(there))
    return None if places is None else Said(steps=tuple(there[place - 1] for place in places))


def written(said: Said, page_part: PagePart, predict: Prediction, values: Mapping[str, Metric]) -> str:
    """A prediction as a link writes it. "" where nothing was said."""
    if said.order:
        return ",".join(said.order)
    if said.guess is not None and predict.guess in values:
        return f"{said.guess / guessed_in(values[predict.guess])[1]:.12g}"
    if said.choice is not None:
        return f"{said.choice + 1}"
    if said.steps is not None:
        there = [step.step for step in steps(page_part.outcome, label=page_part.outcome.labels[0])]
        return ",".join(f"{there.index(step) + 1}" for step in said.steps if step in there) or _NONE
    return ""


def restore_quiz(scenario: Scenario) -> None:
    """The first time, put the answers of the link where the questions look for them."""
    wanted = asked("quiz")
    if not opening(f"{scenario.id}:answers") or not wanted or scenario.lesson is None:
        return
    questions, parts = scenario.lesson.quiz, wanted.split(",")
    places = [_places(part, len(question.choices)) for part, question in zip(parts, questions, strict=False) if part]
    if len(parts) > len(questions) or None in places:
        refuse(f"{scenario.id}:answers", wanted, "")
        set_link("quiz", "")
        return
    for number, part in enumerate(parts):
        if part:
            st.session_state.setdefault(f"{scenario.id}:quiz:{number}", int(part) - 1)


def keep_quiz(scenario: Scenario, view: View) -> None:
    """Write the answers into the link, and answer those of the link that could not be used."""
    questions = scenario.lesson.quiz if scenario.lesson else ()
    picked = [st.session_state.get(f"{scenario.id}:quiz:{number}") for number in range(len(questions))]
    text = ",".join("" if place is None else f"{place + 1}" for place in picked).rstrip(",")
    set_link("quiz", text)
    most = ", ".join(f"{len(question.choices)}" for question in questions)
    none, numbers = tr("ui.said.none", view.lang), tr("ui.link.quiz", view.lang, n=len(questions), most=most)
    answer("quiz", text, (), view, key=f"{scenario.id}:answers", called=none, expected=numbers)


def forget(scenario: Scenario) -> None:
    """Take back all that was answered on a scenario's page, in the session and in the link. For a callback."""
    for key in [key for key in st.session_state if str(key).startswith(f"{scenario.id}:quiz:")]:
        del st.session_state[key]
    for name in ("ran", "said", "predict", "steps", "answered"):
        st.session_state.pop(f"{scenario.id}:{name}", None)
    for name in ("show", "said", "quiz", "step"):
        set_link(name, "")


def _expected(page_part: PagePart, predict: Prediction) -> str:
    """What a prediction may be, in the reader's language."""
    lang = page_part.view.lang
    if predict.rank:
        return listed(page_part.outcome.labels, lang, what="each")
    if predict.guess:
        return tr("ui.link.guess", lang)
    if predict.choices:
        return tr("ui.link.number", lang, high=len(predict.choices))
    count = len(steps(page_part.outcome, label=page_part.outcome.labels[0]))
    return tr("ui.link.steps", lang, high=count, none=_NONE)


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) and 0 <= number <= limits.GUESS else None


def _places(text: str, most: int) -> list[int] | None:
    """Different places from 1 to `most`. None for anything else."""
    parts = text.split(",")
    if not all(part.isascii() and part.isdigit() and len(part) <= 4 for part in parts):
        return None
    places = [int(part) for part in parts]
    return places if len(set(places)) == len(places) and all(1 <= place <= most for place in places) else None
