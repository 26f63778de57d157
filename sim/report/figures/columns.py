"""The ledger's rectangles: from memory records to columns whose area is what a ruler counts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from sim.outcome import Outcome
from sim.records import OWNERS, MemoryRecord, Owner

Ruler = Literal["rss", "pss", "physical", "configured"]
RULERS: tuple[Ruler, ...] = ("rss", "pss", "physical", "configured")

MemoryBlockKind = Literal["private", "first", "again", "once", "host", "promise"]

MOST_COLUMNS = 40
"""More instances share columns: a column then stands for several, at their mean."""
COLUMN = 0.84
"""Width of a column. The rest of its place is a gap."""


@dataclass(frozen=True, slots=True)
class MemoryBlock:
    """A rectangle: columns from `x` to `x2`, bytes an instance from `low` to `high`."""

    record: MemoryRecord
    x: float
    x2: float
    low: float
    high: float
    kind: MemoryBlockKind


@dataclass(frozen=True, slots=True)
class Group:
    """One label's columns. Each stands for `instances / columns` instances."""

    label: str
    instances: int
    columns: int
    blocks: tuple[MemoryBlock, ...]

    @property
    def top(self) -> float:
        """Bytes an instance where it is highest."""
        return max((block.high for block in self.blocks), default=0.0)


def group(outcome: Outcome, label: str, ruler: Ruler) -> Group:
    """A label's blocks as the ruler counts them. Their areas sum to what the ruler says.

    - rss: Each process of each instance has its own copy of what it maps.
    - pss, physical: Shared pages are one slab of height bytes / N under all columns. Physical also counts kernel memory
      that is in no process.
    - configured: What each guest holds of its memory and what it never touched. Where nothing was configured it is as
      physical.
    """
    of_label = [record for record in outcome.of_type(MemoryRecord) if record.of == label]
    instances = max((record.instance + 1 for record in of_label if record.instance is not None), default=1)
    columns = min(instances, MOST_COLUMNS)
    counts = _counts(of_label, ruler, (outcome.parameters or {}).get(label, {}).get("technology", ""))
    stack = _Stack(instances, columns, repeat=ruler == "rss")
    shared = sorted((r for r in counts if r.instance is None), key=lambda r: OWNERS.index(r.owner))
    for record in shared:
        if not stack.repeat or record.mappers <= 1:
            stack.slab(record)
    for record in shared:
        if stack.repeat and record.mappers > 1:
            stack.copies(record)
    for column, record, height in _private(counts, instances, columns):
        stack.own(column, record, height)
    return Group(label, instances, columns, tuple(stack.blocks))


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
        self.blocks: list[MemoryBlock] = []

    def _add(self, record: MemoryRecord, x: float, x2: float, low: float, high: float, kind: MemoryBlockKind) -> None:
        if high > low and x2 - x > 1e-9:
            self.blocks.append(MemoryBlock(record, x, x2, low, high, kind))

    def slab(self, record: MemoryRecord) -> None:
        """Pages that are there once, spread under all columns."""
        base, height = max(self.levels), record.bytes / self.instances
        kind: MemoryBlockKind = "once" if record.mappers > 1 else "host"
        self._add(record, 0, len(self.levels) - 1 + COLUMN, base, base + height, kind)
        self.levels = [base + height] * len(self.levels)

    def copies(self, record: MemoryRecord) -> None:
        """Shared pages once for every process that maps them: the first solid, the others counted again."""
        height = record.bytes * record.mappers / self.instances
        for column, base in enumerate(self.levels):
            first = column + (COLUMN / self.each if column == 0 else 0.0)
            if column == 0:
                self._add(record, column, first, base, base + record.bytes, "first")
                self._add(record, column, first, base + record.bytes, base + height, "again")
            self._add(record, first, column + COLUMN, base, base + height, "again")
            self.levels[column] = base + height

    def own(self, column: int, record: MemoryRecord, height: float) -> None:
        """An instance's private pages. Under RSS they count once for each of its processes."""
        base, again = self.levels[column], height * (record.mappers - 1) if self.repeat else 0.0
        self._add(record, column, column + COLUMN, base, base + height, "private" if record.touched else "promise")
        self._add(record, column, column + COLUMN, base + height, base + height + again, "again")
        self.levels[column] = base + height + again


def _counts(records: Sequence[MemoryRecord], ruler: Ruler, technology: str) -> list[MemoryRecord]:
    """The records a ruler counts. A part outside the guest (the VMM's own) is named after its technology."""
    if ruler in ("rss", "pss"):
        return [record for record in records if record.in_rss and record.touched]
    if ruler == "physical" or all(record.touched for record in records):
        return [record for record in records if record.touched]
    return [
        record for record in records if record.instance is not None and not record.part.startswith(f"{technology}/")
    ]


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
