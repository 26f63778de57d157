"""What instances do to memory as time passes: they grow, they read files, they write to what they have.

Between two changes all rates are constant. So the next change is solved for, and nothing is booked before it, but where
somebody looks (`Pages.catch_up`). A change is that an instance takes memory from elsewhere (`sim.machine.course`), or
that the host has no free memory, no page cache, or nothing to promise any more.
"""

from __future__ import annotations

import math
from functools import partial

from simpy import Environment

from sim.engine.alarm import Alarm
from sim.machine.bill import Bill
from sim.machine.conditions import Commit, Conditions, MemoryRates, soon
from sim.machine.course import MemoryCourse
from sim.machine.guestcourse import GuestMemoryCourse
from sim.machine.holdings import Equal, Holding, Instance, nothing_equal
from sim.machine.pressure import Pressure

MOMENT = 1e-6
"""The fewest seconds between two changes that were solved for. What comes sooner is booked this much late."""

QUICK = 0.02
"""Looks come in quick succession where a smaller share of a step lies between them."""


def asks(bill: Bill) -> int:
    """Bytes an instance asks the host to promise: a guest's memory and its monitor's, or a process's own."""
    own = sum(line.bytes for line in bill.lines if line.in_rss and not line.file and not line.guest)
    return bill.configured + own


