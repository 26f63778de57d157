"""What one instance without a guest does to memory between two moments. Its rates are constant between changes.

Its growth is the host's at once, up to its limit. There it takes its own page cache, then its own memory, which goes to
the host's swap. At the end it is killed.

`MemoryCourse.book` books a span of any length. `MemoryCourse.ahead` says when what it takes will come from elsewhere,
if nobody interferes.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from sim.catalog.number import Number
from sim.machine.bill import USE, BillLine
from sim.machine.conditions import Ahead, Conditions, soon
from sim.machine.holdings import Holding, Instance

_GIVEN = Number(0.0, "B/s", sources=("definition",))
"""The scenario says how fast."""

PIECE = 16 * 2**20
"""The fewest bytes that an instance swaps by itself at a time: the resolution of the model, no fact of a kernel."""


class MemoryCourse:
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
        if not merged:
            self._pages.diverge(holding, min(lost, holding.equal - holding.merged))
            return

        def take(got: int) -> None:
            self._pages.unshare(holding, min(got, holding.merged))

        def done() -> None:
            self._pages.diverge(holding, min(lost, holding.equal - holding.merged))

        if self._pressure.at_once(merged):
            take(merged)
            done()
        else:
            self._pressure.ask(self.instance, merged, take, self.wait(done))
