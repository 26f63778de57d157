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


class Armed:
    """What goes off in SimPy's queue. `Alarm` is the usual one; a class of its own can do with fewer attributes.

    To the queue it is an event of SimPy's that has succeeded. Nobody can wait for it. It is armed at most once at a
    time, and may be armed in its handler.

    Attributes:
        at: When it goes off, or went off last. In its handler that is now.
    """

    __slots__ = ("at",)

    _ok = True
    _value: Any = None
    at: float

    @property
    def env(self) -> Environment:
        """The simulation."""
        raise NotImplementedError

    @property
    def handler(self) -> Callable[[Any], float | None]:
        """Gives the seconds after which it goes off again, or None. That costs less than to arm it last of all."""
        raise NotImplementedError

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


_CALLBACKS = [Armed._go_off]  # noqa: SLF001 - the class's own method


class Alarm(Armed):
    """Calls `handler(alarm)` each time it goes off.

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

    __slots__ = ("env", "handler")

    env: Environment
    handler: Callable[[Any], float | None]

    def __init__(self, env: Environment, handler: Callable[[Any], float | None]) -> None:
        self.env = env
        self.handler = handler
