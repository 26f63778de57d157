"""The memory ledger in time: where every byte of every instance is now, in RAM, merged, or on the host's swap.

It books, and refuses what does not fit. `sim.machine.pressure` makes room. RAM in use never exceeds RAM, and swap in
use never exceeds swap. Both are the sums over instances and host (`audit` adds them up anew).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from sim.machine.bill import Bill, BillLine
from sim.machine.holdings import Equal, Holding, Instance, nothing_equal
from sim.machine.ledger import Ledger
from sim.machine.mergedpages import MergedPages


@dataclass(frozen=True, slots=True)
class Sums:
    """Bytes now.

    Attributes:
        used: Of RAM, by instances and what they share.
        saved: What more it were without KSM.
    """

    used: int
    shared: int
    private: int
    merged: int
    cache: int
    saved: int
    swapped: int


class Pages:
    """Who holds what.

    Of a swap in memory (zram) the compressed bytes are part of the RAM in use. It is filled before the disk's. What
    comes back or goes comes from both, in proportion to what they hold.

    Attributes:
        ram, swap: Bytes there are for instances. The swap's are those on the disk and in memory, before compression.
        changes: A number that grows whenever anything is booked.
        catch_up: Has what instances do all the time booked until now, of one or, given None, of all. Whoever looks in
            between calls it first.
    """

    def __init__(self, ram: int, swap: int = 0, zram: int = 0, ratio: float = 1.0) -> None:
        self.ram = ram
        self.swap = swap + zram
        self._zram, self._ratio = zram, ratio
        self._in_zram = self._compressed = 0
        self.instances: dict[int, Instance] = {}
        self._shared = Ledger()
        self._merged = MergedPages()
        self._cache: dict[str, int] = {}
        self._owners: dict[str, int] = {}
        self._shared_bytes = self._private = self._cached = self._swapped = 0
        self._next = 0
        self.changes = 0
        self.catch_up: Callable[[Instance | None], None] = lambda _: None

    @property
    def used(self) -> int:
        """Bytes of RAM in use."""
        return self._shared_bytes + self._private + self._merged.size + self._cached + self._compressed

    @property
    def free(self) -> int:
        """Bytes of RAM in no use."""
        used = self._shared_bytes + self._private + self._merged.size + self._cached + self._compressed
        return self.ram - used

    @property
    def cached(self) -> int:
        """Bytes of clean page cache, which cost nothing to give up."""
        return self._cached

    @property
    def compressed(self) -> int:
        """Bytes of RAM that the swap in memory takes."""
        return self._compressed

    def to_zram(self, size: int) -> int:
        """How many of so many bytes that go to swap now stay in memory, compressed."""
        return min(size, self._zram - self._in_zram)

    def from_zram(self, size: int) -> int:
        """How many of so many bytes that come back from swap now are in memory."""
        return size * self._in_zram // self._swapped if self._swapped else 0

    def _swap_less(self, size: int) -> None:
        if size:
            self._set_in_zram(self._in_zram - max(self.from_zram(size), self._in_zram - (self._swapped - size)))
            self._swapped -= size

    def _set_in_zram(self, size: int) -> None:
        self._in_zram = size
        self._compressed = math.ceil(size / self._ratio)

    @property
    def saved(self) -> int:
        """Bytes that KSM saves."""
        return self._merged.mapped - self._merged.size

    @property
    def swapped(self) -> int:
        """Bytes on the host's swap."""
        return self._swapped

    @property
    def swap_free(self) -> int:
        """Bytes of the host's swap in no use."""
        return self.swap - self._swapped

    def sums(self) -> Sums:
        """All sums now."""
        return Sums(
            self.used, self._shared_bytes, self._private, self._merged.size, self._cached, self.saved, self._swapped
        )

    def holdings(self) -> list[Holding]:
        """Every holding of every instance."""
        return [holding for instance in self.instances.values() for holding in instance.holdings]

    def by_owner(self) -> dict[str, int]:
        """Private and shared bytes in RAM by whose they are. Merged pages and page cache are nobody's."""
        if not self._owners:
            for record in self._shared.records(""):
                self._owners[record.owner] = self._owners.get(record.owner, 0) + record.bytes
        sizes = self._owners.copy()
        for instance in self.instances.values():
            for holding in instance.holdings:
                owner = holding.line.owner
                sizes[owner] = sizes.get(owner, 0) + holding.resident
        return sizes

    @property
    def touched(self) -> int:
        """Bytes of all guests, wherever they are."""
        total = 0
        for instance in self.instances.values():
            for holding in instance.holdings:
                if holding.line.guest:
                    total += holding.resident + holding.merged + holding.swapped
        return total

    def _count_shared(self) -> None:
        self._shared_bytes = self._shared.totals().physical
        self._owners = {}

    def _room(self, more: int) -> None:
        if more > self.free:
            raise ValueError(f"{more} bytes do not fit into the {self.free} that are free")

    def sharing(self, bill: Bill) -> int:
        """Bytes that an instance's shared lines would add to those there are."""
        handle = self._shared.add(_shared_part(bill))
        more = self._shared.totals().physical - self._shared_bytes
        self._shared.remove(handle)
        return more

    def keep(self, bill: Bill) -> None:
        """Have a bill's daemons there from now on, whether or not there are instances.

        Raises `ValueError` where they do not fit.
        """
        daemons = replace(bill, lines=tuple(line for line in bill.lines if line.share == "host"), configured=0)
        self._room(self.sharing(daemons))
        self._shared.add(daemons)
        self._count_shared()

    def add(self, bill: Bill, equal: Equal = nothing_equal) -> Instance:
        """An instance whose shared pages are there, and whose own holdings are still empty.

        Raises `ValueError` where the shared pages do not fit.
        """
        shared = _shared_part(bill)
        handle = self._shared.add(shared)
        now = self._shared.totals().physical
        if now - self._shared_bytes > self.free:
            self._shared.remove(handle)
            self._room(now - self._shared_bytes)
        self._shared_bytes, self._owners = now, {}
        instance = Instance(self._next, bill, handle)
        instance.holdings = [Holding(instance, line, *equal(line)) for line in bill.lines if line.share == "instance"]
        self.changes += 1
        self.instances[self._next] = instance
        self._next += 1
        return instance

    def extend(self, instance: Instance, line: BillLine, equal: int = 0, key: str = "") -> Holding:
        """A further holding of an instance, empty."""
        holding = Holding(instance, line, equal, key)
        instance.holdings.append(holding)
        return holding

    def remove(self, instance: Instance) -> int:
        """Take an instance away, with all it holds. Gives the bytes of RAM that came free."""
        before = self.used
        for holding in instance.holdings:
            self.release(holding, holding.bytes)
        self._shared.remove(instance.handle)
        self._count_shared()
        del self.instances[instance.number]
        return before - self.used

    def populate(self, holding: Holding, size: int) -> None:
        """Touch so many new bytes. Raises `ValueError` where they do not fit."""
        self._room(size)
        self.changes += 1
        holding.resident += size
        self._private += size
        if holding.line.guest:
            holding.instance.held += size

    def release(self, holding: Holding, size: int) -> int:
        """Give so many bytes of a holding back, its own first, then merged ones, then swapped ones.

        Gives the bytes of RAM that came free, fewer than `size` where others still map them. Raises `ValueError` for
        more than it holds.
        """
        if size > holding.bytes:
            raise ValueError(f"{size} bytes are more than the {holding.bytes} of {holding.line.part}")
        self.changes += 1
        came = own = min(size, holding.resident)
        holding.resident -= own
        self._private -= own
        if own < size:
            before = self.used
            shared = min(size - own, holding.merged)
            self._set_merged(holding, holding.merged - shared)
            swapped = size - own - shared
            holding.swapped -= swapped
            self._swap_less(swapped)
            came += before - self.used
        if holding.line.guest:
            holding.instance.held -= size
        holding.equal = min(holding.equal, holding.bytes)
        holding.seen = min(holding.seen, holding.in_ram)
        return came

    def take_over(self, holding: Holding, to: Holding, size: int) -> None:
        """Have one holding's own bytes in RAM become another's of the same instance. Raises `ValueError` for too many.

        No RAM is taken for it, however full the host is.
        """
        if size > holding.resident:
            raise ValueError(f"{size} bytes are more than the {holding.resident} in RAM of {holding.line.part}")
        self.changes += 1
        holding.resident -= size
        to.resident += size
        if to.key:
            to.equal += size
        if holding.key:
            holding.equal = min(holding.equal, holding.bytes)
        holding.seen = min(holding.seen, holding.in_ram)

    def _set_merged(self, holding: Holding, merged: int) -> None:
        if merged == holding.merged:
            return
        self.changes += 1
        self._merged.set_merged(holding, merged)

    def tree(self, key: str) -> int:
        """Bytes that KSM holds of a content."""
        return self._merged.of(key)

    def merge(self, holding: Holding, upto: int) -> int:
        """Have the first `upto` bytes of a holding's equal ones merged. Gives the bytes of its own that came free."""
        more = min(upto, holding.equal, holding.in_ram) - holding.merged
        if more <= 0:
            return 0
        tree = self.tree(holding.key)
        # What nobody has merged before becomes KSM's page itself, so that nothing is needed beside it.
        self._private -= more
        holding.resident -= more
        self._set_merged(holding, holding.merged + more)
        return min(more, max(tree - (holding.merged - more), 0))

    def unshare(self, holding: Holding, size: int) -> None:
        """Give a holding copies of its own of so many merged bytes, as writing to them does.

        Raises `ValueError` where the copies do not fit, or for more bytes than are merged.
        """
        if size > holding.merged:
            raise ValueError(f"{size} bytes are more than the {holding.merged} merged ones of {holding.line.part}")
        before = self._merged.size
        self._set_merged(holding, holding.merged - size)
        if size > self.free:
            wanted = size - (before - self._merged.size)
            self._set_merged(holding, holding.merged + size)
            self._room(wanted)
        holding.resident += size
        self._private += size

    def diverge(self, holding: Holding, size: int) -> None:
        """So many equal bytes, none of them merged any more, get a content of their own."""
        if size > holding.equal - holding.merged:
            raise ValueError(f"{size} bytes are more than the equal ones of {holding.line.part} that are not merged")
        self.changes += 1
        holding.equal -= size

    def swap_out(self, holding: Holding, size: int) -> None:
        """Move so many own bytes to the host's swap. Raises `ValueError` where they are not there or do not fit."""
        if not holding.swappable or size > holding.resident or size > self.swap_free:
            raise ValueError(f"{size} bytes of {holding.line.part} cannot go to swap")
        self.changes += 1
        holding.resident -= size
        self._private -= size
        holding.swapped += size
        if self._zram:
            self._set_in_zram(self._in_zram + self.to_zram(size))
        self._swapped += size
        holding.seen = min(holding.seen, holding.in_ram)

    def swap_evenly(self, holdings: Iterable[Holding], size: int) -> int:
        """Move so many own bytes to the host's swap, from each holding in proportion to what it has in RAM.

        Holdings that cannot be swapped are passed over. Gives the bytes that went, fewer than asked where fewer are
        there or fit.
        """
        having = [holding for holding in holdings if holding.resident and holding.swappable]
        total = sum([holding.resident for holding in having])
        size = left = min(size, total, self.swap_free)
        for holding in having:
            # Of what is left, this holding's share of what is left to take from: the sum comes out exactly.
            own = holding.resident
            part = own * left // total
            total -= own
            if part < left - total:
                part = left - total
            holding.resident = own - part
            holding.swapped += part
            left -= part
            if holding.seen:
                holding.seen = min(holding.seen, holding.in_ram)
        if size:
            self.changes += 1
            self._private -= size
            if self._zram:
                self._set_in_zram(self._in_zram + self.to_zram(size))
            self._swapped += size
        return size

    def swap_in(self, holding: Holding, size: int) -> None:
        """Bring so many bytes back from the host's swap. Raises `ValueError` where they are not there or do not fit."""
        if size > holding.swapped:
            raise ValueError(f"{size} bytes are more than the {holding.swapped} swapped ones of {holding.line.part}")
        self._room(size)
        self.changes += 1
        holding.swapped -= size
        self._swap_less(size)
        holding.resident += size
        self._private += size

    def cache(self, key: str, size: int) -> None:
        """Keep so many more bytes of a content in the page cache. Raises `ValueError` where they do not fit."""
        self._room(size)
        self._cache[key] = self._cache.get(key, 0) + size
        self._cached += size

    def cached_of(self, key: str) -> int:
        """Bytes of a content in the page cache."""
        return self._cache.get(key, 0)

    def drop(self, size: int, key: str = "") -> int:
        """Give up so many bytes of clean page cache, of one content or, oldest first, of any. Gives what came free."""
        left = size
        for content in [key] if key else list(self._cache):
            gone = min(left, self._cache.get(content, 0))
            if gone:
                self._cache[content] -= gone
                left -= gone
                if not self._cache[content]:
                    del self._cache[content]
        self._cached -= size - left
        return size - left

    def audit(self) -> Sums:
        """All sums, added up anew from every holding: what `sums` must be at any time."""
        private = sum(holding.resident for holding in self.holdings())
        merged: dict[str, int] = {}
        for holding in self.holdings():
            merged[holding.key] = max(merged.get(holding.key, 0), holding.merged)
        shared = sum(record.bytes for record in self._shared.records("") if record.touched)
        tree, cache = sum(merged.values()), sum(self._cache.values())
        return Sums(
            used=private + tree + shared + cache + self.compressed,
            shared=shared,
            private=private,
            merged=tree,
            cache=cache,
            saved=sum(holding.merged for holding in self.holdings()) - tree,
            swapped=sum(holding.swapped for holding in self.holdings()),
        )


def _shared_part(bill: Bill) -> Bill:
    """The lines that are there once, of a bill that promises nothing."""
    return replace(bill, lines=tuple(line for line in bill.lines if line.share != "instance"), configured=0)
