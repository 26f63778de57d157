"""Every shipped lesson is checked and run, and what it expects holds."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from sim.loading import controls, load, override
from sim.report import words
from sim.scenario import Text

ROOT = Path(__file__).parents[1]
FILES = sorted((ROOT / "scenarios").glob("*.yaml"))
EVIDENCE = sorted((ROOT / "scenarios" / "evidence").glob("*.yaml"))


def test_run_over_every_scenario_holds_and_leaves_with_zero() -> None:
    command = [sys.executable, "-m", "sim", "run", *map(str, FILES), "--format", "json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", timeout=300)
    found = [json.loads(line) for line in done.stdout.splitlines()]
    failed = [
        (item["scenario"], e["text"], e["observed"]) for item in found for e in item["expectations"] if not e["passed"]
    ]
    assert failed == []
    assert (done.returncode, done.stderr) == (0, "")
    assert len(found) == len(FILES)
    assert all(item["expectations"] for item in found)


@pytest.mark.parametrize("path", EVIDENCE, ids=lambda path: path.stem)
def test_a_case_of_evidence_is_a_scenario_that_publishes(path: Path) -> None:
    scenario = load(path)
    assert scenario.id == path.stem
    labels = {label for part in scenario.parts for label in part.variants}
    assert {published.of for published in scenario.published} <= labels
    assert scenario.published


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_scenario_is_named_like_its_file_and_its_controls_take_their_own_values(path: Path) -> None:
    scenario = load(path)
    assert scenario.id == path.stem
    assert scenario.lesson is not None
    described = controls(scenario)
    same = override(scenario, {control.path: control.written for control in described})
    assert [part.variants for part in same.parts] == [part.variants for part in scenario.parts]


def texts(value: Any) -> Iterator[Text]:
    """Every text of a scenario, wherever it stands."""
    if isinstance(value, Text):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from texts(item)
    elif isinstance(value, tuple):
        for item in value:
            yield from texts(item)
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            yield from texts(getattr(value, field.name))


@pytest.mark.parametrize("path", [*FILES, *EVIDENCE], ids=lambda path: path.stem)
def test_what_ships_is_in_both_languages(path: Path) -> None:
    """A scenario of one's own may be in English alone."""
    found = list(texts(load(path)))
    assert len(found) >= 2
    assert [text.en for text in found if not text.ja] == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_finding_text_and_one_answer_of_each_question_hold_for_the_outcome(path: Path) -> None:
    from sim.batch.run import run

    scenario = load(path)
    assert scenario.lesson is not None
    values = words.values(*run(scenario))
    for language in ("en", "ja"):
        assert words.finding(scenario.lesson, values, language)
    for question in [*scenario.lesson.quiz]:
        assert [words.holds(choice.holds, values) for choice in question.choices].count(True) == 1


@pytest.mark.parametrize(
    ("lesson", "question", "label"),
    [
        ("kernel-locks", 0, "moved_by_48"),
        ("kernel-locks", 1, "docker_26_6_12"),
        ("what-is-docker", 0, "fifty_more_cores"),
        ("what-is-docker", 1, "fifty_docker_28"),
    ],
)
def test_what_would_happen_if_is_answered_by_a_label_that_runs_it(lesson: str, question: int, label: str) -> None:
    scenario = load(ROOT / "scenarios" / f"{lesson}.yaml")
    assert scenario.lesson is not None
    assert label in scenario.parts[0].variants
    for choice in scenario.lesson.quiz[question].choices:
        assert f"{label}." in choice.holds


@pytest.mark.parametrize(
    "lesson", ["kernel-locks", "what-is-docker", "taxonomy", "taxonomy-between", "runtime-history"]
)
def test_a_lesson_of_releases_names_where_its_sentences_can_be_checked(lesson: str) -> None:
    scenario = load(ROOT / "scenarios" / f"{lesson}.yaml")
    assert scenario.lesson is not None
    assert scenario.lesson.sources
