"""What a study is, and how its replications become an outcome's metrics."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from sim.engine.seeds import SeedTree
from sim.errors import Problem
from sim.never import never
from sim.outcome import Bound, Metric, MetricSpec, Ratio
from sim.studies.once import Once

if TYPE_CHECKING:
    from sim.records.record import Record

Tick = Callable[[float], None]
"""Is told the finished fraction of a run. It may raise `CancelledError`."""


def no_tick(_: float) -> None:
    """Progress that nobody watches."""


@dataclass(frozen=True, slots=True)
class Repeated:
    """Marks a count that a run's cost is in proportion to. A page offers no more of it than one waits for."""


@dataclass(frozen=True, slots=True)
class NamesFile:
    """Marks a text that is the path of a file or folder. A scenario file may set it, and a page may not."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Marks what a published figure is of (the technology, the image). All other parameters are its circumstances."""


Samples = Mapping[str, Sequence[float]]
"""The samples of each metric, by its name."""


@dataclass(frozen=True)
class Context:
    """What a run is given beside its parameters.

    Attributes:
        label: What the run is called among those compared.
        seeds: Where all of its random numbers come from.
        bound: Which end of their sources' ranges the inputs are taken at.
        tick: Told the finished fraction.
        folder: Where the scenario's files are looked up.
        records: Whether anybody will read the run's records. A run whose records cost time may leave them out.
        middle: The samples of the same replication in the middle of the ranges, for a run at an end of them whose study
            keeps some. Else None.
        once: What other runs of the batch worked out already.
    """

    label: str
    seeds: SeedTree
    bound: Bound = "value"
    tick: Tick = no_tick
    folder: str = ""
    records: bool = True
    middle: Samples | None = None
    once: Once = field(default_factory=Once)


@dataclass(frozen=True)
class StudyRun:
    """One replication of one label.

    Attributes:
        samples: The samples of each metric, by its name. One sample for a metric whose statistic is "value".
        records: What happened, in order.
        estimates: The names of the metrics that an estimate went into.
        ranged: Whether any input has a range, so that runs at its ends are worth making.
    """

    samples: Samples
    records: tuple[Record, ...] = ()
    estimates: frozenset[str] = frozenset()
    ranged: bool = False


def nothing_missing(_parameters: Any, _folder: str) -> Iterable[Problem]:
    """A study that reads no files lacks none."""
    return ()


@dataclass(frozen=True)
class Study:
    """A question one can ask.

    Attributes:
        name: As scenarios write it.
        parameters: A frozen keyword-only dataclass. Its fields carry unit, bounds and `annotated_types.doc`.
        metrics: What it measures.
        run: Makes one replication from the parameters of one label.
        random: Whether replications differ at all.
        missing: The files that a run with these parameters could not do without and that are not there, of a scenario
            in that folder. Each problem's path is a parameter.
        named_by_technology: Whether a label of a technology of its own is called by it. Else by what differs.
        steps: Whether its records are a build's steps, which a prediction may point at.
        keeps_middle: Whether a run at an end of its inputs' ranges keeps samples of the middle that do not hang on the
            end, instead of working them out again.
    """

    name: str
    parameters: type[Any]
    metrics: tuple[MetricSpec, ...]
    run: Callable[[Any, Context], StudyRun]
    random: bool = True
    missing: Callable[[Any, str], Iterable[Problem]] = nothing_missing
    named_by_technology: bool = True
    steps: bool = False
    keeps_middle: bool = False

    @property
    def headlines(self) -> tuple[MetricSpec, ...]:
        """The metrics that answer the question, or the first where none is marked."""
        return tuple(spec for spec in self.metrics if spec.headline) or self.metrics[:1]

    def registered(self, labels: Sequence[str]) -> list[str]:
        """Every name that an expression may use, "label.metric.statistic"."""
        return [f"{label}.{m.name}.{statistic}" for label in labels for m in self.metrics for statistic in m.statistics]


def statistic(name: str, samples: Sequence[float]) -> float:
    """One statistic over samples.

    >>> statistic("p50", [1.0, 2.0, 4.0]), statistic("mean", [1.0, 2.0, 3.0])
    (2.0, 2.0)

    Percentiles interpolate between order statistics (inclusive, as numpy's default). Sums are exact (`math.fsum`).

    What never happened (`sim.never`) is later than all else. So is what lies between a time and never.

    Args:
        name: "value", "mean", "min", "max", "total", or a percentile as "p50" or "p99".
        samples: The samples of one replication.
    """
    if name == "value":
        (value,) = samples
        return value
    if name == "mean":
        return math.fsum(samples) / len(samples)
    if name == "total":
        return math.fsum(samples)
    if name in ("min", "max"):
        return min(samples) if name == "min" else max(samples)
    ordered = sorted(samples)
    position = float(name.removeprefix("p")) / 100 * (len(ordered) - 1)
    below = math.floor(position)
    above = min(below + 1, len(ordered) - 1)
    if position == below or never(ordered[below]):
        return ordered[below]
    return ordered[below] + (ordered[above] - ordered[below]) * (position - below)


