"""Predictions and answers are in the link, so that another session shows the same; what is none is refused by name."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

import sim
from tests.dashboard.apptest import click, error, opened, texts, title

PAGES = {"rank": "taxonomy", "choice": "memory-ledger", "guess": "run-chain", "steps": "layers"}
RANKED = "docker,lxc,firecracker,kvm,esxi,virtualbox"


def link_of(at: AppTest) -> dict[str, str]:
    """The parameters of a page's link."""
    values = {name: at.query_params[name] for name in at.query_params}
    return {name: value[0] if isinstance(value, list) else value for name, value in values.items()}


def lesson(name: str, **link: str) -> AppTest:
    """The page of a lesson, where it has one of its own or among the others."""
    return opened("scenarios", scenario=name, **link) if name == "run-chain" else opened(name, **link)


def again(path: str, at: AppTest) -> AppTest:
    """The page of the same link in another session."""
    return lesson(path, **{name: value for name, value in link_of(at).items() if name != "scenario"})


def predicted(path: str) -> AppTest:
    """A page on which a prediction has been made, by its widgets."""
    at = lesson(path)
    if path == "taxonomy":
        for label in ("docker", "firecracker", "lxc", "kvm", "esxi", "virtualbox"):
            at.pills(key="taxonomy:predict").select(label).run()
    elif path == "memory-ledger":
        at.radio(key="memory-ledger:predict").set_value(2).run()
    elif path == "run-chain":
        at.number_input(key="run-chain:predict").set_value(120.0).run()
    return at


@pytest.mark.parametrize(("path", "said"), [
    ("taxonomy", "docker,firecracker,lxc,kvm,esxi,virtualbox"), ("memory-ledger", "3"), ("run-chain", "120"),
])  # fmt: skip
def test_a_prediction_is_in_the_link_and_comes_back_from_it(path: str, said: str) -> None:
    at = predicted(path)
    assert link_of(at)["said"] == said
    assert "show" not in at.query_params
    other = again(path, at)
    assert title(other) == title(at)
    assert not other.button(key=f"{path}:run").disabled, "the prediction is complete"
    click(at, f"{path}:run")
    shown = again(path, at)
    assert not shown.exception
    assert title(shown) == title(at) != title(other)
    assert texts(shown) == texts(at), "the same finding, the same verdict on the same prediction"


def test_half_a_ranking_is_in_the_link_too() -> None:
    at = opened("taxonomy")
    at.pills(key="taxonomy:predict").select("lxc").run()
    at.pills(key="taxonomy:predict").select("docker").run()
    assert "2 of 6 placed" in texts(again("taxonomy", at))
    assert again("taxonomy", at).pills(key="taxonomy:predict").value == ["lxc", "docker"]


def test_to_predict_again_takes_the_answer_and_the_prediction_out_of_the_link() -> None:
    at = opened("taxonomy", show="1", said=RANKED, quiz="1,2")
    assert "of 6 correctly" in texts(at)
    click(at, "taxonomy:again")
    assert not {"show", "said", "quiz"} & set(at.query_params)
    assert title(at).endswith("?")


def test_the_steps_that_were_picked_are_counted_in_the_link_by_their_place() -> None:
    at = opened("scenarios", scenario="layers", said="2,1")
    assert at.session_state["layers:steps"] == ["v1", "v3"]
    assert "2 chosen" in texts(at)
    nothing = opened("layers", show="1", said="none")
    assert "named 0 of the 5 steps" in texts(nothing)


@pytest.mark.parametrize(("kind", "nonsense"), [
    ("rank", "docker,docker"), ("rank", "docker,nope"), ("choice", "0"), ("choice", "9"), ("choice", "two"),
    ("guess", "-1"), ("guess", "nan"), ("guess", "1e300"), ("steps", "0"), ("steps", "99"), ("steps", "1,1"),
])  # fmt: skip
def test_a_prediction_that_is_none_is_named_with_what_one_is(kind: str, nonsense: str) -> None:
    at = lesson(PAGES[kind], said=nonsense)
    assert not at.exception
    assert f"said: {nonsense!r} cannot be used here; expected " in error(at)


def test_such_a_prediction_is_named_beside_the_result_too_until_the_reader_answers() -> None:
    at = lesson("run-chain", said="nope", show="1")
    assert error(at).startswith("said: 'nope' cannot")
    assert error(at.run()).startswith("said: 'nope' cannot")
    click(at, "run-chain:again")
    at.number_input(key="run-chain:predict").set_value(5.0).run()
    assert not at.error


def test_the_answers_to_the_questions_come_back_from_the_link() -> None:
    at = opened("taxonomy", show="1")
    at.radio(key="taxonomy:quiz:1").set_value(0).run()
    assert again("taxonomy", at).radio(key="taxonomy:quiz:1").value == 0
    assert again("taxonomy", at).radio(key="taxonomy:quiz:0").value is None


@pytest.mark.parametrize("nonsense", ["1,9", "x", "1,1,1,1"])
def test_answers_that_are_none_are_named(nonsense: str) -> None:
    at = opened("taxonomy", show="1", quiz=nonsense)
    assert not at.exception
    assert f"quiz: {nonsense!r} cannot be used here" in error(at)


def test_a_wrong_answer_names_the_right_one_and_what_is_wrong_with_each() -> None:
    at = opened("scenarios", scenario="foreground", show="1", quiz="2")
    (said,) = [warning.value for warning in at.warning]
    assert said.count("✓") == 1
    assert said.count("✗") == 1, "of three answers one was chosen and one is right"


def test_a_wrong_prediction_by_choice_names_the_right_one_and_what_is_wrong_with_it() -> None:
    choices = sim.load("memory-ledger").lesson.predict.choices
    said = {n: texts(opened("memory-ledger", show="1", said=f"{n + 1}")) for n in range(len(choices))}
    (right,) = [n for n, text in said.items() if "and so it is" in text]
    for number, choice in enumerate(choices):
        assert (f"**✓ {choices[right].text.en}**" in said[number]) == (number != right)
        if choice.feedback and number != right:
            assert choice.feedback.en.partition("{")[0] in said[number]


def test_another_scenario_starts_with_its_question_whatever_was_answered_before() -> None:
    at = opened("scenarios", scenario="overhead", show="1", said="1")
    at.selectbox(key="scenario").select("portability").run()
    assert not {"show", "said"} & set(at.query_params)
    assert at.button(key="portability:run")


def test_a_step_that_was_picked_is_in_the_link() -> None:
    at = opened("layers", show="1", step="v5")
    assert not at.error
    assert link_of(at)["step"] == "v5"
    assert "step: 'nope' cannot be used here" in error(opened("layers", show="1", step="nope"))
    assert "step: 'nope' cannot be used here" in error(opened("scenarios", scenario="layers", show="1", step="nope"))


def test_the_layer_that_was_picked_is_in_the_link() -> None:
    at = opened("images", pick="image:redis:latest")
    assert not at.error
    assert "redis:latest" in texts(at)
    assert "pick: 'nope' cannot be used here" in error(opened("images", pick="nope"))


@pytest.mark.parametrize(("path", "name"), [
    ("taxonomy", "finish"), ("memory-ledger", "ruler"), ("density", "every"), ("scenarios", "measure"),
])  # fmt: skip
@pytest.mark.parametrize("embed", [False, True])
def test_a_value_of_the_figure_is_named_before_the_run_too(path: str, name: str, embed: bool) -> None:
    more = {"scenario": "registry"} if path == "scenarios" else {}
    at = opened(path, embed=embed, **{name: "nope"}, **more)
    assert f"{name}: 'nope' cannot be used here" in error(at)
