"""The JSON Schema that editors are given: it takes what `load` takes and refuses what a schema can."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema
import pytest

from sim import studies
from sim.inputfile import read_text
from sim.limits import SCENARIO
from sim.loading import schema
from sim.loading.document import read

SCENARIOS = Path(__file__).parents[2] / "scenarios"


@pytest.fixture
def validator(counter: str) -> Any:
    made = schema()
    jsonschema.Draft202012Validator.check_schema(made)
    return jsonschema.Draft202012Validator(made)


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


def test_parameters_are_described_with_their_bounds_and_catalog_names(counter: str) -> None:
    made = schema()
    by_title = {item["title"]: item["properties"] for item in made["oneOf"]}
    assert by_title["counter scenario"]["count"] == {"$ref": "#/$defs/counter.count"}
    count = made["$defs"]["counter.count"]
    assert (count["minimum"], count["maximum"], count["default"]) == (1, 100, 1)
    assert count["description"] == "How many are served, one after the other."
    assert "docker" in made["$defs"]["startup.technology"]["anyOf"][0]["enum"]
    assert made["$defs"]["Spot"]["properties"]["at"]["description"] == "When."


def test_each_study_and_a_scenario_of_parts_is_an_alternative() -> None:
    assert [item["title"] for item in schema()["oneOf"]] == [
        *(f"{name} scenario" for name in studies.NAMES),
        "scenario of parts",
    ]


@pytest.mark.parametrize("path", sorted(SCENARIOS.glob("*.yaml")), ids=lambda path: path.stem)
def test_shipped_scenarios_name_the_schema_and_conform(path: Path) -> None:
    text = read_text(path, SCENARIO)
    assert text.startswith("# yaml-language-server: $schema=./scenario.schema.json\n")
    jsonschema.validate(read(text, path.name).value, schema())
