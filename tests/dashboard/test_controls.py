"""Every control of every shipped scenario: at its least, at its most, and with a value that cannot be used."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from sim.batch import run as batch
from sim.errors import InputError
from sim.loading import Control, controls, load, override
from sim.outcome import Outcome
from sim.scenario import Scenario
from tests.dashboard.apptest import ROOT, SCENARIOS, error, forget_runs, opened, texts

MOST = {"instances": 50, "nodes": 50}
"""A hundred thousand starts take minutes: in these tests a run of more is made with so many."""


pytestmark = pytest.mark.usefixtures("runs_once")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Runs of one replication and of moderate size: what is tested is what a page does with a value."""
    real = batch.run

    def run(scenario: Scenario, **options: Any) -> tuple[Outcome, ...]:
        for name, most in MOST.items():
            values = {getattr(params, name, 0) for part in scenario.parts for params in part.variants.values()}
            if max(values) > most:
                scenario = override(scenario, {name: str(most)})
        return real(dataclasses.replace(scenario, replications=1), **options)

    monkeypatch.setattr(batch, "run", run)
    forget_runs()
    yield
    forget_runs()


def read(name: str) -> Scenario:
    return load(ROOT / "scenarios" / f"{name}.yaml")


def figures(at: AppTest) -> int:
    return len(at.get("vega_lite_chart")) + len(at.get("bidi_component"))


def ends(control: Control) -> tuple[str, ...]:
    """The least and the most a control takes, in written form."""
    if control.kind == "choice":
        return control.choices[0], control.choices[-1]
    if control.kind == "flag":
        return "true", "false"
    bounds = [bound for bound in (control.minimum, control.maximum) if bound is not None]
    unit = f" {control.unit}" if control.unit not in ("", "1") else ""
    return tuple(f"{bound:.12g}{unit}" for bound in bounds)


def bad(control: Control) -> tuple[str, ...]:
    """Values it refuses: no number, and where it has bounds, ones beyond them."""
    beyond = [f"{control.minimum - 1:.12g}"] if control.minimum is not None else []
    beyond += [f"{control.maximum * 2 + 1:.12g}"] if control.maximum is not None else []
    return ("lots", *beyond)


def set_to(at: AppTest, name: str, control: Control, value: str) -> None:
    key = f"{name}:{control.path}"
    kinds = ("number_input", "segmented_control", "selectbox", "toggle", "text_input")
    widget = next(w for kind in kinds for w in getattr(at, kind) if w.key == key)
    typed: Any = value
    if widget in at.number_input:
        typed = int(float(value))
    elif widget in at.toggle:
        typed = value == "true"
    widget.set_value(typed).run()


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_control_works_at_both_ends(name: str) -> None:
    scenario = read(name)
    at = opened("scenarios", scenario=name, show="1")
    for control in controls(scenario):
        for value in ends(control):
            allowed = True
            try:
                override(scenario, {control.path: value})
            except InputError:
                allowed = False
            set_to(at, name, control, value)
            where = f"{name}: {control.path} = {value}"
            assert not at.exception, f"{where}: {at.exception}"
            assert figures(at), where
            if not allowed:
                assert at.error, f"{where} is refused but not answered"
        if any(button.key == f"{name}:reset" for button in at.button):
            at.button(key=f"{name}:reset").click().run()
        assert not at.error, f"{name}: {control.path} after reset: {texts(at)[-400:]}"


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_link_s_bad_value_is_answered_at_its_control_and_a_figure_is_shown(name: str) -> None:
    scenario = read(name)
    for control in controls(scenario):
        for value in bad(control):
            at = opened("scenarios", scenario=name, show="1", **{control.path: value})
            where = f"{name}: {control.path} = {value}"
            assert not at.exception, where
            assert at.error, f"{where} is not answered"
            assert value in error(at) or control.path in error(at), error(at)
            assert figures(at), where


def test_what_is_refused_is_forgotten_once_the_control_is_used() -> None:
    at = opened("taxonomy", show="1", instances="none")
    assert "none" in error(at)
    assert at.number_input(key="taxonomy:instances").value == 1
    at.number_input(key="taxonomy:instances").set_value(2).run()
    assert not at.error
    at.number_input(key="taxonomy:instances").set_value(1).run()
    assert not at.error


def test_values_that_only_go_together_are_judged_together() -> None:
    alone = opened("taxonomy", show="1", instances="100")
    assert "too many" in error(alone)
    both = opened("taxonomy", show="1", instances="100", host="epyc-7542")
    assert not both.error
    assert "changed: " in texts(both)


def test_evidence_is_not_among_the_scenarios() -> None:
    at = opened("scenarios")
    shown = at.selectbox(key="scenario").options
    assert len(shown) == len(SCENARIOS)
    evidence = {file.stem for file in (ROOT / "scenarios" / "evidence").glob("*.yaml")}
    assert evidence
    assert not evidence & set(SCENARIOS)
    refused = opened("scenarios", scenario=min(evidence))
    assert min(evidence) in error(refused)


def held_and_returned() -> None:
    import streamlit as st

    from dashboard import controls, shipped
    from dashboard.view import View

    view = View(lang="en", size=1.0, dark=False, embed=False, show=False)
    form = controls.of_scenario(shipped.scenario("taxonomy"), view)
    st.session_state["before"] = controls.held(form)
    st.session_state["returned"], _ = controls.form(form, view)


def test_what_widgets_hold_is_what_their_form_returns() -> None:
    at = AppTest.from_function(held_and_returned, default_timeout=300)
    at.query_params["page_cache"], at.query_params["instances"] = "cold", "3"
    at.run()
    assert at.session_state["before"] is None, "no widget is drawn yet"
    assert at.session_state["returned"] == {"page_cache": "cold", "instances": "3"}
    at.run()
    assert at.session_state["before"] == at.session_state["returned"]
