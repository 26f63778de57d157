"""The ledger's rectangles: from memory records to columns whose area is what a ruler counts."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from sim.outcome import Outcome
from sim.records.instances import OWNERS, MemoryRecord, Owner

Ruler = Literal["rss", "pss", "physical", "configured"]
RULERS: tuple[Ruler, ...] = ("rss", "pss", "physical", "configured")
PROCESSES: tuple[Ruler, ...] = ("rss", "pss")
"""Rulers that sum over processes. What is in none is drawn below zero and not counted."""

MemoryBlockKind = Literal["private", "first", "again", "once", "outside", "promise"]
"""What a rectangle is: an instance's own, shared pages once in full, counted again, shared pages divided among all,
what is in no process, what was never touched."""

MOST_COLUMNS = 40
"""More instances share columns: a column then stands for several, at their mean."""


@dataclass(frozen=True, slots=True)
class MemoryBlock:
    """A rectangle: columns from `x` to `x2`, bytes an instance from `low` to `high`, below zero in no process."""

    record: MemoryRecord
    x: float
    x2: float
    low: float
    high: float
    kind: MemoryBlockKind


@dataclass(frozen=True, slots=True)
class Group:
    """One label's columns. Each stands for `instances / columns` instances.

    Attributes:
        host: What is there once a host, beside the columns.
    """

    label: str
    instances: int
    columns: int
    blocks: tuple[MemoryBlock, ...]
    host: tuple[MemoryRecord, ...] = ()

    @property
    def top(self) -> float:
        """Bytes an instance where it is highest."""
        return max((block.high for block in self.blocks), default=0.0)

    @property
    def bottom(self) -> float:
        """Bytes an instance below zero, a positive number."""
        return max((-block.low for block in self.blocks), default=0.0)


@dataclass(frozen=True, slots=True)
class MemorySums:
    """One label's sums in bytes, from its records alone.

    Attributes:
        again: What RSS counts above one time.
        shared: What it counts so often, once.
        outside: What is in no process.
        untouched: What was configured and never touched.
    """

    rss: int
    physical: int
    again: int
    shared: int
    outside: int
    untouched: int


def sums(outcome: Outcome, label: str) -> MemorySums:
    """A label's sums. RSS is what is physical, less what is in no process, and what it counts again."""
    records = [record for record in outcome.of_type(MemoryRecord) if record.of == label]
    seen = [record for record in records if record.in_rss and record.touched]
    return MemorySums(
        rss=sum(record.bytes * record.mappers for record in seen),
        physical=sum(record.bytes for record in records if record.touched),
        again=sum(record.bytes * (record.mappers - 1) for record in seen),
        shared=sum(record.bytes for record in seen if record.mappers > 1),
        outside=sum(record.bytes for record in records if record.touched and not record.in_rss),
        untouched=sum(record.bytes for record in records if not record.touched),
    )


def group(outcome: Outcome, label: str, ruler: Ruler) -> Group:
    """A label's blocks as the ruler counts them. Their areas and what is once a host sum to what the ruler says.

    Own pages stand below shared ones, in stack order. What is in no process stands below zero.

    - rss: Each process of each instance has its own copy of what it maps.
    - pss, physical: Shared pages are one slab of height bytes / N through all columns. Physical also counts kernel
      memory that is in no process.
    - configured: What each guest holds of its memory and what it never touched. Where nothing was configured it is as
      physical.
    """
    of_label = [record for record in outcome.of_type(MemoryRecord) if record.of == label]
    instances = max((record.instance + 1 for record in of_label if record.instance is not None), default=1)
    columns = min(instances, MOST_COLUMNS)
    counts = counted(outcome, label, ruler)
    if ruler in PROCESSES:
        counts += [record for record in of_label if record.touched and not record.in_rss]
    shared = sorted((r for r in counts if r.instance is None), key=lambda r: OWNERS.index(r.owner))
    unseen = ruler in PROCESSES
    host = tuple(record for record in shared if record.mappers <= 1 and (record.in_rss or not unseen))
    stack = _Stack(instances, columns, repeat=ruler == "rss")
    for column, record, height in _private(counts, instances, columns):
        stack.own(column, record, height)
    for record in shared:
        if record.mappers > 1:
            stack.copies(record) if stack.repeat else stack.slab(record)
    return Group(label, instances, columns, tuple(stack.blocks), host)


