"""What each input does to a label's metrics: the label is run again with one input at an end of its range at a time."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import cast

from sim.batch.executors import execute
from sim.batch.run import ReplicationPlan
from sim.catalog.number import Alone, Number
from sim.never import never
from sim.outcome import Bound
from sim.scenario import Part, Scenario
from sim.studies.base import Tick, no_tick, statistic

MetricKey = tuple[str, str]
"""A metric and its statistic."""


@dataclass(frozen=True, slots=True)
class InputEffect:
    """What one input does to one metric.

    Attributes:
        number: The input.
        down, up: By how much the logarithm of the metric falls and rises at most between the ends of the input's range.
            Neither is below zero.
    """

    number: Number
    down: float
    up: float

    @property
    def width(self) -> float:
        """How many times its smallest the metric's largest value is."""
        return math.exp(self.down + self.up)


def effects(
    scenario: Scenario, part: Part, label: str, asked: Collection[MetricKey], tick: Tick = no_tick
) -> Mapping[MetricKey, tuple[InputEffect, ...]]:
    """The inputs of a label that have a range, with what each does alone to the metrics asked for.

    Only the first replication runs: each input meets the luck that the middle met, so luck is in no effect.

    Returns:
        Effects in the order in which the run asks for its inputs. A metric that is not above zero, or never, in the
        middle or at some end has no logarithm, and is left out.
    """
    plan = ReplicationPlan(scenario, part, label, scenario.seed, 1, None)
    noting = Alone()
    middle = _measured(plan, noting, asked, tick)
    if not middle:
        return {}
    reached: dict[Number, list[Mapping[MetricKey, float]]] = {
        number: [
            _measured(plan, Alone(number, end), asked, tick)
            for end in ("low", "high")
            if number.at(end) != number.value
        ]
        for number in noting.asked
    }
    found = {}
    for key, value in middle.items():
        ends = {number: [at[key] for at in runs] for number, runs in reached.items()}
        if all(each > 0 and not never(each) for each in (value, *(each for runs in ends.values() for each in runs))):
            found[key] = tuple(_effect(number, value, runs) for number, runs in ends.items() if runs)
    return found


def _measured(
    plan: ReplicationPlan, bound: Alone, asked: Collection[MetricKey], tick: Tick
) -> Mapping[MetricKey, float]:
    samples = execute(plan.task(0, cast("Bound", bound)), tick).samples
    return {(metric, name): statistic(name, samples[metric]) for metric, name in asked if metric in samples}


def _effect(number: Number, middle: float, ends: Collection[float]) -> InputEffect:
    moved = [math.log(end / middle) for end in ends]
    return InputEffect(number, max(0.0, *(-each for each in moved)), max(0.0, *moved))
