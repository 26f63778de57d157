"""Every shipped lesson is checked and run, and what it expects holds."""

from __future__ import annotations

import dataclasses
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from sim.catalog.load import technologies
from sim.catalog.tables.portability import portable_hosts, portable_images
from sim.classroom.seeds import what_if
from sim.cli import answer
from sim.loading import controls, override
from sim.report import words
from sim.scenario import Scenario, Text
from tests.shipped import outcomes, read

ROOT = Path(__file__).parents[1]
FILES = sorted((ROOT / "scenarios").glob("*.yaml"))
PRESETS = sorted((ROOT / "scenarios" / "presets").glob("*.yaml"))
EVIDENCE = sorted((ROOT / "scenarios" / "evidence").glob("*.yaml"))


@pytest.mark.usefixtures("runs_once")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_what_a_scenario_expects_holds_and_its_run_leaves_with_zero(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = answer(["run", str(path), "--format", "json"])
    printed, said = capsys.readouterr()
    found = json.loads(printed)
    assert [(one["text"], one["observed"]) for one in found["expectations"] if not one["passed"]] == []
    assert found["expectations"]
    assert (code, said, found["scenario"]) == (0, "", path.stem)


def test_a_run_over_several_scenarios_holds_and_leaves_with_zero() -> None:
    files = [path for path in FILES if path.stem in ("density", "isolation", "layers")]
    command = [sys.executable, "-m", "sim", "run", *map(str, files), "--format", "json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", timeout=300)
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert (done.returncode, done.stderr) == (0, "")
    assert [item["scenario"] for item in found] == ["density", "isolation", "layers"]
    assert all(one["passed"] for item in found for one in item["expectations"])


@pytest.mark.parametrize("path", PRESETS, ids=lambda path: path.stem)
def test_a_preset_can_be_explored_from(path: Path) -> None:
    """The explore page leaves out a file that it cannot read, so that nobody would see it go."""
    scenario = read(path)
    assert scenario.id == path.stem
    assert scenario.parts


@pytest.mark.parametrize("path", EVIDENCE, ids=lambda path: path.stem)
def test_a_case_of_evidence_is_a_scenario_that_publishes(path: Path) -> None:
    scenario = read(path)
    assert scenario.id == path.stem
    labels = {label for part in scenario.parts for label in part.variants}
    assert {published.of for published in scenario.published} <= labels
    assert scenario.published


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_scenario_is_named_like_its_file_and_its_controls_take_their_own_values(path: Path) -> None:
    scenario = read(path)
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
    found = list(texts(read(path)))
    assert len(found) >= 2
    assert [text.en for text in found if not text.ja] == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_each_question_has_one_right_answer_and_says_why_each_other_is_wrong(path: Path) -> None:
    """A what-if is judged by its own run."""
    scenario = read(path)
    lesson = scenario.lesson
    assert lesson is not None
    values = words.values(*outcomes(scenario))
    asked = [(lesson.predict.choices, values)] if lesson.predict.choices else []
    for question in lesson.quiz:
        changed = words.values(*outcomes(what_if(scenario, question))) if question.change else values
        asked.append((question.choices, changed))
    silent = []
    for language in ("en", "ja"):
        assert words.finding(lesson, values, language)
        for choices, known in asked:
            right = [words.holds(choice.holds, known) for choice in choices]
            assert right.count(True) == 1, [choice.text.en for choice in choices]
            for choice, holds in zip(choices, right, strict=True):
                said = choice.feedback and words.fill(choice.feedback, known, language)
                silent += [] if holds or said else [choice.text.en]
    assert silent == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_lesson_has_all_its_parts(path: Path) -> None:
    """More to do than to click, and where each sentence can be checked."""
    lesson = read(path).lesson
    assert lesson is not None
    assert len(lesson.quiz) >= 2
    assert [question for question in lesson.quiz if question.change], "no question is a what-if"
    assert len(lesson.half_true) >= 1
    assert len(lesson.next) >= 1
    assert len(lesson.commands) >= 2
    assert len(lesson.sources) >= 2
    assert lesson.minutes.demonstration <= lesson.minutes.lab


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_command_says_what_to_expect(path: Path) -> None:
    """In each lesson a number or a word of the real engine's answer, not only what to look at."""
    lesson = read(path).lesson
    assert lesson is not None
    for command in lesson.commands:
        assert len(command.shows.en) >= 20
    assert any(re.search(r"\d", command.shows.en) for command in lesson.commands)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_what_is_to_be_tried_next_names_controls_that_the_page_has(path: Path) -> None:
    """`(label.parameter)` in what to try next is a control, and a lesson that is named ships."""
    scenario = read(path)
    assert scenario.lesson is not None
    paths = {control.path for control in controls(scenario)}
    for text in (*scenario.lesson.next, *scenario.lesson.half_true):
        named = set(re.findall(r"\(([a-z][a-z0-9_]*\.[a-z_]+)\)", text.en))
        assert named <= paths
        lessons = set(re.findall(r"\blesson ([a-z][a-z0-9-]*)", text.en))
        assert lessons <= {file.stem for file in FILES}


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
    scenario = read(ROOT / "scenarios" / f"{lesson}.yaml")
    assert scenario.lesson is not None
    assert label in scenario.parts[0].variants
    for choice in scenario.lesson.quiz[question].choices:
        assert f"{label}." in choice.holds


@pytest.mark.parametrize(
    "lesson",
    ["kernel-locks", "what-is-docker", "taxonomy", "taxonomy-between", "runtime-history", "ten-years"],
)
def test_a_lesson_of_releases_names_where_its_sentences_can_be_checked(lesson: str) -> None:
    scenario = read(ROOT / "scenarios" / f"{lesson}.yaml")
    assert scenario.lesson is not None
    assert scenario.lesson.sources


def test_a_title_with_the_time_until_all_are_ready_says_that_it_is_of_the_last() -> None:
    """The bars below such a title are of one start each, by the median."""
    lesson = read(ROOT / "scenarios/ten-years.yaml").lesson
    assert lesson is not None
    titles = [finding.text for finding in lesson.findings if ".makespan." in finding.text.en]
    assert [("last of" in title.en, "最後の一つ" in title.ja) for title in titles] == [(True, True)] * 2


NAMES: Mapping[str, list[str | list[str]]] = tomllib.loads((ROOT / "tests/data/concept_names.toml").read_text("utf-8"))


@pytest.mark.xdist_group("concepts")  # in one process, which reads all lessons once
@pytest.mark.parametrize("concept", NAMES)
def test_the_real_things_of_a_concept_are_named_in_its_lessons(concept: str) -> None:
    lessons = [scenario for scenario in map(read, FILES) if scenario.concept == concept]
    if not lessons:
        pytest.skip(f"no lesson of {concept} yet")
    for place, language in enumerate(("en", "ja")):
        said = "\n".join(part for scenario in lessons for part in shown(scenario, language)).casefold()
        names = [name if isinstance(name, str) else name[place] for name in NAMES[concept]]
        assert [name for name in names if name.casefold() not in said] == []


def shown(scenario: Scenario, language: str) -> Iterator[str]:
    """What a reader sees of a lesson in words: its texts, its commands, what its technologies or images are called."""
    yield from (text.read(language) for text in texts(scenario))
    if scenario.lesson:
        yield from (command.run for command in scenario.lesson.commands)
    for part in scenario.parts:
        if part.study == "portability":
            yield from (image.name.read(language) for image in portable_images().values())
            yield from (host.name.read(language) for host in portable_hosts().values())
        for params in part.variants.values():
            technology = getattr(params, "technology", "")
            if isinstance(technology, str) and technology in technologies():
                yield technologies()[technology].name.read(language)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_quantity_that_a_reader_sees_stands_for_another(path: Path) -> None:
    """A label says that probes come every 10 s, and its control said "0 s", for what the file says."""
    stands_for = re.compile(r"\b0 for what\b")
    shown = [control for control in controls(read(path)) if control.kind == "quantity"]
    assert [one.path for one in shown if stands_for.search(one.description) and not float(one.written.split()[0])] == []
