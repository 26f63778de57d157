"""docs/scenarios.md says what is so."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

from sim.loading import load_text
from sim.loading.envelope import BODY, ENVELOPE
from sim.scenario import Lesson

PAGE = (Path(__file__).parents[2] / "docs" / "scenarios.md").read_text(encoding="utf-8")


def test_the_example_is_a_scenario_of_ten_lines() -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    assert len(example.splitlines()) == 10
    scenario = load_text(example)
    assert f"scenarios/{scenario.id}.yaml" in PAGE


def test_every_word_of_the_envelope_and_of_a_lesson_is_explained() -> None:
    explained = {
        word for row in re.findall(r"^\| (`[^|]+) \|", PAGE, re.MULTILINE) for word in re.findall(r"`(\w+)`", row)
    }
    assert {*ENVELOPE, *BODY, "parts", *(field.name for field in fields(Lesson))} <= explained