class MemoryDemand:
    """All instances on one host, whose rates are the same.

    Attributes:
        step: The fewest seconds between two reads of an instance from swap.
        limit: The most bytes one instance without a guest may hold (memory.max).
        guest_swap: Bytes of a guest's own swap.
        same_image: Whether all read the same files.
    """

    def __init__(
        self,
        env: Environment,
        pressure: Pressure,
        rates: MemoryRates,
        step: float,
        limit: int | None = None,
        guest_swap: int = 0,
        same_image: bool = True,
        commit: Commit | None = None,
    ) -> None:
        self.env = env
        self.pressure = pressure
        self.pages = pressure.pages
        self._conditions = Conditions(pressure, rates, commit or Commit(), step, limit, guest_swap, same_image)
        self._courses: dict[int, MemoryCourse] = {}
        self._step, self._moment, self._looked = step, MOMENT, -math.inf
        self._full = self._had_free = False
        self._full_since = self._wanted = 0.0
        self._alarm: Alarm | None = None
        pressure.killed, pressure.changed = self._forget, self._changed
        self.pages.catch_up = self.catch_up
        for instance in self.pages.instances.values():
            self._follow(instance, 0)

    @property
    def running(self) -> int:
        """Instances whose application runs."""
        return sum(not course.stopped for course in self._courses.values())

    @property
    def refused(self) -> int:
        """Instances to which the host refused to promise memory, at their start or as they grew."""
        return self._conditions.refused

    @property
    def guest_swapped(self) -> int:
        """Bytes that guests put on swaps of their own."""
        return self._conditions.guest_swapped

    @property
    def guest_kills(self) -> int:
        """Applications that the OOM killers of their own guests killed."""
        return self._conditions.guest_kills

    @property
    def stalled(self) -> float:
        """Share of their time that instances waited for memory. 0 where nothing changes as time passes."""
        courses = self._courses.values()
        lived = self._conditions.lived + math.fsum(course.lived for course in courses)
        waited = self._conditions.waited + math.fsum(course.waited for course in courses)
        return waited / lived if lived and self._conditions.rates.any else 0.0

    def start(self, bill: Bill, count: int, equal: Equal = nothing_equal) -> None:
        """Start so many instances at once. Each touches what its bill says, as room is made for it."""
        size = asks(bill)
        for _ in range(count):
            if not self._conditions.commit.grant(size):
                self._conditions.refused += 1
                continue
            self.pressure.ask(None, lambda: self.pages.sharing(bill), partial(self._add, bill, equal, size), whole=True)

    def catch_up(self, instance: Instance | None = None) -> None:
        """Book what one instance, or every one, did until now."""
        now = self.env.now
        if instance is not None:
            if instance.number in self._courses:
                self._courses[instance.number].book(now)
            return
        for course in list(self._courses.values()):
            course.book(now)

    def _forget(self, instance: Instance) -> None:
        """What an instance was promised ends with it."""
        course = self._courses.pop(instance.number, None)
        if course is not None:
            self._conditions.commit.promised -= course.promised
            if not course.stopped:
                course.end()

    def _add(self, bill: Bill, equal: Equal, promised: int, _: int) -> None:
        instance = self.pages.add(bill, equal)
        course = self._follow(instance, promised)
        wanted = [(holding, holding.line.bytes) for holding in instance.holdings]
        self.pressure.ask(instance, sum(size for _, size in wanted), lambda got: self._fill(wanted, got), course.wait())

    def _follow(self, instance: Instance, promised: int) -> MemoryCourse:
        kind = GuestMemoryCourse if instance.has_guest else MemoryCourse
        course = self._courses[instance.number] = kind(instance, self._conditions, promised, self._changed)
        self._changed()
        return course

    def _fill(self, wanted: list[tuple[Holding, int]], got: int) -> None:
        while got:
            holding, size = wanted[0]
            part = min(size, got)
            self.pages.populate(holding, part)
            got -= part
            wanted[0] = (holding, size - part)
            if part == size:
                wanted.pop(0)

    def _changed(self) -> None:
        """Look again, once all that happens at this moment has happened."""
        if self._conditions.rates.any:
            self._look_in(0.0)

    def _look_in(self, seconds: float) -> None:
        """Look in so many seconds, or earlier. An alarm that was set for later is not heeded."""
        at = self.env.now + seconds
        if self._alarm is None or at < self._alarm.at:
            self._alarm = Alarm(self.env, self._look)
            self._alarm.arm(seconds)

    def _look(self, alarm: Alarm) -> None:
        if alarm is not self._alarm:
            return
        self._alarm = None
        now = self.env.now
        for course in list(self._courses.values()):
            course.book(now)
        self.pressure.serve()
        seconds = self._at_least(self._ahead(now), now)
        if seconds < math.inf:
            self._look_in(seconds)

    def _at_least(self, seconds: float, now: float) -> float:
        """No fewer than there must be between two looks: twice as many, up to a step, while looks follow quickly.

        So a host that makes room for a few bytes at a time costs no more than one that is looked at each step.
        """
        if now - self._looked >= QUICK * self._step:
            self._moment = max(self._moment / 2, MOMENT)
        elif now > self._looked:
            self._moment = min(2 * self._moment, self._step)
        self._looked = now
        return max(seconds, self._moment)

    def _ahead(self, now: float) -> float:
        """Seconds until the next change, everything being booked until now."""
        soonest, touches, caches, promises, swaps = math.inf, 0.0, 0.0, 0.0, 0.0
        touching = []
        for course in self._courses.values():
            if course.stands:
                continue
            ahead = course.ahead(now)
            soonest = min(soonest, ahead.seconds)
            caches += ahead.caches
            promises += ahead.promises
            swaps += ahead.swaps
            if ahead.touches:
                touches += ahead.touches
                touching.append(course)
        if swaps:
            soonest = min(soonest, soon(self.pages.swap_free, swaps, len(self._courses)))
        if promises:
            soonest = min(soonest, soon(self._conditions.commit.left, promises, len(self._courses)))
        return min(soonest, self._until_full(touching, touches, caches))

    def _until_full(self, touching: list[MemoryCourse], touches: float, caches: float) -> float:
        """Seconds until there is no free memory, or then no page cache. Where there is neither, those touching wait.

        Args:
            touches, caches: Bytes a second that need room, and those that take only what is free.
        """
        free, cached, several = self.pages.free, self.pages.cached, len(self._courses) + 1
        if not touches:
            return free / caches if caches and free else math.inf
        if free + cached <= several + 2 * self._moment * touches:
            self._wait_for_room(touching, touches)
            return math.inf
        had_free, self._had_free = self._had_free, free > 0
        if not cached and not caches:
            return (free - several) / touches
        if free:
            return (free + several) / (touches + caches)
        # The first byte that is taken from the page cache is noted when it is.
        return several / touches if had_free else (cached - several) / touches

    def _wait_for_room(self, touching: list[MemoryCourse], rate: float) -> None:
        """The host is full. Whoever needs room waits for one request in the name of all."""
        self._wanted += rate
        for course in touching:
            course.blocked = True
        if not (self._full and self.pressure.waiting):
            self._full, self._full_since = True, self.env.now
            room = self.pages.free + self.pages.cached + 1
            self.pressure.ask(None, room, lambda _: None, self._has_room, whole=True)

    def _has_room(self) -> None:
        """Room was made. What was wanted meanwhile is had now, as far as there is room for it."""
        self._full = False
        lasts = (self.pages.free - len(self._courses)) / self._wanted - MOMENT
        lag = max(min(self.env.now - self._full_since, lasts), 0.0)
        self._wanted = 0.0
        for course in self._courses.values():
            if course.blocked:
                course.blocked = False
                course.go_on(self.env.now - lag)
        # Nothing else has changed, so this comes first, if not what was foreseen before.
        self._look_in(max(max(lasts, self._moment) - lag, MOMENT))
