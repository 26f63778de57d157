"""The ledger of the catalog: every number of its files as it is written there, where from, and whose it is.

It is for looking up. What the model reads are the types of `sim.catalog.load` and its neighbours.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

from sim.catalog.block import Block, TablePlace, without
from sim.catalog.compose import composed
from sim.catalog.disks import UNSTATED, disks
from sim.catalog.files import read_toml
from sim.catalog.load import CatalogFiles
from sim.catalog.read import SHARED, shared
from sim.catalog.tables.booting import ASPECTS
from sim.scenario import Text

FOLDER = Path(__file__).parent

_PROVENANCE = frozenset(("source", "estimate", "definition"))
"""A table with a `value` and one of these is a number."""

_ENTRIES = ("technologies", "guests", "applications", "hosts", "workloads")
"""The folders whose files are entries, which a scenario may name."""

_REGISTRIES = "registries/registries.toml"

_ADDITIONS = tuple(f"additions/{path.name}" for path in sorted((FOLDER / "additions").glob("*.toml")))
_ADDED_IN = ("density", "memory", "overhead", "startup")
"""What choices of a scenario add to technologies, and the studies that ask for them."""

READ_BY: Mapping[str, tuple[str, ...]] = {
    **{f"disks/{name}.toml": ("memory", "startup") for name in disks() if name != UNSTATED},
    **dict.fromkeys(_ADDITIONS, _ADDED_IN),
    **{f"booting/{name}.toml": ("startup",) for name in sorted(ASPECTS)},
    **{f"locks/dhcp_{name}.toml": ("startup",) for name in ("checked", "server")},
    "images/sizes.toml": ("build", "distribution", "imagestore", "startup"),
    "isolation/steps.toml": ("isolation",),
    "mechanisms/clients.toml": ("startup",),
    "mechanisms/cores.toml": ("startup",),
    "mechanisms/drift.toml": ("drift",),
    "mechanisms/memory.toml": ("memory", "saturation", "startup"),
    "mechanisms/nesting.toml": ("startup",),
    "portability/hosts.toml": ("portability", "startup"),
    _REGISTRIES: ("build", "distribution", "startup"),
    "steps.toml": ("build",),
}
"""Files that are no entry's, with the studies that read them."""


@dataclass(frozen=True, slots=True)
class LedgerNumber:
    """A number as its file has it.

    Attributes:
        file: Below the catalog's folder, "parts/runc.toml".
        path: Dotted, the tables of an array by their ids: "phases.runc-create.cpu".
        value, low, high: As they are written, with their unit. "" where there is none.
        sources: The ids of facts.
        estimate, derivation, definition: The reasoning, as `sim.catalog.number.Number` has it. "" where there is none.
        on: The host that it was counted on. "" where that makes no difference.
        names: What the tables around it are called, the outermost first: "runc", "runc create".
        entries: Whose it is, "technologies/docker": every entry that is made of the file and has not replaced it.
        studies: Those that read the file whatever a scenario names.
    """

    file: str
    path: str
    value: str
    low: str
    high: str
    sources: tuple[str, ...]
    estimate: str
    derivation: str
    definition: str
    on: str
    names: tuple[Text, ...] = ()
    entries: tuple[str, ...] = ()
    studies: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """What a link calls it: "parts/runc.phases.runc-create.cpu"."""
        return f"{self.file.removesuffix('.toml')}.{self.path}"


@cache
def numbers() -> tuple[LedgerNumber, ...]:
    """Every number, by file and in the file's order."""
    entries_of = _entries()
    added = {place for file in _ADDITIONS for place in _places(_block(file))}
    found = []
    for path in sorted(FOLDER.rglob("*.toml")):
        file = path.relative_to(FOLDER).as_posix()
        for place, named, data in _written(_read(file), file):
            names = tuple(_names(_read(file), place))
            studies = READ_BY.get(file) or (_ADDED_IN if (file, place) in added else ())
            found.append(_number(file, named, data, names, tuple(entries_of.get((file, place), ())), studies))
    return tuple(found)


@cache
def entry_names() -> Mapping[str, Text]:
    """What each entry is called, "technologies/docker"."""
    files = {f"{kind}/{path.stem}": path for kind in _ENTRIES for path in sorted((FOLDER / kind).glob("*.toml"))}
    named = {entry: _read(path.relative_to(FOLDER).as_posix()) for entry, path in files.items()}
    named |= {f"registries/{name}": table for name, table in _read(_REGISTRIES)["registries"].items()}
    return {entry: Text(**table["name"]) for entry, table in named.items()}


@cache
def guests_of() -> Mapping[str, tuple[str, ...]]:
    """The guests that each technology can start, the default first."""
    return {name: tuple(_technology(name).get("guests", ())) for name in CatalogFiles().ids("technologies")}


