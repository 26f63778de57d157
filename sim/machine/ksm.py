"""KSM in simulated time: one kernel thread that walks all guest memory, page by page, and merges what is equal.

A batch of pages is checked, then the thread sleeps. A page of unknown content is remembered by its checksum in one
pass, and may be merged with an equal one in the next. A page whose content KSM has merged before joins at once. So
nothing is saved in the first pass, and everything by the end of the second. Source: Linux mm/ksm.c.

Skipping pages that were often found alone (smart_scan, Linux 6.7), and the advisor, are left out. They matter from the
fourth pass on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from simpy import Environment

from sim.catalog.model import PAGE
from sim.catalog.tables.mechanisms import Ksm
from sim.engine.alarm import Alarm
from sim.machine.holdings import Holding
from sim.machine.pages import Pages
from sim.outcome import Bound

STEP = 1.0
"""Seconds of scanning that are booked at a time: the resolution of the saving's curve."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast KSM goes.

    Attributes:
        pages: In a batch.
        sleep: Seconds after it.
        check, check_merged: Core-seconds for one page.
    """

    pages: float
    sleep: float
    check: float
    check_merged: float

    def seconds(self, fresh: int, merged: int) -> tuple[float, float]:
        """What scanning so many bytes takes, merged ones and others: seconds in all, and core-seconds of them."""
        busy = fresh / PAGE * self.check + merged / PAGE * self.check_merged
        return (fresh + merged) / PAGE / self.pages * self.sleep + busy, busy

    @property
    def rate(self) -> float:
        """Bytes a second through memory that is not merged yet."""
        seconds, _ = self.seconds(PAGE, 0)
        return PAGE / seconds


def pace(ksm: Ksm, bound: Bound = "value", pages: int | None = None, sleep: float | None = None) -> Pace:
    """The catalog's pace, or with another batch and sleep.

    Args:
        bound: Which end of the costs' ranges.
    """
    return Pace(
        ksm.pages.value if pages is None else pages,
        ksm.sleep.value if sleep is None else sleep,
        ksm.check.at(bound),
        ksm.check_merged.at(bound),
    )


class Scanner:
    """The thread. A pass after two in which nothing has changed is booked at once.

    Attributes:
        passes: How often all of memory was walked.
        merged: Is told after every step that merged something.
    """

    def __init__(self, env: Environment, pages: Pages, pace: Pace, merged: Callable[[], None] = lambda: None) -> None:
        self.env = env
        self.pages = pages
        self.pace = pace
        self.passes = 0
        self._merged = merged
        self._alone: dict[str, tuple[Holding, int]] = {}
        self._walk: Iterator[Holding] = iter(())
        self._holding: Holding | None = None
        self._at = self._upto = 0
        self._marks = (-1, -1)
        self._cpu = self._busy = self._begun = self._length = 0.0
        self._then: Callable[[], None] = self._begin
        self._alarm = Alarm(env, self._over)

    @property
    def cpu(self) -> float:
        """Core-seconds taken so far."""
        part = (self.env.now - self._begun) / self._length if self._length else 0.0
        return self._cpu + self._busy * part

    def start(self) -> None:
        """Begin the first pass."""
        self._begin()

    def _guests(self) -> list[Holding]:
        return [holding for holding in self.pages.holdings() if holding.line.guest]

    def _begin(self) -> None:
        """Begin a pass over the guests that there are now."""
        self.pages.catch_up(None)
        guests = self._guests()
        if not any(holding.in_ram for holding in guests):
            self._have(STEP, 0.0, self._begin)
            return
        settled = self._marks[0] == self.pages.changes
        self._marks = (self._marks[1], self.pages.changes)
        if settled:
            merged = sum(holding.merged for holding in guests)
            fresh = sum(holding.in_ram for holding in guests) - merged
            self._have(*self.pace.seconds(fresh, merged), self._passed)
            return
        self._alone.clear()
        self._walk = iter(guests)
        self._next()

    def _next(self) -> None:
        """Choose the next piece to scan. At the end of the walk begin another."""
        while self._holding is None or self._at >= self._holding.in_ram or self._gone(self._holding):
            if self._holding is not None:
                self._holding.seen = self._holding.in_ram
            self._holding = next(self._walk, None)
            self._at = 0
            if self._holding is None:
                self._passed()
                return
            self.pages.catch_up(self._holding.instance)
        self._arm(self._holding)

    def _passed(self) -> None:
        self.passes += 1
        self._begin()

    def _have(self, seconds: float, busy: float, then: Callable[[], None]) -> None:
        """Let so many seconds pass, of which so many are a core's, and go on."""
        self._begun, self._length, self._busy, self._then = self.env.now, seconds, busy, then
        self._alarm.arm(seconds)

    def _over(self, _: Alarm) -> None:
        self._cpu += self._busy
        self._busy = 0.0
        self._then()

    def _gone(self, holding: Holding) -> bool:
        return holding.instance.number not in self.pages.instances

    def _arm(self, holding: Holding) -> None:
        already = max(holding.merged - self._at, 0)
        if already:
            most = int(STEP / self.pace.seconds(0, PAGE)[0]) * PAGE
            size = min(already, max(most, PAGE))
            seconds, busy = self.pace.seconds(0, size)
        else:
            size = min(holding.in_ram - self._at, max(int(self.pace.rate * STEP), PAGE))
            seconds, busy = self.pace.seconds(size, 0)
        self._upto = self._at + size
        self._have(seconds, busy, self._scanned)

    def _scanned(self) -> None:
        holding = self._holding
        if holding is not None and not self._gone(holding):
            self.pages.catch_up(holding.instance)
            upto = min(self._upto, holding.in_ram)
            if holding.equal:
                self._compare(holding, min(upto, holding.equal))
            self._at = self._upto
        self._next()

    def _compare(self, holding: Holding, upto: int) -> None:
        """Merge a holding's bytes up to here with what has the same content."""
        if upto <= holding.merged:
            return
        known = min(upto, self.pages.tree(holding.key))
        merged = self.pages.merge(holding, known)
        seen = min(upto, holding.seen)
        if seen > holding.merged:
            other, reach = self._alone.get(holding.key, (holding, 0))
            if other is not holding and not self._gone(other):
                both = min(seen, reach, other.equal, other.in_ram)
                if both > holding.merged:
                    self.pages.merge(other, both)
                    merged += self.pages.merge(holding, both)
            if other is holding or seen > reach:
                self._alone[holding.key] = (holding, seen)
        if merged:
            self._merged()
