"""What instances do to memory, booked tick by tick: what `sim.machine.demand` must agree with as ticks become short.

In each tick an instance that does not wait asks for all that a tick brings.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

from sim.catalog.number import Number
from sim.engine.alarm import Alarm
from sim.machine.ballooning import freed, page_cache, untouched
from sim.machine.bill import USE, Bill, BillLine
from sim.machine.conditions import Commit
from sim.machine.demand import asks
from sim.machine.holdings import Equal, Holding, Instance, nothing_equal

_GIVEN = Number(0.0, "B/s", sources=("definition",))


class TickingDemand:
    """As `MemoryDemand`, with ticks of `step` seconds."""

    def __init__(self, env, pressure, rates, step, limit=None, guest_swap=0, same_image=True, commit=None):
        self.env = env
        self.pressure = pressure
        self.pages = pressure.pages
        self.refused = self.guest_swapped = self.guest_kills = self.steps = self.stalled = 0
        self._rates = rates
        self._step = step
        self._limit = limit
        self._guest_swap = guest_swap
        self._same_image = same_image
        self._commit = commit or Commit()
        self._before = env.now
        self._ticking = False
        self._waiting: dict[int, int] = {}
        self._stopped: set[int] = set()
        self._promised: dict[int, int] = {}
        self._alarm = Alarm(env, self._tick)
        pressure.killed = self._forget

    def start(self, bill: Bill, count: int, equal: Equal = nothing_equal) -> None:
        """Start so many instances at once. Each touches what its bill says, as room is made for it."""
        for _ in range(count):
            size = asks(bill)
            if not self._commit.grant(size):
                self.refused += 1
                continue
            self.pressure.ask(None, lambda: self.pages.sharing(bill), partial(self._add, bill, equal, size), whole=True)
        if not self._ticking and (self._rates.use or max(self._rates.growth, self._rates.reads, self._rates.writes)):
            self._ticking = True
            self._alarm.arm(self._step)

    def _forget(self, instance: Instance) -> None:
        """What an instance was promised ends with it."""
        self._commit.promised -= self._promised.pop(instance.number, 0)

    def _add(self, bill: Bill, equal: Equal, promised: int, _: int) -> None:
        instance = self.pages.add(bill, equal)
        self._promised[instance.number] = promised
        wanted = [(holding, holding.line.bytes) for holding in instance.holdings]
        self._ask(instance, sum(size for _, size in wanted), lambda got: self._fill(wanted, got))

    def _fill(self, wanted: list[tuple[Holding, int]], got: int) -> None:
        while got:
            holding, size = wanted[0]
            part = min(size, got)
            self.pages.populate(holding, part)
            got -= part
            wanted[0] = (holding, size - part)
            if part == size:
                wanted.pop(0)

    def _waits(self, instance: Instance, then: Callable[[], None] | None = None) -> Callable[[], None]:
        """Have an instance wait until what this gives is called, which then calls `then`."""
        number = instance.number
        self._waiting[number] = self._waiting.get(number, 0) + 1

        def over() -> None:
            self._waiting[number] -= 1
            if then:
                then()

        return over

    def _ask(
        self, instance: Instance, size: int, take: Callable[[int], None], done: Callable[[], None] | None = None
    ) -> None:
        """Ask for memory. The instance waits until it is served."""
        self.pressure.ask(instance, size, take, self._waits(instance, done))

    def _touch(self, holding: Holding, size: int) -> None:
        """Touch new memory, which in a guest is in use from now on. What is read is the same in every guest."""
        instance = holding.instance
        instance.asked += size

        def take(got: int) -> None:
            instance.asked -= got
            self.pages.populate(holding, got)
            if holding.key:
                holding.equal += got

        self._ask(instance, size, take)

    def _tick(self, alarm: Alarm) -> None:
        before, now = self._before, self.env.now
        self._before = now
        first = min(self.pages.instances, default=-1)
        for instance in list(self.pages.instances.values()):
            if instance.number in self._stopped or not self.pressure.alive(instance):
                continue
            self.steps += 1
            if self._waiting.get(instance.number):
                self.stalled += 1
                continue
            if self._rates.writes and now > self._rates.writes_from:
                self._write(instance, self._rates.writes * (now - max(before, self._rates.writes_from)))
            growth, reads = (int(rate * now) - int(rate * before) for rate in (self._rates.growth, self._rates.reads))
            if growth:
                self._grow(instance, growth)
            if reads and self.pressure.alive(instance):
                self._read(instance, reads, alone=instance.number == first)
            if self._rates.use and instance.has_guest and self.pressure.alive(instance):
                self._go_on(instance, int(self._rates.use(now)) - int(self._rates.use(before)))
        self.pressure.serve()
        alarm.arm(self._step)

    def _go_on(self, instance: Instance, size: int) -> None:
        """A guest's own timers write files that no other guest has. Nothing of that is given back by itself."""
        if size:
            self._read_in_guest(instance, self._extra(instance, USE, file=True), size)

    def _extra(self, instance: Instance, name: str, *, file: bool) -> Holding:
        part = f"{name}/{'files' if file else 'memory'}"
        holding = instance.of(part)
        if holding is None:
            line = BillLine(
                part, "application", "files" if file else "application", "instance", 0, _GIVEN,
                key=name if file else "", file=file, guest=instance.has_guest, reclaimable=file,
            )  # fmt: skip
            equal = file and self._same_image and name != USE
            holding = self.pages.extend(instance, line, key=f"ksm/{name}" if equal else "")
        return holding

    def _grow(self, instance: Instance, size: int) -> None:
        holding = self._extra(instance, "growth", file=False)
        if instance.has_guest:
            self._grow_in_guest(instance, holding, size)
            return
        if not self._commit.grant(size):
            self.refused += 1
            self._stopped.add(instance.number)
            return
        self._promised[instance.number] += size
        over = 0
        if self._limit is not None:
            cache = f"reads/{instance.number}"
            over = instance.in_ram + self.pages.cached_of(cache) + size - self._limit
            if over > 0:
                gone = self.pages.drop(over, cache)
                self.pressure.counts.dropped(gone, self.env.now)
                over -= gone
        if over <= 0:
            self._touch(holding, size)
        elif over <= min(self.pages.swap_free, sum(x.resident for x in instance.holdings if x.swappable)):
            self._swap_own(instance, holding, size, over)
        else:
            self.pressure.kill(instance)

    def _swap_own(self, instance: Instance, holding: Holding, size: int, over: int) -> None:
        """A container at its limit swaps its own memory, and waits for the disk."""

        def written() -> None:
            if self.pressure.alive(instance):
                counts = self.pressure.counts
                counts.at("swap", self.env.now)
                counts.swapped_out += self.pages.swap_evenly(instance.holdings, over)
                self._touch(holding, size)

        self.pressure.write_disk(over, self._waits(instance, written))

    def _grow_in_guest(self, instance: Instance, holding: Holding, size: int) -> None:
        fresh = untouched(instance)
        left = size - self._reuse(freed(instance), size)
        left -= min(fresh, left)
        left -= self._reuse(page_cache(instance), left)
        if size > left:
            self._touch(holding, size - left)
        if not left:
            return
        if instance.guest_swapped + left > self._guest_swap:
            self._kill_inside(instance)
            return

        def written() -> None:
            instance.guest_swapped += left
            self.guest_swapped += left

        self.pressure.write_disk(left, self._waits(instance, written))

    def _reuse(self, holdings: list[Holding], size: int) -> int:
        """Take so many bytes from holdings of a guest that can do without them. Gives what they had."""
        left = size
        for holding in holdings:
            part = min(holding.bytes, left)
            self.pages.release(holding, part)
            left -= part
        return size - left

    def _kill_inside(self, instance: Instance) -> None:
        """The guest's own OOM killer ends the application: its memory is free in the guest, and still the host's."""
        kept = freed(instance)
        for holding in instance.holdings:
            if holding.line.guest and holding.line.origin == "application" and not holding.line.file:
                size = holding.resident
                self.pages.release(holding, holding.bytes)
                if kept:
                    self.pages.populate(kept[0], size)
        instance.guest_swapped = 0
        self.guest_kills += 1
        self._stopped.add(instance.number)
        self.pressure.counts.at("kill", self.env.now)

    def _read(self, instance: Instance, size: int, *, alone: bool) -> None:
        """Read files that were not read before. Page cache takes only what is free, and never makes others swap."""
        if not instance.has_guest:
            key = "reads" if self._same_image else f"reads/{instance.number}"
            room = self.pages.free
            if self._limit is not None and not self._same_image:
                room = min(room, self._limit - instance.in_ram - self.pages.cached_of(key))
            if alone or not self._same_image:
                self.pages.cache(key, max(min(size, room), 0))
            return
        self._read_in_guest(instance, self._extra(instance, "reads", file=True), size)

    def _read_in_guest(self, instance: Instance, holding: Holding, size: int) -> None:
        """Page cache takes what is free in the guest, and what it never touched. Past that it takes turns."""
        fresh = untouched(instance)
        taken = self._reuse(freed(instance), size)
        taken += min(fresh, size - taken)
        if taken:
            self._touch(holding, taken)

    def _write(self, instance: Instance, size: float) -> None:
        """Write so many bytes, evenly over what the instance holds.

        A merged page gets a copy of its own. An equal one is equal no more. A swapped one is read back. Of M bytes
        written to at a rate w, exp(-w t / M) are as they were after t seconds.
        """
        total = instance.held if instance.has_guest else sum(x.bytes for x in instance.holdings if x.swappable)
        if not total:
            return
        share = -math.expm1(-size / total)
        back = [(holding, size) for holding in instance.holdings if (size := round(holding.swapped * share))]
        if back:
            self.pressure.fault_in(instance, back, self._waits(instance))
        for holding in instance.holdings:
            lost = min(round(holding.equal * share), holding.equal)
            if lost and holding.line.guest:
                self._part_ways(
                    holding, lost, max(round(holding.merged * share), holding.merged - (holding.equal - lost))
                )

    def _part_ways(self, holding: Holding, lost: int, merged: int) -> None:
        def done() -> None:
            self.pages.diverge(holding, min(lost, holding.equal - holding.merged))

        if not merged:
            done()
            return
        self._ask(holding.instance, merged, lambda got: self.pages.unshare(holding, min(got, holding.merged)), done)