def _number(
    file: str,
    path: str,
    data: Mapping[str, Any],
    names: tuple[Text, ...],
    entries: tuple[str, ...],
    studies: tuple[str, ...],
) -> LedgerNumber:
    sources = data.get("source", ())
    return LedgerNumber(
        file=file,
        path=path,
        value=str(data["value"]),
        low=str(data.get("low", "")),
        high=str(data.get("high", "")),
        sources=(sources,) if isinstance(sources, str) else tuple(sources),
        estimate=data.get("estimate", ""),
        derivation=data.get("derivation", ""),
        definition=data.get("definition", ""),
        on=data.get("on", ""),
        names=names,
        entries=entries,
        studies=studies,
    )


def _names(data: Any, place: str) -> Iterator[Text]:
    """What a number's table, and each one above it, is called."""
    for key in [*place.split("."), ""]:
        if isinstance(data, Mapping):
            called = data.get("name") or data.get("text")
            if isinstance(called, Mapping) and {"en", "ja"} <= called.keys():
                yield Text(en=called["en"], ja=called["ja"])
            data = data.get(key)
        elif isinstance(data, list):
            data = data[int(key)]


@cache
def _read(file: str) -> Mapping[str, Any]:
    return read_toml(FOLDER / file, file)


def _written(data: Any, file: str, place: str = "", named: str = "") -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """The numbers of a table, each with its path by index and its path by id."""
    if isinstance(data, Mapping):
        if "value" in data and data.keys() & _PROVENANCE:
            yield place, named, data
        for key, inner in data.items():
            yield from _written(inner, file, _below(place, key), _below(named, key))
    elif isinstance(data, list):
        for index, inner in enumerate(data):
            called = _called(inner, index)
            yield from _written(inner, file, _below(place, str(index)), _below(named, called))


def _called(entry: Any, index: int) -> str:
    """What tells an entry of an array from its neighbours."""
    if isinstance(entry, Mapping):
        for key in ("id", "before", "per"):
            if isinstance(entry.get(key), str):
                return str(entry[key])
    return str(index)


def _below(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _entries() -> Mapping[TablePlace, list[str]]:
    """Whose each number is, by its place."""
    found: dict[TablePlace, list[str]] = {}
    for entry, table in _tables():
        for place in dict.fromkeys(_places(table)):
            found.setdefault(place, []).append(entry)
    return found


def _tables() -> Iterator[tuple[str, Block]]:
    """Each entry with its table. A technology's is put together from all that it is made of."""
    for kind in _ENTRIES:
        for path in sorted((FOLDER / kind).glob("*.toml")):
            table = _technology(path.stem) if kind == "technologies" else _block(f"{kind}/{path.name}")
            yield f"{kind}/{path.stem}", table
            if kind == "hosts":
                yield f"{kind}/{path.stem}", _disk(table)
            like = table.get("like")
            if kind == "workloads" and isinstance(like, str):
                yield f"{kind}/{path.stem}", _block(f"{kind}/{like}.toml")
    registries = _block(_REGISTRIES)
    for name, table in registries["registries"].items():
        yield f"registries/{name}", registries.inner("registries", registries["registries"]).inner(name, table)


def _disk(host: Block) -> Block:
    """The disk that a host names, without what the host says of it itself."""
    own = tuple(key.removeprefix("disk_") for key in host if key.startswith("disk_"))
    return without(_block(f"disks/{host.get('disk', UNSTATED)}.toml"), own)


def _block(file: str) -> Block:
    return Block(_read(file), (file, ""))


@cache
def _technology(name: str) -> Block:
    files = CatalogFiles()
    own = files.read("technologies", name)
    return composed(own, partial(files.block, "technologies"), partial(files.block, "parts"), [])


def _places(table: Block) -> Iterator[TablePlace]:
    """The places of the numbers that a table has, names in `numbers/shared.toml`, and holds locks for."""
    for key, value in table.items():
        file, path = table.place(key)
        yield from _in(value, key, (file, _below(path, key)))


def _in(value: Any, key: str, place: TablePlace) -> Iterator[TablePlace]:
    if isinstance(value, Block):
        yield from _places(value)
    elif isinstance(value, Mapping):
        if "value" in value and value.keys() & _PROVENANCE:
            yield place
        for inner, below in value.items():
            yield from _in(below, inner, (place[0], _below(place[1], inner)))
    elif isinstance(value, list):
        for index, below in enumerate(value):
            yield from _in(below, key, (place[0], _below(place[1], str(index))))
    elif isinstance(value, str) and value in shared():
        yield SHARED, value
    elif isinstance(value, str) and key == "hold":
        yield from _of_lock(value)


def _of_lock(operation: str) -> Iterator[TablePlace]:
    """The numbers of a lock's operation, "rtnl.veth-move", and those of the lock itself."""
    lock, _, name = operation.partition(".")
    file = f"locks/{lock}.toml"
    data = _read(file)
    for index, entry in enumerate(data["operations"]):
        if entry["id"] == name:
            yield from _in(entry, "operations", (file, f"operations.{index}"))
    for name in ("grace", "lingering", "shared", "write"):
        yield from _in(data.get(name, {}), name, (file, name))
