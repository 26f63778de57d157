"""Makes the bill of an instance: of its technology, its guest and its application, in the memory configured for it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import replace

from sim.catalog.model import Application, Guest, MemoryPart, Technology
from sim.errors import InputError
from sim.machine.bill import USE, Bill, BillLine, Origin
from sim.machine.hugepages import HugePages, in_huge_pages
from sim.outcome import Bound
from sim.quantity import render, rounded
from sim.reasons import Reason


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
        page_tables=part.page_tables,
        scattered=part.scattered,
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


def _used(guest: Guest, lines: list[BillLine], seconds: float, bound: Bound) -> list[BillLine]:
    """The guest's lines once its own timers have written files for so long: page cache that no other guest has.

    It takes what the guest has freed before what it never touched.
    """
    size = round(guest.used(seconds, bound))
    if not size:
        return lines
    part = f"{guest.id}/{USE}"
    files = BillLine(part, "guest", "files", "instance", size, guest.use, file=True, guest=True, reclaimable=True)
    left, found = size, []
    for line in lines:
        taken = min(left, line.bytes) if line.guest and line.reclaimable and not line.file else 0
        left -= taken
        found.append(replace(line, bytes=line.bytes - taken) if taken else line)
    return [*found, files]


def bill(
    technology: Technology,
    guest: Guest | None,
    application: Application,
    guest_memory: int | None = None,
    *,
    same_image: bool = True,
    ksm: bool = False,
    uptime: float = 0.0,
    huge_pages: HugePages = "off",
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
        huge_pages: Whether the host backs a guest's memory with pages of 2 MiB (`sim.machine.hugepages`).
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
                Reason(
                    "guest_memory",
                    "guest memory of {size} cannot hold {application} in {guest}, which together need {needed}",
                    size=render(guest_memory, "B"),
                    application=application.id,
                    guest=guest.id,
                    needed=render(rounded(configured), "B"),
                )
            )
        own = _lines(technology, "technology", configured, bound, in_guest=False, private=private)
        inside = _used(guest, list(_guest_lines(technology, guest, application, configured, bound)), uptime, bound)
        lines = in_huge_pages(_fitted([*own, *inside], configured), configured, huge_pages, bound)
    else:
        userland = () if guest is None else _lines(guest, "guest", 0, bound, in_guest=False)
        lines += (line for line in userland if line.owner != "kernel")
        lines += _lines(application, "application", 0, bound, in_guest=False)
    if not same_image:
        lines = [line if line.origin == "technology" else _own_copy(line) for line in lines]
    if ksm and huge_pages != "reserved" and technology.anonymous_guests and guest is not None and same_image:
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
