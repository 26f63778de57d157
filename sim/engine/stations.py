"""Stations with queues, and journeys that visit them: a queueing network of customers with known times.

A journey is a list of steps. It takes a server of a station, waiting in line where all are busy, stays for some time,
and gives the server back. It may hold several servers at once, as a thread that needs a core does.

Where a server is held for seconds that are known when it is asked for, its end is known then. Such a station has no
line, and spends no event on its queue.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from heapq import heappush, heapreplace
from typing import Any, Literal, Protocol

from simpy import Environment

from sim.engine.alarm import ALARM, Alarm

StepKind = Literal["take", "enter", "give", "stay", "found_idle", "now_idle", "spend", "serve"]

Step = tuple[StepKind, Any, float, Any]
"""What is done, the station (None to stay; to spend, an account; to be served, a `TimedStation`), the seconds,
and more.

To take, it stays for the seconds then (0 for not at all). To enter, it takes a server of the station and is served for
the seconds by a `TimedStation`, which is what more there is. To be served, more are seconds that pass after that. Else
it is None.
"""


_NO_STEPS: Iterator[Step] = iter(())


class SecondsAccount(Protocol):
    """What seconds are spent of: who spends some has to wait where there are too few."""

    def delay(self, now: float, seconds: float) -> float:
        """Spend so many seconds from now on. How long that has to wait."""


class Station:
    """Equal servers with one queue, first come, first served.

    Attributes:
        count: How many servers there are.
        name: For messages.
        busy: How many of them serve.
        line: Who waits, in order, for how long each stays once it has a server, and what else serves it for so long.
        found_idle: Whether nobody was being served when the last server was taken.
        area: Seconds that servers were busy until `last`, summed over all of them.
    """

    __slots__ = ("_env", "area", "busy", "count", "found_idle", "last", "line", "name")

    def __init__(self, env: Environment, count: int, name: str = "") -> None:
        if count < 1:
            raise ValueError(f"count ({count}) must be at least 1")
        self.count, self.name, self.busy, self.found_idle = count, name, 0, False
        self._env, self.line, self.area, self.last = (
            env,
            deque[tuple[Journey, float, TimedStation | None]](),
            0.0,
            env.now,
        )

    def busy_seconds(self) -> float:
        """Seconds that servers were busy until now, summed over all of them."""
        now = self._env.now
        self.area += self.busy * (now - self.last)
        self.last = now
        return self.area


class TimedStation:
    """Equal servers, first come, first served, of which each customer's time is known when it comes.

    So is when it ends (Kiefer and Wolfowitz, 1955).

    Attributes:
        free: A heap: when each server has done all that it was asked for.
        asked: The seconds of all who came.
    """

    __slots__ = ("_env", "asked", "free")

    def __init__(self, env: Environment, count: int) -> None:
        if count < 1:
            raise ValueError(f"count ({count}) must be at least 1")
        self._env, self.free, self.asked = env, [0.0] * count, 0.0

    def end(self, now: float, seconds: float) -> float:
        """When somebody is served who comes now. `now` must not be before that of the last call."""
        free = self.free
        first = free[0]
        end = (first if first > now else now) + seconds
        heapreplace(free, end)
        self.asked += seconds
        return end

    def busy_seconds(self) -> float:
        """Seconds that servers were busy until now, summed over all of them."""
        now = self._env.now
        return self.asked - sum(end - now for end in self.free if end > now)


class Journey(Alarm):
    """A customer that makes its steps one after another, again and again.

    Attributes:
        after: Called with the journey when it has made its last step. It gives the steps that come next, or None.

    >>> env = Environment()
    >>> desk = Station(env, 1)
    >>> steps = [("take", desk, 2.0, None), ("give", desk, 0.0, None)]
    >>> for name in "ab":
    ...     Journey(env, lambda _, name=name: print(name, env.now)).begin(steps)
    >>> env.run()
    a 2.0
    b 4.0
    """

    __slots__ = ("_after", "_steps", "began")

    def __init__(self, env: Environment, after: Callable[[Journey], Sequence[Step] | None]) -> None:
        self.env, self.handler = env, Journey._steps_until_a_stay
        self.began, self._after = 0.0, after
        self._steps = _NO_STEPS

    def begin(self, steps: Sequence[Step]) -> None:
        """Make these steps from now on."""
        self.began, self._steps = self.env.now, iter(steps)
        seconds = self._steps_until_a_stay()
        if seconds is not None:
            self.arm(seconds)

    def _steps_until_a_stay(self) -> float | None:
        """Make steps until one takes time: how much. None where it waits in line, or has made all.

        "found_idle" stays only where the station was idle when its last server was taken, "now_idle" where it is idle
        now, "spend" where it has to. All is in one loop, without a call for a step: a loaded host spends most of its
        time here.
        """
        env = self.env
        now: float = env._now  # noqa: SLF001 - as `now`, without its call
        free: list[float]
        while True:
            for kind, station, seconds, more in self._steps:
                if kind == "give":
                    if station.line:
                        station.found_idle = False
                        first, stays, timed = station.line.popleft()
                        if timed:
                            free = timed.free
                            at = (free[0] if free[0] > now else now) + stays
                            heapreplace(free, at)
                            timed.asked += stays
                        else:
                            stays = stays or first._steps_until_a_stay()  # noqa: SLF001 - the class's own method
                            if stays is None:
                                continue
                            at = now + stays
                        first.at = at
                        entry: Any = (at, ALARM, next(env._eid), first)  # noqa: SLF001 - as `arm`, without its call
                        heappush(env._queue, entry)  # noqa: SLF001
                    else:
                        busy = station.busy
                        station.area += busy * (now - station.last)
                        station.last = now
                        station.busy = busy - 1
                elif kind == "enter" or kind == "take":
                    busy = station.busy
                    if busy == station.count:
                        station.line.append((self, seconds, more))
                        return None
                    station.found_idle = not busy
                    if busy:
                        station.area += busy * (now - station.last)
                    station.last = now
                    station.busy = busy + 1
                    if kind == "enter":  # as `TimedStation.end`, without its call
                        free = more.free
                        end = (free[0] if free[0] > now else now) + seconds
                        heapreplace(free, end)
                        more.asked += seconds
                        return end - now
                    if seconds:
                        return seconds
                elif kind == "serve":
                    served: float = station.end(now, seconds) - now + more
                    return served
                elif kind == "stay":
                    if seconds:
                        return seconds
                elif kind == "spend":
                    delay: float = station.delay(now, seconds)
                    if delay:
                        return delay
                elif kind == "now_idle":
                    if not station.busy:
                        return seconds
                elif seconds and station.found_idle:
                    return seconds
            steps = self._after(self)
            if steps is None:
                return None
            self.began, self._steps = now, iter(steps)
