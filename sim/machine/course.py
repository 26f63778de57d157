"""What one instance does to memory between two moments. Its rates are constant between changes, so any span will do.

A container's growth is the host's at once, up to its limit. A guest's growth takes what is free in the guest first,
then memory it has never touched, then its page cache. Past that the guest swaps, if it has a swap of its own. At the
end its OOM killer ends its application.

`Course.book` books a span. `Course.ahead` says when what it takes will come from elsewhere, if nobody interferes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from sim.catalog.number import Number
from sim.machine.ballooning import freed, page_cache, untouched
from sim.machine.bill import USE, BillLine
from sim.machine.pages import Holding, Instance
from sim.machine.pressure import Pressure

_GIVEN = Number(0.0, "B/s", sources=("definition",))
"""The scenario says how fast."""

PIECE = 16 * 2**20
"""The fewest bytes that an instance swaps by itself at a time: the resolution of the model, no fact of a kernel."""

_SECOND = 1.0
"""Over which the rate of a guest's own timers is taken. They have hours."""


@dataclass(frozen=True, slots=True)
class MemoryRates:
    """Bytes a second that every instance touches anew, reads of its image's files, and writes to what it holds.

    Attributes:
        writes_from: Seconds until it begins to write.
        use: Bytes of files that a guest's own timers have written so long after the start. None where they write none.
    """

    growth: float = 0.0
    reads: float = 0.0
    writes: float = 0.0
    writes_from: float = 0.0
    use: Callable[[float], float] | None = None

    @property
    def any(self) -> bool:
        """Whether anything changes as time passes."""
        return self.use is not None or max(self.growth, self.reads, self.writes) > 0


@dataclass(slots=True)
class Commit:
    """Memory that the host has promised.

    Attributes:
        limit: The most it may promise, None where it promises all that is asked.
        single: The most of one request.
    """

    limit: int | None = None
    single: int | None = None
    promised: int = 0

    @property
    def left(self) -> float:
        """Bytes it may still promise."""
        return math.inf if self.limit is None else self.limit - self.promised

    def grant(self, size: int) -> bool:
        """Promise so many bytes, if the host may."""
        if (self.single is not None and size > self.single) or size > self.left:
            return False
        self.promised += size
        return True


@dataclass(slots=True)
class Conditions:
    """What all instances of a host have in common, and what became of them so far.

    Attributes:
        limit: The most bytes one instance without a guest may hold (memory.max).
        guest_swap: Bytes of a guest's own swap.
        same_image: Whether all read the same files.
        step: The fewest seconds between two reads of an instance from swap.
        waited, lived: Seconds that instances waited for memory, and those they ran.
    """

    pressure: Pressure
    rates: MemoryRates
    commit: Commit
    step: float
    limit: int | None = None
    guest_swap: int = 0
    same_image: bool = True
    refused: int = 0
    guest_swapped: int = 0
    guest_kills: int = 0
    waited: float = 0.0
    lived: float = 0.0
    _span: tuple[float, float] = (0.0, 0.0)
    _amounts: tuple[int, int, int] = (0, 0, 0)

    def amounts(self, before: float, now: float) -> tuple[int, int, int]:
        """Whole bytes that an instance grows by, reads and has its timers write between two moments.

        Those of adjacent spans are those of the whole. Most instances ask for the same span one after the other.
        """
        if self._span != (before, now):
            rates, use = self.rates, self.rates.use
            self._span = before, now
            self._amounts = (
                int(rates.growth * now) - int(rates.growth * before),
                int(rates.reads * now) - int(rates.reads * before),
                int(use(now)) - int(use(before)) if use else 0,
            )
        return self._amounts


class Ahead(NamedTuple):
    """What an instance will do next.

    Attributes:
        seconds: Until its memory comes from elsewhere.
        touches: Bytes a second that the host has to find room for.
        caches: Bytes a second of the host's page cache, which takes only what is free.
        promises: Bytes a second that the host is asked to promise.
        swaps: Bytes a second of its own that it moves to the host's swap.
    """

    seconds: float = math.inf
    touches: float = 0.0
    caches: float = 0.0
    promises: float = 0.0
    swaps: float = 0.0


def soon(room: float, rate: float, several: int = 1) -> float:
    """Seconds until room is taken: until just before, so that all is booked till then, and from there until just after.

    Args:
        several: How many take it, each of them whole bytes.
    """
    if not rate:
        return math.inf
    return (room - 2 * several if room > 4 * several else room + 2 * several) / rate


