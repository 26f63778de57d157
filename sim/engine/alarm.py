"""An event of SimPy's that is armed again and again: no allocation and no generator for each delay.

SimPy's own `Timeout` is made anew for every delay, and a process adds a generator to resume. An alarm goes through
the same queue of the same `simpy.Environment`, so alarms, processes and timeouts mix freely in one run.
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappush
from typing import Any

from simpy import Environment
from simpy.events import NORMAL, Event


class Alarm(Event):
    """Calls `handler(alarm)` each time it goes off.

    Attributes:
        at: When it goes off, or went off last. In its handler that is now.

    It is armed at most once at a time, and may be armed in its handler.

    >>> env = Environment()
    >>> times = []
    >>> def tick(alarm):
    ...     times.append(env.now)
    ...     if env.now < 3:
    ...         alarm.arm(1.5)
    >>> Alarm(env, tick).arm(1.5)
    >>> env.run()
    >>> times
    [1.5, 3.0]
    """

    __slots__ = ("_handlers", "at", "callbacks", "env")

    _ok = True
    _value: Any = None
    at: float

    def __init__(self, env: Environment, handler: Callable[[Any], None]) -> None:
        # SimPy's constructor would make a list of callbacks for one use. This list is handed to it at every arming.
        self.env = env
        self._handlers = [handler]

    def arm(self, delay: float) -> None:
        """Go off `delay` seconds from now."""
        # As `Environment.schedule`, without its call: this is the hottest line of every simulation.
        env = self.env
        self.callbacks = self._handlers
        self.at = at = env._now + delay  # noqa: SLF001
        heappush(env._queue, (at, NORMAL, next(env._eid), self))  # noqa: SLF001
