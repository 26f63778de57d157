"""A file system's journal: flushes that come while a commit is under way are done by the next one together.

Commits follow each other as long as somebody waits for one. Most of them begin while the disk does nothing else. Such a
commit needs no sharing: one alarm goes off at the end of each. Where a read or a write comes meanwhile, the commit
becomes a flow of the disk's time beside it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from simpy import Environment

from sim.engine.alarm import Alarm
from sim.engine.fluid import Fluid


class Journal:
    """The commits of one disk.

    Args:
        device: The disk's time, which commits share with reads and writes.
        seconds: What one commit takes alone.
    """

    def __init__(self, env: Environment, device: Fluid, seconds: float) -> None:
        self._env, self._device, self._seconds = env, device, seconds
        self._commits = 0
        self._under_way = False
        self._telling = False
        self._waiting: dict[int, list[tuple[Callable[[Any], Any], Any]]] = {}
        # Of a commit under way that has the disk for itself: since when, and what goes off at its end.
        self._began = 0.0
        self._alone: Alarm | None = None

    def flush(self, times: int, done: Callable[[Any], Any], argument: Any) -> None:
        """Call `done(argument)` at the end of so many commits, of which none is under way already."""
        last = self._commits + times + self._under_way
        if last in self._waiting:
            self._waiting[last].append((done, argument))
        else:
            self._waiting[last] = [(done, argument)]
        if self._telling:  # the first of them has one begin, which the others are too late for
            self._under_way = True
        elif not self._under_way:
            self._begin()

    def share(self) -> None:
        """Something else is about to use the disk, and the commit under way shares it from now on."""
        if self._alone is not None:
            self._device.submit_since(self._began, self._seconds, self._shared, self._alone)
            self._alone = None

    def _begin(self) -> None:
        self._under_way = True
        if self._device:
            self._device.submit(self._seconds, self._shared)
        else:
            self._began = self._env.now
            self._alone = Alarm(self._env, self._committed)
            self._alone.arm(self._seconds)

    def _shared(self, _: Any) -> None:
        """A commit that shared the disk is over."""
        self._count()
        if self._waiting:
            self._begin()

    def _committed(self, alarm: Alarm) -> float | None:
        """A commit that had the disk for itself is over: the seconds to the end of the next, which has it too."""
        if self._commits + 1 not in self._waiting:  # somebody waits for a later one
            self._commits += 1
            self._began = alarm.at
            return self._seconds
        self._alone = None
        self._count()
        if not self._waiting:
            return None
        if self._device:
            self._begin()
            return None
        self._under_way = True
        self._began, self._alone = alarm.at, alarm
        return self._seconds

    def _count(self) -> None:
        """One commit more is over. Those that waited for it go on, and may ask for the next. It begins after them."""
        self._commits += 1
        self._under_way, self._telling = False, True
        for done, argument in self._waiting.pop(self._commits, ()):
            done(argument)
        self._telling = False
