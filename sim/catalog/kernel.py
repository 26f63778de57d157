"""What takes its time in a host's kernel and in daemons, as types: versions, waits, locks with what is done under them.

`sim.catalog.locks` reads them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

from sim.catalog.number import COSTS, HELPS, Number, Sensed
from sim.scenario import Text

Per = Literal["instance", "mount", "layer", "queued", "port"]
"""What a demand may grow with."""

KERNEL_WAITS = ("netns_cleanup", "cgroup_create")
"""Waits of a host's kernel: before a network namespace is taken down, and while a cgroup is made."""

HOST_WAITS = ("kvm_create", "kvm_guest", *KERNEL_WAITS)
"""The waits that a host may say itself.

Beside those of its kernel, these are the waits for all its cores while KVM makes a machine, and while its guest sets
itself up.
"""

VERSION = re.compile(r"\d+(\.\d+)*")
"""A version of a kernel or an engine, "5.15"."""


@lru_cache(256)
def generation(version: str) -> tuple[int, ...]:
    """A version as numbers that compare: "5.15" is later than "5.4"."""
    return tuple(int(part) for part in version.split("."))


@dataclass(frozen=True, slots=True)
class Growth(Sensed):
    """A demand that grows with what the host holds.

    Attributes:
        per: What is counted. "queued" are those in the queue of a hold's lock when one more comes, its holder included.
            "port" are the ports of the instances' bridge.
        amount: How much more for each of them, or where `beyond` is given, once.
        beyond: How many there may be before the amount is added, which then is the same whatever their number.
    """

    per: Per
    amount: Number = field(metadata=COSTS)
    beyond: Number | None = field(default=None, metadata=HELPS)


@dataclass(frozen=True, slots=True)
class Hold(Sensed):
    """How long one holder has a lock.

    Attributes:
        amount: Seconds, beside the flushes.
        growth: What it grows by.
        flushes: How many flushes of the host's disk it waits for under the lock, one after the other. None for none.
    """

    amount: Number = field(metadata=COSTS)
    growth: tuple[Growth, ...] = ()
    flushes: Number | None = field(default=None, metadata=COSTS)

    @property
    def empty(self) -> bool:
        """Whether there is nothing to do, whatever the host holds."""
        return not (self.growth or self.flushes is not None or self.amount.at("high"))


@dataclass(frozen=True, slots=True)
class Operation:
    """Something that is done while a lock is held.

    Attributes:
        id: Its id within the lock.
        text: What is done.
        held: For how long on versions that no entry of `older` is for.
        older: Pairs of a version and the hold on versions before it, oldest first. They are the kernel's, or the
            engine's where the lock is a daemon's.
        adds_port: Whether it gives the instance a port of the host's bridge.
        daemon: Whether its lock is a daemon's.
    """

    id: str
    text: Text
    held: Hold
    older: tuple[tuple[str, Hold], ...] = ()
    adds_port: bool = False
    daemon: bool = False

    @property
    def kept(self) -> bool:
        """Whether it takes no time of its own on any version: its lock is had until a later phase ends."""
        return self.held.empty and all(held.empty for _, held in self.older)

    def on(self, version: str) -> Hold:
        """The hold on that version of what has the lock. "" for the newest."""
        if not version:
            return self.held
        has = generation(version)
        return next((held for before, held in self.older if has < generation(before)), self.held)


@dataclass(frozen=True, slots=True)
class Grace(Sensed):
    """A lock whose holder waits for a grace period, unless the last one has just passed.

    Attributes:
        quick: Seconds that it is held where the last hold ended at most `recent` seconds ago.
        recent: See `quick`.
        stale: Seconds since the last hold, from which on it is held for the operation's own time. In between the time
            grows in proportion.
    """

    quick: Number = field(metadata=COSTS)
    recent: Number = field(metadata=COSTS)
    stale: Number = field(metadata=COSTS)


@dataclass(frozen=True, slots=True)
class SharedGrace(Sensed):
    """No lock: grace periods of one domain, which all who ask for one share.

    An operation's hold is how long its caller takes in an idle domain.

    Attributes:
        first: Seconds of one that begins in an idle domain, at most.
        period: Seconds of one that begins as another ends.
        lag: Seconds from its end until its callers go on: a tick.
        readers_before: The kernel before which the periods go by readers (`sim.engine.graceperiods`), and `period` is
            not of use. What a hold has beyond `first` is reading there.
    """

    first: Number = field(metadata=COSTS)
    period: Number = field(metadata=COSTS)
    lag: Number = field(metadata=COSTS)
    readers_before: str

    def by_readers(self, version: str) -> bool:
        """Whether the periods go by readers on that version of the kernel."""
        return generation(version) < generation(self.readers_before)


@dataclass(frozen=True, slots=True)
class Checks(Sensed):
    """A server whose long holds are a check that it makes no more than so often.

    Attributes:
        wait: Seconds of a hold that are the check.
        most: How many checks it makes within a window.
        window: Seconds of that.
    """

    wait: Number = field(metadata=COSTS)
    most: Number = field(metadata=COSTS)
    window: Number = field(metadata=HELPS)


@dataclass(frozen=True, slots=True)
class Lock(Sensed):
    """A lock of a host's kernel or of a daemon: one holder at a time, in the order of asking.

    Attributes:
        id: Its id, the part before the dot in "rtnl.veth-move".
        name: What it is called.
        operations: What is done under it, by id.
        grace: How it depends on the last hold. None where it does not.
        daemon: Whether it is a daemon's, so that the engine's version matters and the host's kernel does not.
        checks: Which of its holds are checks that it may leave out. None for none.
        shared: The grace periods that stand in its place, where nobody is kept out. None for a lock.
        lingering: For how many seconds a holder, in the way of others still, counts as "queued" after it gave the lock
            back. None for not at all.
        write: After how many flushes a holder gives the lock back and asks for it again, as a database has it for each
            write. None for once after all.
    """

    id: str
    name: Text
    operations: Mapping[str, Operation]
    grace: Grace | None = None
    daemon: bool = False
    checks: Checks | None = None
    shared: SharedGrace | None = None
    lingering: Number | None = field(default=None, metadata=COSTS)
    write: Number | None = field(default=None, metadata=COSTS)
