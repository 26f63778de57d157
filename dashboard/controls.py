"""A form from a scenario's controls: each parameter as the widget its schema asks for, tied to the page's link."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import streamlit as st

from dashboard.view import View, set_link
from dashboard.wording import say
from sim.errors import InputError
from sim.loading import Control, controls, override
from sim.report.texts import has, tr
from sim.scenario import Scenario

_FEW = 4
"""Choices that stand side by side; more go into a list."""


def title(control: Control, view: View) -> str:
    """A control's label: the parameter's name, and whose it is where it belongs to one label."""
    owner, _, name = control.path.rpartition(".")
    text = tr(f"parameter.{name}", view.lang) if has(f"parameter.{name}", view.lang) else name.replace("_", " ")
    text = text[:1].upper() + text[1:]
    label = owner.rpartition(".")[2]
    return f"{label}: {text}" if label and not label.isdigit() else text


def from_link(scenario: Scenario) -> dict[str, str]:
    """The changes a link asks for, in their written form, where no form is drawn (inside a lecture)."""
    found = {}
    for control in controls(scenario):
        value = st.query_params.get(control.path)
        if value is not None and value != control.written:
            found[control.path] = str(value)
    return found


def form(scenario: Scenario, view: View) -> tuple[dict[str, str], list[InputError]]:
    """Draw the controls; what differs from the scenario, in written form, and what is wrong with it.

    A value that cannot be used is answered below its control, and is in the changes all the same.
    """
    changes: dict[str, str] = {}
    errors: list[InputError] = []
    for control in controls(scenario):
        value = _widget(control, scenario, view)
        if value == control.written:
            continue
        changes[control.path] = value
        try:
            override(scenario, {control.path: value})
        except InputError as error:
            errors.append(error)
            show_error(error, view)
    return changes, errors


def show_error(error: InputError, view: View, more: str = "") -> None:
    """Every problem of an input, said once each, in the place where it was made."""
    lines = dict.fromkeys(problem.message for problem in error.problems)
    st.error("\n\n".join([*lines, *([more] if more else [])]), icon=":material/error:", title=tr("ui.error", view.lang))


def reset(scenario: Scenario) -> None:
    """Forget what was changed, in the form and in the link. For a callback, before the form is drawn again."""
    for control in controls(scenario):
        st.session_state.pop(_key(scenario, control), None)
        set_link(control.path, "")


def choice(
    label: str,
    options: Mapping[str, str],
    default: str,
    name: str,
    *,
    key: str,
    hidden: bool = False,
    drawn: bool = True,
) -> str:
    """One of a few options, tied to a link parameter by its language-neutral value.

    Streamlit's own `bind` writes what the reader sees, so that a translated option would make links depend on the
    language: hence the mapping by hand. hidden: without its label; drawn: False where the link alone decides.
    """
    if st.session_state.get(key) not in options:
        wanted = st.query_params.get(name, default)
        st.session_state[key] = wanted if wanted in options else default
    if not drawn:
        return str(st.session_state[key])
    shown: Literal["collapsed", "visible"] = "collapsed" if hidden else "visible"
    if len(options) <= _FEW:
        value = st.segmented_control(
            label, list(options), format_func=lambda o: options[o], key=key, required=True, label_visibility=shown
        )
    else:
        value = st.selectbox(label, list(options), format_func=lambda o: options[o], key=key, label_visibility=shown)
    set_link(name, "" if value == default else str(value))
    return str(value)


def _key(scenario: Scenario, control: Control) -> str:
    return f"{scenario.id}:{control.path}"


def _widget(control: Control, scenario: Scenario, view: View) -> str:
    """Draw one control; its value in written form."""
    label, key, name = title(control, view), _key(scenario, control), control.path
    if control.kind == "choice":
        options = {option: _option(control, option, view) for option in control.choices}
        return choice(label, options, control.written, name, key=key)
    if control.kind == "flag":
        _start(key, name, control.default, lambda text: text == "true")
        on = st.toggle(label, key=key)
        set_link(name, "" if on == control.default else str(on).lower())
        return "true" if on else "false"
    if control.kind == "number" and control.whole and control.minimum is not None and control.maximum is not None:
        low, high = int(control.minimum), int(control.maximum)
        _start(key, name, control.default, lambda text: min(high, max(low, int(text))))
        number = st.number_input(label, low, high, key=key, help=None)
        set_link(name, "" if number == control.default else str(number))
        return str(number)
    _start(key, name, control.written, str)
    text = st.text_input(label, key=key, placeholder=_example(control))
    set_link(name, "" if text == control.written else text)
    return text.strip()


def _start(key: str, name: str, default: object, read: Callable[[str], object]) -> None:
    """Before a widget is first drawn: its value from the link where that can be read, else the scenario's."""
    if key in st.session_state:
        return
    value = default
    if name in st.query_params:
        try:
            value = read(str(st.query_params[name]))
        except ValueError:
            set_link(name, "")
    st.session_state[key] = value


def _option(control: Control, option: str, view: View) -> str:
    """An option's name: translated where it is a word of the model, the catalog's own where it is a thing."""
    name = control.path.rpartition(".")[2]
    if has(f"parameter.{name}.{option}", view.lang):
        return tr(f"parameter.{name}.{option}", view.lang)
    return option or say("varied", view.lang)


def _example(control: Control) -> str:
    return {"B": "512 MiB", "s": "3.2 s", "1/s": "5 /s", "1": "1.5"}.get(control.unit, "")


def differences(scenario: Scenario, changes: Mapping[str, str], view: View) -> str:
    """What was changed, in a line: "instances = 50, image = must be pulled"."""
    by_path: Sequence[Control] = controls(scenario)
    parts = [
        f"{title(c, view)} = {_option(c, changes[c.path], view) if c.kind == 'choice' else changes[c.path]}"
        for c in by_path
        if c.path in changes
    ]
    return say("changed", view.lang, list=", ".join(parts)) if parts else ""
