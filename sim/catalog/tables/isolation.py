"""What a process sees and may use of its host, and the steps that take it away: the data of isolation.

Steps, aspects and sets of steps are in `isolation/*.toml`. Each rule names a document where it can be read.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType

from sim.catalog.number import COSTS, Number, Sensed
from sim.catalog.read import Table
from sim.catalog.rules import documents_in, entries
from sim.scenario import Source, Text

FOLDER = Path(__file__).parents[1] / "isolation"

KINDS = ("see", "use", "take")
"""What a process does with an aspect of its host: it sees it, may use it, or may take all of it."""

Alternatives = tuple[frozenset[str], ...]
"""Sets of steps. One whose steps are all there is enough."""


@dataclass(frozen=True, slots=True)
class IsolationStep(Sensed):
    """One step that takes something of the host away.

    Attributes:
        id: Its id.
        name: What it is called.
        cost: Seconds that it adds to a start.
        cost_v1: The same under cgroup v1.
        source: The id of the document that says what it does.
    """

    id: str
    name: Text
    cost: Number = field(metadata=COSTS)
    cost_v1: Number = field(metadata=COSTS)
    source: str


@dataclass(frozen=True, slots=True)
class Aspect:
    """One thing of the host that a process sees, may use or may take.

    Attributes:
        id: Its id.
        name: What it is called.
        kind: One of `KINDS`.
        command: What shows it.
        none: What refuses it.
        own: What makes it the process's own, where nothing refuses it.
        unowned: What refuses it as long as it is not its own.
        source: The id of the document with the rule.
    """

    id: str
    name: Text
    kind: str
    command: str
    none: Alternatives
    own: Alternatives
    unowned: Alternatives
    source: str


@dataclass(frozen=True, slots=True)
class StepSet:
    """Steps that are taken together, as by Docker unless told otherwise.

    Attributes:
        id: Its id.
        steps: In order.
        v2: Those that can be taken under cgroup v2 alone, of these or beside them.
        source: The id of the document that says so.
    """

    id: str
    steps: tuple[str, ...]
    v2: frozenset[str]
    source: str


@cache
def isolation_documents() -> Mapping[str, Source]:
    """The documents that rules can be read in, by id."""
    return documents_in(FOLDER)


@cache
def isolation_steps() -> Mapping[str, IsolationStep]:
    """The steps there are, in the file's order."""
    found = {}
    for name, table in entries(FOLDER / "steps.toml"):
        cost = table.number("cost", "s")
        found[name] = IsolationStep(
            id=name,
            name=table.text("name"),
            cost=cost,
            cost_v1=table.number("cost_v1", "s", default=cost),
            source=table.string("source", allowed=isolation_documents()),
        )
    return MappingProxyType(found)


@cache
def aspects() -> Mapping[str, Aspect]:
    """The aspects of a host, in the file's order."""
    return MappingProxyType(
        {
            name: Aspect(
                id=name,
                name=table.text("name"),
                kind=table.string("kind", allowed=KINDS),
                command=table.string("command"),
                none=_alternatives(table, "none"),
                own=_alternatives(table, "own"),
                unowned=_alternatives(table, "unowned"),
                source=table.string("source", allowed=isolation_documents()),
            )
            for name, table in entries(FOLDER / "aspects.toml")
        }
    )


@cache
def step_sets() -> Mapping[str, StepSet]:
    """The sets of steps there are, in the file's order."""
    return MappingProxyType(
        {
            name: StepSet(
                id=name,
                steps=tuple(_known(table, "steps", table.strings("steps"))),
                v2=frozenset(_known(table, "v2", table.strings("v2"))),
                source=table.string("source", allowed=isolation_documents()),
            )
            for name, table in entries(FOLDER / "sets.toml")
        }
    )


def holds(alternatives: Alternatives, steps: Collection[str]) -> bool:
    """Whether all steps of one alternative are there."""
    return any(alternative <= set(steps) for alternative in alternatives)


def _alternatives(table: Table, key: str) -> Alternatives:
    """A list of lists of steps. Empty where it is not there."""
    if not table.has(key):
        return ()
    value = table.any(key)
    if not (isinstance(value, list) and all(isinstance(each, list) and each for each in value)):
        table.problem(f"{value!r} is not a list of lists of steps", key)
        return ()
    return tuple(frozenset(_known(table, key, each)) for each in value)


def _known(table: Table, key: str, given: Iterable[object]) -> Iterator[str]:
    """The steps of a list. Others are a problem."""
    for name in given:
        if isinstance(name, str) and name in isolation_steps():
            yield name
        else:
            table.problem(f"{name!r} is no step; expected one of {', '.join(isolation_steps())}", key)
