"""The JSON Schema that editors are given: it takes what `load` takes and refuses what a schema can."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim import studies
from sim.errors import InputError
from sim.inputfile import read_text
from sim.limits import SCENARIO
from sim.loading import schema
from sim.loading.document import read
from sim.quantity import UNITS, parse, pattern

SCENARIOS = Path(__file__).parents[2] / "scenarios"


@cache
def validating(names: tuple[str, ...]) -> Any:
    """What validates by the schema of the studies of these names, which is made and checked once."""
    made = schema()
    assert made["properties"]["study"]["enum"] == list(names)
    jsonschema.Draft202012Validator.check_schema(made)
    return jsonschema.Draft202012Validator(made)


@pytest.fixture
def validator(counter: str) -> Any:
    return validating(studies.NAMES)


def test_a_good_scenario_conforms(counter: str, validator: Any) -> None:
    text = counter + "memory: 64 MiB\nspots: [{at: 5 s}]\norder: last\n"
    assert validator.is_valid(read(text, "").value)
    for title in ("{en: Two counters}", "Two counters"):
        assert validator.is_valid(read(text.replace("{en: Two counters, ja: 二つの窓口}", title), "").value)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("service: 2 s", "servise: 2 s"),
        ("service: 500 ms", "servise: 500 ms"),
        ("study: counter", "study: conter"),
        ("count, fast", "cuont, fast"),
        ("  slow:", "  Slow:"),
        ("seed: 7", "seed: -7"),
        ("id: two-counters", "id: Two"),
        ("en: Two counters", "english: Two"),
        ("{en: Two counters, ja: 二つの窓口}", "{ja: 二つの窓口}"),
        ("{en: Two counters, ja: 二つの窓口}", "[Two counters]"),
    ],
)
def test_what_a_schema_can_refuse_is_refused(counter: str, validator: Any, old: str, new: str) -> None:
    assert not validator.is_valid(read(counter.replace(old, new), "").value)


@pytest.mark.parametrize(
    ("old", "new", "place", "blamed"),
    [
        ("service: 2 s", "servise: 2 s", [], "'servise' was unexpected"),
        ("service: 500 ms", "service: 500 meters", ["compare", "fast", "service"], "'500 meters' does not match"),
        ("study: counter", "study: conter", ["study"], "'conter' is not one of"),
        ("seed: 7", "seed: -7", ["seed"], "-7 is less than the minimum"),
        ("concept:", "concpet:", [], "'concept' is a required property"),
    ],
)
def test_an_editor_blames_the_right_key(
    counter: str, validator: Any, old: str, new: str, place: list[str], blamed: str
) -> None:
    """What an editor underlines is each error's place: not the whole file with every study's keys."""
    assert old in counter
    found = list(validator.iter_errors(read(counter.replace(old, new), "").value))
    assert any(list(error.absolute_path) == place and blamed in error.message for error in found)
    assert all(error.validator not in ("oneOf", "anyOf") or list(error.absolute_path) == place for error in found)
    assert len(found) <= 2


def test_a_part_is_held_by_its_own_study(counter: str, validator: Any) -> None:
    whole = read(counter, "").value
    envelope = {key: whole[key] for key in ("id", "concept", "title", "summary")}
    part = {"study": "counter", "service": "2 s"}
    assert validator.is_valid({**envelope, "parts": [part, {"study": "memory"}]})
    (found,) = validator.iter_errors({**envelope, "parts": [part, {"study": "memory", "service": "2 s"}]})
    assert list(found.absolute_path) == ["parts", 1]
    assert "'service' was unexpected" in found.message
    (found,) = validator.iter_errors({**envelope, "parts": [part], "service": "2 s"})
    assert "'service' was unexpected" in found.message
    (found,) = validator.iter_errors(envelope)
    assert "'study' is a required property" in found.message


@given(
    number=st.from_regex(r"[-+]?[0-9_]{1,3}(\.[0-9]{0,2})?([eE][-+]?[0-9])?", fullmatch=True),
    unit=st.sampled_from(
        ["", "s", "ms", "min", "µs", "B", "MiB", "KB", "Mib", "Mbit/s", "kbit", "MB/s", "/s", "1/s", "%"]
    ),
    space=st.sampled_from(["", " "]),
    dimension=st.sampled_from(list(UNITS)),
)
def test_the_pattern_takes_the_quantities_that_are_taken(number: str, unit: str, space: str, dimension: str) -> None:
    text = f"{number}{space}{unit}"
    try:
        parse(text, dimension)
        taken = True
    except InputError:
        taken = False
    assert bool(re.search(pattern(dimension), text)) == taken


def test_parameters_are_described_with_their_bounds_and_catalog_names(counter: str) -> None:
    made = schema()
    assert made["$defs"]["counter_scenario"]["properties"]["count"] == {"$ref": "#/$defs/counter.count"}
    count = made["$defs"]["counter.count"]
    assert (count["minimum"], count["maximum"], count["default"]) == (1, 100, 1)
    assert count["description"] == "How many are served, one after the other."
    assert "docker" in made["$defs"]["startup.technology"]["anyOf"][0]["enum"]
    assert made["$defs"]["Spot"]["properties"]["at"]["description"] == "When."


def test_each_study_and_a_scenario_of_parts_is_an_alternative() -> None:
    made = schema()
    assert made["properties"]["study"]["enum"] == list(studies.NAMES)
    titles = {definition.get("title") for definition in made["$defs"].values()}
    assert {*(f"{name} scenario" for name in studies.NAMES), "scenario of parts"} <= titles


@pytest.mark.parametrize(
    "path", sorted([*SCENARIOS.glob("*.yaml"), *SCENARIOS.glob("presets/*.yaml")]), ids=lambda path: path.stem
)
def test_shipped_scenarios_name_the_schema_and_conform(path: Path) -> None:
    text = read_text(path, SCENARIO)
    folder = "./" if path.parent == SCENARIOS else "../"
    assert text.startswith(f"# yaml-language-server: $schema={folder}scenario.schema.json\n")
    assert list(validating(studies.NAMES).iter_errors(read(text, path.name).value)) == []
