"""Every technology as it comes out of its file, its parts and what it is like, beside a table that a person has read.

`SIM_GOLDEN=write pytest tests/catalog/test_golden.py` writes the tables anew; read the difference before it is kept.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from sim.catalog import load
from sim.catalog.model import Technology
from sim.catalog.number import Number
from sim.scenario import Text

FOLDER = Path(__file__).parent / "golden"


def plain(value: Any) -> str:
    """A field as text: a number with its range, its sources or its estimate's reason, and how it follows."""
    if isinstance(value, Number):
        span = "" if not value.ranged else f" [{value.low}, {value.high}]"
        reasons = [", ".join(value.sources), value.estimate and f"estimate: {value.estimate}", value.derivation]
        on = f" on {value.on}" if value.on else ""
        return f"{value.value} {value.unit}{span}{on} ({'; '.join(filter(None, reasons))})"
    if isinstance(value, Text):
        return f"{value.en} | {value.ja}"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {plain(item)}" for key, item in value.items()) + "}"
    if isinstance(value, tuple):
        return "(" + ", ".join(map(plain, value)) + ")"
    if dataclasses.is_dataclass(value):
        return "{" + ", ".join(f"{f.name}: {plain(getattr(value, f.name))}" for f in dataclasses.fields(value)) + "}"
    return repr(value)


def told(technology: Technology) -> Iterator[str]:
    """A line for each field that says something, of the technology, its phases and its memory."""
    for field in dataclasses.fields(technology):
        if field.name not in ("phases", "memory") and (field.name != "costs" or technology.costs):
            yield f"{field.name} = {plain(getattr(technology, field.name))}"
    for kind in ("phases", "memory"):
        for entry in getattr(technology, kind):
            yield f"[{kind}] {entry.id}"
            for field in dataclasses.fields(entry):
                value = getattr(entry, field.name)
                if field.name != "id" and value not in ("", None, (), {}):
                    yield f"    {field.name} = {plain(value)}"


@pytest.mark.parametrize("name", load.technologies())
def test_a_technology_is_what_it_was_field_by_field(name: str) -> None:
    found = "\n".join(told(load.technology(name))) + "\n"
    file = FOLDER / f"{name}.txt"
    if os.environ.get("SIM_GOLDEN") == "write":
        file.write_text(found, encoding="utf-8", newline="\n")
    assert found == file.read_text(encoding="utf-8")


def test_no_table_is_of_a_technology_that_is_gone() -> None:
    assert {file.stem for file in FOLDER.glob("*.txt")} == set(load.technologies())
