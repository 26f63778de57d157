"""Reads a host profile: the catalog's rules, and numbers whose source is a measurement in the same file.

`python -m sim calibrate` writes them. A scenario names one by its path, `host: my-host.toml`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from sim import limits
from sim.catalog.hosts import check_host, host_of
from sim.catalog.model import Host
from sim.catalog.number import Number
from sim.catalog.read import Table
from sim.errors import InputError, Problem
from sim.inputfile import read_text

PROFILE = ".toml"
"""How the name of a host ends that is the path of a measured profile."""


class _ProfileTable(Table):
    """A table of a profile, where a number may be measured here.

    Attributes:
        taken, known: Of the file at the top.
    """

    taken = ""
    known: frozenset[str] = frozenset()

    def _inner(self, data: Mapping[str, Any], key: str) -> Table:
        path = ".".join(part for part in (self._path, key) if part)
        inner = _ProfileTable(data, self._file, path, self._problems, self._speed)
        inner.taken, inner.known = self.taken, self.known
        return inner

    def as_number(self, dimension: str, definition: bool) -> Number | None:
        if not self.has("measured"):
            return super().as_number(dimension, definition)
        before = len(self._problems)
        value, low, high = (self._quantity(key, dimension) for key in ("value", "low", "high"))
        made_of = self.strings("measured")
        derivation = self.string("derivation", "")
        self.done()
        if value is None:
            self.problem("has no value that can be used")
        elif not (value if low is None else low) <= value <= (value if high is None else high) or value < 0:
            self.problem(f"value {self._data['value']!r} is below zero or not between low and high")
        for name in made_of:
            if not name.startswith("/") and name not in self.known:
                self.problem(f"{name!r} is none of this file's measurements", "measured")
        if len(self._problems) > before or value is None:
            return None
        source = f"measured here {self.taken}: {', '.join(made_of)}"
        return Number(value, dimension, low, high, (source,), "", derivation)


def read_profile(path: Path, cpu_speed: Callable[[str], Number]) -> Host:
    """The host of a profile. A measured number's source is "measured here", the date, and what it is made of.

    Args:
        cpu_speed: The CPU speed of the catalog's host of an id, which a number may be stated for.

    Raises `InputError` naming the file and the dotted path of everything that is wrong with it.
    """
    try:
        data = tomllib.loads(read_text(path, limits.SCENARIO))
    except InputError:
        raise
    except (ValueError, RecursionError) as error:
        raise InputError(Problem(f"is not TOML: {error}", str(path))) from None
    known, problems = _measurements(data.pop("measurements", []), path)
    table = _ProfileTable(data, str(path), "", problems, cpu_speed)
    table.taken = table.string("taken")
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", table.taken):
        table.problem(f"{table.taken!r} is not a date as 2026-01-31", "taken")
    table.known = known
    host = host_of(table)
    check_host(host, table)
    table.done()
    if problems:
        raise InputError(problems)
    return host


def _measurements(rows: Any, path: Path) -> tuple[frozenset[str], list[Problem]]:
    """The ids of a profile's measurements, and what is wrong with them."""
    problems = []
    names = set()
    for index, row in enumerate(rows if isinstance(rows, list) else [rows]):
        place = f"measurements.{index}"
        if not isinstance(row, dict) or set(row) != set(_KEYS):
            problems.append(Problem(f"expected exactly the keys {', '.join(_KEYS)}", str(path), path=place))
            continue
        names.add(row["id"])
        for key, kind in _KEYS.items():
            if not isinstance(row[key], kind) or isinstance(row[key], bool):
                problems.append(Problem(f"{row[key]!r} is not {_WORDS[kind]}", str(path), path=f"{place}.{key}"))
    return frozenset(names), problems


_KEYS: dict[str, type | tuple[type, ...]] = {
    "id": str,
    "text": str,
    "minimum": (int, float),
    "p10": (int, float),
    "median": (int, float),
    "n": int,
    "bytes": int,
    "conditions": str,
}
_WORDS = {str: "a text", int: "a whole number", (int, float): "a number"}
