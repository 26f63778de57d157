"""What a study is, and how its replications become an outcome's metrics."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sim.engine.seeds import SeedTree
from sim.outcome import Bound, Metric, MetricSpec, Record

Tick = Callable[[float], None]
"""Reports progress as a fraction of a run, and may raise `CancelledError`."""


def no_tick(_: float) -> None:
    """Progress that nobody watches."""


@dataclass(frozen=True)
class Context:
    """What a run is given beside its parameters.

    label: what the run is called among those compared. bound: which end of their sources' ranges inputs are taken at.
    folder: where the scenario's files are looked up. records: whether anybody will read the run's records; a run whose
    records cost time may leave them out.
    """

    label: str
    seeds: SeedTree
    bound: Bound = "value"
    tick: Tick = no_tick
    folder: str = ""
    records: bool = True


@dataclass(frozen=True)
class Run:
    """One replication of one label.

    samples: metric name to its samples (one for a metric whose statistic is "value"). estimates: the metrics that
    any estimate went into. ranged: whether any input has a range, so that runs at its ends are worth making.
    """

    samples: Mapping[str, Sequence[float]]
    records: tuple[Record, ...] = ()
    estimates: frozenset[str] = frozenset()
    ranged: bool = False


@dataclass(frozen=True)
class Study:
    """A question one can ask.

    parameters: a frozen keyword-only dataclass whose fields carry unit, bounds and `annotated_types.doc`.
    run: the parameters of one label, once a replication. random: whether replications differ at all.
    """

    name: str
    parameters: type[Any]
    metrics: tuple[MetricSpec, ...]
    run: Callable[[Any, Context], Run]
    random: bool = True

    def registered(self, labels: Sequence[str]) -> list[str]:
        """Every name an expression may use, "label.metric.statistic"."""
        return [f"{label}.{m.name}.{statistic}" for label in labels for m in self.metrics for statistic in m.statistics]


def statistic(name: str, samples: Sequence[float]) -> float:
    """One statistic over samples: "value", "mean", "min", "max", "total" or a percentile "p50", "p99".

    Percentiles interpolate between order statistics (inclusive, as numpy's default). Sums are exact (`math.fsum`).
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
    return ordered[below] + (ordered[above] - ordered[below]) * (position - below)


def median_interval(values: Sequence[float]) -> tuple[float, float] | None:
    """The 95 % interval of the median by order statistics, without assuming a distribution; None below six values.

    The widest pair of order statistics (k, n+1-k) whose coverage under Binomial(n, 1/2) is at least 95 %
    (Hahn and Meeker, Statistical Intervals, 1991, section 5.2). Six values are the fewest that can reach it.
    """
    n = len(values)
    tail = 0.0
    k = -1
    while tail + math.comb(n, k + 1) / 2**n <= 0.025:
        k += 1
        tail += math.comb(n, k) / 2**n
    if k < 0:
        return None
    ordered = sorted(values)
    return ordered[k], ordered[n - 1 - k]


def summarise(
    study: Study, label: str, runs: Sequence[Run], low: Run | None = None, high: Run | None = None
) -> list[Metric]:
    """The metrics of one label from its replications, and from one run at each end of the inputs' ranges."""
    metrics = []
    for spec in study.metrics:
        if spec.name not in runs[0].samples:
            continue
        for name in spec.statistics:
            values = [statistic(name, run.samples[spec.name]) for run in runs]
            middle = statistics.median(values)
            ends = [statistic(name, run.samples[spec.name]) for run in (low, high) if run is not None]
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
                    range=(min(*ends, middle), max(*ends, middle)) if ends else None,
                    estimate=any(spec.name in run.estimates for run in runs),
                )
            )
    return metrics
