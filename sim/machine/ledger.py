"""The memory ledger: pages by content key, never a formula for a total.

A bill says what one instance holds, line by line. The ledger adds the bills of all instances. Anonymous memory is there
once an instance. File pages are there once a content key. A daemon is there once a host. Inside a guest file pages are
private to it, unless the guest maps the host's page cache (DAX) or KSM has found them equal.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

from sim.catalog.model import Application, Guest, MemoryPart, SharedBy, Technology
from sim.catalog.number import Number
from sim.errors import InputError
from sim.outcome import Bound
from sim.quantity import render
from sim.records import MemoryRecord, Owner

USE = "use"
"""The part of a guest's bill that grows while it is up: files that its own timers write."""

Origin = Literal["technology", "guest", "application"]


@dataclass(frozen=True, slots=True)
class BillLine:
    """One line of a bill: bytes of physical memory.

    Attributes:
        part: Whose part it is, and its id, as "docker/shim".
        origin: Whose bill it is from.
        owner: Whose memory it is.
        share: Whether the pages are private to the instance, there once on the host, or once for each content key.
        bytes: How many, in whole bytes.
        number: The input behind them.
        key: Which content, or which daemon.
        in_rss: Whether `ps` counts it in a process.
        mappings: In how many processes of the instance the pages are.
        file: The content key of file pages, even where they are private.
        guest: Whether a guest holds them, so that KSM may merge them.
        reclaimable: Whether the guest can do without.
    """

    part: str
    origin: Origin
    owner: Owner
    share: SharedBy
    bytes: int
    number: Number
    key: str = ""
    in_rss: bool = True
    mappings: int = 1
    file: bool = False
    guest: bool = False
    reclaimable: bool = False

    def __hash__(self) -> int:
        """Of what mostly tells lines apart, since it is asked for at each start."""
        return hash((self.part, self.bytes, self.key))


@dataclass(frozen=True, slots=True)
class Bill:
    """What one instance holds, and what was configured for it (0 where nothing is)."""

    lines: tuple[BillLine, ...]
    configured: int = 0

    @property
    def guest_bytes(self) -> int:
        """Bytes of its configured memory that it has touched."""
        return sum(line.bytes for line in self.lines if line.guest)

    @property
    def numbers(self) -> tuple[Number, ...]:
        """The numbers it was made from."""
        return tuple(line.number for line in self.lines)


def _line(part: MemoryPart, origin: Origin, of: str, share_of: int, bound: Bound, *, in_guest: bool) -> BillLine:
    amount = part.amount.at(bound) * (share_of if part.per_guest_memory or part.per_application else 1)
    shared = {"instance": "", "host": f"{of}/{part.id}", "content": part.content_key}
    return BillLine(
        part=f"{of}/{part.id}",
        origin=origin,
        owner=part.owner,
        share=part.share,
        bytes=round(amount),
        number=part.amount,
        key=shared[part.share],
        in_rss=part.in_rss or in_guest,
        mappings=1 if in_guest else part.mappings,
        file=part.share == "content",
        guest=in_guest,
        reclaimable=part.reclaimable,
    )


def _lines(
    entry: Technology | Guest | Application,
    origin: Origin,
    guest_memory: int,
    bound: Bound,
    *,
    in_guest: bool,
    private: int = 0,
) -> Iterator[BillLine]:
    for part in entry.memory:
        if not part.guest_memory_over or guest_memory > part.guest_memory_over:
            share_of = private if part.per_application else guest_memory
            yield _line(part, origin, entry.id, share_of, bound, in_guest=in_guest)


def _private(application: Application, bound: Bound) -> int:
    """Bytes that each instance of an application holds for itself."""
    own = _lines(application, "application", 0, bound, in_guest=False)
    return sum(line.bytes for line in own if line.share == "instance")


def _used(guest: Guest, seconds: float, bound: Bound) -> Iterator[BillLine]:
    """The files that a guest's own timers have written since it is up: page cache that no other guest has."""
    if seconds and guest.use.value:
        yield BillLine(
            part=f"{guest.id}/{USE}",
            origin="guest",
            owner="files",
            share="instance",
            bytes=round(guest.used(seconds, bound)),
            number=guest.use,
            in_rss=True,
            file=True,
            guest=True,
            reclaimable=True,
        )


