"""A running host: its cores, disk, page cache, network card and kernel locks, and how much it holds.

It serves the seven demands of a phase. Each call takes what is asked for, and calls `done(argument)` when it is served.
It gives back the seconds it would take alone on this host, so that a caller can tell service from contention.

Memory is not here. `sim.machine.ledger` counts it.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from simpy import Environment

from sim.catalog.kernel import Lock
from sim.catalog.locks import locks
from sim.catalog.model import PAGE, Host
from sim.catalog.tables.cores import core_numbers
from sim.catalog.tables.mechanisms import memory
from sim.catalog.turbo import core_speeds
from sim.engine.fluid import Fluid
from sim.engine.graceperiods import GracePeriods
from sim.engine.runqueues import RunQueues
from sim.engine.seeds import SeedTree
from sim.engine.servers import CheckingServer, GraceDomain, GraceLock, Servers
from sim.machine.disk import OnServed, RunningDisk
from sim.machine.disklock import DiskLock
from sim.machine.keptlock import KeptLock
from sim.outcome import Bound


@dataclass(slots=True)
class Held:
    """What the host holds beyond an idle one."""

    instances: int = 0
    mounts: int = 0
    ports: int = 0

    def add(self, mounts: int, ports: int = 0, instances: int = 1) -> None:
        """Instances there are from now on, each with so many mounts in the host's table and ports of its bridge."""
        self.instances += instances
        self.mounts += instances * mounts
        self.ports += instances * ports

    def growth(self, amounts: Iterable[tuple[str, float, float | None]], *, itself: bool) -> float:
        """What a demand grows by: the sum over (what there is of, amount for each, None).

        With a number instead of None, the amount is added once where there is more than that.

        Args:
            itself: Whether the asker is held already. A demand does not grow with its asker.
        """
        counts = {"instance": self.instances - itself, "mount": self.mounts, "port": self.ports - itself}
        return sum(
            amount * (counts.get(per, 0) if beyond is None else counts.get(per, 0) > beyond)
            for per, amount, beyond in amounts
        )


