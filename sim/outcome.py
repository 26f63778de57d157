"""What a run hands on: metrics with units and intervals, and the records of its first replication.

Everything here is immutable and flat. Charts, tables, reasons and files are made from it alone. Nothing downstream
looks into the model.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from sim.scenario import Text, listed
from sim.wording import suggestion

if TYPE_CHECKING:
    from sim.records.record import Record, RecordT

MadeT = TypeVar("MadeT")

Bound = Literal["low", "value", "high"]
"""Which end of its sources' ranges every input of a run is taken at."""


@dataclass(frozen=True, slots=True)
class MetricSpec:
    """A metric that a study registers. `expect` and `published` may name only these.

    Attributes:
        name: As it is written in `expect`.
        unit: "s", "B", "B/s", "1" or "1/s".
        interval: From what to what it is measured, as "request to application ready".
        description: What it is, for a reader.
        statistics: What is taken over the samples of one replication: "p50", "p95", "mean", "min" or "max". It is
            "value" where a replication has one sample.
        headline: Whether it is what the study is about. Labels are compared by their headline metrics.
        transfer: Whether these are bytes that travel or lie in a layer, which are written in MB. Memory is written in
            MiB.

    A share of one ends in `_share`.
    """

    name: str
    unit: str
    interval: str
    description: str
    statistics: tuple[str, ...] = ("value",)
    headline: bool = False
    transfer: bool = False


@dataclass(frozen=True, slots=True)
class Metric:
    """One number of an outcome.

    A time at which something happened is `sim.never.NEVER` where it did not happen. So may be the ends of its interval
    and its range.

    Attributes:
        metric: The name of its `MetricSpec`.
        statistic: What was taken over the samples of each replication.
        of: The label of what is compared.
        interval: From what to what it is measured.
        value: The median over replications.
        unit: "s", "B", "B/s", "1" or "1/s".
        low: The lower end of the median's 95 % interval. None below six replications.
        high: The upper end.
        range: What the inputs' sources allow. None where no input has a range.
        estimate: Whether any input is an estimate.
        transfer: As `MetricSpec` has it.
    """

    metric: str
    statistic: str
    of: str
    interval: str
    value: float
    unit: str
    low: float | None = None
    high: float | None = None
    range: tuple[float, float] | None = None
    estimate: bool = False
    transfer: bool = False


@dataclass(frozen=True, slots=True)
class Ratio:
    """How many times as much one label takes as another.

    The ratio is taken in each replication, in which both labels have the same random numbers.

    Attributes:
        metric: The name of the metric.
        statistic: What was taken over the samples of each replication.
        of: The label that is compared.
        to: The label that it is compared with.
        value: The median over replications.
        low: The lower end of the median's 95 % interval, by order statistics. None below six replications.
        high: The upper end.
        estimate: Whether any input of either label is an estimate.
    """

    metric: str
    statistic: str
    of: str
    to: str
    value: float
    low: float | None = None
    high: float | None = None
    estimate: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one expectation.

    Attributes:
        text: The expectation as written.
        passed: Whether it held.
        observed: The values it saw.
    """

    text: str
    passed: bool
    observed: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """All that is known after one part of a scenario ran.

    Attributes:
        scenario: The scenario's id.
        study: The study that ran.
        seed: The seed it ran with.
        replications: How many there were.
        labels: What was compared, in the scenario's order.
        metrics: Every metric of every label.
        records: What happened in the first replication, in order.
        verdicts: What became of the expectations.
        parameters: What each label ran with, in flat written form, for tables and captions.
        ratios: For each headline metric, each label's ratio to the label with the least.
        names: What the scenario calls some labels for a reader. `sim.report.words` names every label.
        entries: For each label the catalog's entries that were given themselves, and not by an id of what ships, by
            parameter.
    """

    scenario: str
    study: str
    seed: int
    replications: int
    labels: tuple[str, ...]
    metrics: tuple[Metric, ...]
    records: tuple[Record, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    parameters: Mapping[str, Mapping[str, str]] | None = None
    ratios: tuple[Ratio, ...] = ()
    names: Mapping[str, Text] | None = None
    entries: Mapping[str, Mapping[str, Any]] | None = None
    _made: dict[Hashable, Any] = field(init=False, default_factory=dict, compare=False, repr=False)

    def __repr__(self) -> str:
        """In a line: the records are thousands."""
        held = sum(verdict.passed for verdict in self.verdicts)
        return (
            f"<Outcome of {self.scenario}: {self.study} of {listed(self.labels)}; "
            f"seed {self.seed}, replications {self.replications}; "
            f"{len(self.metrics)} metrics, {len(self.records)} records, "
            f"{held} of {len(self.verdicts)} expectations hold>"
        )

    def metric(self, of: str, metric: str, statistic: str = "value") -> Metric:
        """The one metric of that name.

        Raises:
            KeyError: Where there is none. The message names the label, the metric or the statistic that there is not,
                and those that there are.
        """
        for candidate in self.metrics:
            if (candidate.of, candidate.metric, candidate.statistic) == (of, metric, statistic):
                return candidate
        raise KeyError(self._missing(of, metric, statistic))

    def _missing(self, of: str, metric: str, statistic: str) -> str:
        """What of a metric's name there is not."""
        there: dict[str, dict[str, list[str]]] = {}
        for one in self.metrics:
            there.setdefault(one.of, {}).setdefault(one.metric, []).append(one.statistic)
        if of not in there:
            return f"no label {of!r}{suggestion(of, there)}"
        if metric not in there[of]:
            return f"no metric {metric!r} of {of}{suggestion(metric, there[of])}"
        return f"no statistic {statistic!r} of {of}.{metric}{suggestion(statistic, there[of][metric])}"

    def ratio(self, of: str, metric: str, statistic: str = "value") -> Ratio | None:
        """How many times the least a label takes. None where it is the least itself, or alone."""
        wanted = (of, metric, statistic)
        return next((ratio for ratio in self.ratios if (ratio.of, ratio.metric, ratio.statistic) == wanted), None)

    def of_type(self, kind: type[RecordT]) -> tuple[RecordT, ...]:
        """The records of one type, in order."""
        return self.once(kind.__name__, lambda: tuple(record for record in self.records if isinstance(record, kind)))

    def once(self, key: Hashable, make: Callable[[], MadeT]) -> MadeT:
        """What is worked out of this outcome alone, and asked for by many figures: made once, and not to be changed."""
        if key not in self._made:
            self._made[key] = make()
        made: MadeT = self._made[key]
        return made
