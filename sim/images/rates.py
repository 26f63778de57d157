"""The catalog of what steps of a build cost: `sim/catalog/steps.toml` as types."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import NoReturn

from sim.catalog.model import Number
from sim.catalog.read import Table
from sim.errors import CatalogError, InputError, Problem

_FILE = "sim/catalog/steps.toml"


@dataclass(frozen=True, slots=True)
class Shape:
    """How a command spends its time alone. cpu: the share in which it keeps `cores` busy. fetches: while it waits."""

    cpu: Number
    cores: Number
    fetches: bool


@dataclass(frozen=True, slots=True)
class Rule:
    """What the catalog says of commands that match a pattern."""

    id: str
    pattern: re.Pattern[str]
    seconds: Number
    bytes: Number
    shape: Shape


@dataclass(frozen=True, slots=True)
class Book:
    """The catalog of step costs. base: compressed bytes of an image it does not have. request: of an ADD's server."""

    rules: tuple[Rule, ...]
    other: Rule
    start: Number
    copy: Number
    config: Number
    cached: Number
    write: Number
    digest: Number
    warm: Number
    base: Number
    request: Number

    def rule(self, command: str) -> Rule:
        """The first rule that matches a command."""
        return next((rule for rule in self.rules if rule.pattern.search(command)), self.other)


@cache
def book() -> Book:
    """The catalog's costs, read once. Raises `CatalogError` where the file breaks a rule."""
    data = tomllib.loads(resources.files("sim.catalog").joinpath("steps.toml").read_text("utf-8"))
    problems: list[Problem] = []
    table = Table(data, _FILE, "", problems, _no_speed)
    shapes = _shapes(table.table("shapes"))
    found = Book(
        rules=tuple(_rule(item, shapes) for item in table.tables("commands")),
        other=_rule(table.table("other") or table, shapes),
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
    table.done()
    if problems:
        raise CatalogError("\n".join(str(problem) for problem in problems))
    return found


def _no_speed(host: str) -> NoReturn:
    raise InputError(f"host {host!r} cannot be named here")


def _shapes(table: Table | None) -> dict[str, Shape]:
    found = {}
    for name in table.names() if table is not None else ():
        inner = table.table(name) if table is not None else None
        if inner is not None:
            found[name] = Shape(inner.number("cpu", "1"), inner.number("cores", "1"), inner.flag("fetches"))
            inner.done()
    return found


def _rule(table: Table, shapes: dict[str, Shape]) -> Rule:
    try:
        pattern = re.compile(table.string("pattern", "."))
    except re.error as error:
        table.problem(f"is no regular expression: {error}", "pattern")
        pattern = re.compile(".")
    shape = table.string("shape", allowed=shapes)
    rule = Rule(
        table.string("id", "other"),
        pattern,
        table.number("seconds", "s"),
        table.number("bytes", "B"),
        shapes.get(shape) or Shape(Number(1.0, "1"), Number(1.0, "1"), fetches=False),
    )
    table.done()
    return rule
