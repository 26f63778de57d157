"""A lock whose holder waits for the disk while it has it, as the one writer of a database does.

Where it is had for each write, a holder with more to write asks again at the end of the queue.

How long that takes is known only once the disk is done. So a queue is kept here, where `sim.engine.servers` needs none.
"""

from __future__ import annotations

import math
from collections import deque
from typing import Any

from simpy import Environment

from sim.engine.alarm import Alarm
from sim.machine.disk import OnServed, RunningDisk


class DiskLock:
    """One holder at a time, in the order of asking.

    Args:
        write: After how many flushes the lock is given back.
    """

    def __init__(self, env: Environment, disk: RunningDisk, write: float = math.inf) -> None:
        self._disk = disk
        self._write = write
        # Of each its seconds for a write, its flushes, what is called after them and with what, without a tuple: half
        # the memory.
        self._queue: deque[Any] = deque()
        self._alarm = Alarm(env, self._flush)

    def __len__(self) -> int:
        """How many are in the queue, the holder included."""
        return len(self._queue) // 4

    def hold(self, seconds: float, flushes: float, done: OnServed, argument: Any = None) -> float:
        """Have the lock for some seconds and then for some flushes, and call `done(argument)`.

        Each write has its share of the seconds. Gives the seconds that it takes where nobody else wants the lock or the
        disk.
        """
        queue, each = self._queue, seconds
        if seconds and flushes > self._write:
            each = seconds / math.ceil(flushes / self._write)
        queue.extend((each, flushes, done, argument))
        if len(queue) == 4:
            self._begin()
        return seconds + self._disk.flush_seconds(flushes)

    def _begin(self) -> None:
        """The first of the queue has the lock from now on."""
        seconds = self._queue[0]
        if seconds:
            self._alarm.arm(seconds)
        else:
            self._flush()

    def _flush(self, _: Any = None) -> None:
        flushes, write = self._queue[1], self._write
        self._disk.flush(flushes if flushes < write else write, self._flushed)

    def _flushed(self, _: Any) -> None:
        """The holder gives the lock back. Whoever is next has it before the disk begins another commit."""
        queue = self._queue
        left = queue[1] - self._write
        if left > 0:
            queue[1] = left
            queue.rotate(-4)
            self._begin()
            return
        take = queue.popleft
        _, _, done, argument = take(), take(), take(), take()
        if queue:
            self._begin()
        done(argument)
