"""Every number of the catalog says where it comes from, and none is used twice: to set a parameter and to check it."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sim.catalog import load
from sim.catalog.files import FOLDER

FILES = sorted(FOLDER.glob("*/*.toml"))
SCENARIOS = Path(__file__).parents[2] / "scenarios"


def bare_numbers(value: Any, path: str) -> Iterator[str]:
    """Dotted paths of numbers that stand outside a table with a source, an estimate or a definition."""
    if isinstance(value, dict):
        says = value.keys() & {"source", "estimate", "definition"}
        for key, inner in value.items():
            if not (says and key in ("value", "low", "high")):
                yield from bare_numbers(inner, f"{path}.{key}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from bare_numbers(inner, f"{path}.{index}")
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield path


def numbers(value: Any) -> Iterator[dict[str, Any]]:
    """Every table that holds a number."""
    if isinstance(value, dict):
        if "value" in value:
            yield value
        for inner in value.values():
            yield from numbers(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from numbers(inner)


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_no_number_is_bare(path):
    assert list(bare_numbers(tomllib.loads(path.read_text(encoding="utf-8")), path.stem)) == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_number_is_sourced_or_an_estimate_with_range_and_reason(path):
    """A definition, this project's own choice, is of hosts' sizes, guests' defaults, applications and workloads."""
    facts = load.facts()
    for number in numbers(tomllib.loads(path.read_text(encoding="utf-8"))):
        named = number.get("source", [])
        named = [named] if isinstance(named, str) else named
        assert all(source in facts for source in named)
        if "estimate" in number:
            assert {"low", "high"} <= number.keys()
            assert len(number["estimate"]) > 10
        elif "definition" in number:
            assert path.parent.name in ("hosts", "guests", "applications", "workloads", "numbers")
        else:
            assert named
            assert all(facts[source].provenance != "secondary-note-citing-paper" for source in named)


def test_the_bare_number_finder_finds_one():
    assert list(bare_numbers({"a": [{"b": 3, "c": {"value": 4, "source": "R0001"}}]}, "f")) == ["f.a.0.b"]


def test_no_point_for_checks_sets_a_number():
    facts = load.facts()
    assert sum(fact.use == "check" for fact in facts.values()) > 40
    assert [source for source in load.cited() if facts[source].use == "check"] == []


def published_in_checks() -> set[str]:
    """Facts that a shipped scenario publishes with `use: check`."""
    from ruamel.yaml import YAML

    found = set()
    for path in SCENARIOS.rglob("*.yaml"):
        for row in YAML(typ="safe").load(path).get("published", ()):
            if row.get("use") == "check":
                found.update(word.strip(" ,;()") for word in str(row["source"]).split())
    return found


def test_no_fact_both_sets_a_number_and_is_published_in_a_check():
    """Words of a published `source` that are fact ids must not be cited by the catalog."""
    assert {source: load.cited()[source] for source in published_in_checks() & load.cited().keys()} == {}


def test_every_estimate_of_virtualbox_is_marked():
    """There is no good source for it, so nothing in its phases or memory may look measured."""
    found = load.technology("virtualbox")
    assert all(phase.amount.estimate for phase in found.phases)
    assert all(part.amount.estimate for part in found.memory)


def test_every_fact_that_is_cited_has_its_place():
    assert "technologies/runc.toml: phases.1.cpu" in load.cited()["R0051"]
