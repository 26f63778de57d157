"""What a scenario calls its labels: both languages, only what is compared, and no two labels alike."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sim.batch.run import run
from sim.errors import InputError
from sim.loading import load_text
from sim.report.formats.jsonlines import scenario_object
from sim.report.words import label_names
from sim.scenario import Text
from tests.shipped import read

SHIPPED = sorted((Path(__file__).parents[2] / "scenarios").glob("*.yaml"))

HEAD = """\
id: x
concept: x
title: {en: a, ja: b}
summary: {en: a, ja: b}
"""
ONE = (
    HEAD
    + """\
study: density
host: server
compare:
  small: {technology: docker}
  large: {technology: docker, application: big}
labels:
"""
)


def problems(text: str) -> list[tuple[int, str, str]]:
    with pytest.raises(InputError) as caught:
        load_text(text)
    return [(problem.line, problem.path, problem.message) for problem in caught.value.problems]


def test_a_name_is_carried_to_the_outcome_and_the_ids_stay_in_what_is_written_as_json() -> None:
    scenario = load_text(ONE + "  small: {en: Small one, ja: 小さい方}\n")
    assert scenario.labels == {"small": Text(en="Small one", ja="小さい方")}
    outcomes = run(scenario)
    assert outcomes[0].names == scenario.labels
    written = json.dumps(scenario_object(outcomes), ensure_ascii=False)
    assert '"of": "small"' in written
    assert "Small one" not in written
    assert "小さい方" not in written


def test_a_name_of_what_is_not_compared_is_an_error_that_says_what_may_be_meant() -> None:
    assert problems(ONE + "  smal: {en: Small, ja: 小}\n") == [
        (11, "labels.smal", "no label 'smal', did you mean 'small'?")
    ]


def test_without_a_comparison_the_one_label_is_named_like_the_study() -> None:
    alone = HEAD + "study: density\nhost: server\ntechnology: docker\nlabels:\n  density: {en: All, ja: 全部}\n"
    assert load_text(alone).labels["density"].en == "All"
    assert "no label 'docker'; there are density" in problems(alone.replace("  density:", "  docker:"))[0][2]


def test_two_labels_of_one_name_could_not_be_told_apart() -> None:
    ((line, path, message),) = problems(ONE + "  small: {en: Same, ja: 小}\n  large: {en: Same, ja: 大}\n")
    assert (line, path) == (12, "labels.large.en")
    assert message == "'Same' is what label 'small' is called; expected a name for each"


@pytest.mark.parametrize("written", ["{en: Small}", "Small"])
def test_a_name_may_be_english_alone_and_is_read_in_both_languages(written: str) -> None:
    (outcome,) = run(load_text(ONE + f"  small: {written}\n"))
    assert [label_names(outcome, language)["small"].name for language in ("en", "ja")] == ["Small", "Small"]


@pytest.mark.parametrize("other", ["Same", "{en: Other, ja: Same}"])
def test_two_names_that_are_alike_where_one_language_stands_for_both_are_told(other: str) -> None:
    (_, _, message) = problems(ONE + f"  small: Same\n  large: {other}\n")[0]
    assert message == "'Same' is what label 'small' is called; expected a name for each"


def test_a_name_belongs_to_the_label_in_whatever_part_it_is() -> None:
    parts = HEAD + (
        "parts:\n"
        "  - {study: density, host: server, compare: {one: {technology: docker}}}\n"
        "  - {study: memory, host: server, compare: {two: {technology: docker}}}\n"
        "labels:\n  two: {en: The second, ja: 二つ目}\n"
    )
    first, second = run(load_text(parts))
    assert not first.names
    assert second.names is not None
    assert second.names["two"].en == "The second"


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_shipped_label_that_is_no_technology_has_a_name_in_both_languages(path: Path) -> None:
    """A technology names a label of startup, memory and density, where it is the only one of its kind or differs."""
    scenario = read(path)
    for part in scenario.parts:
        technologies = [getattr(variant, "technology", "") for variant in part.variants.values()]
        alike = len(set(technologies)) == 1 and len(part.variants) > 1
        if part.study in ("build", "distribution") or alike:
            assert set(part.variants) <= set(scenario.labels)
