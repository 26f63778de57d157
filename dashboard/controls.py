"""A form from a scenario's controls: each parameter as the widget its schema asks for, tied to the page's link."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Literal

import streamlit as st

from dashboard.links import asked, one_of, set_link
from dashboard.refusals import answer, named, show_error, shown_instead
from dashboard.renamed import call_again
from dashboard.view import View
from sim import limits
from sim.errors import InputError, Problem, cut
from sim.loading import Control, controls, from_page
from sim.reasons import Reason
from sim.report import controlnames
from sim.report.ranges import SourceRange, range_line
from sim.report.texts import tr
from sim.scenario import Scenario

_QUOTED = 60
"""Characters of a value of the link that are quoted."""
_FEW = 4
"""Choices that stand side by side. More go into a list."""
_MANY = "instances"
"""The control of how many there are at once, which a host may have no room for."""
_FITS = ("capacity.fit", "capacity.beside")
"""The model's reasons that say how many would fit."""
_CHECKED, _CHECKED_MOST = "checked", 4
"""The key of the scenarios that were last checked under changes, and how many are kept."""


def from_link(scenario: Scenario) -> dict[str, str]:
    """The changes a link asks for, in their written form, where no form is drawn (inside a lecture)."""
    values = {}
    for control in controls(scenario):
        value = asked(control.path)
        if value is not None and value != control.written:
            values[control.path] = value
    return values


def seeded(scenario: Scenario, view: View) -> Scenario:
    """The scenario with the seed of the page's link, where there is one. One that cannot be used is answered here."""
    wanted = asked("seed")
    if wanted is None:
        return scenario
    try:
        return changed(scenario, {"seed": wanted})
    except InputError as error:
        show_error(error, view, shown_instead(str(scenario.seed), view), link=True)
        return scenario


def changed(scenario: Scenario, changes: Mapping[str, str]) -> Scenario:
    """The scenario under a reader's changes (`from_page`), checked once for all that asks on a page.

    Raises `InputError`.
    """
    if not changes:
        return scenario
    kept: list[tuple[Scenario, dict[str, str], Scenario]] = st.session_state.setdefault(_CHECKED, [])
    for before, under, after in kept:
        if before is scenario and under == changes:
            return after
    after = from_page(scenario, changes)
    kept.append((scenario, dict(changes), after))
    del kept[:-_CHECKED_MOST]
    return after


Judge = Callable[[Mapping[str, str]], object]
"""Raises `InputError` where changes, by path, cannot be run together."""


@dataclass(frozen=True)
class ControlForm:
    """A form of controls, tied to parameters of the page's link.

    Attributes:
        key: Before the keys of its widgets.
        controls: What is drawn, in this order.
        name: What the link calls a control's path.
        title: What the reader sees it called.
        judge: Judges changes.
        setting: What the value that a control starts with is called: the lesson's, or the preset's.
        ranges: What sources say of some controls' values, by path.
        fits: The most of a control that a host has room for under changes. None where it has room for all.
    """

    key: str
    controls: tuple[Control, ...]
    name: Callable[[str], str]
    title: Callable[[Control], str]
    judge: Judge
    setting: str
    ranges: Mapping[str, SourceRange] = field(default_factory=dict)
    fits: Callable[[Control, Mapping[str, str]], int | None] = lambda _control, _changes: None

    def at(self, control: Control) -> str:
        """The key of a control's widget."""
        return f"{self.key}:{control.path}"


def of_scenario(scenario: Scenario, view: View) -> ControlForm:
    """The form of a scenario's own controls."""
    return ControlForm(
        key=scenario.id,
        controls=controls(scenario),
        name=str,
        title=lambda control: controlnames.title(control, scenario, view.lang),
        judge=lambda changes: changed(scenario, changes),
        setting="lesson",
        fits=lambda control, changes: _fits(scenario, control, changes),
    )


def _fits(scenario: Scenario, control: Control, changes: Mapping[str, str]) -> int | None:
    """How many instances the host has room for, as the model says where it is asked for the most that is offered.

    None for any other control, and where there is room for those too.
    """
    if control.path != _MANY or control.maximum is None:
        return None
    try:
        changed(scenario, {**changes, control.path: f"{control.maximum:g}"})
    except InputError as error:
        rooms = [room for problem in error.problems if (room := _room(problem.message)) is not None]
        return min(rooms, default=None)
    return None


def _room(why: object) -> int | None:
    """How many would fit, by a reason of the model or one inside it. None where it is about something else."""
    if not isinstance(why, Reason):
        return None
    if why.id in _FITS:
        return int(why.values["most"])
    rooms = (_room(inside) for inside in why.values.values())
    return next((room for room in rooms if room is not None), None)


