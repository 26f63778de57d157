"""Records of the instances of a run: their starts, their memory, and what limits their number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Owner = Literal["machine", "kernel", "userland", "engine", "files", "application"]
"""Whose seconds or bytes they are. Each owner has one colour in every figure (docs/architecture.md)."""


OWNERS: tuple[Owner, ...] = ("machine", "kernel", "userland", "engine", "files", "application")


@dataclass(frozen=True, slots=True)
class Message:
    """A sentence that is not written yet.

    Attributes:
        id: Its id in the message catalog.
        arguments: Names and values of what is filled in.
    """

    id: str
    arguments: tuple[tuple[str, str | float | int], ...] = ()


@dataclass(slots=True, unsafe_hash=True)
class PhaseRecord:
    """One phase of one instance's start.

    Nothing changes one. It is not frozen, as thousands of starts make 30 each: a frozen one takes 2.1 us to make, and
    this one 0.45 (CPython 3.11).

    Attributes:
        of: The label.
        instance: Its number, in the order of requests.
        phase: The id of the phase in the catalog.
        owner: Whose time it is.
        demand: "cpu", "read", "write", "flush", "transfer", "hold" or "wait".
        resource: The lock, link or disk that served it.
        start: Seconds since the replication began.
        end: Seconds since the replication began.
        queued: The seconds of `end - start` beyond what the phase takes alone on an idle host. They were spent in a
            lock's queue, or on cores and links shared with others.
        source: Fact ids, or "estimate: reasoning".
        estimate: Whether the phase's own number is an estimate.
    """

    of: str
    instance: int
    phase: str
    owner: Owner
    demand: str
    resource: str
    start: float
    end: float
    queued: float
    source: str
    estimate: bool = False


@dataclass(frozen=True, slots=True)
class InstanceRecord:
    """The milestones of one instance, in seconds since the replication began."""

    of: str
    instance: int
    requested: float
    runtime_ready: float
    init_started: float
    ready: float


@dataclass(frozen=True, slots=True)
class MemoryRecord:
    """One entry of the memory ledger: bytes of physical memory, each counted once.

    Attributes:
        of: The label.
        instance: Whose private pages they are. None for pages that exist once on the host.
        owner: Whose memory it is.
        part: The id of the part of the memory bill.
        bytes: How many.
        content_key: What file pages hold. "" for anonymous pages.
        mappers: How many instances map these pages.
        in_rss: Whether `ps` counts them as resident in each process that maps them. Kernel memory is in no process.
        source: Fact ids, or "estimate: reasoning".
        estimate: Whether it is an estimate.
        touched: False for memory that is configured but was never touched. It is a promise and takes no memory.
    """

    of: str
    instance: int | None
    owner: Owner
    part: str
    bytes: int
    content_key: str
    mappers: int
    in_rss: bool
    source: str
    estimate: bool = False
    touched: bool = True


@dataclass(frozen=True, slots=True)
class ConstraintRecord:
    """One constraint on the number of instances.

    Attributes:
        of: The label.
        constraint: Its name, as "memory_touched".
        limit: The largest number of instances it allows. None where it never binds on this host.
        binds: Whether it is the one that stops the next instance.
        demand: What one more instance takes at the limit, in `unit`.
        capacity: What there is, in `unit`.
        unit: The unit of demand and capacity.
        source: Fact ids, or "estimate: reasoning".
        estimate: Whether it is an estimate.
    """

    of: str
    constraint: str
    limit: int | None
    binds: bool
    demand: float
    capacity: float
    unit: str
    source: str
    estimate: bool = False
