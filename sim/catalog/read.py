"""Reads the tables of a catalog file with every rule checked, and collects all that is wrong with it.

Every number has a known source, or an estimate's range and reason, or is this project's own definition. Units fit. No
key is unknown. `sim.catalog.load` makes the catalog's types from these tables.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from sim.catalog.block import Block
from sim.catalog.facts import MAY_SET, facts, values
from sim.catalog.files import read_toml, refuse
from sim.catalog.number import Number
from sim.errors import InputError, Problem
from sim.quantity import parse
from sim.scenario import Text

Made = TypeVar("Made")

_ROUNDING = 0.02
"""How far a number may be from the fact it names without a derivation: catalog numbers are rounded to three digits."""

SpeedOfHost = Callable[[str], Number]
"""A host's CPU speed by its id. Raises `InputError` where there is no such host."""


SHARED = "numbers/shared.toml"
"""Where numbers stand that several files name instead of writing them again."""


@cache
def shared() -> Mapping[str, Any]:
    """The tables of the shared numbers by name. Raises `CatalogError` where the file cannot be read."""
    return MappingProxyType(read_toml(Path(__file__).parent / SHARED, SHARED))


def no_host(name: str) -> Number:
    """Raise `InputError`: the file's numbers are of no host, so none is core-seconds on another."""
    raise InputError(f"no figure here is of a host; there is nothing on {name!r}")


