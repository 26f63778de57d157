"""Which programs engines are assembled from, who calls whom, and which assembly takes what.

The data are in `assemblies/*.toml`. Every component has a home and an owner, and everything names a document.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Literal, cast, get_args

from sim.catalog.load import parts
from sim.catalog.read import Table
from sim.catalog.rules import documents_in, entries, sources_of
from sim.records.instances import OWNERS, Owner
from sim.scenario import Source, Text

FOLDER = Path(__file__).parents[1] / "assemblies"

Purpose = Literal["run", "build", "pull", "pod"]
"""What one asks an engine for: to start a container, to build an image, to pull one, to start a container of a pod."""
PURPOSES: tuple[Purpose, ...] = get_args(Purpose)

PROCESS = "process"
"""What a call that makes the container's first process calls."""

ROLES = ("asks", "serves", "keeps", "watches", "makes")
"""The columns of a drawing: who asks, serves, keeps containers, watches one, makes one."""
ROWS = ("build", "run", "beside")
"""Its rows."""

Ends = Literal["", "always", "without live-restore"]
"""Whether containers that run end with a component. "" for no."""


@dataclass(frozen=True, slots=True)
class EngineComponent:
    """A program that engines are assembled from.

    Attributes:
        id: Its id.
        name: What it is called.
        home: The project or firm that it comes from.
        owner: Whose time and memory its own are.
        does: What it does, in a sentence or two.
        ends: Whether containers that run end with it.
        place: Column and row in the drawing, as they stand in `ROLES` and `ROWS`.
        sources: The ids of the documents that say whose it is and what it does.
    """

    id: str
    name: Text
    home: str
    owner: Owner
    does: Text
    ends: Ends
    place: tuple[int, int]
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ComponentCall:
    """A call from one component to another.

    Attributes:
        caller: The id of who calls.
        called: The id of what is called, or `PROCESS`.
        by: Over what: an interface, or how it is started.
        purposes: For what.
        asks: What the called is asked for, where that is something else. None where it is the same.
        either: What calls have in common of which one will do. "" where it is needed.
        only: The assemblies that it is made in. Empty for all.
        source: The id of the document that says so.
    """

    caller: str
    called: str
    by: str
    purposes: tuple[Purpose, ...]
    asks: Purpose | None
    either: str
    only: tuple[str, ...]
    source: str


@dataclass(frozen=True, slots=True)
class Assembly:
    """An engine, or a node, as somebody puts it together.

    Attributes:
        id: Its id.
        name: What it is called.
        formerly: What it was called before. "" for nothing else.
        release: The release that is described, with its year.
        maker: Who assembles it.
        assembles: The id of an assembly that it takes whole. "" for none.
        members: All of its components, those of `assembles` first.
        commands: What one asks, for each purpose that it serves.
        beside: Other clients that start a container on the same host.
        sources: The ids of the documents that say so.
    """

    id: str
    name: Text
    formerly: str
    release: str
    maker: str
    assembles: str
    members: tuple[str, ...]
    commands: Mapping[Purpose, str]
    beside: tuple[str, ...]
    sources: tuple[str, ...]


@cache
def assembly_documents() -> Mapping[str, Source]:
    """The documents that the data can be read in, by id."""
    return documents_in(FOLDER)


@cache
def components() -> Mapping[str, EngineComponent]:
    """The components there are, in the file's order."""
    return MappingProxyType({name: _component(name, table) for name, table in entries(FOLDER / "components.toml")})


@cache
def calls() -> tuple[ComponentCall, ...]:
    """Every call there is, in the file's order."""
    found = []
    for caller, table in entries(FOLDER / "calls.toml"):
        if caller not in components():
            table.problem(f"there is no component {caller!r}; there are {', '.join(components())}")
        for called in table.names():
            inner = table.table(called)
            if inner is not None:
                found.append(_call(caller, called, inner))
                inner.done()
    return tuple(found)


@cache
def assemblies() -> Mapping[str, Assembly]:
    """The assemblies there are, in the file's order. One that takes another whole stands below it."""
    found: dict[str, Assembly] = {}
    for name, table in entries(FOLDER / "assemblies.toml"):
        found[name] = _assembly(name, table, found)
    return MappingProxyType(found)


def _component(name: str, table: Table) -> EngineComponent:
    part = parts().get(table.string("part", allowed=parts())) if table.has("part") else None
    role, row = table.string("role", allowed=ROLES), table.string("row", allowed=ROWS)
    return EngineComponent(
        id=name,
        name=part.name if part else table.text("name"),
        home=part.maker if part else table.string("home"),
        owner=cast("Owner", table.string("owner", allowed=OWNERS)),
        does=table.text("does"),
        ends=cast("Ends", table.string("ends", "", allowed=get_args(Ends)[1:])),
        place=(ROLES.index(role) if role in ROLES else 0, ROWS.index(row) if row in ROWS else 0),
        sources=sources_of(table, assembly_documents()),
    )


def _call(caller: str, called: str, table: Table) -> ComponentCall:
    purposes = table.strings("for")
    for purpose in purposes:
        if purpose not in PURPOSES:
            table.problem(f"{purpose!r} does not fit; expected one of {', '.join(PURPOSES)}", "for")
    target = table.string("to", called)
    if target not in components() and target != PROCESS:
        table.problem(f"there is no component {target!r}; there are {', '.join(components())} and {PROCESS}")
    return ComponentCall(
        caller=caller,
        called=target,
        by=table.string("by"),
        purposes=cast("tuple[Purpose, ...]", purposes),
        asks=cast("Purpose", table.string("asks", allowed=PURPOSES)) if table.has("asks") else None,
        either=table.string("either", ""),
        only=table.strings("only") if table.has("only") else (),
        source=table.string("source", allowed=assembly_documents()),
    )


def _assembly(name: str, table: Table, known: Mapping[str, Assembly]) -> Assembly:
    assembles = table.string("assembles", "", allowed=known) if table.has("assembles") else ""
    members = (*(known[assembles].members if assembles in known else ()), *_known(table, "members"))
    commands = table.table("commands")
    named: dict[Purpose, str] = {}
    if commands is not None:
        for purpose in PURPOSES:
            if commands.has(purpose):
                named[purpose] = commands.string(purpose, allowed=members)
        commands.done()
    return Assembly(
        id=name,
        name=table.text("name"),
        formerly=table.string("formerly", ""),
        release=table.string("release"),
        maker=table.string("maker"),
        assembles=assembles,
        members=members,
        commands=MappingProxyType(named),
        beside=_known(table, "beside"),
        sources=sources_of(table, assembly_documents()),
    )


def _known(table: Table, key: str) -> tuple[str, ...]:
    """A list of components, each one that there is."""
    names = table.strings(key) if table.has(key) else ()
    for name in names:
        if name not in components():
            table.problem(f"there is no component {name!r}; there are {', '.join(components())}", key)
    return names
