"""Disks by name: how fast they read and write, and how long a head, a flash page or a network takes to get there.

One TOML file a disk. A host names its disk and may say single figures itself. A scenario may give a host another.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType

from sim.catalog.number import COSTS, HELPS, Number, Sensed
from sim.catalog.read import Table, positive, read_whole
from sim.errors import InputError
from sim.scenario import Text

FOLDER = Path(__file__).parent / "disks"

UNSTATED = "unstated-ssd"
"""The disk of a host that does not say which it has."""


@dataclass(frozen=True, slots=True)
class Disk(Sensed):
    """What a disk does.

    Attributes:
        id: Its id.
        name: Its name.
        read: Bytes a second, in the long run.
        write: Bytes a second, in the long run.
        access: Seconds until the data of a read comes, where nothing else is asked for.
        operations: Reads a second with many in its queue.
        flush: Seconds until its cache is emptied once, with a few pages in it. A new file's fsync takes two.
        line: Bytes a second at which the data of one read comes. That is `read`, but where a budget limits that.
    """

    id: str
    name: Text
    read: Number = field(metadata=HELPS)
    write: Number = field(metadata=HELPS)
    access: Number = field(metadata=COSTS)
    operations: Number = field(metadata=HELPS)
    flush: Number = field(metadata=COSTS)
    line: Number = field(metadata=HELPS)


def read(path: Path) -> Disk:
    """The disk of one file. Raises `CatalogError` with the dotted path of every rule it breaks."""
    return read_whole(path, "disks", lambda table: _disk(table, path.stem))


def _disk(table: Table, name: str) -> Disk:
    numbers = {name: table.number(name, "B/s") for name in ("read", "write")}
    numbers |= {"access": table.number("access", "s"), "operations": table.number("operations", "1/s")}
    numbers |= {"flush": table.number("flush", "s"), "line": table.number("line", "B/s", numbers["read"])}
    positive(table, **numbers)
    disk = Disk(id=table.string("id"), name=table.text("name"), **numbers)
    if disk.id != name:
        table.problem(f"{disk.id!r} is not the file's name {name!r}", "id")
    return disk


@cache
def disks() -> Mapping[str, Disk]:
    """All disks by id."""
    return MappingProxyType({path.stem: read(path) for path in sorted(FOLDER.glob("*.toml"))})


def disk(name: str) -> Disk:
    """The disk of that id. Raises `InputError` naming those there are."""
    if name not in disks():
        raise InputError(f"no disk {name!r}; there are {', '.join(disks())}")
    return disks()[name]
