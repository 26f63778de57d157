"""Numbers of mechanisms that no technology and no host has for itself.

What a host's kernel does with memory as time passes: KSM, balloons, reporting, the OOM score. What makes servers differ
that one script changes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from sim.catalog.files import read_toml, refuse
from sim.catalog.number import COSTS, HELPS, Number, Sensed
from sim.catalog.read import Table, positive
from sim.errors import Problem

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


_MAY_BE_ZERO = frozenset({"missed", "failure", "check_merged", "above", "block", "ratio"})


def _numbers(table: Table, key: str, **dimensions: str) -> dict[str, Number]:
    inner = table.table(key)
    if inner is None:
        return {name: Number(0.0, dimension) for name, dimension in dimensions.items()}
    numbers = {name: inner.number(name, dimension) for name, dimension in dimensions.items()}
    positive(inner, **{name: number for name, number in numbers.items() if name not in _MAY_BE_ZERO})
    inner.done()
    return numbers


def read(path: Path = FILE) -> Mechanisms:
    """The mechanisms of one file. Raises `CatalogError` with the dotted path of every rule it breaks."""
    file = f"mechanisms/{path.name}"
    problems: list[Problem] = []
    table = Table(read_toml(path, file), file, "", problems)
    ksm = _numbers(table, "ksm", pages="1", sleep="s", check="s", check_merged="s")
    reporting = _numbers(table, "reporting", delay="s", **{"pass": "1"}, block="1")
    balloon = _numbers(table, "balloon", above="1", period="s", speed="B/s")
    mechanisms = Mechanisms(
        **_numbers(table, "page_cache", fault="s", piece="B", lookups="1"),
        ksm=Ksm(**ksm),
        reporting=Reporting(reporting["delay"], reporting["pass"], reporting["block"]),
        balloon=Balloon(**balloon),
        huge_pages=HugePageNumbers(**_numbers(table, "huge_pages", size="B", around="1")),
        zram=Zram(**_numbers(table, "zram", ratio="1", speed="B/s")),
        commit_ratio=_numbers(table, "overcommit", ratio="1")["ratio"],
        page_entry=_numbers(table, "oom", entry="B")["entry"],
    )
    table.done()
    refuse(problems, file, path)
    return mechanisms


@cache
def memory() -> Mechanisms:
    """The catalog's mechanisms of memory, read once."""
    return read()


def read_drift(path: Path = FOLDER / "drift.toml") -> DriftNumbers:
    """The numbers of one file. Raises `CatalogError` with the dotted path of every rule it breaks."""
    file = f"mechanisms/{path.name}"
    problems: list[Problem] = []
    table = Table(read_toml(path, file), file, "", problems)
    numbers = DriftNumbers(
        missed=_numbers(table, "run", missed="1")["missed"],
        failure=_numbers(table, "deployment", failure="1")["failure"],
        package=_numbers(table, "rollback", package="s")["package"],
    )
    table.done()
    refuse(problems, file, path)
    return numbers


@cache
def drift() -> DriftNumbers:
    """The catalog's numbers of servers that are changed in place, read once."""
    return read_drift()
