"""The memory ledger: pages by content key, never a formula for a total.

A bill says what one instance holds, line by line. The ledger adds the bills of all instances. Anonymous memory is there
once an instance. File pages are there once a content key. A daemon is there once a host. Inside a guest file pages are
private to it, unless the guest maps the host's page cache (DAX) or KSM has found them equal.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from sim.machine.bill import Bill, BillLine
from sim.records.instances import MemoryRecord


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over all instances and the host's daemons, in bytes.

    Attributes:
        physical: What is taken from the host's memory.
        rss: What the resident sizes of all processes add up to.
        pss: The same, with shared pages divided among those that map them.
        configured: What was promised to guests.
    """

    physical: int
    rss: int
    pss: int
    configured: int


@dataclass(slots=True)
class _Shared:
    """Pages that exist once: how many bytes of them each instance maps, and how often each was added."""

    sizes: Counter[BillLine] = field(default_factory=Counter)

    @property
    def bytes(self) -> int:
        return max((line.bytes for line in self.sizes), default=0)


class Ledger:
    """Adds and takes away instances' bills, and knows the totals at any time."""

    def __init__(self) -> None:
        self._cohorts: dict[int, tuple[Bill, int]] = {}
        self._shared: dict[str, _Shared] = {}
        self._next = 0
        self._private = 0
        self._private_rss = 0
        self._private_pss = 0
        self._configured = 0

    def add(self, bill: Bill, count: int = 1) -> int:
        """Add `count` instances with the same bill. Gives a handle for `remove`."""
        if count < 1:
            raise ValueError(f"count {count} is below 1")
        handle = self._next
        self._next += 1
        self._cohorts[handle] = (bill, count)
        self._book(bill, count)
        return handle

    def remove(self, handle: int) -> None:
        """Take away what `add` gave this handle for. Raises `KeyError` for a handle that is not there."""
        bill, count = self._cohorts.pop(handle)
        self._book(bill, -count)

    def _book(self, bill: Bill, count: int) -> None:
        self._configured += bill.configured * count
        for line in bill.lines:
            if line.share == "instance":
                self._private += line.bytes * count
                if line.in_rss:
                    self._private_rss += line.bytes * line.mappings * count
                    self._private_pss += line.bytes * count
                continue
            shared = self._shared.setdefault(line.key, _Shared())
            shared.sizes[line] += count
            if not shared.sizes[line]:
                del shared.sizes[line]
            if not shared.sizes:
                del self._shared[line.key]

    @property
    def instances(self) -> int:
        """How many instances there are."""
        return sum(count for _, count in self._cohorts.values())

    @property
    def physical(self) -> int:
        """Bytes that are taken from the host's memory now."""
        return self._private + sum(shared.bytes for shared in self._shared.values())

    def totals(self) -> Totals:
        """The sums now."""
        physical, rss, pss = self._private, self._private_rss, self._private_pss
        for shared in self._shared.values():
            physical += shared.bytes
            pss += max((line.bytes for line in shared.sizes if line.in_rss), default=0)
            for line, count in shared.sizes.items():
                if line.in_rss:
                    rss += line.bytes * line.mappings * (1 if line.share == "host" else count)
        return Totals(physical, rss, pss, self._configured)

    def records(self, of: str) -> Iterator[MemoryRecord]:
        """Every entry once. First comes what is there once a host, then each instance's own in the order they came.

        What was configured for an instance and never touched is told as not touched.
        """
        for shared in self._shared.values():
            first = max(shared.sizes, key=lambda line: line.bytes)
            host = first.share == "host"
            mappers = 1 if host else sum(line.mappings * count for line, count in shared.sizes.items())
            yield _record(of, None, first, first.key if first.file else "", mappers)
        instance = 0
        for bill, count in self._cohorts.values():
            for _ in range(count):
                for line in bill.lines:
                    if line.share == "instance":
                        yield _record(of, instance, line, line.key if line.file else "", line.mappings)
                untouched = bill.configured - bill.guest_bytes
                if bill.configured and untouched > 0:
                    yield MemoryRecord(
                        of, instance, "kernel", "untouched", untouched, "", 1, False, "configured", touched=False
                    )
                instance += 1


def _record(of: str, instance: int | None, line: BillLine, content_key: str, mappers: int) -> MemoryRecord:
    return MemoryRecord(
        of=of,
        instance=instance,
        owner=line.owner,
        part=line.part,
        bytes=line.bytes,
        content_key=content_key,
        mappers=mappers,
        in_rss=line.in_rss,
        source=line.number.source,
        estimate=bool(line.number.estimate),
    )
