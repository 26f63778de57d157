"""Judges what a scenario expects by the medians of all its parts."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from sim.errors import InputError
from sim.expression import evaluate, names
from sim.never import never
from sim.outcome import Metric, Outcome, Verdict
from sim.quantity import render
from sim.scenario import Scenario


def judge(scenario: Scenario, outcomes: Sequence[Outcome]) -> tuple[Outcome, ...]:
    """The outcomes with their verdicts: each at the part whose metric it names first."""
    known: dict[str, tuple[Metric, int]] = {}
    for number, outcome in enumerate(outcomes):
        for metric in outcome.metrics:
            known.setdefault(f"{metric.of}.{metric.metric}.{metric.statistic}", (metric, number))
    metrics = {name: metric for name, (metric, _) in known.items()}
    values = {name: metric.value for name, metric in metrics.items()}
    verdicts: list[list[Verdict]] = [[] for _ in outcomes]
    for text in scenario.expect:
        verdict = _verdict(text, metrics, values)
        owner = next((known[name][1] for name in names(text) if name in known), 0)
        verdicts[owner].append(verdict)
    return tuple(
        dataclasses.replace(outcome, verdicts=tuple(own)) for outcome, own in zip(outcomes, verdicts, strict=True)
    )


def _verdict(text: str, metrics: Mapping[str, Metric], values: Mapping[str, float]) -> Verdict:
    used = dict.fromkeys(names(text))
    seen = ", ".join(f"{name} = {brief(metrics[name])}" if name in metrics else f"{name} is not there" for name in used)
    try:
        passed = bool(evaluate(text, values))
    except InputError as error:
        return Verdict(text, False, f"{seen}; {error}")
    return Verdict(text, passed, seen)


def brief(metric: Metric) -> str:
    """A metric's value at four digits, with its unit. "never" for the time of what did not happen."""
    if never(metric.value):
        return "never"
    number, _, unit = render(metric.value, metric.unit).partition(" ")
    digits = ".4g" if abs(float(number)) < 10_000 else ".0f"
    return f"{float(number):{digits}} {unit}".strip()
