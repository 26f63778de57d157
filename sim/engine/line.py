"""Alarms that wait in line, as those do who know when they get a lock: only the first is in SimPy's queue.

Each has its time and its number in that queue from when it joins, so everything happens in the same order as if all
were in the queue. It takes a third of the memory.
"""

from __future__ import annotations

import math
from array import array
from heapq import heappush
from typing import Any

from simpy import Environment

from sim.engine.alarm import ALARM, Armed

_LONG = 64
"""Places that have been left are given back once there are so many, and they are half of all."""


class AlarmLine(Armed):
    """Alarms that go off in the order in which they join. One that would go off before the last goes to the queue.

    >>> from sim.engine.alarm import Alarm
    >>> env = Environment()
    >>> line = AlarmLine(env)
    >>> for name, delay in (("a", 1.0), ("b", 3.0), ("c", 2.0)):
    ...     line.join(Alarm(env, lambda alarm, name=name: print(name, alarm.at)), delay)
    >>> len(env._queue)
    2
    >>> env.run()
    a 1.0
    c 2.0
    b 3.0
    """

    __slots__ = ("_alarms", "_left", "_numbers", "_times", "env")

    env: Environment

    def __init__(self, env: Environment) -> None:
        self.env = env
        self._alarms: list[Armed | None] = []
        self._times = array("d")
        self._numbers = array("Q")
        self._left = 0

    def join(self, alarm: Armed, delay: float) -> None:
        """Let an alarm go off `delay` seconds from now. Its `at` is infinite until then."""
        env, times = self.env, self._times
        at, number = env._now + delay, next(env._eid)  # noqa: SLF001 - as `Armed.arm`
        if times and at < times[-1]:
            alarm.at = at
            self._queue(at, number, alarm)
            return
        if not times:
            self._queue(at, number, self)
        alarm.at = math.inf
        self._alarms.append(alarm)
        times.append(at)
        self._numbers.append(number)

    def _queue(self, at: float, number: int, alarm: Armed) -> None:
        entry: Any = (at, ALARM, number, alarm)
        heappush(self.env._queue, entry)  # noqa: SLF001 - as `Armed.arm`

    def _first(self) -> float | None:
        """The first goes off, and the next comes into the queue."""
        place = self._left
        alarm: Any = self._alarms[place]
        self._alarms[place] = None
        self._left = left = place + 1
        if left == len(self._alarms):
            self._forget(left)
        else:
            self._queue(self._times[left], self._numbers[left], self)
            if left >= _LONG and 2 * left >= len(self._alarms):
                self._forget(left)
        alarm.at = self.env._now  # noqa: SLF001 - as `now`, without its call
        delay = alarm.handler(alarm)
        if delay is not None:
            alarm.arm(delay)
        return None

    def _forget(self, left: int) -> None:
        """Give back the places of those that went off."""
        del self._alarms[:left], self._times[:left], self._numbers[:left]
        self._left = 0

    handler = staticmethod(_first)
