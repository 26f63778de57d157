"""SimPy's environment with a run loop of its own, in which alarms cost less than in SimPy's.

Whatever SimPy knows runs in it as in SimPy's own environment, in the same order. An alarm is called without a step for
it. One that goes on by what its handler gives back changes its place in the queue in one operation, or keeps the first
place in none.
"""

from __future__ import annotations

from heapq import heappop, heappush, heappushpop
from types import MethodType
from typing import Any

import simpy
from simpy import Event
from simpy.core import BoundClass, EmptySchedule, SimTime

from sim.engine.alarm import ALARM

_MAKERS = [(name, made.cls) for name, made in vars(simpy.Environment).items() if isinstance(made, BoundClass)]
"""`process`, `timeout` and the like. SimPy binds them once for each environment of its own class, for speed."""


class Environment(simpy.Environment):
    """Runs a simulation.

    Args:
        initial_time: What time it is to begin with.

    >>> from sim.engine.alarm import Alarm
    >>> env = Environment()
    >>> def process():
    ...     yield env.timeout(1.5)
    ...     print("process", env.now)
    >>> def tick(alarm):
    ...     print("alarm", env.now)
    ...     return 1.0 if env.now < 2 else None
    >>> _ = env.process(process())
    >>> Alarm(env, tick).arm(1.0)
    >>> env.run()
    alarm 1.0
    process 1.5
    alarm 2.0
    """

    def __init__(self, initial_time: SimTime = 0) -> None:
        super().__init__(initial_time)
        self._running = False
        for name, made in _MAKERS:
            setattr(self, name, MethodType(made, self))

    def run(self, until: SimTime | Event | None = None) -> Any:
        """Run until there is nothing more to do, or until a time, or until an event, whose value is given then."""
        self._running = True
        try:
            return super().run(until)
        finally:
            self._running = False

    def step(self) -> None:
        """Let the next event happen. While the simulation runs: all events, until what ends it is raised."""
        if not self._running:
            super().step()
            return
        queue, numbers, event = self._queue, self._eid, super().step
        while queue:
            entry: Any = heappop(queue)
            while True:
                at, kind, _, alarm = entry
                if kind is not ALARM:
                    heappush(queue, entry)
                    event()
                    break
                self._now = at
                handler = alarm.handler
                while (delay := handler(alarm)) is not None:
                    alarm.at = at = at + delay
                    if queue and queue[0][0] <= at:
                        entry = heappushpop(queue, (at, ALARM, next(numbers), alarm))
                        break
                    self._now = at
                else:
                    break
        raise EmptySchedule
