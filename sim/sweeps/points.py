"""Runs points of a sweep, wherever that is: what comes back is small, and the same everywhere."""

from __future__ import annotations

import json
import pickle
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from typing import Any

from sim import studies
from sim.batch.executors import execute
from sim.batch.run import AT_ENDS, ReplicationPlan
from sim.errors import CancelledError, InputError, SimError, cut
from sim.limits import MESSAGE
from sim.loading.template import ScenarioTemplate
from sim.outcome import Bound, Metric
from sim.reasons import of_label
from sim.scenario import Scenario
from sim.studies.base import StudyRun, Tick, no_tick, summarise
from sim.sweeps.model import model
from sim.sweeps.plan import FEWEST, PointJob, every_series

DIGITS = 12
"""Significant digits of every number that is kept: to so many, results are equal on every platform."""

Todo = tuple[int, tuple[Any, ...]]
"""A point's number, and what the axes are there."""

Result = tuple[int, float, float | None, float | None, float | None, float | None, bool]
"""Of a series (its number): value, low and high, low and high end of the range, and whether it is an estimate."""


@dataclass(frozen=True, slots=True)
class PointRow:
    """What became of a point.

    Attributes:
        replications: How many there were. 0 where it failed.
        narrow: Whether every interval became as narrow as was asked. None where nothing was.
        error: Why it failed. "" where it did not.
        records: What happened in the first replication: the part's number, the kind of record and its JSON.
    """

    point: int
    replications: int
    narrow: bool | None
    error: str = ""
    results: tuple[Result, ...] = ()
    records: tuple[tuple[int, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """Finished points, how many seconds they took, and the version of the model that ran them."""

    rows: list[PointRow]
    seconds: float
    version: str


class PointRunner:
    """Runs points of one job, one after the other."""

    def __init__(self, job: PointJob, tick: Tick = no_tick) -> None:
        self._job = job
        self._tick = tick
        self._template = ScenarioTemplate(job.scenario, job.paths)
        self._series = {
            (series.of, series.spec.name, series.statistic): number
            for number, series in enumerate(every_series(job.scenario))
        }

    def __call__(self, todo: Todo) -> PointRow:
        """The finished point, or one with an error. Raises `CancelledError` where a tick does."""
        point, values = todo
        try:
            return self._run(point, self._template.at(values))
        except CancelledError:
            raise
        except SimError as error:
            return failed(point, str(error))
        except Exception as error:  # noqa: BLE001 -- one point's failure is a row, whatever it is
            return failed(point, f"{type(error).__name__}: {error}")

    def _run(self, point: int, scenario: Scenario) -> PointRow:
        labels = self._labels(scenario)
        until = self._job.until
        count = scenario.replications
        most = max(count, self._job.max_replications)
        if until:
            count = min(max(count, FEWEST), most)
        for label in labels:
            label.reach(count)
        narrow = self._narrow(labels) if until else None
        while narrow is False and count < most:
            count = min(count + max(1, count // 4), most)
            for label in labels:
                label.reach(count)
            narrow = self._narrow(labels)
        results = [self._result(metric) for label in labels for metric in label.metrics(ends=self._job.ends)]
        records = tuple(_records(labels)) if self._job.records else ()
        return PointRow(point, max(len(label.runs) for label in labels), narrow, "", tuple(results), records)

    def _labels(self, scenario: Scenario) -> list[_Label]:
        recorded = 0 if self._job.records else None
        return [
            _Label(
                ReplicationPlan(scenario, part, label, scenario.seed, scenario.replications, recorded),
                number,
                self._tick,
            )
            for number, part in enumerate(scenario.parts)
            for label in part.variants
        ]

    def _narrow(self, labels: Sequence[_Label]) -> bool:
        """Whether every interval is narrow enough. What a point does not measure has none to wait for."""
        wanted = {condition.name.partition(".")[0] for condition in self._job.until}
        found = {
            f"{metric.of}.{metric.metric}.{metric.statistic}": metric
            for label in labels
            if label.plan.label in wanted
            for metric in label.metrics()
        }
        return all(
            metric.low is None or metric.high is None or condition.holds(metric.value, metric.low, metric.high)
            for condition in self._job.until
            if (metric := found.get(condition.name)) is not None
        )

    def _result(self, metric: Metric) -> Result:
        ends = metric.range
        return (
            self._series[metric.of, metric.metric, metric.statistic],
            rounded(metric.value),
            None if metric.low is None else rounded(metric.low),
            None if metric.high is None else rounded(metric.high),
            None if ends is None else rounded(ends[0]),
            None if ends is None else rounded(ends[1]),
            metric.estimate,
        )


class _Label:
    """One label's replications so far."""

    def __init__(self, plan: ReplicationPlan, part: int, tick: Tick) -> None:
        self.plan = plan
        self.part = part
        self.runs: list[StudyRun] = []
        self._study = studies.study(plan.part.study)
        self._tick = tick

    def reach(self, count: int) -> None:
        """Run until there are so many. A study without randomness runs once."""
        for replication in range(len(self.runs), count if self._study.random else 1):
            try:
                self.runs.append(execute(self.plan.task(replication), self._tick))
            except InputError as error:  # other errors name the task
                raise InputError(
                    [replace(problem, message=of_label(self.plan.label, problem.message)) for problem in error.problems]
                ) from None

    def metrics(self, *, ends: bool = False) -> list[Metric]:
        """The metrics over the replications so far."""
        low, high = (self._end("low"), self._end("high")) if ends and self.runs[0].ranged else ((), ())
        return summarise(self._study, self.plan.label, self.runs, low, high)

    def _end(self, bound: Bound) -> list[StudyRun]:
        few = min(len(self.runs), AT_ENDS)
        return [execute(self.plan.task(replication, bound), self._tick) for replication in range(few)]


def _records(labels: Sequence[_Label]) -> Iterator[tuple[int, str, str]]:
    for label in labels:
        for record in label.runs[0].records:
            text = json.dumps(_plain(asdict(record)), ensure_ascii=False, default=str)
            yield label.part, type(record).__name__, text


def _plain(value: Any) -> Any:
    """A record's values with numbers as they are kept. JSON has no infinity: it is null."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return rounded(value) if abs(value) != float("inf") else None
    return value


def rounded(value: float) -> float:
    """A number as it is kept."""
    return float(f"{value:.{DIGITS}g}")


def failed(point: int, error: str) -> PointRow:
    """A point that failed."""
    return PointRow(point, 0, None, cut(error, MESSAGE) or "failed")


def packed(job: PointJob) -> bytes:
    """A job as it is handed to another process."""
    return pickle.dumps(job)


def run_packed(question: tuple[bytes, Sequence[Todo]]) -> Answer:
    """Run points in a process that was handed their job. It is unpacked and prepared once."""
    payload, todos = question
    run = _prepared(payload)
    began = time.perf_counter()
    rows = [run(todo) for todo in todos]
    return Answer(rows, time.perf_counter() - began, model())


@lru_cache(maxsize=2)
def _prepared(payload: bytes) -> PointRunner:
    job: PointJob = pickle.loads(payload)
    return PointRunner(job)
