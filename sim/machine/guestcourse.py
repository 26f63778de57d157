"""What one guest does to memory between two moments (`sim.machine.course`).

Its growth takes what is free in the guest first, then memory it has never touched, then its page cache. Past that the
guest swaps, if it has a swap of its own. At the end its OOM killer ends its application.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sim.machine.ballooning import freed, page_cache, untouched
from sim.machine.bill import USE
from sim.machine.conditions import Ahead, Conditions, soon
from sim.machine.course import MemoryCourse
from sim.machine.holdings import Holding, Instance

_SECOND = 1.0
"""Over which the rate of a guest's own timers is taken. They have hours."""


def _kept(holdings: Iterable[Holding]) -> tuple[int, int]:
    """Bytes of holdings in RAM and their own, and bytes that are merged or swapped."""
    own = elsewhere = 0
    for holding in holdings:
        own += holding.resident
        elsewhere += holding.merged + holding.swapped
    return own, elsewhere


class GuestMemoryCourse(MemoryCourse):
    """An instance with a guest kernel in configured memory."""

    def __init__(self, instance: Instance, conditions: Conditions, promised: int, changed: Callable[[], None]) -> None:
        super().__init__(instance, conditions, promised, changed)
        self._freed, self._files = freed(instance), page_cache(instance)

    def _go_on(self, grown: int, read: int, used: int) -> None:
        size = grown + read
        fresh = -1 if used or any(_kept(self._freed)) else untouched(self.instance)
        if size <= fresh and self._pressure.at_once(size):
            # What most do most of the time, in short.
            if grown:
                self._had(self._extra("growth", file=False), grown)
            if read:
                self._had(self._extra("reads", file=True), read)
        else:
            super()._go_on(grown, read, used)

    def ahead(self, now: float) -> Ahead:
        """What it does next, all being booked until now."""
        rates = self._conditions.rates
        growth = rates.growth
        every = growth + rates.reads + (rates.use(now + _SECOND) - rates.use(now) if rates.use else 0.0)
        seconds, copies = self._reading_back(now), self._copies(now)
        room, rate, touches = self._source(growth, every)
        return Ahead(min(seconds, soon(room, rate)), touches + copies)

    def _source(self, growth: float, every: float) -> tuple[int, float, float]:
        """Where it takes memory from now: bytes there, bytes a second it takes, and those the host finds room for.

        What it takes over from itself needs no room on the host, unless it is swapped or merged there.
        """
        own, elsewhere = _kept(self._freed)
        if own or elsewhere:
            return own or elsewhere, every, 0.0 if own else every
        fresh = untouched(self.instance)
        if fresh:
            return fresh, every, every
        own, elsewhere = _kept(self._files)
        if own or elsewhere:
            return own or elsewhere, growth, 0.0 if own else growth
        return self._paid, growth, 0.0

    def _copies(self, now: float) -> float:
        """Bytes a second of merged pages that get a copy because it writes to them: fewer later."""
        rates = self._conditions.rates
        if not rates.writes or now < rates.writes_from:
            return 0.0
        merged = sum(holding.merged for holding in self.instance.holdings)
        return rates.writes * merged / self._written_to() if merged else 0.0

    def _extra(self, name: str, *, file: bool) -> Holding:
        before = len(self.instance.holdings)
        holding = super()._extra(name, file=file)
        if file and len(self.instance.holdings) > before:
            self._files.append(holding)
        return holding

    def _written_to(self) -> int:
        return self.instance.held

    def _grow(self, size: int) -> None:
        holding = self._extra("growth", file=False)
        left = size - self._take_over(self._freed, holding, size)
        if left:
            left -= self._take_fresh(holding, left)
        if left:
            left -= self._take_over(self._files, holding, left)
        if not left or self.stopped:
            return
        most = self._conditions.guest_swap - self.instance.guest_swapped
        part = min(left, most)
        if part and self._pay(part, most):
            self.instance.guest_swapped += part
            self._conditions.guest_swapped += part
        if part < left:
            self._kill_inside()

    def _take_over(self, holdings: Iterable[Holding], to: Holding, size: int) -> int:
        """Take so many bytes from holdings of the guest that can do without them. Gives what they had."""
        left = size
        for holding in holdings:
            own = min(holding.resident, left)
            if own:
                self._pages.take_over(holding, to, own)
                left -= own
            elsewhere = min(holding.bytes, left)
            if elsewhere:
                self._pages.release(holding, elsewhere)
                self._touch(to, elsewhere)
                left -= elsewhere
            if not left:
                break
        return size - left

    def _take_fresh(self, to: Holding, size: int) -> int:
        part = min(untouched(self.instance), size)
        if part:
            self._touch(to, part)
        return part

    def _kill_inside(self) -> None:
        """The guest's own OOM killer ends the application: its memory is free in the guest, and still the host's."""
        for holding in self.instance.holdings:
            if holding.line.guest and holding.line.origin == "application" and not holding.line.file:
                if self._freed:
                    self._pages.take_over(holding, self._freed[0], holding.resident)
                self._pages.release(holding, holding.bytes)
        self.instance.guest_swapped = 0
        self._conditions.guest_kills += 1
        self._pressure.counts.at("kill", self._pressure.env.now)
        self.end()

    def _read(self, size: int) -> None:
        self._read_files(self._extra("reads", file=True), size)

    def _use(self, size: int) -> None:
        """Its own timers write files that no other guest has. Nothing of that is given back by itself."""
        self._read_files(self._extra(USE, file=True), size)

    def _read_files(self, holding: Holding, size: int) -> None:
        """Page cache takes what is free in the guest, and what it never touched. Past that it takes turns."""
        taken = self._take_over(self._freed, holding, size)
        if taken < size:
            self._take_fresh(holding, size - taken)
