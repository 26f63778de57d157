"""A student's own questions by link, and the receipt of what was answered: the same as the command line makes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.lessons import quiz, variants
from sim.classroom.asked import ask
from sim.classroom.grading import Grader, Receipt
from sim.classroom.predicted import Said
from sim.classroom.seeds import seed_of
from sim.loading import load, load_text
from tests.classroom.test_class import LESSON
from tests.dashboard.apptest import click, error, opened, texts

STUDENT = "s1234567"


def labels(at: AppTest, number: int) -> list[str]:
    return list(at.radio(key=f"taxonomy:quiz:{number}").options)


def test_a_variant_shows_the_answers_in_the_order_of_its_sheet() -> None:
    asked = ask(load("taxonomy"), seed=7)
    at = opened("taxonomy", show="1", variant="7")
    for number in (0, 1):
        assert labels(at, number) == [answer.text for answer in asked.questions[number + 1].answers]
    orders = {tuple(labels(opened("taxonomy", show="1", variant=f"{seed}"), 0)) for seed in range(1, 8)}
    assert len(orders) > 1


@pytest.mark.parametrize("value", ["x", "-1", "1234567890", "1.5", "٣"])
def test_a_variant_that_is_none_is_answered(value: str) -> None:
    at = opened("taxonomy", show="1", variant=value)
    assert value in error(at)
    assert labels(at, 0) == labels(opened("taxonomy", show="1"), 0)


def test_an_id_asks_its_own_questions_and_a_receipt_is_offered() -> None:
    at = opened("taxonomy", show="1")
    before = len(at.get("download_button"))
    at.text_input(key="taxonomy:class").set_value(STUDENT).run()
    assert len(at.get("download_button")) == before + 1
    click(at, "taxonomy:class:own")
    assert at.query_params["variant"] == f"{seed_of(STUDENT)}"
    assert not at.exception


def test_what_was_answered_right_is_graded_right(monkeypatch: pytest.MonkeyPatch) -> None:
    scenario = load("taxonomy")
    seed = seed_of(STUDENT)
    asked = ask(scenario, seed=seed)
    outcome = asked.outcomes[0]
    ranked = sorted(outcome.labels, key=lambda label: asked.values[f"{label}.startup_time.p50"].value)
    right = [
        next(at for at, choice in enumerate(question.choices) if choice.text.en == answer_of(asked.questions[number]))
        for number, question in enumerate(asked.lesson.quiz, start=1)
    ]
    monkeypatch.setattr(variants, "seed", lambda: seed)
    monkeypatch.setattr(quiz, "picked", lambda _scenario, number: right[number])
    given = variants.answers(scenario, outcome, Said(order=tuple(ranked)), asked.values)
    receipt = Receipt(STUDENT, "taxonomy", seed, "0.1.0", given)
    assert set(Grader().grade(receipt).points.values()) == {1}


def answer_of(question: Any) -> str:
    (position,) = question.key
    text: str = question.answers[position].text
    return text


@pytest.mark.parametrize(("lesson", "said"), [("run-chain", Said(guess=22 * 2**20)), ("memory-ledger", Said(choice=2))])
def test_a_prediction_is_written_as_a_receipt_has_it(lesson: str, said: Said) -> None:
    scenario = load(lesson)
    asked = ask(scenario)
    given = variants.answers(scenario, asked.outcomes[0], said, asked.values)
    assert given["predict"] == {"run-chain": "22 MiB", "memory-ledger": "c"}[lesson]


def test_steps_are_written_by_their_place_on_the_sheet() -> None:
    asked = ask(load("layers"))
    steps = tuple(record.step for record in asked.outcomes[0].records if getattr(record, "status", "") == "miss")
    given = variants.answers(load("layers"), asked.outcomes[0], Said(steps=steps[-len(asked.questions[0].key) :]), {})
    receipt = Receipt("s", "layers", None, "0.1.0", given)
    assert Grader().grade(receipt).points["predict"] == 1


def lesson_page(text: str) -> None:
    from dashboard.lessons.lesson import body
    from dashboard.view import current
    from sim.loading import load_text

    body(load_text(text, "own.yaml"), current())


def test_a_wrong_answer_has_its_own_feedback_and_a_what_if_its_own_run() -> None:
    at = AppTest.from_function(lesson_page, args=(LESSON,), default_timeout=60)
    at.query_params["show"] = "1"
    at.run()
    assert not at.exception
    at.radio(key="own:quiz:0").set_value(0).run()
    assert "The last takes" in at.warning[0].value
    at.radio(key="own:quiz:0").set_value(1).run()
    assert len(at.success) == 1
    assert "half a second" not in texts(at), "made only when it is opened"
    at.session_state["own:commands"] = True
    at.run()
    for words in ("Virtual machines are slow", "Try a microVM.", "half a second"):
        assert words in texts(at)
    assert at.code[0].value == "docker run --rm hello-world"


def test_a_receipt_of_the_page_is_json() -> None:
    scenario = load_text(LESSON, "own.yaml")
    asked = ask(scenario)
    given = variants.answers(scenario, asked.outcomes[0], Said(), asked.values)
    receipt = Receipt("s", "own", None, "0.1.0", given).plain()
    assert json.loads(json.dumps(receipt))["answers"] == {"predict": "", "1": ""}
