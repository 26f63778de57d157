"""A form from a scenario's controls: each parameter as the widget its schema asks for, tied to the page's link."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext
from typing import Literal

import streamlit as st

from dashboard.links import asked, lines, one_of, refused, set_link
from dashboard.view import View
from sim.errors import InputError, Problem
from sim.loading import Control, controls, from_page
from sim.report import controlnames
from sim.report.texts import tr
from sim.scenario import Scenario

_FEW = 4
"""Choices that stand side by side. More go into a list."""


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
        return from_page(scenario, {"seed": wanted})
    except InputError as error:
        show_error(error, view, tr("ui.error.shown", view.lang, value=str(scenario.seed)), link=True)
        return scenario


def form(scenario: Scenario, view: View, instead: str) -> tuple[dict[str, str], list[InputError]]:
    """Draw the controls, and return what differs from the scenario in written form, with what is wrong with it.

    A value that cannot be used is answered below its control, and is in the changes all the same.

    Args:
        instead: What the figure shows then.
    """
    changes: dict[str, str] = {}
    below: dict[str, st.delta_generator.DeltaGenerator] = {}
    for control in controls(scenario):
        value = _widget(control, scenario, view)
        below[control.path] = st.container()
        refused = _refused(control, scenario, value)
        if refused is not None:
            with below[control.path]:
                show_error(refused, view, tr("ui.error.shown", view.lang, value=_called(control, view)), link=True)
        if value != control.written:
            changes[control.path] = value
    errors = _unusable(scenario, changes)
    for path, error in errors.items():
        with below.get(path, st.container()):
            show_error(error, view, instead)
    return changes, list(errors.values())


def _unusable(scenario: Scenario, changes: Mapping[str, str]) -> dict[str, InputError]:
    """What is wrong with changes, by the control it is to be answered at. They are judged together.

    So many instances may be too many for one host and none for another.
    """
    if not changes:
        return {}
    try:
        from_page(scenario, changes)
    except InputError as error:
        problems_of: dict[str, list[Problem]] = {}
        for problem in error.problems:
            problems_of.setdefault(problem.path if problem.path in changes else next(iter(changes)), []).append(problem)
        return {path: InputError(problems) for path, problems in problems_of.items()}
    return {}


def _refused(control: Control, scenario: Scenario, shown: str) -> InputError | None:
    """Why the link's value of a control could not be used, until the reader changes the control."""
    key = f"{_key(scenario, control)}:refused"
    wanted: str | None = st.session_state.get(key)
    if wanted is None:
        return None
    if shown != control.written:
        del st.session_state[key]
        return None
    try:
        from_page(scenario, {control.path: wanted})
    except InputError as error:
        return error
    return InputError(f"{control.path}: {wanted!r} cannot be used here")


def show_error(error: InputError, view: View, instead: str = "", *, link: bool = False) -> None:
    """Every problem of an input, said once each, in the place where it was made.

    Args:
        instead: What is shown all the same.
        link: The value came with the page's link.
    """
    title = tr("ui.error.link" if link else "ui.error", view.lang)
    st.error("\n\n".join([*lines(error), *([instead] if instead else [])]), icon=":material/error:", title=title)


def reset(scenario: Scenario) -> None:
    """Forget what was changed, in the form and in the link. For a callback, before the form is drawn again."""
    for control in controls(scenario):
        st.session_state.pop(_key(scenario, control), None)
        st.session_state.pop(f"{_key(scenario, control)}:refused", None)
        set_link(control.path, "")


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
    drawn: bool = True,
    below: st.delta_generator.DeltaGenerator | None = None,
    on_change: Callable[[], None] | None = None,
) -> str:
    """One of a few options, tied to a link parameter by its language-neutral value.

    Streamlit's own `bind` writes what the reader sees, so that a translated option would make links depend on the
    language. So the mapping is made by hand.

    Args:
        hidden: Without its label.
        drawn: False where the link alone decides.
        below: Where a value of the link that cannot be used is answered. Right here where nothing is given.
        on_change: Called when the reader chooses another one.
    """
    start(name, options, default, key)
    if not drawn:
        answer(name, str(st.session_state[key]), options, view, key=key, called=options[default])
        return str(st.session_state[key])
    shown: Literal["collapsed", "visible"] = "collapsed" if hidden else "visible"
    if len(options) <= _FEW:
        value = st.segmented_control(
            label, list(options), format_func=lambda o: options[o], key=key, required=True, label_visibility=shown,
            on_change=on_change,
        )  # fmt: skip
    else:
        value = st.selectbox(
            label, list(options), format_func=lambda o: options[o], key=key, label_visibility=shown, on_change=on_change
        )
    set_link(name, "" if value == default else str(value))
    with below or nullcontext():
        answer(name, str(value), options, view, key=key, called=options[default])
    return str(value)


def answer(
    name: str, shown: object, allowed: Iterable[str], view: View, *, key: str, called: str, what: str = "one of "
) -> None:
    """Say which value of the link cannot be used and what can, until the reader chooses something else.

    Args:
        shown: The value as it is now.
        called: What the reader sees it called.
    """
    wanted = refused(key, shown)
    if wanted is not None:
        message = f"{name}: {wanted!r} cannot be used here; expected {what}{', '.join(filter(None, allowed))}"
        show_error(InputError(message), view, tr("ui.error.shown", view.lang, value=called), link=True)


def _key(scenario: Scenario, control: Control) -> str:
    return f"{scenario.id}:{control.path}"


def _widget(control: Control, scenario: Scenario, view: View) -> str:
    """Draw one control, and return its value in written form."""
    label, key, name = controlnames.title(control, scenario, view.lang), _key(scenario, control), control.path
    if control.kind == "choice" or (control.kind == "flag" and control.default is None):
        offered = controlnames.options(control, view.lang)
        wanted = asked(name)
        if wanted is not None and wanted not in offered:
            _refuse(key, name, wanted)
        return choice(label, offered, control.written, name, view, key=key)
    if control.kind == "flag":
        _start(key, name, control.default, {"true": True, "false": False}.__getitem__)
        on = st.toggle(label, key=key)
        set_link(name, "" if on == control.default else str(on).lower())
        return "true" if on else "false"
    if control.kind == "number" and control.whole and control.minimum is not None and control.maximum is not None:
        low, high = int(control.minimum), int(control.maximum)
        _start(key, name, control.default, lambda text: _whole(text, low, high))
        number = st.number_input(label, low, high, value=None, key=key)
        if number is None:
            number = control.default
        set_link(name, "" if number == control.default else str(number))
        return control.written if number == control.default else str(number)
    _start(key, name, control.written, str)
    text = st.text_input(label, key=key, placeholder=controlnames.example(control))
    set_link(name, "" if text == control.written else text)
    return text.strip()


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
