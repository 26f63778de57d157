"""A disk at work: files that are opened one by one and read in small pieces, writes in a stream, and flushes.

A read by itself takes its access and its transfer. A disk with a queue has several under way at once. So one start is
slow and leaves the disk idle for most of its time, and many starts share what the disk can do in all.

Flushes go through the file system's journal (`sim.machine.journal`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from simpy import Environment

from sim.catalog.model import PAGE, Host
from sim.catalog.tables.mechanisms import memory
from sim.engine.fluid import Fluid
from sim.machine.journal import Journal
from sim.outcome import Bound

OnServed = Callable[[Any], Any]


class RunningDisk:
    """The disk of one host in one simulation.

    Args:
        bound: Which end of the result its numbers are taken for.
    """

    def __init__(self, env: Environment, host: Host, bound: Bound = "value") -> None:
        self._read, self._write = host.disk_read.at(bound), host.disk_write.at(bound)
        self._line = host.disk_line.at(bound) or self._read
        self._access, self._flush = host.disk_access.at(bound), host.disk_flush.at(bound)
        most = host.disk_operations.at(bound)
        self._gap = 1 / most if most else 0.0
        cache = memory()
        self._piece, self._lookups = cache.piece.value, cache.lookups.at(bound)
        # One device: reads, writes and flushes share its time.
        self._device = Fluid(env, 1.0)
        self._journal = Journal(env, self._device, self._flush)

    def _one(self, size: float) -> tuple[float, float]:
        """Seconds that a read of so many bytes takes alone, and those of the device's time in it."""
        busy = max(self._gap, size / self._read)
        return max(self._access + size / self._line, busy), busy

    def read_seconds(self, size: float, files: float = 0.0, *, stream: bool = False) -> tuple[float, float]:
        """Seconds that reading takes alone, and those of the device's time in it.

        Args:
            size: Bytes.
            files: How many files they lie in. Each has its name and its place looked up on the disk first.
            stream: Whether the next piece is asked for before the last has come, as of one file read from end to end.
        """
        if stream:
            return self._access + size / self._read, size / self._read
        pieces = size / self._piece
        whole, busy = self._one(min(self._piece, size)) if size else (0.0, 0.0)
        if pieces < 1:
            pieces = 1.0
        looked, looked_busy = self._one(PAGE)
        lookups = files * self._lookups
        return pieces * whole + lookups * looked, pieces * busy + lookups * looked_busy

    def read(self, size: float, files: float, stream: bool, done: OnServed, argument: Any = None) -> float:
        """Read so many bytes, and call `done(argument)`. Gives the seconds that it takes alone."""
        alone, busy = self.read_seconds(size, files, stream=stream)
        self._journal.share()
        if busy:
            self._device.submit(busy, done, argument, busy / alone)
        else:
            self._device.submit(0.0, done, argument)
        return alone

    def write(self, size: float, done: OnServed, argument: Any = None) -> float:
        """Write so many bytes in a stream, and call `done(argument)`. Gives the seconds that it takes alone."""
        alone = size / self._write
        self._journal.share()
        self._device.submit(alone, done, argument)
        return alone

    def flush_seconds(self, count: float) -> float:
        """Seconds that it takes alone to make so many small files safe, one after another."""
        return (round(count) or 1) * self._flush

    def flush(self, count: float, done: OnServed, argument: Any = None) -> float:
        """Make so many small files safe, one after another, and call `done(argument)`.

        Gives the seconds that it takes alone. One that comes while a commit is under way waits for the next.
        """
        times = round(count) or 1
        if not self._flush:
            self._device.submit(0.0, done, argument)
            return 0.0
        self._journal.flush(times, done, argument)
        return times * self._flush
