"""An event that is armed again and again: no allocation and no generator for each delay.

SimPy's own `Timeout` is made anew for every delay, and a process adds a generator to resume. An alarm goes through the
same queue of the same environment, so alarms, processes and timeouts mix freely in one run. `sim.engine.environment`
runs them fastest.
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappush
from typing import Any, Final

from simpy import Environment
from simpy.events import NORMAL

ALARM: Final = float(NORMAL)
"""The priority of an alarm in the queue: equal to that of SimPy's events, and told from it by its identity."""


class Alarm:
    """Calls `handler(alarm)` each time it goes off.

    To the queue it is an event of SimPy's that has succeeded. Nobody can wait for it.

    Attributes:
        env: The simulation.
        handler: Gives the seconds after which the alarm goes off again, or None. It costs less than to arm the alarm
            last of all, and does the same.
        at: When it goes off, or went off last. In its handler that is now.

    It is armed at most once at a time, and may be armed in its handler.

    >>> env = Environment()
    >>> times = []
    >>> def tick(alarm):
    ...     times.append(alarm.at)
    ...     return 1.5 if alarm.at < 3 else None
    >>> Alarm(env, tick).arm(1.5)
    >>> env.run()
    >>> times
    [1.5, 3.0]
    """

    __slots__ = ("at", "env", "handler")

    _ok = True
    _value: Any = None
    at: float

    def __init__(self, env: Environment, handler: Callable[[Any], float | None]) -> None:
        self.env = env
        self.handler = handler

    def arm(self, delay: float) -> None:
        """Go off `delay` seconds from now."""
        # As `Environment.schedule`, without its call: this is the hottest line of every simulation.
        env = self.env
        self.at = at = env._now + delay  # noqa: SLF001
        entry: Any = (at, ALARM, next(env._eid), self)  # noqa: SLF001
        heappush(env._queue, entry)  # noqa: SLF001

    @property
    def callbacks(self) -> Any:
        """What SimPy's own run loop calls."""
        return _CALLBACKS

    @callbacks.setter
    def callbacks(self, _: None) -> None:
        """SimPy's own run loop takes them away from an event that happens once."""

    def _go_off(self) -> None:
        delay = self.handler(self)
        if delay is not None:
            self.arm(delay)


_CALLBACKS = [Alarm._go_off]  # noqa: SLF001 - the class's own method
