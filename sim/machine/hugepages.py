"""A guest's memory in pages of 2 MiB: fewer page tables, and more memory touched than the guest asked for.

Transparent huge pages come with a fault: the host backs all 2 MiB around it. A kernel's image and its page descriptors
are each one piece, and a program's pages fill blocks. What a kernel takes page by page lies all over the guest, and the
host backs what is around it. That is free in the guest and held on the host, as what it has freed. KSM finds small
equal pages in them and takes them apart first. Reserved ones (hugetlbfs) are taken whole before the guest starts, are
not swapped, and KSM leaves them alone.

Source: Linux, Documentation/admin-guide/mm/transhuge.rst and hugetlbpage.rst; mm/ksm.c (VM_HUGETLB is not mergeable).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from sim.catalog.model import PAGE
from sim.catalog.tables.mechanisms import memory
from sim.machine.bill import BillLine
from sim.outcome import Bound

HugePages = Literal["off", "transparent", "reserved"]
"""How a host backs a guest's memory: by pages of 4 KiB, or by 2 MiB as it is touched, or as it is configured."""

_TABLES = {"off": 1.0, "transparent": 0.5}
"""What is left of the page tables. The host keeps one in hand for each transparent huge page, to take it apart."""


def in_huge_pages(lines: list[BillLine], configured: int, pages: HugePages, bound: Bound = "value") -> list[BillLine]:
    """The lines of a guest whose memory is backed so.

    Args:
        configured: Bytes of the guest's memory.
    """
    if pages == "off":
        return lines
    numbers = memory().huge_pages
    tables = _TABLES.get(pages, PAGE / numbers.size.value)
    lines = [replace(line, bytes=round(line.bytes * tables)) if line.page_tables else line for line in lines]
    touched = sum(line.bytes for line in lines if line.guest)
    left = configured - touched
    scattered = sum(line.bytes for line in lines if line.guest and line.scattered)
    more = left if pages == "reserved" else min(round(scattered * numbers.around.at(bound)), left)
    if more <= 0:
        return lines
    around = BillLine(
        part="huge-pages/around",
        origin="technology",
        owner="machine",
        share="instance",
        bytes=more,
        number=numbers.around if pages == "transparent" else numbers.size,
        in_rss=pages == "transparent",
        guest=True,
        reclaimable=True,
    )
    return [*lines, around]
