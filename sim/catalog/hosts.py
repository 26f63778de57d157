"""A host's table: cores, speeds, memory, its own lock times and waits. Catalog files and measured profiles share it."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import cast, get_args

from sim.catalog.disks import UNSTATED, Disk, disks
from sim.catalog.kernel import HOST_WAITS, VERSION
from sim.catalog.locks import operations, unknown
from sim.catalog.model import Host, HostScheduler
from sim.catalog.number import Number
from sim.catalog.read import Table
from sim.catalog.turbo import turbo_of

_NO_BYTES = Number(0.0, "B", sources=("definition",))
_ONE = Number(1.0, "1", sources=("definition",))


def _locks(table: Table) -> tuple[dict[str, Number], dict[str, str]]:
    """A host's own hold times, by lock and operation, and before which release of the engine they hold, by lock."""
    outer = table.table("locks", needed=False)
    if outer is None:
        return {}, {}
    holds: dict[str, Number] = {}
    befores: dict[str, str] = {}
    for lock in outer.names():
        inner = outer.table(lock)
        if inner is None:
            continue
        for name in inner.names():
            if name == "before":
                befores[lock] = inner.string("before", allowed=_releases(lock))
                continue
            if f"{lock}.{name}" not in operations():
                outer.problem(unknown(f"{lock}.{name}"), f"{lock}.{name}")
                continue
            if operations()[f"{lock}.{name}"].kept:
                outer.problem("takes no time of its own: its lock is had until a later phase ends", f"{lock}.{name}")
            holds[f"{lock}.{name}"] = inner.number(name, "s")
    return holds, befores


def _releases(lock: str) -> tuple[str, ...]:
    """The releases of a daemon that holds of its lock change with, each once."""
    held = (held for name, held in operations().items() if name.partition(".")[0] == lock and held.daemon)
    return tuple(dict.fromkeys(before for operation in held for before, _ in operation.older))


def _waits(table: Table) -> dict[str, Number]:
    waits = table.numbers("waits", "s")
    for name in waits:
        if name not in HOST_WAITS:
            table.problem(f"is no wait of a host; there are {', '.join(HOST_WAITS)}", f"waits.{name}")
    return waits


def _disk(table: Table) -> tuple[Disk, Number, Number]:
    """The disk that a host names, and how fast it reads and writes, which the host may say itself."""
    if not table.has("disk"):
        return disks()[UNSTATED], table.number("disk_read", "B/s"), table.number("disk_write", "B/s")
    own = disks().get(table.string("disk", allowed=disks()), disks()[UNSTATED])
    return own, table.number("disk_read", "B/s", own.read), table.number("disk_write", "B/s", own.write)


def with_disk(host: Host, disk: Disk) -> Host:
    """The host with another disk."""
    return replace(
        host,
        disk=disk.id,
        disk_read=disk.read,
        disk_write=disk.write,
        disk_access=disk.access,
        disk_operations=disk.operations,
        disk_flush=disk.flush,
        disk_line=disk.line,
    )


def host_of(table: Table) -> Host:
    """The host a table tells. What is wrong with it is noted in the table."""
    disk, disk_read, disk_write = _disk(table)
    cores = table.number("cores", "1", definition=True)
    sockets = table.number("sockets", "1", _ONE, definition=True)
    locks, locks_before = _locks(table)
    return Host(
        id=table.string("id"),
        name=table.text("name"),
        cores=int(cores.value),
        cpu_speed=table.number("cpu_speed", "1", definition=True),
        copy_speed=table.number("copy_speed", "1", definition=True) if table.has("copy_speed") else None,
        memory=table.number("memory", "B", definition=True),
        disk_read=disk_read,
        disk_write=disk_write,
        disk=disk.id,
        disk_access=table.number("disk_access", "s", disk.access),
        disk_operations=disk.operations,
        disk_flush=table.number("disk_flush", "s", disk.flush),
        disk_line=disk.line if disk.line != disk.read else disk_read,
        network=table.number("network", "B/s", definition=True),
        kernel=table.string("kernel"),
        nested=table.flag("nested"),
        without_ssbd=table.flag("without_ssbd"),
        sockets=int(sockets.value),
        swap=table.number("swap", "B", _NO_BYTES, definition=True),
        locks=locks,
        locks_before=locks_before,
        waits=_waits(table),
        limits=table.numbers("limits", "1"),
        own_memory=table.number("own_memory", "B", _NO_BYTES),
        smt=table.number("smt", "1", _ONE),
        turbo=turbo_of(table),
        scheduler=cast("HostScheduler", table.string("scheduler", "queues", get_args(HostScheduler))),
        provenance={"cores": cores, "sockets": sockets},
    )


def check_host(host: Host, table: Table) -> None:
    """Note in the table what no machine is like, of a host that is not the catalog's own."""
    for name in ("cpu_speed", "copy_speed", "memory", "disk_read", "disk_write", "network"):
        if table.has(name) and getattr(host, name).value <= 0:
            table.problem("is not above zero", name)
    for name, number in host.provenance.items():
        if number.value < 1 or number.value != math.floor(number.value):
            table.problem(f"{number.value:g} is not a whole number of at least 1", name)
    if not VERSION.fullmatch(host.kernel):
        table.problem(f"{host.kernel!r} is not a kernel's version as 6.12", "kernel")