class Table:
    """One table of a catalog file. Every key that is read is ticked off. `done` reports those that are left.

    Attributes:
        path: Dotted, "phases.3.cpu".
        problems: Where this and its inner tables report.
    """

    def __init__(
        self, data: Mapping[str, Any], file: str, path: str, problems: list[Problem], speed: SpeedOfHost = no_host
    ) -> None:
        self._data = data
        self._file = file
        self._path = path
        self._problems = problems
        self._speed = speed
        self._read: set[str] = set()

    def problem(self, message: str, key: str = "") -> None:
        """Report what is wrong with this table or one of its keys."""
        file, path = self._place(key)
        self._problems.append(Problem(message, file=file, path=".".join(part for part in (path, key) if part)))

    def _place(self, key: str) -> tuple[str, str]:
        """The file, and the dotted path of the table in it, where a key stands."""
        return self._data.place(key.partition(".")[0]) if isinstance(self._data, Block) else (self._file, self._path)

    def names(self) -> tuple[str, ...]:
        """The keys there are, in the file's order."""
        return tuple(self._data)

    def has(self, key: str) -> bool:
        """Whether the key is there."""
        return key in self._data

    def _take(self, key: str, kind: type | tuple[type, ...], default: Any, word: str) -> Any:
        self._read.add(key)
        if key not in self._data:
            if default is None:
                self.problem(f"is missing; expected {word}", key)
            return default
        value = self._data[key]
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            self.problem(f"{value!r} is not {word}", key)
            return default
        return value

    def any(self, key: str) -> Any:
        """What the key holds, whatever its type."""
        self._read.add(key)
        return self._data[key]

    def string(self, key: str, default: str | None = None, allowed: Iterable[str] = ()) -> str:
        """A text that is one of `allowed`, where that is given."""
        value = self._take(key, str, default, "a text")
        options = tuple(allowed)
        if options and isinstance(value, str) and key in self._data and value not in options:
            self.problem(f"{value!r} is not allowed; expected one of {', '.join(options)}", key)
        return value or ""

    def flag(self, key: str) -> bool:
        """Whether it is set. It is not where it is not there."""
        return bool(self._take(key, bool, False, "true or false"))

    def strings(self, key: str) -> tuple[str, ...]:
        """A list of texts, or one text. Empty where it is not there."""
        value = self._take(key, (list, str), [], "a text or a list of texts")
        if isinstance(value, str):
            return (value,)
        for index, item in enumerate(value):
            if not isinstance(item, str):
                self.problem(f"{item!r} is not a text", f"{key}.{index}")
        return tuple(item for item in value if isinstance(item, str))

    def text(self, key: str) -> Text:
        """A text in both languages."""
        table = self.table(key)
        if table is None:
            return Text(en="-", ja="-")
        text = Text(en=table.string("en"), ja=table.string("ja"))
        for name in ("en", "ja"):
            if table.has(name) and not getattr(text, name).strip():
                table.problem("is empty", name)
        table.done()
        return text

    def _inner(self, data: Mapping[str, Any], key: str) -> Table:
        file, path = self._place(key)
        if isinstance(data, Block):
            file, path = data.at
        else:
            path = ".".join(part for part in (path, key) if part)
        return type(self)(data, file, path, self._problems, self._speed)

    def table(self, key: str, needed: bool = True) -> Table | None:
        """The inner table of that key."""
        value = self._take(key, dict, None if needed else {}, "a table")
        return None if value is None or key not in self._data else self._inner(value, key)

    def tables(self, key: str) -> list[Table]:
        """The array of tables of that key. Empty where it is not there."""
        value = self._take(key, list, [], "an array of tables")
        tables = []
        for index, item in enumerate(value):
            if isinstance(item, dict):
                tables.append(self._inner(item, f"{key}.{index}"))
            else:
                self.problem(f"{item!r} is not a table", f"{key}.{index}")
        return tables

    def numbers(self, key: str, dimension: str) -> dict[str, Number]:
        """A table of numbers by name. Empty where it is not there."""
        table = self.table(key, needed=False)
        if table is None:
            return {}
        numbers = {name: table.number(name, dimension) for name in table.names()}
        table.done()
        return numbers

    def number(self, key: str, dimension: str, default: Number | None = None, definition: bool = False) -> Number:
        """A number with its provenance.

        Args:
            dimension: As in `sim.quantity`.
            default: What it is where the key is not there.
            definition: Whether this project may choose it itself.
        """
        nothing = default or Number(0.0, dimension)
        self._read.add(key)
        if key not in self._data and default is not None:
            return default
        value = self._data.get(key)
        if isinstance(value, str) and value in shared():
            table = Table(shared()[value], SHARED, value, self._problems, self._speed)
            return table.as_number(dimension, definition) or nothing
        if key in self._data and not isinstance(value, dict):
            near = difflib.get_close_matches(value, shared(), 1) if isinstance(value, str) else ()
            hint = f" (did you mean {near[0]!r}?)" if near else ""
            self.problem(
                f'{value!r} is a bare number; expected {{ value = "20 ms", source = "R0051" }}, '
                f'{{ value, low, high, estimate = "why" }}, or the name of a number in {SHARED}{hint}',
                key,
            )
            return nothing
        inner = self.table(key)
        return nothing if inner is None else inner.as_number(dimension, definition) or nothing

    def _quantity(self, key: str, dimension: str) -> float | None:
        self._read.add(key)
        if key not in self._data:
            return None
        try:
            return parse(self._data[key], dimension)
        except InputError as error:
            self.problem(str(error), key)
            return None

    def as_number(self, dimension: str, definition: bool) -> Number | None:
        """This table read as one number. None where it breaks a rule, which is reported."""
        before = len(self._problems)
        value = self._quantity("value", dimension)
        low, high = self._quantity("low", dimension), self._quantity("high", dimension)
        sources = self.strings("source")
        estimate, derivation = self.string("estimate", ""), self.string("derivation", "")
        chosen, on = self.string("definition", ""), self.string("on", "")
        self.done()
        if not self.has("value"):
            self.problem("has no value")
        if value is not None and not (low if low is not None else value) <= value <= (
            high if high is not None else value
        ):
            self.problem(f"value {self._data['value']!r} is not between low and high")
        for name, number in (("value", value), ("low", low)):
            if number is not None and number < 0:
                self.problem(f"{self._data[name]!r} is below zero", name)
        if chosen:
            if not definition:
                self.problem("may not be this project's own definition; expected a source or an estimate", "definition")
            if sources or estimate:
                self.problem("has a definition beside a source or an estimate")
            sources = ("definition",)
        elif not sources and not estimate:
            self.problem("has no source; expected `source` with a fact's id, or `estimate` with low, high and a reason")
        if estimate and (low is None or high is None):
            self.problem("is an estimate without a range; expected low and high")
        if not chosen:
            self._check_sources(sources, estimate, derivation, value, low, high, dimension)
        if len(self._problems) > before or value is None:
            return None
        host = None
        if on:
            try:
                host = self._speed(on)
            except InputError as error:
                self.problem(str(error), "on")
                return None
        speed = 1.0 if host is None else host.value
        return Number(
            value * speed,
            dimension,
            None if low is None else low * speed,
            None if high is None else high * speed,
            sources,
            estimate,
            chosen or derivation,
            on,
            speed=host,
        )

    def _check_sources(
        self,
        sources: tuple[str, ...],
        estimate: str,
        derivation: str,
        value: float | None,
        low: float | None,
        high: float | None,
        dimension: str,
    ) -> None:
        known = facts()
        stated: list[float] = []
        for source in sources:
            fact = known.get(source)
            if fact is None:
                near = difflib.get_close_matches(source, known, 1)
                hint = f", did you mean {near[0]}?" if near else ""
                self.problem(f"fact {source!r} is not in the catalog's measurements{hint}", "source")
                continue
            if fact.use == "check":
                self.problem(f"fact {source} is for checks, and may set no number", "source")
            if not estimate and fact.provenance not in MAY_SET:
                self.problem(
                    f"fact {source} is a {fact.provenance}, which may only support an estimate; add `estimate`",
                    "source",
                )
            stated.extend(values(fact, dimension))
        if estimate or derivation or value is None or not sources:
            return
        if not stated:
            self.problem(f"cannot be compared with {', '.join(sources)}; say how it follows from it in `derivation`")
        for name, number in (("value", value), ("low", low), ("high", high)):
            if number is None or not stated:
                continue
            if not min(stated) * (1 - _ROUNDING) <= number <= max(stated) * (1 + _ROUNDING):
                self.problem(
                    f"{self._data[name]!r} is not what {', '.join(sources)} says; "
                    "say how it follows from it in `derivation`",
                    name,
                )

    def done(self) -> None:
        """Report every key that nobody read."""
        for key in self._data:
            if key not in self._read:
                near = difflib.get_close_matches(key, sorted(self._read), 1)
                hint = f", did you mean {near[0]!r}?" if near else f"; there are {', '.join(sorted(self._read))}"
                self.problem(f"unknown key{hint}", key)


