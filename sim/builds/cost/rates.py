"""The catalog of what steps of a build cost: `sim/catalog/steps.toml` as types."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from sim.builds.cost.counting import TOOLS, Count
from sim.builds.cost.wording import InOrder
from sim.catalog.files import read_toml, refuse
from sim.catalog.number import COSTS, HELPS, Number, Sensed
from sim.catalog.read import Table, positive
from sim.errors import Problem
from sim.outcome import Bound

FILE = Path(__file__).parents[2] / "catalog" / "steps.toml"


@dataclass(frozen=True, slots=True)
class Shape(Sensed):
    """How a command spends its time alone.

    Attributes:
        cpu: The share in which it keeps `cores` busy.
        fetches: While it waits.
    """

    cpu: Number = field(metadata=COSTS)
    cores: Number = field(metadata=HELPS)
    fetches: bool


@dataclass(frozen=True, slots=True)
class Counted(Sensed):
    """What a command takes by its packages: a start, and a share for each that it or its lock file names.

    Attributes:
        tool: How they are counted, a key of `counting.TOOLS`.
    """

    tool: str
    start: tuple[Number, Number] = field(metadata=COSTS)
    named: tuple[Number, Number] = field(metadata=COSTS)
    locked: tuple[Number, Number] = field(metadata=COSTS)

    def amount(self, count: Count, bound: Bound) -> tuple[float, float]:
        """Seconds and bytes of so many packages."""
        seconds, size = (
            first.at(bound) + count.named * named.at(bound) + count.locked * locked.at(bound)
            for first, named, locked in zip(self.start, self.named, self.locked, strict=True)
        )
        return seconds, size

    def reason(self, count: Count) -> str:
        """Why a package is reckoned as it is."""
        return (self.named if count.named else self.locked)[0].estimate


@dataclass(frozen=True, slots=True)
class Rule(Sensed):
    """What the catalog says of commands that match a pattern.

    Attributes:
        counted: Where their packages can be counted.
        result: Bytes of what they make and a later COPY takes, where that is less than all they write.
    """

    id: str
    pattern: InOrder
    seconds: Number = field(metadata=COSTS)
    bytes: Number = field(metadata=COSTS)
    shape: Shape
    counted: Counted | None = None
    result: Number | None = field(default=None, metadata=COSTS)


@dataclass(frozen=True, slots=True)
class Book(Sensed):
    """The catalog of step costs.

    Attributes:
        base: Compressed bytes of an image it does not have.
        request: Of an ADD's server.
    """

    rules: tuple[Rule, ...]
    other: Rule
    start: Number = field(metadata=COSTS)
    copy: Number = field(metadata=COSTS)
    config: Number = field(metadata=COSTS)
    cached: Number = field(metadata=COSTS)
    write: Number = field(metadata=HELPS)
    digest: Number = field(metadata=HELPS)
    warm: Number = field(metadata=COSTS)
    base: Number = field(metadata=COSTS)
    request: Number = field(metadata=COSTS)

    def rule(self, command: str) -> Rule:
        """The first rule that matches a command."""
        for rule in self.rules:
            if rule.pattern.search(command):
                return rule
        return self.other


def read(path: Path = FILE) -> Book:
    """The costs of one file. Raises `CatalogError` with the dotted path of every rule it breaks."""
    problems: list[Problem] = []
    table = Table(read_toml(path, path.name), path.name, "", problems)
    shapes = _shapes(table.table("shapes"))
    commands = table.tables("commands")
    if not commands:
        table.problem("are missing; expected an array of tables", "commands")
    other = table.table("other")
    book = Book(
        rules=tuple(_command(item, shapes) for item in commands),
        other=_NOTHING if other is None else _rule(other, _ANYTHING, shapes),
        start=table.number("start", "s"),
        copy=table.number("copy", "s"),
        config=table.number("config", "s"),
        cached=table.number("cached", "s"),
        write=table.number("write", "B/s"),
        digest=table.number("digest", "B/s"),
        warm=table.number("warm", "1"),
        base=table.number("base", "B"),
        request=table.number("request", "s"),
    )
    for repeated in sorted(
        {rule.id for rule in book.rules if [another.id for another in book.rules].count(rule.id) > 1}
    ):
        table.problem(f"id {repeated!r} is there twice", "commands")
    positive(table, write=book.write, digest=book.digest)
    table.done()
    refuse(problems, FILE.name, path)
    return book


@cache
def book() -> Book:
    """The catalog's costs, read once."""
    return read()


_NO_SHAPE = Shape(Number(1.0, "1"), Number(1.0, "1"), fetches=False)
_ANYTHING = InOrder(".")
_NOTHING = Rule("other", _ANYTHING, Number(0.0, "s"), Number(0.0, "B"), _NO_SHAPE)
"""In place of what is missing, which is reported."""


def _shapes(table: Table | None) -> dict[str, Shape]:
    shapes = {}
    for name in table.names() if table is not None else ():
        inner = table.table(name) if table is not None else None
        if inner is not None:
            shapes[name] = Shape(inner.number("cpu", "1"), inner.number("cores", "1"), inner.flag("fetches"))
            inner.done()
    return shapes


def _command(table: Table, shapes: dict[str, Shape]) -> Rule:
    written, pattern = table.string("pattern"), _ANYTHING
    try:
        pattern = InOrder(written)
    except re.error as error:
        table.problem(f"{written!r} is no regular expression: {error}", "pattern")
    if pattern.search(""):
        table.problem(f"{written!r} matches every command; expected what only some hold", "pattern")
    return _rule(table, pattern, shapes)


def _rule(table: Table, pattern: InOrder, shapes: dict[str, Shape]) -> Rule:
    shape = table.string("shape", allowed=shapes)
    inner = table.table("counted", needed=False)
    rule = Rule(
        table.string("id"),
        pattern,
        table.number("seconds", "s"),
        table.number("bytes", "B"),
        shapes.get(shape) or _NO_SHAPE,
        _counted(inner) if inner is not None else None,
        table.number("result", "B") if table.has("result") else None,
    )
    table.done()
    return rule


def _counted(table: Table) -> Counted:
    start, named, locked = (
        (table.number(f"{part}_seconds", "s"), table.number(f"{part}_bytes", "B"))
        for part in ("start", "named", "locked")
    )
    counted = Counted(table.string("tool", allowed=TOOLS), start, named, locked)
    table.done()
    return counted