AnswerPlaces = dict[str, "st.delta_generator.DeltaGenerator"]
"""Where each control of a form is answered, by its path."""


def form(of: ControlForm, view: View, controls: Iterable[Control] | None = None) -> tuple[dict[str, str], AnswerPlaces]:
    """Draw controls, and return what differs from what they start with, in written form by path, and their places.

    A value that the link has and that cannot be used is answered below its control.

    Args:
        controls: Those of the form that are drawn. All of them where nothing is given.
    """
    changes: dict[str, str] = {}
    places: AnswerPlaces = {}
    others = held(of) or {}
    for control in of.controls if controls is None else controls:
        value = _widget(control, of, view)
        fits = of.fits(control, others)
        bounds = range_line(control, value, view.style, of.setting, of.ranges.get(control.path), fits)
        if bounds:
            st.html(bounds)
        places[control.path] = st.container()
        refused = _refused(control, of, value, view)
        if refused is not None:
            with places[control.path]:
                show_error(refused, view, shown_instead(_called(control, view), view), link=True)
        if value != control.written:
            changes[control.path] = value
    return changes, places


def judge(
    of: ControlForm, changes: Mapping[str, str], places: AnswerPlaces, view: View, instead: str
) -> list[InputError]:
    """What is wrong with the changes, each answered below its control. They are judged together.

    So many instances may be too many for one host and none for another.

    Args:
        instead: What the figure shows then.
    """
    errors = _unusable(of, changes)
    for path, error in errors.items():
        with places.get(path) or st.container():
            show_error(error if path in places else named(error, of.name), view, instead)
    return list(errors.values())


def _unusable(of: ControlForm, changes: Mapping[str, str]) -> dict[str, InputError]:
    """What is wrong with changes, by the control it is to be answered at."""
    if not changes:
        return {}
    try:
        of.judge(changes)
    except InputError as error:
        problems_of: dict[str, list[Problem]] = {}
        for problem in error.problems:
            path = problem.path if problem.path in changes else next(iter(changes))
            problems_of.setdefault(path, []).append(problem)
        return {path: InputError(problems) for path, problems in problems_of.items()}
    return {}


def _refused(control: Control, of: ControlForm, shown: str, view: View) -> InputError | None:
    """Why the link's value of a control could not be used, until the reader changes the control."""
    key = f"{of.at(control)}:refused"
    wanted: str | None = st.session_state.get(key)
    if wanted is None:
        return None
    if shown != control.written:
        del st.session_state[key]
        return None
    name = of.name(control.path)
    try:
        of.judge({control.path: wanted})
    except InputError as error:
        if not control.whole or control.minimum is None or control.maximum is None:
            return named(error, lambda _: name)
        further = error.problems[1:]
    else:
        further = ()
    bounds = tr("ui.link.bounds", view.lang, low=f"{control.minimum:g}", high=f"{control.maximum:g}")
    said = tr("ui.link.value", view.lang, name=name, value=repr(cut(wanted, _QUOTED)), expected=bounds)
    return InputError([Problem(said), *further])


def forget(of: ControlForm) -> None:
    """Forget what the form's widgets hold, so that they start from the link again. For a callback."""
    for control in of.controls:
        st.session_state.pop(of.at(control), None)
        st.session_state.pop(f"{of.at(control)}:refused", None)


def reset(of: ControlForm) -> None:
    """Forget what was changed, in the form and in the link. For a callback, before the form is drawn again."""
    forget(of)
    for control in of.controls:
        set_link(of.name(control.path), "")


def start(name: str, options: Mapping[str, str], default: str, key: str) -> str:
    """What is chosen now of a few options. The first time it is what the link asks for, where that is an option.

    Args:
        key: Of the widget that `choice` or `switch` draws.
    """
    kept = st.session_state.get(key)
    if isinstance(kept, bool):  # a toggle's
        return "true" if kept else "false"
    if kept not in options:
        st.session_state[key] = kept = one_of(name, options, default, key)
    return str(kept)


def switch(label: str, name: str, options: Mapping[str, str], view: View, *, key: str, drawn: bool = True) -> None:
    """A yes or no that is off by default, as a toggle. Where it is not drawn, the link alone decides."""
    st.session_state[key] = start(name, options, "false", key) == "true"
    on = st.toggle(label, key=key) if drawn else st.session_state[key]
    if drawn:
        set_link(name, "true" if on else "")
    answer(name, str(on).lower(), options, view, key=key, called=options["false"])


