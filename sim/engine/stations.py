"""Stations with queues, and journeys that visit them: a queueing network of customers with known times.

A journey is a list of steps. It takes a server of a station, waiting in line where all are busy, stays for some time,
and gives the server back. It may hold several servers at once, as a thread that needs a core does.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Literal, Protocol

from simpy import Environment

from sim.engine.alarm import Alarm

StepKind = Literal["take", "give", "stay", "wake", "spend"]

Step = tuple[StepKind, Any, float]
"""What is done, the station (None to stay; to spend, an account), and the seconds (0 to take and to give)."""


class SecondsAccount(Protocol):
    """What seconds are spent of: who spends some has to wait where there are too few."""

    def delay(self, now: float, seconds: float) -> float:
        """Spend so many seconds from now on. How long that has to wait."""


class Station:
    """Equal servers with one queue, first come, first served.

    Attributes:
        count: How many servers there are.
        name: For messages.
    """

    __slots__ = ("_area", "_env", "_last", "_line", "busy", "count", "found_idle", "name")

    def __init__(self, env: Environment, count: int, name: str = "") -> None:
        if count < 1:
            raise ValueError(f"count ({count}) must be at least 1")
        self.count, self.name, self.busy, self.found_idle = count, name, 0, False
        self._env, self._line, self._area, self._last = env, deque[Journey](), 0.0, env.now

    def take(self, journey: Journey) -> bool:
        """Take a server. False where the journey has to wait: it goes on by itself when its turn comes.

        `found_idle` then says whether nobody was being served.
        """
        busy = self.busy
        if busy < self.count:
            now = self._env.now
            self._area += busy * (now - self._last)
            self._last = now
            self.found_idle = not busy
            self.busy = busy + 1
            return True
        self._line.append(journey)
        return False

    def give(self) -> None:
        """Give a server back: the first in line has it at once."""
        if self._line:
            self.found_idle = False
            self._line.popleft().go_on()
        else:
            now = self._env.now
            self._area += self.busy * (now - self._last)
            self._last = now
            self.busy -= 1

    def busy_seconds(self) -> float:
        """Seconds that servers were busy until now, summed over all of them."""
        now = self._env.now
        self._area += self.busy * (now - self._last)
        self._last = now
        return self._area


class Journey:
    """A customer that makes its steps one after another, again and again.

    Attributes:
        after: Called with the journey when it has made its last step; it may begin the next one.

    >>> env = Environment()
    >>> desk = Station(env, 1)
    >>> steps = [("take", desk, 0.0), ("stay", None, 2.0), ("give", desk, 0.0)]
    >>> for name in "ab":
    ...     Journey(env, lambda _, name=name: print(name, env.now)).begin(steps)
    >>> env.run()
    a 2.0
    b 4.0
    """

    __slots__ = ("_after", "_alarm", "_next", "_steps", "began", "env", "number")

    def __init__(self, env: Environment, after: Callable[[Journey], Any]) -> None:
        self.env, self.began, self.number = env, 0.0, 0
        self._after, self._alarm = after, Alarm(env, self._steps_until_a_stay)
        self._steps: Sequence[Step] = ()
        self._next = 0

    def begin(self, steps: Sequence[Step]) -> None:
        """Make these steps from now on."""
        self.began, self._steps, self._next = self.env.now, steps, 0
        self.go_on()

    def go_on(self) -> None:
        """Make steps until one takes time."""
        seconds = self._steps_until_a_stay()
        if seconds is not None:
            self._alarm.arm(seconds)

    def _steps_until_a_stay(self, _: Any = None) -> float | None:
        """Make steps until one takes time: how much. None where it waits in line, or has made all.

        "wake" stays only where the station was idle, "spend" where it has to.
        """
        steps, place = self._steps, self._next
        while place < len(steps):
            kind, station, seconds = steps[place]
            place += 1
            if kind == "stay":
                if seconds:
                    self._next = place
                    return seconds
            elif kind == "give":
                station.give()
            elif kind == "take":
                if not station.take(self):
                    self._next = place
                    return None
            elif kind == "spend":
                delay: float = station.delay(self.env.now, seconds)
                if delay:
                    self._next = place
                    return delay
            elif seconds and station.found_idle:
                self._next = place
                return seconds
        self._next = place
        self._after(self)
        return None