def counted(outcome: Outcome, label: str, ruler: Ruler) -> list[MemoryRecord]:
    """The records a ruler counts. A part outside the guest (the VMM's own) is named after its technology."""
    records = [record for record in outcome.of_type(MemoryRecord) if record.of == label]
    if ruler in PROCESSES:
        return [record for record in records if record.in_rss and record.touched]
    if ruler == "physical" or all(record.touched for record in records):
        return [record for record in records if record.touched]
    technology = (outcome.parameters or {}).get(label, {}).get("technology", "")
    return [
        record for record in records if record.instance is not None and not record.part.startswith(f"{technology}/")
    ]


class _Stack:
    """Columns that grow block by block.

    Attributes:
        repeat: Pages are drawn as often as processes map them.
    """

    def __init__(self, instances: int, columns: int, *, repeat: bool) -> None:
        self.each = instances / columns
        self.instances = instances
        self.repeat = repeat
        self.levels = [0.0] * columns
        self.depths = [0.0] * columns
        self.blocks: list[MemoryBlock] = []

    def _add(self, record: MemoryRecord, x: float, x2: float, low: float, high: float, kind: MemoryBlockKind) -> None:
        if high > low and x2 - x > 1e-9:
            self.blocks.append(MemoryBlock(record, x, x2, low, high, kind))

    def slab(self, record: MemoryRecord) -> None:
        """Pages that are there once, divided among all columns."""
        height, last = record.bytes / self.instances, len(self.levels)
        if not record.in_rss:
            base = max(self.depths)
            self._add(record, 0, last, -base - height, -base, "outside")
            self.depths = [base + height] * last
            return
        base = max(self.levels)
        self._add(record, 0, last, base, base + height, "once")
        self.levels = [base + height] * last

    def copies(self, record: MemoryRecord) -> None:
        """Shared pages once for every process that maps them: the first solid, the others counted again."""
        height = record.bytes * record.mappers / self.instances
        for column, base in enumerate(self.levels):
            first = column + (1 / self.each if column == 0 else 0.0)
            if column == 0:
                self._add(record, column, first, base, base + record.bytes, "first")
                self._add(record, column, first, base + record.bytes, base + height, "again")
            self._add(record, first, column + 1, base, base + height, "again")
            self.levels[column] = base + height

    def own(self, column: int, record: MemoryRecord, height: float) -> None:
        """An instance's private pages. Under RSS they count once for each of its processes."""
        if record.touched and not record.in_rss:
            base = self.depths[column]
            self._add(record, column, column + 1, -base - height, -base, "outside")
            self.depths[column] = base + height
            return
        base, again = self.levels[column], height * (record.mappers - 1) if self.repeat else 0.0
        self._add(record, column, column + 1, base, base + height, "private" if record.touched else "promise")
        self._add(record, column, column + 1, base + height, base + height + again, "again")
        self.levels[column] = base + height + again


def _private(
    records: Sequence[MemoryRecord], instances: int, columns: int
) -> Iterable[tuple[int, MemoryRecord, float]]:
    """(column, record, bytes an instance) of private pages in stack order.

    Where columns are shared it is a part's mean.
    """
    own = sorted(
        (record for record in records if record.instance is not None),
        key=lambda record: (not record.touched, OWNERS.index(record.owner)),
    )
    if columns == instances:
        yield from ((record.instance or 0, record, float(record.bytes)) for record in own)
        return
    sums: dict[tuple[Owner, str, bool], float] = {}
    samples: dict[tuple[Owner, str, bool], MemoryRecord] = {}
    for record in own:
        key = (record.owner, record.part, record.touched)
        sums[key] = sums.get(key, 0.0) + record.bytes
        samples.setdefault(key, record)
    for column in range(columns):
        yield from ((column, samples[key], total / instances) for key, total in sums.items())


def area(found: Group, ruler: Ruler) -> float:
    """Bytes of what is drawn that the ruler counts: a full column is the instances that it stands for."""
    counts = [block for block in found.blocks if block.kind != "outside" or ruler not in PROCESSES]
    each = found.instances / found.columns
    columns = math.fsum((block.high - block.low) * (block.x2 - block.x) * each for block in counts)
    return columns + sum(record.bytes for record in found.host)