def median_interval(values: Sequence[float]) -> tuple[float, float] | None:
    """The 95 % interval of the median by order statistics, without assuming a distribution.

    It is the widest pair of order statistics (k, n+1-k) whose coverage under Binomial(n, 1/2) is at least 95 % (Hahn
    and Meeker, Statistical Intervals, 1991, section 5.2).

    >>> median_interval([3.0, 1.0, 2.0, 6.0, 5.0, 4.0])
    (1.0, 6.0)

    Returns:
        The two ends. None below six values, which are the fewest that can reach 95 %.
    """
    n = len(values)
    k = _outer_rank(n)
    if k < 0:
        return None
    ordered = sorted(values)
    return ordered[k], ordered[n - 1 - k]


@cache
def _outer_rank(n: int) -> int:
    """The largest k with at most 2.5 % of Binomial(n, 1/2) up to it, in whole numbers; -1 where there is none."""
    k, tail, ways = -1, 0, 1  # ways: to choose k + 1 of n
    while 40 * (tail + ways) <= 2**n:
        tail += ways
        k += 1
        ways = ways * (n - k) // (k + 1)
    return k


Values = Mapping[tuple[str, str], Sequence[float]]
"""The values of a metric and statistic, one for each replication."""


def replicated(study: Study, runs: Sequence[StudyRun]) -> Values:
    """Every statistic of every metric that was measured, with a value for each replication."""
    return {
        (spec.name, name): [statistic(name, run.samples[spec.name]) for run in runs]
        for spec in study.metrics
        if runs and spec.name in runs[0].samples
        for name in spec.statistics
    }


def summarise(
    study: Study,
    label: str,
    runs: Sequence[StudyRun],
    low: Sequence[StudyRun] = (),
    high: Sequence[StudyRun] = (),
    measured: Values | None = None,
) -> list[Metric]:
    """The metrics of one label from its replications.

    Args:
        study: The study that ran.
        label: The label.
        runs: Its replications.
        low: The first few replications again, with every input at its low end. Empty where no input has a range.
        high: The same at the high end.
        measured: What `replicated` gives for the runs, where that is known already.
    """
    measured = replicated(study, runs) if measured is None else measured
    ends = [replicated(study, end) for end in (low, high) if end]
    metrics = []
    for spec in study.metrics:
        estimate = any(spec.name in run.estimates for run in runs)
        for name in spec.statistics:
            values = measured.get((spec.name, name))
            if values is None:
                continue
            middle = statistics.median(values) if len(values) > 1 else values[0]
            reached = [_at_end(values, end[spec.name, name]) for end in ends]
            interval = median_interval(values) if study.random else None
            metrics.append(
                Metric(
                    metric=spec.name,
                    statistic=name,
                    of=label,
                    interval=spec.interval,
                    value=middle,
                    unit=spec.unit,
                    low=interval[0] if interval else None,
                    high=interval[1] if interval else None,
                    range=(min(*reached, middle), max(*reached, middle)) if reached else None,
                    estimate=estimate,
                    transfer=spec.transfer,
                )
            )
    return metrics


def _at_end(values: Sequence[float], end: Sequence[float]) -> float:
    """The median over all replications, had each of them run at an end of the inputs' ranges.

    Only the first few did run there, and these few had luck of their own. How far their luck puts them from the median
    of all is known from their runs in the middle. It is taken off here. So a range holds what the sources allow, and
    not the noise of a few seeds.

    Where the median never happened, there is nothing to take off.
    """
    reached = statistics.median(end)
    same, middle = statistics.median(values[: len(end)]), statistics.median(values)
    if same <= 0 or same == middle or never(same) or never(middle):
        return reached
    return reached * middle / same


def paired_ratios(
    study: Study, measured: Mapping[str, Values], estimated: Collection[tuple[str, str]] = ()
) -> list[Ratio]:
    """How many times as much each label takes as the label with the least, for every headline metric.

    The least has the smallest median, and is the first of equal ones. A label that takes nothing at all, or never ends,
    in some replication cannot be the least.

    Args:
        study: The study that ran.
        measured: The values of each label. Labels share the seeds of a replication, so the k-th value of one is held
            against the k-th of another.
        estimated: Pairs of a label and a metric that an estimate went into.
    """
    paired = []
    for key in [(spec.name, name) for spec in study.metrics if spec.headline for name in spec.statistics]:
        values = {label: of[key] for label, of in measured.items() if key in of}
        positive = [label for label in values if min(values[label]) > 0 and not never(max(values[label]))]
        if not positive:
            continue
        least = min(positive, key=lambda label: statistics.median(values[label]))
        for label, own in values.items():
            if label == least:
                continue
            ratios = [took / other for took, other in zip(own, values[least], strict=True)]
            interval = median_interval(ratios) if study.random else None
            paired.append(
                Ratio(
                    metric=key[0],
                    statistic=key[1],
                    of=label,
                    to=least,
                    value=statistics.median(ratios),
                    low=interval[0] if interval else None,
                    high=interval[1] if interval else None,
                    estimate=not {(label, key[0]), (least, key[0])}.isdisjoint(estimated),
                )
            )
    return paired