class RunningHost:
    """A host of the catalog at work in one simulation.

    Args:
        env: The simulation.
        host: The machine.
        seeds: Where it is drawn on which core a task wakes up. Then each core has a run queue of its own, where the
            host says so. None where all cores are shared among all tasks.

    Attributes:
        bound: Which end of the result its numbers are taken for.
        speed: Of a core, against the reference host's. With run queues it is that of one busy core
            (`sim.catalog.turbo`).
        warm: Whether the page cache holds every file to begin with.
    """

    def __init__(
        self,
        env: Environment,
        host: Host,
        bound: Bound = "value",
        *,
        warm: bool = True,
        seeds: SeedTree | None = None,
    ) -> None:
        self.env = env
        self.host = host
        self.held = Held()
        self.speed = host.cpu_speed.at(bound)
        self._cores = Fluid(env, host.capacity(bound))
        self._queues = _run_queues(env, host, bound, seeds) if seeds and host.has_run_queues else None
        self._disk = RunningDisk(env, host, bound)
        self._network = Fluid(env, host.network.at(bound))
        self._locks: dict[str, Servers] = {}
        self._disk_locks: dict[str, DiskLock] = {}
        self._kept: dict[str, KeptLock] = {}
        self._writes = {name: lock.write.at(bound) for name, lock in locks().items() if lock.write}
        self._ends: dict[str, deque[float]] = {}
        self._lingers = {name: lock.lingering.at(bound) for name, lock in locks().items() if lock.lingering}
        self._special = {name: own for name, lock in locks().items() if (own := _special(lock, host.kernel, bound))}
        self._periods = {
            name: GracePeriods(env, lock.shared.first.at(bound), lock.shared.lag.at(bound))
            for name, lock in locks().items()
            if lock.shared is not None and lock.shared.by_readers(host.kernel)
        }
        self._mapping = memory().fault.at(bound) / PAGE
        self._warm = warm
        self._cached: set[str] = set()
        # Of each who waits for a content, what is called then and with what, without a tuple: a third of the memory.
        self._reading: dict[str, list[Any]] = {}

    @property
    def self_timed(self) -> Collection[str]:
        """The locks that tell by earlier holds how long one takes."""
        return self._special

    @property
    def shared_by_readers(self) -> Collection[str]:
        """What stands in the place of a lock and tells only later when a hold ends (`await_readers`)."""
        return self._periods

    def compute(
        self, core_seconds: float, parallelism: float, done: OnServed, argument: Any = None, *, new: bool = False
    ) -> float:
        """Run a task that can use `parallelism` cores.

        Args:
            core_seconds: On the machine the catalog's figures are for.
            new: Whether it was forked just now, which matters where cores have run queues.
        """
        work = core_seconds / self.speed
        cap = min(parallelism, self.host.cores)
        if self._queues is not None:
            self._queues.submit(work, done, argument, cap, new=new)
        else:
            self._cores.submit(work, done, argument, cap)
        return work / cap

    def read(
        self,
        size: float,
        key: str,
        done: OnServed,
        argument: Any = None,
        files: float = 0.0,
        *,
        stream: bool = False,
    ) -> float:
        """Read `size` bytes of the content `key` names.

        Content is read from the disk once, whoever asks for it. What the page cache holds costs a core the time to map
        it.

        Args:
            files: How many files they lie in.
            stream: Whether they are read from end to end (`RunningDisk.read_seconds`).
        """
        if self._warm or key in self._cached:
            return self.compute(size * self._mapping, 1.0, done, argument)
        waiting = self._reading.get(key)
        if waiting is not None:
            waiting += done, argument
            return self._disk.read_seconds(size, files, stream=stream)[0]
        self._reading[key] = [done, argument]
        return self._disk.read(size, files, stream, self._has_read, key)

    def _has_read(self, key: str) -> None:
        self._cached.add(key)
        waiting = iter(self._reading.pop(key))
        for done, argument in zip(waiting, waiting, strict=True):
            done(argument)

    def write(self, size: float, done: OnServed, argument: Any = None) -> float:
        """Write `size` bytes to the disk."""
        return self._disk.write(size, done, argument)

    def flush(self, count: float, done: OnServed, argument: Any = None) -> float:
        """Make so many small files safe on the disk, one after another."""
        return self._disk.flush(count, done, argument)

    def transfer(self, size: float, done: OnServed, argument: Any = None, cap: float = math.inf) -> float:
        """Receive `size` bytes over the network card.

        Args:
            cap: The most bytes a second one connection carries.
        """
        self._network.submit(size, done, argument, cap)
        return size / min(cap, self._network.capacity)

    def queued(self, lock: str) -> int:
        """How many are in a lock's queue now, its holder included, and those that linger after they gave it back.

        They are counted from the first time this is asked.
        """
        if lock in self._disk_locks:
            return len(self._disk_locks[lock])
        since = self.env.now - self._lingers.get(lock, 0.0)
        ends = self._ends.setdefault(lock, deque())
        while ends and ends[0] <= since:
            ends.popleft()
        return len(ends)

    def hold(self, lock: str, seconds: float) -> tuple[float, float]:
        """Take a lock now, in the order of asking. When it is got, and when it is given back."""
        now = self.env.now
        special = self._special.get(lock)
        if special is not None:
            return special.hold(now, seconds)
        servers = self._locks.get(lock)
        if servers is None:
            servers = self._locks[lock] = Servers()
        end = servers.hold(now, seconds)
        if lock in self._ends:
            self._ends[lock].append(end)
        return end - seconds, end

    def await_readers(self, lock: str, seconds: float, done: OnServed, argument: Any = None) -> float:
        """Wait for a grace period of those that go by readers. Gives the seconds that this takes alone."""
        return self._periods[lock].ask(seconds, done, argument)

    def hold_and_flush(self, lock: str, seconds: float, flushes: float, done: OnServed, argument: Any = None) -> float:
        """Take a lock in the order of asking, and have it for some seconds and then for flushes of the disk."""
        held = self._disk_locks.get(lock)
        if held is None:
            held = self._disk_locks[lock] = DiskLock(self.env, self._disk, self._writes.get(lock, math.inf))
        return held.hold(seconds, flushes, done, argument)

    def take(self, lock: str, done: OnServed, argument: Any) -> bool:
        """Take a lock until it is given back. Whether it is got now; else `done(argument)` is called once it is."""
        kept = self._kept.get(lock)
        if kept is None:
            kept = self._kept[lock] = KeptLock()
        return kept.take(done, argument)

    def give_back(self, lock: str, argument: Any) -> None:
        """Give back a lock that was taken with that argument. Nothing happens where it was not, or is given back."""
        kept = self._kept.get(lock)
        if kept is not None:
            kept.give_back(argument)


def _special(lock: Lock, kernel: str, bound: Bound) -> GraceDomain | GraceLock | CheckingServer | None:
    """What serves a lock whose holds depend on earlier ones. None for one that is like most."""
    if lock.grace is not None:
        return GraceLock(lock.grace.quick.at(bound), lock.grace.recent.at(bound), lock.grace.stale.at(bound))
    shared = lock.shared
    if shared is not None and not shared.by_readers(kernel):
        return GraceDomain(shared.first.at(bound), shared.period.at(bound), shared.lag.at(bound))
    if lock.checks is not None:
        return CheckingServer(lock.checks.wait.at(bound), lock.checks.most.at(bound), lock.checks.window.at(bound))
    return None


def _run_queues(env: Environment, host: Host, bound: Bound, seeds: SeedTree) -> RunQueues:
    interval = core_numbers().balance_interval(host.kernel, host.cores, bound)
    speeds = core_speeds(host.turbo, host.cores, host.sockets, bound)
    turn = core_numbers().turn(host.kernel, host.cores, bound)
    return RunQueues(env, host.cores, seeds.stream("cores"), interval, max(1.0, host.smt.at(bound)), speeds, turn)