def bill(
    technology: Technology,
    guest: Guest | None,
    application: Application,
    guest_memory: int | None = None,
    *,
    same_image: bool = True,
    ksm: bool = False,
    uptime: float = 0.0,
    bound: Bound = "value",
) -> Bill:
    """What one instance of an application holds under a technology.

    Args:
        guest: None where the technology starts a process.
        guest_memory: Bytes configured for the guest. If None, the guest's own default, or what the application needs
            where that is more.
        same_image: Whether all instances come from one image, so that their file pages have the same content.
        ksm: Whether the host merges equal guest pages, in the steady state.
        uptime: Seconds that the guest has been up, in which its own timers fill its page cache.
        bound: Which end of the numbers' ranges to take.

    Raises `InputError` where the guest and the application do not fit into `guest_memory`, naming what they need.
    """
    has_kernel = guest is not None and technology.has_guest_kernel
    private = _private(application, bound)
    lines = list(_lines(technology, "technology", 0, bound, in_guest=False, private=private))
    configured = 0
    if guest is not None and has_kernel:
        default = round(guest.default_memory.at(bound)) if guest_memory is None else guest_memory
        configured = _enough(technology, guest, application, default, bound)
        if guest_memory is not None and configured > guest_memory:
            raise InputError(
                f"guest memory of {render(guest_memory, 'B')} cannot hold {application.id} in {guest.id}, "
                f"which together need {render(configured, 'B')}"
            )
        own = _lines(technology, "technology", configured, bound, in_guest=False, private=private)
        inside = (*_guest_lines(technology, guest, application, configured, bound), *_used(guest, uptime, bound))
        lines = _fitted([*own, *inside], configured)
    else:
        userland = () if guest is None else _lines(guest, "guest", 0, bound, in_guest=False)
        lines += (line for line in userland if line.owner != "kernel")
        lines += _lines(application, "application", 0, bound, in_guest=False)
    if not same_image:
        lines = [line if line.origin == "technology" else _own_copy(line) for line in lines]
    if ksm and technology.anonymous_guests and guest is not None and same_image:
        lines = [merged for line in lines for merged in _merged(line, guest, bound)]
    return Bill(tuple(line for line in lines if line.bytes), configured)


_STEP = 64 * 2**20
"""Guest memory is chosen in steps of 64 MiB: how finely this project sizes guests, no fact of a hypervisor."""


def _enough(technology: Technology, guest: Guest, application: Application, least: int, bound: Bound) -> int:
    """The least memory from `least` on that holds what guest and application cannot do without."""
    configured = least
    while (needs := _fixed(_guest_lines(technology, guest, application, configured, bound))) > configured:
        configured = math.ceil(needs / _STEP) * _STEP
    return configured


def _fixed(lines: Iterable[BillLine]) -> int:
    """Bytes a guest cannot do without."""
    return sum(line.bytes for line in lines if line.guest and not line.reclaimable)


def _guest_lines(
    technology: Technology, guest: Guest, application: Application, configured: int, bound: Bound
) -> Iterator[BillLine]:
    for line in (
        *_lines(guest, "guest", configured, bound, in_guest=True),
        *_lines(application, "application", configured, bound, in_guest=True),
    ):
        if not line.file:
            yield line
        elif line.origin in technology.dax:
            yield replace(line, guest=False)
        else:
            yield replace(line, share="instance")


def _own_copy(line: BillLine) -> BillLine:
    """The line where no other instance has the same content."""
    return replace(line, share="instance", key="") if line.file else line


def _fitted(lines: list[BillLine], configured: int) -> list[BillLine]:
    """The lines with the guest's reclaimable ones shrunk, all by the same share, to what its memory leaves."""
    spare = configured - _fixed(lines)
    wanted = sum(line.bytes for line in lines if line.guest and line.reclaimable)
    if wanted <= spare:
        return lines
    share = max(spare, 0) / wanted
    return [replace(line, bytes=int(line.bytes * share)) if line.guest and line.reclaimable else line for line in lines]


def equal(line: BillLine, guest: Guest, bound: Bound = "value") -> tuple[int, str]:
    """How many bytes of a guest's line are the same in every guest of one image, and the content key KSM has for them.

    All file pages are the same, but for the share that the guest system wrote itself (`Guest.written`). A share of its
    other memory is too (`Guest.mergeable`). What the application wrote is taken to differ from instance to instance.
    The answer is (0, "") where nothing is the same.
    """
    if not line.guest:
        return 0, ""
    if line.file and line.key:
        own = guest.written.at(bound) if line.origin == "guest" and line.reclaimable else 0.0
        return round(line.bytes * (1 - own)), f"ksm/{line.key}"
    if line.file:
        return 0, ""
    if line.origin != "guest":
        return 0, ""
    return round(line.bytes * guest.mergeable.at(bound)), f"ksm/{line.part}"


def _merged(line: BillLine, guest: Guest, bound: Bound) -> Iterator[BillLine]:
    """A guest's line once KSM has scanned it twice: what is equal is there once."""
    same, key = equal(line, guest, bound)
    if not same:
        yield line
    elif same == line.bytes:
        yield replace(line, share="content", key=key)
    else:
        number = guest.written if line.file else guest.mergeable
        yield replace(line, bytes=line.bytes - same)
        yield replace(line, part=f"{line.part}-merged", share="content", bytes=same, key=key, number=number)


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
