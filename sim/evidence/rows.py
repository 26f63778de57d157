"""A published figure beside its prediction: errors weighed by source, and the orders that sources judge."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from sim.errors import InputError
from sim.evidence.ranges import WIDE
from sim.quantity import factor_of

JUDGED = 0.1
"""Two published values of one source are in an order where they differ by more than this share of the smaller."""


@dataclass(frozen=True, slots=True)
class AccuracyRow:
    """One published figure and what the model predicts for it.

    Attributes:
        of: The label.
        at: The circumstances, in words.
        predicted, published: In `unit`.
        error: (predicted - published) / published.
        low, high: In `unit`, the range that the prediction may be off by (`sim.evidence.ranges`).
        source: The fact's id, or the citation where the figure is of no fact.
        publication: What the fact was published in, without page or figure.
        url: Where it was seen.
        subject: What was started, counted or pulled (`sim.studies.base.Subject`). The label where the study marks
            nothing as that.
        estimate: Whether any input is one.
        widest: The input that makes the range widest, as the ledger calls it. "" where none has a range.
        alone: How many times its low end the range's high end were, if that input alone were not known.
        apart: Why the figure does not count, though it set no number: which figures it restates. "" for all that count.
        assumed: "host" where the publication does not state its host (`sim.scenario.Published`). "" where it does.
        weight: What share of the median of its use the row is: an equal share of its source's. Weights of a use add up
            to one. Zero where the row does not count, or its host is assumed.
        weight_of_all: The same of the median in which assumed hosts count too.
    """

    case: str
    metric: str
    statistic: str
    interval: str
    of: str
    at: str
    predicted: float
    published: float
    unit: str
    error: float
    use: str
    source: str
    publication: str
    url: str
    subject: tuple[str, ...]
    low: float
    high: float
    estimate: bool = False
    widest: str = ""
    alone: float = 1.0
    apart: str = ""
    assumed: str = ""
    weight: float = 0.0
    weight_of_all: float = 0.0

    @property
    def inside(self) -> bool:
        """Whether what was published lies in the range."""
        return self.low <= self.published <= self.high

    @property
    def width(self) -> float:
        """How many times the low end of the range its high end is."""
        return self.high / self.low

    @property
    def wide(self) -> bool:
        """Whether the range is so wide that it names the input which makes it so."""
        return self.width > WIDE and bool(self.widest)


@dataclass(frozen=True, slots=True)
class Ordering:
    """Two figures that one source orders, and whether the model puts them in the same order."""

    smaller: AccuracyRow
    larger: AccuracyRow
    right: bool


def weighed(rows: Sequence[AccuracyRow]) -> tuple[AccuracyRow, ...]:
    """The rows with their weights. Every source of a use weighs the same, however many rows it has."""
    stated, all_of_them = (_weights(rows, assumed) for assumed in (False, True))
    return tuple(
        replace(row, weight=weight, weight_of_all=of_all)
        for row, weight, of_all in zip(rows, stated, all_of_them, strict=True)
    )


def _weights(rows: Sequence[AccuracyRow], assumed: bool) -> list[float]:
    """Each row's share of its use's median: of figures with a stated host, or of those with an assumed one too."""
    counts = Counter((row.use, row.publication) for row in rows if counts_in(row, assumed))
    sources = Counter(use for use, _ in counts)
    return [
        1 / (counts[row.use, row.publication] * sources[row.use]) if counts_in(row, assumed) else 0.0 for row in rows
    ]


def counts_in(row: AccuracyRow, assumed: bool) -> bool:
    """Whether a figure counts in the median: over stated hosts, or with `assumed` over all figures."""
    return not row.apart and (assumed or not row.assumed)


def weighed_median(rows: Sequence[AccuracyRow]) -> float | None:
    """The median of absolute errors in which every publication weighs the same, however many rows it has.

    Each row weighs one over its publication's rows. The median is where half of the weight lies on either side, between
    two errors where it falls exactly between them. None without rows.
    """
    counts: dict[str, int] = defaultdict(int)
    for row in rows:
        counts[row.publication] += 1
    ordered = sorted((abs(row.error), 1 / counts[row.publication]) for row in rows)
    half = math.fsum(weight for _, weight in ordered) / 2
    below = 0.0
    for position, (error, weight) in enumerate(ordered):
        below += weight
        if math.isclose(below, half, rel_tol=1e-9) and position + 1 < len(ordered):
            return (error + ordered[position + 1][0]) / 2
        if below > half:
            return error
    return None


def ordered(row: AccuracyRow, other: AccuracyRow) -> bool | None:
    """Whether the model orders two figures as published. None where the published ones are too near to tell.

    Raises `InputError` where they measure different intervals: such figures are not compared.
    """
    if (row.metric, row.interval) != (other.metric, other.interval):
        raise InputError(
            f"{row.case}: {row.of} ({row.interval}) and {other.of} ({other.interval}) measure different intervals "
            f"at {row.at!r}, which are not compared"
        )
    small, large = sorted((row, other), key=si)
    if si(large) <= si(small) * (1 + JUDGED):
        return None
    return si(small, small.predicted) < si(large, large.predicted)


def orderings(rows: Iterable[AccuracyRow]) -> tuple[Ordering, ...]:
    """Every pair that one publication orders: the same circumstances and statistic, different subjects.

    Raises `InputError` where a publication's figures at the same circumstances measure different intervals.
    """
    groups: dict[tuple[str, str, str], list[AccuracyRow]] = defaultdict(list)
    for row in rows:
        if row.at:
            groups[row.publication, row.at, row.statistic].append(row)
    pairs = []
    for group in groups.values():
        for position, first in enumerate(group):
            for other in group[position + 1 :]:
                right = None if first.subject == other.subject else ordered(first, other)
                if right is not None:
                    small, large = sorted((first, other), key=si)
                    pairs.append(Ordering(small, large, right))
    return tuple(pairs)


def si(row: AccuracyRow, value: float | None = None) -> float:
    """What was published, or another value in its unit, in the SI unit."""
    return (row.published if value is None else value) * factor_of(row.unit)
