"""What stands on what: a stack of boxes for each way to run an application, aligned at what isolates instances.

The data are in `stacks/*.toml`. Each box has an owner, and each stack a document.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Literal, cast, get_args

from sim.catalog.load import technologies
from sim.catalog.read import Table
from sim.catalog.rules import documents_in, entries
from sim.records.instances import OWNERS, Owner
from sim.scenario import Source, Text

FOLDER = Path(__file__).parents[1] / "stacks"

Boundary = Literal["cpu", "calls", "namespaces"]
"""What isolates instances: the processor's virtualization, the interception of system calls, namespaces and cgroups."""


@dataclass(frozen=True, slots=True)
class StackPart:
    """A box of a stack.

    Attributes:
        id: Its id.
        name: What is written in it.
        owner: Whose it is.
        each: Whether there is one for each instance. Else one is enough for all.
    """

    id: str
    name: Text
    owner: Owner
    each: bool


@dataclass(frozen=True, slots=True)
class Stack:
    """A stack from the bottom up.

    Attributes:
        id: Its id.
        name: What it is called.
        kind: What it is, in a few words.
        technology: The catalog's technology that it shows.
        also: Those that stand on the same boxes.
        boundary: What isolates instances.
        below: Its parts below the boundary, from the bottom up: what all instances trust.
        above: Its parts above it.
        inner: The part of `above` that a second boundary lies under. None where there is one boundary.
        inner_boundary: What the second one is.
        source: The id of the document that says so.
    """

    id: str
    name: Text
    kind: Text
    technology: str
    also: tuple[str, ...]
    boundary: Boundary
    below: tuple[StackPart, ...]
    above: tuple[StackPart, ...]
    inner: StackPart | None
    inner_boundary: Boundary | None
    source: str

    @property
    def repeated(self) -> tuple[StackPart, ...]:
        """The parts that there is one of for each instance."""
        return tuple(part for part in (*self.below, *self.above) if part.each)


@cache
def stack_documents() -> Mapping[str, Source]:
    """The documents that say what stands on what, by id."""
    return documents_in(FOLDER)


@cache
def stack_parts() -> Mapping[str, StackPart]:
    """The boxes there are."""
    found = {}
    for name, table in entries(FOLDER / "parts.toml"):
        owner = cast("Owner", table.string("owner", allowed=OWNERS))
        found[name] = StackPart(name, table.text("name"), owner, table.flag("each"))
    return MappingProxyType(found)


@cache
def stacks() -> Mapping[str, Stack]:
    """The stacks there are, in the file's order."""
    return MappingProxyType({name: _stack(name, table) for name, table in entries(FOLDER / "stacks.toml")})


@cache
def without_stack() -> Mapping[str, Text]:
    """Why a technology of the catalog has no stack, by its id."""
    found = {}
    for name, table in entries(FOLDER / "without.toml"):
        if name not in technologies():
            table.problem(f"there is no technology {name!r}")
        found[name] = table.text("why")
    return MappingProxyType(found)


def _stack(name: str, table: Table) -> Stack:
    kinds = get_args(Boundary)
    technology = technologies().get(table.string("technology", allowed=technologies()))
    above = _parts(table, "above")
    inner = table.string("inner", allowed=[part.id for part in above]) if table.has("inner") else ""
    return Stack(
        id=name,
        name=table.text("name") if table.has("name") or technology is None else technology.name,
        kind=table.text("kind") if table.has("kind") or technology is None else technology.kind,
        technology=technology.id if technology else "",
        also=_technologies(table),
        boundary=cast("Boundary", table.string("boundary", allowed=kinds)),
        below=_parts(table, "below"),
        above=above,
        inner=next((part for part in above if part.id == inner), None),
        inner_boundary=cast("Boundary", table.string("inner_boundary", allowed=kinds)) if inner else None,
        source=table.string("source", allowed=stack_documents()),
    )


def _technologies(table: Table) -> tuple[str, ...]:
    """Those of the catalog that `also` names."""
    names = table.strings("also") if table.has("also") else ()
    for name in names:
        if name not in technologies():
            table.problem(f"there is no technology {name!r}", "also")
    return names


def _parts(table: Table, key: str) -> tuple[StackPart, ...]:
    """A list of boxes, each one that there is."""
    names = table.strings(key)
    for name in names:
        if name not in stack_parts():
            table.problem(f"there is no part {name!r}; there are {', '.join(stack_parts())}", key)
    return tuple(stack_parts()[name] for name in names if name in stack_parts())
