"""What an earlier run said and a new one does not: metrics that moved beyond their intervals, came or went."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sim.never import NEVER
from sim.quantity import UNITS, render


@dataclass(frozen=True, slots=True)
class MetricChange:
    """One metric that is not what it was.

    Attributes:
        before, now: None where it was not there, or is no longer.
    """

    scenario: str
    name: str
    unit: str
    before: Mapping[str, Any] | None
    now: Mapping[str, Any] | None

    def __str__(self) -> str:
        unit = self.unit if self.unit in UNITS else "1"
        before, now = (_written(metric, unit) for metric in (self.before, self.now))
        change = ""
        if self.before and self.now and self.before["value"] and self.now["value"] is not None:
            change = f" ({(self.now['value'] - self.before['value']) / abs(self.before['value']):+.1%})"
        return f"{self.scenario}: {self.name}: {before} -> {now}{change}"


def metric_changes(
    before: Sequence[Mapping[str, Any]], now: Sequence[Mapping[str, Any]], tolerance: float = 0.0
) -> list[MetricChange]:
    """The metrics of the scenarios in both that differ.

    A metric moved where the two intervals have no point in common. Where one has no interval (one replication, or a
    study without randomness) its value stands for it. A metric that came or went moved too.

    Args:
        tolerance: How far apart the intervals may be, as a share of the earlier value.
    """
    earlier = {str(item["scenario"]): _metrics(item) for item in before}
    changes = []
    for item in now:
        scenario = str(item["scenario"])
        if scenario not in earlier:
            continue
        old, new = earlier[scenario], _metrics(item)
        for name in dict.fromkeys((*old, *new)):
            was, is_ = old.get(name), new.get(name)
            if was is None or is_ is None or _apart(was, is_, tolerance):
                unit = str(((is_ or was) or {}).get("unit", "1"))
                changes.append(MetricChange(scenario, name, unit, was, is_))
    return changes


def _metrics(item: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {f"{metric['of']}.{metric['metric']}.{metric['statistic']}": metric for metric in item["metrics"]}


def _interval(metric: Mapping[str, Any]) -> tuple[float, float]:
    """The ends of a metric's interval, its value where there is none. What is null and there is never."""
    value = NEVER if metric["value"] is None else float(metric["value"])
    low, high = metric.get("low"), metric.get("high")
    if low is None:
        return value, value
    return float(low), NEVER if high is None else float(high)


def _apart(was: Mapping[str, Any], is_: Mapping[str, Any], tolerance: float) -> bool:
    (low, high), (other_low, other_high) = _interval(was), _interval(is_)
    if not (high < other_low or other_high < low):
        return False
    gap = other_low - high if high < other_low else low - other_high
    return was["value"] is None or gap > tolerance * abs(was["value"])


def _written(metric: Mapping[str, Any] | None, unit: str) -> str:
    if metric is None:
        return "not there"
    value = _number(metric["value"], unit)
    if metric.get("low") is None:
        return value
    return f"{value} [{_number(metric['low'], unit)}, {_number(metric.get('high'), unit)}]"


def _number(value: float | None, unit: str) -> str:
    return "never" if value is None else render(value, unit)