class Course:
    """An instance without a guest.

    Attributes:
        at: Until when all is booked.
        promised: Bytes the host has promised it.
        blocked: Whether it waits for room on a full host, with others that need some.
        stopped: Whether its application has ended, and the instance has not.
    """

    def __init__(self, instance: Instance, conditions: Conditions, promised: int, changed: Callable[[], None]) -> None:
        self.instance = instance
        self.promised = promised
        self.blocked = self.stopped = False
        self.at = self._begun = conditions.pressure.env.now
        self._conditions, self._changed = conditions, changed
        self._pressure, self._pages = conditions.pressure, conditions.pressure.pages
        self._own: dict[str, Holding] = {}
        self._waits = self._paid = 0
        self._read_back, self._overwritten = self.at, 0.0
        self._writing = self._held_up = self._had_room = False

    @property
    def stands(self) -> bool:
        """Whether nothing goes on."""
        return self.blocked or self.stopped or self._waits > 0

    @property
    def waited(self) -> float:
        """Seconds that it has waited and that are not noted yet."""
        return 0.0 if self.stopped or not self.stands else self._pressure.env.now - self.at

    @property
    def lived(self) -> float:
        """Seconds that it has run and that are not noted yet."""
        return 0.0 if self.stopped else self._pressure.env.now - self._begun

    def end(self) -> None:
        """Note its times. It is called once, when the application or the instance ends."""
        self._conditions.waited += self.waited
        self._conditions.lived += self.lived
        self.stopped = True

    def go_on(self, since: float) -> None:
        """Have what it did since then booked next. Until then it waited."""
        since = max(since, self.at)
        self._conditions.waited += since - self.at
        self.at = since

    def wait(self, then: Callable[[], None] | None = None) -> Callable[[], None]:
        """Have it wait until what this gives is called, which then calls `then`."""
        self._waits += 1

        def over() -> None:
            self._waits -= 1
            if not self._waits and not self.stopped:
                self.go_on(self._pressure.env.now)
            if then:
                then()
            self._changed()

        return over

    def book(self, now: float) -> None:
        """Book what it did until now."""
        before = self.at
        if now <= before or self.blocked or self.stopped or self._waits:
            return
        self.at = now
        rates = self._conditions.rates
        if rates.writes and now > rates.writes_from:
            self._write(rates.writes * (now - max(before, rates.writes_from)))
        if not self.stopped:
            self._go_on(*self._conditions.amounts(before, now))

    def _go_on(self, grown: int, read: int, used: int) -> None:
        """Grow by so many bytes, read so many, and have a guest's timers write so many."""
        if grown:
            self._grow(grown)
        if read and not self.stopped:
            self._read(read)
        if used and not self.stopped:
            self._use(used)

    def ahead(self, now: float) -> Ahead:
        """What it does next, all being booked until now."""
        growth = self._conditions.rates.growth
        reads = self._conditions.rates.reads if self._reads_alone else 0.0
        limit = self._conditions.limit
        seconds = self._reading_back(now)
        if limit is None:
            return Ahead(seconds, growth, reads, growth)
        own = self._pages.cached_of(self._own_cache)
        room = limit - self.instance.in_ram - own
        had_room, self._had_room = self._had_room, room > 0
        if room > 0:
            cached = 0.0 if self._conditions.same_image else reads
            return Ahead(min(seconds, soon(room, growth + cached)), growth, reads, growth)
        # From here on it takes from itself: page cache, then what it has to swap. The first byte is noted when it is.
        more = 0 if had_room else own or self._paid
        return Ahead(min(seconds, soon(more, growth)), promises=growth, swaps=0.0 if own else growth)

    @property
    def _own_cache(self) -> str:
        return f"reads/{self.instance.number}"

    @property
    def _reads_alone(self) -> bool:
        """Whether what it reads is read by nobody before it: of one image's files the first instance reads all."""
        return not self._conditions.same_image or next(iter(self._pages.instances)) == self.instance.number

    def _extra(self, name: str, *, file: bool) -> Holding:
        holding = self._own.get(name)
        if holding is None:
            part = f"{name}/{'files' if file else 'memory'}"
            guest = self.instance.has_guest
            line = BillLine(
                part, "application", "files" if file else "application", "instance", 0, _GIVEN,
                key=name if file else "", file=file, guest=guest, reclaimable=file,
            )  # fmt: skip
            equal = file and self._conditions.same_image and name != USE
            key = f"ksm/{name}" if equal else ""
            holding = self._own[name] = self._pages.extend(self.instance, line, key=key)
        return holding

    def _touch(self, holding: Holding, size: int) -> None:
        """Touch new memory, which in a guest is in use from now on. What is read is the same in every guest."""
        if self.stopped:  # making room for what it wrote to may have had it killed
            return
        if self._pressure.at_once(size):
            self._had(holding, size)
            return

        def take(got: int) -> None:
            self.instance.asked -= got
            self._had(holding, got)

        self.instance.asked += size
        self._pressure.ask(self.instance, size, take, self.wait())

    def _had(self, holding: Holding, size: int) -> None:
        self._pages.populate(holding, size)
        if holding.key:
            holding.equal += size

    def _grow(self, size: int) -> None:
        commit = self._conditions.commit
        granted = int(min(size, commit.left))
        if not commit.grant(granted):
            granted = 0
        self.promised += granted
        if granted:
            self._take(self._extra("growth", file=False), granted)
        if granted < size and not self.stopped:
            self._conditions.refused += 1
            self.end()

    def _take(self, holding: Holding, size: int) -> None:
        over = 0
        if self._conditions.limit is not None:
            own = self._pages.cached_of(self._own_cache)
            over = self.instance.in_ram + own + size - self._conditions.limit
            if over > 0:
                gone = self._pages.drop(over, self._own_cache)
                self._pressure.counts.dropped(gone, self._pressure.env.now)
                over -= gone
        if over <= 0:
            self._touch(holding, size)
            return
        most = min(self._pages.swap_free, sum(x.resident for x in self.instance.holdings if x.swappable))
        part = min(over, most)
        if part and self._pay(part, most):
            counts = self._pressure.counts
            counts.at("swap", self._pressure.env.now)
            counts.swapped_out += self._pages.swap_evenly(self.instance.holdings, part)
            self._touch(holding, size - over + part)
        if part < over:
            self._pressure.kill(self.instance)

    def _pay(self, size: int, most: int) -> bool:
        """Have the disk write so many bytes of its own swap, a piece ahead. It waits where the disk is slower than it.

        Args:
            most: Bytes it may write at all, no fewer.
        """
        if self._paid < size:
            if self._writing:
                self._held_up = True
                self._over = self.wait()
                return False
            growth = self._conditions.rates.growth
            piece = size - self._paid + min(max(PIECE, int(growth * self._conditions.step)), most - size)
            self._writing = True
            self._pressure.write_disk(piece, self._written)
            self._paid += piece
        self._paid -= size
        return True

    def _written(self) -> None:
        self._writing = False
        if self._held_up:
            self._held_up = False
            self._over()

    def _read(self, size: int) -> None:
        """Read files that were not read before. Page cache takes only what is free, and never makes others swap."""
        if not self._reads_alone:
            return
        key = "reads" if self._conditions.same_image else self._own_cache
        room = self._pages.free
        if self._conditions.limit is not None and not self._conditions.same_image:
            room = min(room, self._conditions.limit - self.instance.in_ram - self._pages.cached_of(key))
        self._pages.cache(key, max(min(size, room), 0))

    def _use(self, size: int) -> None:
        """It has no timers of its own."""

    def _written_to(self) -> int:
        """Bytes it has that its writes go to."""
        return sum(x.bytes for x in self.instance.holdings if x.swappable)

    def _reading_back(self, now: float) -> float:
        """Seconds until it reads back what it writes to and is swapped, which it does a step at a time."""
        rates = self._conditions.rates
        if not rates.writes:
            return math.inf
        if now < rates.writes_from:
            return rates.writes_from - now
        if not any(holding.swapped for holding in self.instance.holdings):
            return math.inf
        return max(self._read_back + self._conditions.step - now, 0.0)

    def _write(self, size: float) -> None:
        """Write so many bytes, evenly over what the instance holds.

        A merged page gets a copy of its own. An equal one is equal no more. A swapped one is read back. Of M bytes
        written to at a rate w, exp(-w t / M) are as they were after t seconds.
        """
        total = self._written_to()
        if not total:
            return
        self._overwritten += size
        if self.at >= self._read_back + self._conditions.step:
            self._fault_in(-math.expm1(-self._overwritten / total))
        share = -math.expm1(-size / total)
        for holding in self.instance.holdings:
            lost = min(round(holding.equal * share), holding.equal)
            if lost and holding.line.guest:
                self._part_ways(
                    holding, lost, max(round(holding.merged * share), holding.merged - (holding.equal - lost))
                )

    def _fault_in(self, share: float) -> None:
        """Read back what was written to since the last time, a step ago at least."""
        self._read_back, self._overwritten = self.at, 0.0
        back = [(holding, size) for holding in self.instance.holdings if (size := round(holding.swapped * share))]
        if back:
            self._pressure.fault_in(self.instance, back, self.wait())

    def _part_ways(self, holding: Holding, lost: int, merged: int) -> None:
        def take(got: int) -> None:
            self._pages.unshare(holding, min(got, holding.merged))

        def done() -> None:
            self._pages.diverge(holding, min(lost, holding.equal - holding.merged))

        if not merged or self._pressure.at_once(merged):
            if merged:
                take(merged)
            done()
        else:
            self._pressure.ask(self.instance, merged, take, self.wait(done))


def _kept(holdings: Iterable[Holding]) -> tuple[int, int]:
    """Bytes of holdings in RAM and their own, and bytes that are merged or swapped."""
    own = elsewhere = 0
    for holding in holdings:
        own += holding.resident
        elsewhere += holding.merged + holding.swapped
    return own, elsewhere


class GuestCourse(Course):
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
