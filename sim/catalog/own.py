"""A user's own catalog: a folder with `technologies/`, `parts/`, `guests/`, `applications/` and `hosts/`.

Its files are written as the catalog's (docs/catalog.md). They may name each other, and what ships, as `like`, as parts
and as guests. Where both have an id, the folder's is meant. Here every number may be a `definition`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from sim import limits
from sim.catalog import load
from sim.catalog.block import Block
from sim.catalog.files import line_of, parse_toml
from sim.catalog.hosts import check_host
from sim.catalog.model import Application, Guest, Host, Technology
from sim.catalog.names import FIELDS, CatalogKind
from sim.catalog.number import Number
from sim.catalog.read import Table
from sim.errors import InputError, Problem
from sim.inputfile import is_folder, read_text
from sim.quantity import LARGEST, render

Entry = Technology | Guest | Application | Host

_KINDS = (*FIELDS.values(), "parts")


class _OwnTable(Table):
    """A table in which every number may be the user's own choice, and none is beyond what a parameter may be."""

    def as_number(self, dimension: str, definition: bool) -> Number | None:
        """As the catalog's, whether or not a definition is allowed there."""
        return super().as_number(dimension, definition or True)

    def _quantity(self, key: str, dimension: str) -> float | None:
        value = super()._quantity(key, dimension)
        if value is not None and value > LARGEST[dimension]:
            self.problem(f"{self._data[key]!r} is over {render(LARGEST[dimension], dimension)}", key)
            return None
        return value


class OwnCatalog(load.CatalogFiles):
    """The entries of a folder, each read when it is asked for.

    Raises `InputError` where there is no such folder, or where it has too many files.
    """

    table = _OwnTable

    def __init__(self, folder: Path) -> None:
        if not is_folder(folder):
            raise InputError(f"no folder {str(folder)!r}; expected one with {', '.join(_KINDS)}")
        self.folder = folder
        self._names: dict[str, tuple[str, ...]] = {}
        self._entries: dict[tuple[str, str], Entry] = {}
        self._texts: dict[str, str] = {}
        self._reading: list[tuple[str, str]] = []
        for kind in _KINDS:
            files = (path for path in (folder / kind).glob("*.toml")) if is_folder(folder / kind) else iter(())
            self._names[kind] = tuple(sorted(path.stem for path in _bounded(files, folder / kind)))
        if not any(self._names.values()):
            raise InputError(f"{str(folder)!r} has no file; expected some in {', '.join(_KINDS)}")

    def own(self, kind: str) -> tuple[str, ...]:
        """The ids that the folder has of one kind."""
        return self._names.get(kind, ())

    def ids(self, kind: str) -> tuple[str, ...]:
        """The ids there are of one kind, those of what ships too."""
        return tuple(sorted({*self.own(kind), *super().ids(kind)}))

    def read(self, kind: str, name: str) -> Block:
        """The table of a file that is there, in the folder or in what ships."""
        if name not in self.own(kind):
            return super().read(kind, name)
        path = self.folder / kind / f"{name}.toml"
        self._texts[str(path)] = read_text(path, limits.CATALOG_FILE)
        data = parse_toml(self._texts[str(path)], str(path))
        for key, value in data.items():
            if isinstance(value, list) and len(value) > limits.CATALOG_ENTRIES:
                message = f"has {len(value)} entries; expected at most {limits.CATALOG_ENTRIES}"
                raise InputError(self._with_line(Problem(message, str(path), path=key)))
        return Block(data, (str(path), ""))

    def speed(self, name: str) -> Number:
        """A host's CPU speed."""
        return self.entry("hosts", name).cpu_speed if name in self.own("hosts") else super().speed(name)

    def entry(self, kind: CatalogKind, name: str) -> Any:
        """The folder's entry of that id.

        Raises `InputError` with file, line and dotted path of every rule that its file breaks.
        """
        key = (kind, name)
        if key not in self._entries:
            if key in self._reading:
                raise InputError(f"{name!r} of {kind} is stated by itself")
            self._reading.append(key)
            try:
                self._entries[key] = self._made(kind, name)
            finally:
                self._reading.remove(key)
        return self._entries[key]

    def _made(self, kind: CatalogKind, name: str) -> Entry:
        data, problems = self.read(kind, name), list[Problem]()
        entry: Entry | None = load.made(kind, data, name, self, problems)
        if entry is not None and not problems:
            table = self.table(data, data.at[0], "", problems)
            for message, key in _broken(entry):
                table.problem(message, key)
            if isinstance(entry, Host):
                check_host(entry, table)
        if problems or entry is None:
            raise InputError([self._with_line(problem) for problem in problems])
        if isinstance(entry, Technology):
            own = self.own("guests")
            guests = (self.entry("guests", guest) if guest in own else guest for guest in entry.guest_ids)
            return dataclasses.replace(entry, guests=tuple(guests))
        return entry

    def _with_line(self, problem: Problem) -> Problem:
        text = self._texts.get(problem.file)
        return problem if text is None else dataclasses.replace(problem, line=line_of(text, problem.path))


def _bounded(files: Iterator[Path], folder: Path) -> Collection[Path]:
    paths = []
    for path in files:
        paths.append(path)
        if len(paths) > limits.CATALOG_FILES:
            raise InputError(
                f"more than {limits.CATALOG_FILES} files in {str(folder)!r}, which is the most it may have"
            )
    return paths


def _broken(entry: Entry) -> Iterator[tuple[str, str]]:
    """What no run could divide by."""
    above: Mapping[str, Number] = {}
    if isinstance(entry, Technology):
        above = {"cpu_efficiency": entry.cpu_efficiency}
    elif isinstance(entry, Host):
        above = {"smt": entry.smt}
    for key, number in above.items():
        if number.at("high") <= 0 or number.value <= 0:
            yield "is not above zero at every end of its range", key
    for index, phase in enumerate(() if isinstance(entry, Host) else entry.phases):
        cores = phase.provenance.get("parallelism")
        if cores is not None and min(cores.at("high"), cores.value) <= 0:
            yield "is not above zero at every end of its range", f"phases.{index}.parallelism"
