"""Numbers of mechanisms that no technology and no host has for itself.

What a host's kernel does with memory as time passes: KSM, balloons, reporting, the OOM score. What makes servers differ
that one script changes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from sim.catalog.number import COSTS, HELPS, Number, Sensed
from sim.catalog.read import Table, inner_numbers, read_whole

FOLDER = Path(__file__).parents[1] / "mechanisms"
FILE = FOLDER / "memory.toml"


@dataclass(frozen=True, slots=True)
class Ksm(Sensed):
    """The numbers of KSM, which merges equal pages.

    Attributes:
        pages: Checked in one batch.
        sleep: Seconds between batches.
        check, check_merged: Core-seconds a page.
    """

    pages: Number = field(metadata=HELPS)
    sleep: Number = field(metadata=COSTS)
    check: Number = field(metadata=COSTS)
    check_merged: Number = field(metadata=COSTS)


@dataclass(frozen=True, slots=True)
class Reporting(Sensed):
    """The numbers of free page reporting, by which a guest gives back what it has freed.

    Attributes:
        delay: Seconds between passes.
        part: Share of the free list that is reported in one pass.
        block: The least bytes of free memory that can be reported.
    """

    delay: Number = field(metadata=COSTS)
    part: Number = field(metadata=HELPS)
    block: Number = field(metadata=HELPS)


@dataclass(frozen=True, slots=True)
class Balloon(Sensed):
    """The numbers of a balloon, by which a guest gives back what its host asks for.

    Attributes:
        above: Share of the host's RAM from which guests are asked.
        period: Seconds from one look to the next.
        speed: Bytes a second a guest.
    """

    above: Number = field(metadata=COSTS)
    period: Number = field(metadata=COSTS)
    speed: Number = field(metadata=HELPS)


@dataclass(frozen=True, slots=True)
class DirtyPages(Sensed):
    """The numbers of pages that were written to and are not on the disk yet.

    Attributes:
        background: Share of the memory from which on the kernel writes out.
        limit: The most, as a share of the memory.
        expire: Seconds until a page is written out in any case.
    """

    background: Number = field(metadata=HELPS)
    limit: Number = field(metadata=HELPS)
    expire: Number = field(metadata=HELPS)


@dataclass(frozen=True, slots=True)
class HugePageNumbers(Sensed):
    """The numbers of huge pages.

    Attributes:
        size: Bytes of one.
        around: What is backed around a guest's scattered memory where all of a huge page is, as a share of it.
    """

    size: Number = field(metadata=COSTS)
    around: Number = field(metadata=COSTS)


@dataclass(frozen=True, slots=True)
class Zram(Sensed):
    """The numbers of a swap in memory that is compressed.

    Attributes:
        ratio: Bytes that go into one.
        speed: Bytes a second that are compressed, or back.
    """

    ratio: Number = field(metadata=HELPS)
    speed: Number = field(metadata=HELPS)


@dataclass(frozen=True, slots=True)
class Mechanisms(Sensed):
    """All of memory.

    Attributes:
        fault: Core-seconds to map a page of the page cache.
        piece: Bytes that are read from the disk at a time.
        lookups: Reads of a directory or an inode for each file that is opened.
        commit_ratio: Of RAM, for strict overcommit.
        page_entry: Bytes.
    """

    fault: Number = field(metadata=COSTS)
    piece: Number = field(metadata=HELPS)
    lookups: Number = field(metadata=COSTS)
    ksm: Ksm
    reporting: Reporting
    balloon: Balloon
    dirty: DirtyPages
    huge_pages: HugePageNumbers
    zram: Zram
    commit_ratio: Number = field(metadata=HELPS)
    page_entry: Number = field(metadata=COSTS)


@dataclass(frozen=True, slots=True)
class DriftNumbers(Sensed):
    """What happens to servers that are changed in place.

    Attributes:
        missed: The share of a script's runs that change nothing.
        failure: The chance that one package of another version makes a deployment fail.
        package: Seconds to install one package's old version again.
    """

    missed: Number = field(metadata=COSTS)
    failure: Number = field(metadata=COSTS)
    package: Number = field(metadata=COSTS)


def read(path: Path = FILE) -> Mechanisms:
    """The mechanisms of one file. Raises `CatalogError` with the dotted path of every rule it breaks."""
    return read_whole(path, "mechanisms", _mechanisms)


def _mechanisms(table: Table) -> Mechanisms:
    ksm = inner_numbers(table, "ksm", {"check_merged"}, pages="1", sleep="s", check="s", check_merged="s")
    reporting = inner_numbers(table, "reporting", {"block"}, delay="s", **{"pass": "1"}, block="1")
    balloon = inner_numbers(table, "balloon", {"above"}, above="1", period="s", speed="B/s")
    return Mechanisms(
        **inner_numbers(table, "page_cache", fault="s", piece="B", lookups="1"),
        ksm=Ksm(**ksm),
        reporting=Reporting(reporting["delay"], reporting["pass"], reporting["block"]),
        balloon=Balloon(**balloon),
        dirty=DirtyPages(**inner_numbers(table, "dirty", background="1", limit="1", expire="s")),
        huge_pages=HugePageNumbers(**inner_numbers(table, "huge_pages", size="B", around="1")),
        zram=Zram(**inner_numbers(table, "zram", {"ratio"}, ratio="1", speed="B/s")),
        commit_ratio=inner_numbers(table, "overcommit", {"ratio"}, ratio="1")["ratio"],
        page_entry=inner_numbers(table, "oom", entry="B")["entry"],
    )


@cache
def memory() -> Mechanisms:
    """The catalog's mechanisms of memory, read once."""
    return read()


def read_drift(path: Path = FOLDER / "drift.toml") -> DriftNumbers:
    """The numbers of one file. Raises `CatalogError` with the dotted path of every rule it breaks."""
    return read_whole(path, "mechanisms", _drift)


def _drift(table: Table) -> DriftNumbers:
    return DriftNumbers(
        **inner_numbers(table, "run", {"missed"}, missed="1"),
        **inner_numbers(table, "deployment", {"failure"}, failure="1"),
        **inner_numbers(table, "rollback", package="s"),
    )


@cache
def drift() -> DriftNumbers:
    """The catalog's numbers of servers that are changed in place, read once."""
    return read_drift()
