"""Problems of all kinds are told at once: none waits until another has been mended."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.errors import InputError
from sim.loading import load_text
from sim.loading.document import read
from sim.loading.variations import problems as of_variations

HEAD = "id: mine\nconcept: startup\ntitle: {en: A, ja: A}\nsummary: {en: A, ja: A}\n"


def told(text: str, folder: str = ".") -> list[tuple[int, str, str]]:
    """Line, path, and the message's beginning, of every problem."""
    with pytest.raises(InputError) as refused:
        load_text(HEAD + text, "f.yaml", folder)
    return [(one.line, one.path, one.message.partition(",")[0]) for one in refused.value.problems]


def test_a_mistake_of_yaml_hides_nothing_behind_it() -> None:
    """A key twice, and a number without an end. Of the number nothing more is told."""
    assert told("study: startup\ntechnology: dokcer\nseed: 1\nseed: x\ninstances: .inf\n") == [
        (6, "technology", "no technology 'dokcer'"),
        (8, "", "key 'seed' is there already"),
        (9, "", ".inf is not a finite number"),
    ]


def test_a_host_that_is_wrong_hides_no_other_parameter() -> None:
    found = told(
        "study: startup\ntechnology: docker\nhost: {cpus: 4}\ninstances: many\napplication: wbe\nexpect: [a.b.c < 1]\n"
    )
    assert found == [
        (7, "host.cpus", "unknown key 'cpus'"),
        (8, "instances", "'many' does not fit; expected a whole number"),
        (9, "application", "no application 'wbe'"),
        (10, "expect.0", "no label 'a' in 'a.b.c'; there are startup"),
    ]


def test_values_that_would_not_go_together_are_not_told_of_one_that_is_wrong_itself() -> None:
    """Retries go with on-failure. Which policy is meant is not known, nor whether they fit."""
    fits = "study: lifecycle\nretries: 2\nrestart: {}\n"
    assert [path for _, path, _ in told(fits.format("always"))] == ["retries"]
    assert [path for _, path, _ in told(fits.format("on-fialure"))] == ["restart"]


def test_files_are_looked_for_though_other_parameters_are_wrong(tmp_path: Path) -> None:
    found = told("study: rollout\nmanifest: no.yaml\nload: file\nload_file: no.csv\nnodes: many\n", str(tmp_path))
    assert [(line, path) for line, path, _ in found] == [(6, "manifest"), (8, "load_file"), (9, "nodes")]


LESSON = """\
study: startup
technology: docker
expect: [startup.startup_time.p50 < many]
lesson:
  objectives: [{en: A, ja: A}]
  predict: {ask: {en: A, ja: A}, guess: startup.startup_time.p50}
  findings: [{when: "True", text: {en: A, ja: A}}]
  explain: {en: A, ja: A}
  vary: {instances: [1, 0], technology: [dokcer]}
"""


def test_what_a_lesson_varies_is_tried_though_an_expectation_is_wrong() -> None:
    found = told(LESSON)
    assert [(line, path) for line, path, _ in found] == [
        (7, "expect.0"), (13, "lesson.vary.instances.1"), (13, "lesson.vary.technology.0"),
    ]  # fmt: skip
    right = load_text(
        HEAD + LESSON.replace("< many", "< 9").replace("0], tech", "2], tech").replace("dokcer", "docker")
    )
    assert of_variations(right, read("a: 1", "")) == []