def read_whole(path: Path, folder: str, made: Callable[[Table], Made], speed: SpeedOfHost = no_host) -> Made:
    """What is made of the table that a whole file is.

    Args:
        folder: What messages call the folder of the file.
        made: Makes it. What is wrong it reports to the table.

    Raises `CatalogError` with the dotted path of every rule that the file breaks.
    """
    file, problems = f"{folder}/{path.name}", list[Problem]()
    table = Table(read_toml(path, file), file, "", problems, speed)
    found = made(table)
    table.done()
    refuse(problems, file, path)
    return found


def inner_numbers(table: Table, key: str, may_be_zero: Collection[str] = (), **dimensions: str) -> dict[str, Number]:
    """The numbers of an inner table that has to be there, by name. All but those named are above zero."""
    inner = table.table(key)
    if inner is None:
        return {name: Number(0.0, dimension) for name, dimension in dimensions.items()}
    numbers = {name: inner.number(name, dimension) for name, dimension in dimensions.items()}
    positive(inner, **{name: number for name, number in numbers.items() if name not in may_be_zero})
    inner.done()
    return numbers


def positive(table: Table, **numbers: Number) -> None:
    """Report each number, by its key, that may be zero or less: divided by, or waited for again and again."""
    for key, number in numbers.items():
        there = number.sources or number.estimate
        if there and min(number.value if end is None else end for end in (number.low, number.value)) <= 0:
            table.problem("is not above zero at every end of its range", key)
