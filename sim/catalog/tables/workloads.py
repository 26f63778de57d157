"""Steady loads: what one request of an application asks for, as it runs natively on the host it was measured on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Literal, cast, get_args

from sim.catalog import load
from sim.catalog.block import Block, over, without
from sim.catalog.files import read_toml, refuse
from sim.catalog.number import COSTS, HELPS, NO_TIME, Number, Sensed
from sim.catalog.read import Table, positive
from sim.errors import InputError, Problem
from sim.scenario import Text

FOLDER = Path(__file__).parents[1] / "workloads"

WorkloadGroup = Literal["cpu", "memory", "storage", "network", "system_calls", "application"]
"""What a workload is mostly about."""

WorkloadId = Literal[
    "linpack",
    "sysbench-cpu",
    "stream",
    "random-access",
    "random-access-socket",
    "fio-random-read",
    "fio-random-write",
    "fio-128k-read",
    "fio-128k-read-queued",
    "fio-128k-write",
    "fio-128k-write-queued",
    "fio-sequential",
    "fio-sequential-read",
    "san-random-read",
    "san-random-read-jobs",
    "san-random-write",
    "san-random-write-jobs",
    "netperf-rr",
    "netperf-udp-rr",
    "nuttcp",
    "iperf-tap",
    "iperf-tap-sent",
    "getpid",
    "getpid-cloud",
    "getpid-8370c",
    "nginx",
    "redis-get",
    "redis-set",
    "web-database",
    "load-worker",
    "commit",
    "commit-network",
]
"""Those that a scenario may name."""

NOTHING = Number(0.0, "1", sources=("definition",))
_ONE = Number(1.0, "1", sources=("definition",))
_NO_BYTES = Number(0.0, "B", sources=("definition",))
_COUNTED = ("threads", "exchanges", "operations", "clients")


@dataclass(frozen=True, slots=True)
class Workload(Sensed):
    """One request, and how requests come.

    Attributes:
        id: Its id.
        name: What it is called.
        group: What it is mostly about.
        host: The host that its CPU was counted on, where it runs unless a scenario says otherwise.
        cpu: Core-seconds of a request on the reference host, the kernel's part included.
        copies: Whether all of `cpu` goes with how fast the host copies between cores.
        store_bypass: How many times as long `cpu` takes where the processor's store bypass is switched off
            (`sim.platforms.speculation`). 1 where nobody has published it.
        spread: Sigma of the logarithm of a request's CPU.
        threads: How many requests an instance computes at the same time.
        page_walks: Addresses whose translation misses the TLB.
        system_calls: System calls.
        call: Core-seconds of the cheapest system call, which are within `cpu`.
        exchanges: How often something is sent to another machine or program and answered.
        packets: Packets of a request, both ways together. A packet is what passes the kernel as one: segments that the
            network card puts together or cuts up are one.
        packet_bytes: Bytes that all packets carry.
        sent_bytes: Those of them that the instance sends to a program on its own host.
        wire: Seconds that an exchange takes outside of this host.
        link: Bytes a second of the network.
        disk_operations: Reads or writes of a request, one after another.
        disk_bytes: Bytes of each.
        disk_writes: Whether they are writes.
        disk_time: Seconds that one takes alone.
        disk_gap: Seconds until the disk takes the next one.
        disk_spread: Sigma of the logarithm of `disk_time`, or of `disk_die` where that is told apart.
        disk_die: Seconds of `disk_time` that a die of a flash drive is busy with a part of the operation. 0 where that
            is not told apart.
        disk_dies: How many dies there are. An operation of one part waits for the die that its data lie on. 0 where
            that is not told apart.
        disk_parts: On how many dies an operation is spread. It ends with the slowest. Dies are no bottleneck of such
            operations, as data come slower than dies read: so they do not wait for each other there.
        disk_pieces: In how many pieces of a guest's memory the bytes of an operation lie, in the mean. A large buffer
            is in huge pages.
        disk_piece_time: As `disk_time`, of one of several pieces.
        disk_flush_every: After how many operations the application flushes (fsync). It waits for that, and asks for
            nothing meanwhile. 1 says that each is flushed, which is within `disk_time`. 0 for never.
        memory_bytes: Bytes that a request moves between memory and processor.
        operations: Operations that are counted for a request.
        clients: Clients of an instance, each with one request at a time. 0 where requests come by a rate.
        rate: Requests a second that come at random. 0 where clients make them.
    """

    id: str
    name: Text
    group: WorkloadGroup
    host: str
    cpu: Number = field(metadata=COSTS)
    copies: bool
    store_bypass: Number = field(metadata=COSTS)
    spread: Number = field(metadata=COSTS)
    threads: Number = field(metadata=HELPS)
    page_walks: Number = field(metadata=COSTS)
    system_calls: Number = field(metadata=COSTS)
    call: Number = field(metadata=COSTS)
    exchanges: Number = field(metadata=COSTS)
    packets: Number = field(metadata=COSTS)
    packet_bytes: Number = field(metadata=COSTS)
    sent_bytes: Number = field(metadata=COSTS)
    wire: Number = field(metadata=COSTS)
    link: Number = field(metadata=HELPS)
    disk_operations: Number = field(metadata=COSTS)
    disk_bytes: Number = field(metadata=COSTS)
    disk_writes: bool
    disk_time: Number = field(metadata=COSTS)
    disk_gap: Number = field(metadata=COSTS)
    disk_spread: Number = field(metadata=COSTS)
    disk_die: Number = field(metadata=COSTS)
    disk_dies: Number = field(metadata=HELPS)
    disk_parts: Number = field(metadata=COSTS)
    disk_pieces: Number = field(metadata=COSTS)
    disk_piece_time: Number = field(metadata=COSTS)
    disk_flush_every: Number = field(metadata=HELPS)
    memory_bytes: Number = field(metadata=HELPS)
    operations: Number = field(metadata=HELPS)
    clients: Number = field(metadata=COSTS)
    rate: Number = field(metadata=COSTS)

    @property
    def numbers(self) -> Mapping[str, Number]:
        """Its numbers by name."""
        found = {name: getattr(self, name) for name in self.__slots__}
        return {name: number for name, number in found.items() if isinstance(number, Number)}


@cache
def workloads() -> Mapping[str, Workload]:
    """Every workload by its id, in the order of their names."""
    return MappingProxyType({path.stem: read(path) for path in sorted(FOLDER.glob("*.toml"))})


def workload(name: str) -> Workload:
    """The workload of that id. Raises `InputError` naming those there are."""
    known = workloads().get(name)
    if known is None:
        raise InputError(f"no workload {name!r}; there are {', '.join(workloads())}")
    return known


def read(path: Path) -> Workload:
    """The workload of one file. Raises `CatalogError` with the dotted path of every rule it breaks."""
    file = f"workloads/{path.name}"
    problems: list[Problem] = []
    table = Table(_block(path, problems), file, "", problems, lambda name: load.host(name).cpu_speed)
    found = _workload(table)
    table.done()
    if found.id != path.stem:
        table.problem(f"{found.id!r} is not the file's name {path.stem!r}", "id")
    refuse(problems, file, path)
    return found


def _block(path: Path, problems: list[Problem]) -> Block:
    """The table of a file, over that of the workload that it is `like`, if it is like one."""
    file = f"workloads/{path.name}"
    own = Block(read_toml(path, file), (file, ""))
    name = own.get("like")
    if name is None:
        return own
    if name not in (names := sorted(one.stem for one in FOLDER.glob("*.toml"))):
        problems.append(Problem(f"{name!r} is no workload; there are {', '.join(names)}", file, path="like"))
        return without(own, ("like",))
    below = f"workloads/{name}.toml"
    return over(Block(read_toml(FOLDER / f"{name}.toml", below), (below, "")), without(own, ("like",)))


def _workload(table: Table) -> Workload:
    def count(name: str, default: Number = NOTHING) -> Number:
        return table.number(name, "1", default, definition=True)

    disk = table.has("disk_operations")
    found = Workload(
        id=table.string("id"),
        name=table.text("name"),
        group=cast("WorkloadGroup", table.string("group", allowed=get_args(WorkloadGroup))),
        host=table.string("host", allowed=load.hosts()),
        cpu=table.number("cpu", "s"),
        copies=table.flag("copies"),
        store_bypass=table.number("store_bypass", "1", _ONE),
        spread=count("spread"),
        threads=count("threads", _ONE),
        page_walks=count("page_walks"),
        system_calls=count("system_calls"),
        call=table.number("call", "s", None if table.has("system_calls") else NO_TIME),
        exchanges=count("exchanges", _ONE),
        packets=count("packets"),
        packet_bytes=table.number("packet_bytes", "B", _NO_BYTES, definition=True),
        sent_bytes=table.number("sent_bytes", "B", _NO_BYTES, definition=True),
        wire=table.number("wire", "s", NO_TIME),
        link=table.number("link", "B/s", Number(1.25e9, "B/s", sources=("definition",))),
        disk_operations=count("disk_operations"),
        disk_bytes=table.number("disk_bytes", "B", None if disk else _NO_BYTES, definition=True),
        disk_writes=table.flag("disk_writes"),
        disk_time=table.number("disk_time", "s", None if disk else NO_TIME),
        disk_gap=table.number("disk_gap", "s", None if disk else NO_TIME),
        disk_spread=count("disk_spread"),
        disk_die=table.number("disk_die", "s", NO_TIME),
        disk_dies=count("disk_dies"),
        disk_parts=count("disk_parts", _ONE),
        disk_pieces=count("disk_pieces", _ONE),
        disk_piece_time=table.number("disk_piece_time", "s", NO_TIME),
        disk_flush_every=count("disk_flush_every"),
        memory_bytes=table.number("memory_bytes", "B", _NO_BYTES, definition=True),
        operations=count("operations", _ONE),
        clients=count("clients"),
        rate=table.number("rate", "1/s", Number(0.0, "1/s", sources=("definition",)), definition=True),
    )
    _check(found, table)
    return found


def _check(found: Workload, table: Table) -> None:
    positive(table, cpu=found.cpu, link=found.link, store_bypass=found.store_bypass)
    for name in (*_COUNTED, "disk_operations"):
        value = getattr(found, name).value
        if value != int(value) or (name != "disk_operations" and name != "clients" and value < 1):
            table.problem(f"{value:g} is not a whole number of at least 1", name)
    if bool(found.clients.value) == bool(found.rate.value):
        table.problem("has exactly one of clients and rate", "clients")
