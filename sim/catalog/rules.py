"""Folders of rules: files whose top tables are entries, and the documents in which the rules can be read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

from sim.catalog.files import read_toml, refuse
from sim.catalog.read import Table
from sim.errors import Problem
from sim.scenario import Source, Text


def entries(path: Path) -> Iterator[tuple[str, Table]]:
    """The tables of a file, in its order. Each must be read before the next.

    Raises `CatalogError` at the end, with every rule that the file breaks.
    """
    problems: list[Problem] = []
    file = f"{path.parent.name}/{path.name}"
    top = Table(read_toml(path, file), file, "", problems)
    for name in top.names():
        table = top.table(name)
        if table is not None:
            yield name, table
            table.done()
    refuse(problems, file, path)


def documents_in(folder: Path) -> Mapping[str, Source]:
    """The documents that a folder's `sources.toml` names, by id."""
    found = {
        name: Source(text=Text(en=table.string("text")), url=table.string("url"))
        for name, table in entries(folder / "sources.toml")
    }
    return MappingProxyType(found)


def sources_of(table: Table, documents: Mapping[str, Source]) -> tuple[str, ...]:
    """The ids of the documents that a table names as its `source`: at least one, each one that there is."""
    names = table.strings("source")
    if not names:
        table.problem("is missing; expected the id of a document", "source")
    for name in names:
        if name not in documents:
            table.problem(f"{name!r} is not allowed; expected one of {', '.join(documents)}", "source")
    return names