def choice(
    label: str,
    options: Mapping[str, str],
    default: str,
    name: str,
    view: View,
    *,
    key: str,
    hidden: bool = False,
    few: int = _FEW,
    drawn: bool = True,
    below: st.delta_generator.DeltaGenerator | None = None,
    on_change: Callable[[], None] | None = None,
    hint: str | None = None,
) -> str:
    """One of a few options, tied to a link parameter by its language-neutral value.

    Streamlit's own `bind` writes what the reader sees, so that a translated option would make links depend on the
    language. So the mapping is made by hand.

    Args:
        hidden: Without its label.
        few: Choices that stand side by side. More go into a list.
        drawn: False where the link alone decides.
        below: Where a value of the link that cannot be used is answered. Right here where nothing is given.
        on_change: Called when the reader chooses another one.
        hint: What it means.
    """
    start(name, options, default, key)
    if not drawn:
        answer(name, str(st.session_state[key]), options, view, key=key, called=options[default])
        return str(st.session_state[key])
    call_again(key, options.values())
    shown: Literal["collapsed", "visible"] = "collapsed" if hidden else "visible"
    if len(options) <= few:
        value = st.segmented_control(
            label, list(options), format_func=lambda o: options[o], key=key, required=True, label_visibility=shown,
            on_change=on_change, help=hint, wrap=True,
        )  # fmt: skip
    else:
        value = st.selectbox(
            label, list(options), format_func=lambda o: options[o], key=key, label_visibility=shown,
            on_change=on_change, help=hint,
        )  # fmt: skip
    set_link(name, "" if value == default else str(value))
    with below or nullcontext():
        answer(name, str(value), options, view, key=key, called=options[default])
    return str(value)


def held(of: ControlForm) -> dict[str, str] | None:
    """What a form will return, by what its widgets hold. None where one of them was not drawn yet."""
    if any(of.at(control) not in st.session_state for control in of.controls):
        return None
    values = [(control, _written(control, st.session_state[of.at(control)])) for control in of.controls]
    return {control.path: value for control, value in values if value != control.written}


def _written(control: Control, value: object) -> str:
    """A widget's value in written form."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if control.kind == "number" and (value is None or value == control.default):
        return control.written
    return str(value).strip()


def _widget(control: Control, of: ControlForm, view: View) -> str:
    """Draw one control, and return its value in written form."""
    label, key, name = of.title(control), of.at(control), of.name(control.path)
    hint = controlnames.about(control, view.lang) or None
    if control.kind == "choice" or (control.kind == "flag" and control.default is None):
        offered = controlnames.options(control, view.lang)
        wanted = asked(name)
        if wanted is not None and wanted not in offered:
            _refuse(key, name, wanted)
        return choice(label, offered, control.written, name, view, key=key, hint=hint)
    if control.kind == "flag":
        _start(key, name, control.default, {"true": True, "false": False}.__getitem__)
        on = st.toggle(label, key=key, help=hint)
        set_link(name, "" if on == control.default else str(on).lower())
        return _written(control, on)
    if control.kind == "number" and control.whole and control.minimum is not None and control.maximum is not None:
        low, high = int(control.minimum), int(control.maximum)
        _start(key, name, control.default, lambda text: _whole(text, low, high))
        number = st.number_input(label, low, high, value=None, key=key, help=hint)
        if number is None:
            number = control.default
        set_link(name, "" if number == control.default else str(number))
        return _written(control, number)
    _start(key, name, control.written, str)
    text = st.text_input(label, key=key, placeholder=controlnames.example(control), help=hint, max_chars=limits.LINK)
    set_link(name, "" if text == control.written else text)
    return _written(control, text)


def _start(key: str, name: str, default: object, read: Callable[[str], object]) -> None:
    """Before a widget is first drawn: its value from the link where that can be read, else the scenario's."""
    if key in st.session_state:
        return
    value = default
    wanted = asked(name)
    if wanted is not None:
        try:
            value = read(wanted)
        except (ValueError, KeyError):
            _refuse(key, name, wanted)
    st.session_state[key] = value


def _refuse(key: str, name: str, wanted: str) -> None:
    """Take a value out of the link and remember it, to be answered below its control."""
    st.session_state[f"{key}:refused"] = wanted
    set_link(name, "")


def _whole(text: str, low: int, high: int) -> int:
    """A whole number in bounds. Raises `ValueError` for any other text."""
    number = int(text)
    if not low <= number <= high:
        raise ValueError(text)
    return number


def _called(control: Control, view: View) -> str:
    """What a control is set to in the scenario, as the reader sees it."""
    return controlnames.called(control, control.written, view.lang) or tr("ui.varied", view.lang)
