"""`list --catalog`: what of the catalog a scenario may name, by kind."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import get_args, get_type_hints

from sim.catalog import load
from sim.catalog.disks import Disk, disks
from sim.catalog.model import Application, Host
from sim.catalog.tables.engines import engines
from sim.catalog.tables.registries import distribution
from sim.catalog.tables.workloads import Workload, workloads
from sim.quantity import render
from sim.report.grid import table
from sim.report.numbers import NARROW, written
from sim.scenario import Text
from sim.studies.startup import Startup


@dataclass(frozen=True, slots=True)
class NamedEntry:
    """What a scenario may name.

    Attributes:
        kind: The parameter that names it, as "technology".
        id: How it is named.
        name: What it is called.
        what: What it is, in a line.
    """

    kind: str
    id: str
    name: Text
    what: str


def entries() -> Iterator[NamedEntry]:
    """Every entry, kind by kind, as the catalog orders them."""
    for technology in load.technologies().values():
        yield NamedEntry("technology", technology.id, technology.name, technology.kind.en)
    for engine in engines().values():
        for release in engine.releases:
            name = Text(en=f"{engine.name.en} {release.version}", ja=f"{engine.name.ja} {release.version}")
            yield NamedEntry("engine", release.version, name, f"of {engine.id}, {release.month}: {release.storage.en}")
    for guest in load.guests().values():
        memory = render(guest.default_memory.value, "B")
        yield NamedEntry("guest", guest.id, guest.name, f"{memory} by default")
    for application in load.applications().values():
        yield NamedEntry("application", application.id, application.name, _of_application(application))
    for host in load.hosts().values():
        yield NamedEntry("host", host.id, host.name, _of_host(host))
    offered = get_args(get_type_hints(Startup)["disk"])
    for disk in disks().values():
        if disk.id in offered:  # the others are of one host each
            yield NamedEntry("disk", disk.id, disk.name, _of_disk(disk))
    for workload in workloads().values():
        yield NamedEntry("workload", workload.id, workload.name, _of_workload(workload))
    for registry in distribution().registries.values():
        rate = f"{_short(registry.flow.value, 'B/s')} a connection"
        yield NamedEntry("registry", registry.id, registry.name, rate)
    for image in load.images().values():
        size = written(image.compressed_size, "B", transfer=True).replace(NARROW, " ")
        yield NamedEntry(
            "images", image.name, Text(en=image.name), f"{_count(len(image.layers), 'layer')}, {size} compressed"
        )


def as_table(width: int | None = None) -> str:
    """A row an entry.

    Args:
        width: Of the terminal, where the last column goes on below. None for a line each, whatever its length.
    """
    rows = [(each.kind, each.id, each.name.en, each.what) for each in entries()]
    return "\n".join(table(("kind", "id", "name", "what"), rows, limit=width, wrap=True)) + "\n"


def as_json() -> str:
    """A list of objects, in the same order."""
    rows = [
        {
            "kind": each.kind,
            "id": each.id,
            "name": {language: each.name.read(language) for language in ("en", "ja")},
            "what": each.what,
        }
        for each in entries()
    ]
    return json.dumps(rows, indent=2, ensure_ascii=False)


def _of_application(application: Application) -> str:
    said = f"from {application.image}" if application.image else "without an image of its own"
    return f"{said}; ends once it has started" if application.exits else said


def _of_host(host: Host) -> str:
    disk = disks()[host.disk].name.en if host.disk else f"a disk that reads {_short(host.disk_read.value, 'B/s')}"
    memory = f"{host.memory.value / 2**30:.3g} GiB" if host.memory.value < 2**40 else render(host.memory.value, "B")
    return f"{_count(host.cores, 'core')}, {memory}, {disk}, Linux {host.kernel}"


def _of_disk(disk: Disk) -> str:
    return f"reads {_short(disk.read.value, 'B/s')}, flushes in {_short(disk.flush.value, 's')}"


def _of_workload(workload: Workload) -> str:
    return f"{workload.group.replace('_', ' ')}; on {workload.host} unless said otherwise"


def _short(value: float, unit: str) -> str:
    """A number in two digits, with a plain blank before its unit."""
    return written(value, unit).replace(NARROW, " ")


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
