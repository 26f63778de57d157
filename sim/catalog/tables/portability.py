"""What images need of a host, and what hosts bring: the data of portability.

Images and hosts are in `portability/*.toml`. Each rule names a document where it can be read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType

from sim.catalog.number import COSTS, HELPS, Number, Sensed
from sim.catalog.read import Table
from sim.catalog.rules import documents_in, entries
from sim.scenario import Source, Text

FOLDER = Path(__file__).parents[1] / "portability"

SYSTEMS = ("linux", "windows", "freebsd", "macos")
ARCHITECTURES = ("amd64", "arm64")
NEEDS = ("module", "sysctl", "init", "host-configuration")
"""What an image may need beside a kernel and a processor.

A module in the kernel, a setting of the whole kernel, a process 1 that manages cgroups, files and names on the host.
"""


@dataclass(frozen=True, slots=True)
class PortableImage:
    """An image, or a container's directory, as far as a host must fit it.

    Attributes:
        id: Its id.
        name: What it is called.
        os: Whose system calls it makes.
        architectures: The processors that it has programs for.
        needs: What else it needs, of `NEEDS`.
        build: The build of Windows that it is of. 0 for no Windows.
        source: The id of the document that says so.
    """

    id: str
    name: Text
    os: str
    architectures: tuple[str, ...]
    needs: tuple[str, ...]
    build: int
    source: str


@dataclass(frozen=True, slots=True)
class HiddenMachine(Sensed):
    """A virtual machine that is started for containers.

    Attributes:
        os: Whose kernel it has.
        by: What runs it.
        start: Seconds until containers can start in it.
        memory: Bytes that it takes while nothing runs in it.
        source: The id of the document that says so.
        files: The share of the native speed that is left to files of the host. None where it has none of them.
    """

    os: str
    by: str
    start: Number = field(metadata=COSTS)
    memory: Number = field(metadata=COSTS)
    source: str
    files: Number | None = field(default=None, metadata=HELPS)


@dataclass(frozen=True, slots=True)
class Translation(Sensed):
    """What runs another processor's programs, or another kernel's system calls, and the share of speed it leaves.

    Attributes:
        of: The processor, or the kernel.
        by: What runs them.
        speed: The share of the native speed that programs have left.
        source: The id of the document that says so.
        machine: The share that a whole machine has left, which is translated with its kernel. None where there is none.
    """

    of: str
    by: str
    speed: Number = field(metadata=HELPS)
    source: str
    machine: Number | None = field(default=None, metadata=HELPS)


@dataclass(frozen=True, slots=True)
class PortableHost:
    """A host as far as an image must fit it.

    Attributes:
        id: Its id.
        name: What it is called.
        os: Its own kernel.
        architecture: Its processor.
        build: Its build of Windows. 0 for no Windows.
        client: Whether it is a Windows for desktops, which isolates containers by Hyper-V alone.
        machine: The virtual machine that it hides Linux in.
        isolated: What it isolates Windows containers by that are not of its own build.
        calls: Whose system calls it takes beside its own.
        emulates: Other processors, in its own kernel or in the hidden machine's.
    """

    id: str
    name: Text
    os: str
    architecture: str
    build: int
    client: bool
    machine: HiddenMachine | None
    isolated: HiddenMachine | None
    calls: Translation | None
    emulates: Mapping[str, Translation]


@cache
def documents() -> Mapping[str, Source]:
    """The documents that rules can be read in, by id."""
    return documents_in(FOLDER)


@cache
def portable_images() -> Mapping[str, PortableImage]:
    """The images there are, in the file's order."""
    found = {}
    for name, table in entries(FOLDER / "images.toml"):
        found[name] = PortableImage(
            id=name,
            name=table.text("name"),
            os=table.string("os", allowed=SYSTEMS),
            architectures=_of(table, "architectures", ARCHITECTURES),
            needs=_of(table, "needs", NEEDS),
            build=_build(table),
            source=table.string("source", allowed=documents()),
        )
    return MappingProxyType(found)


@cache
def portable_hosts() -> Mapping[str, PortableHost]:
    """The hosts there are, in the file's order."""
    found = {}
    for name, table in entries(FOLDER / "hosts.toml"):
        emulates = table.table("emulates", needed=False)
        found[name] = PortableHost(
            id=name,
            name=table.text("name"),
            os=table.string("os", allowed=SYSTEMS),
            architecture=table.string("architecture", allowed=ARCHITECTURES),
            build=_build(table),
            client=table.flag("client"),
            machine=_machine(table.table("machine", needed=False)),
            isolated=_machine(table.table("isolated", needed=False), "windows"),
            calls=_translation(table.table("calls", needed=False)),
            emulates={
                other: translated
                for other in (emulates.names() if emulates else ())
                if emulates and (translated := _translation(emulates.table(other), other))
            },
        )
        if emulates:
            emulates.done()
    return MappingProxyType(found)


def _of(table: Table, key: str, known: tuple[str, ...]) -> tuple[str, ...]:
    """The words of a list, each one of those that are known."""
    given = table.strings(key) if table.has(key) else ()
    for word in given:
        if word not in known:
            table.problem(f"{word!r} does not fit; expected one of {', '.join(known)}", key)
    return given


def _build(table: Table) -> int:
    version = table.string("build", "")
    matched = re.fullmatch(r"10\.0\.([0-9]{1,6})", version)
    if version and not matched:
        table.problem(f"{version!r} is no version of Windows; expected 10.0 and a build, as in '10.0.26100'", "build")
    return int(matched[1]) if matched else 0


def _machine(table: Table | None, os: str = "") -> HiddenMachine | None:
    if table is None:
        return None
    machine = HiddenMachine(
        os=os or table.string("os", allowed=SYSTEMS),
        by=table.string("by"),
        start=table.number("start", "s"),
        memory=table.number("memory", "B"),
        source=table.string("source", allowed=documents()),
        files=table.number("files", "1") if table.has("files") else None,
    )
    table.done()
    return machine


def _translation(table: Table | None, of: str = "") -> Translation | None:
    if table is None:
        return None
    translation = Translation(
        of=of or table.string("os", allowed=SYSTEMS),
        by=table.string("by"),
        speed=table.number("speed", "1"),
        source=table.string("source", allowed=documents()),
        machine=table.number("machine", "1") if table.has("machine") else None,
    )
    table.done()
    return translation
