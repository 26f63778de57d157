"""`run --format json`: one object a scenario, one a line, numbers at twelve significant digits.

JSON has no infinity: the time of what never happened (`sim.never`) is null.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sim import __version__, limits
from sim.errors import InputError, Problem
from sim.never import NEVER, never
from sim.outcome import ConstraintRecord, Metric, Outcome, Ratio

DIGITS = 12


def number(value: float | None) -> float | None:
    """A number as it is written: at twelve significant digits, so that equal results are equal text everywhere.

    None where there is none, and for what never happened.
    """
    return None if value is None or never(value) else float(f"{value:.{DIGITS}g}")


def metric_object(metric: Metric) -> dict[str, Any]:
    """One metric as an object."""
    return {
        "metric": metric.metric,
        "statistic": metric.statistic,
        "of": metric.of,
        "interval": metric.interval,
        "value": number(metric.value),
        "unit": metric.unit,
        "low": number(metric.low),
        "high": number(metric.high),
        "range": None if metric.range is None else [number(end) for end in metric.range],
        "estimate": metric.estimate,
    }


def ratio_object(ratio: Ratio) -> dict[str, Any]:
    """One ratio of two labels as an object."""
    return {
        "metric": ratio.metric,
        "statistic": ratio.statistic,
        "of": ratio.of,
        "to": ratio.to,
        "value": number(ratio.value),
        "low": number(ratio.low),
        "high": number(ratio.high),
        "estimate": ratio.estimate,
    }


def constraint_object(record: ConstraintRecord) -> dict[str, Any]:
    """One constraint on a label's number of instances as an object; its limit is null where it never binds."""
    return {"of": record.of, "constraint": record.constraint, "limit": record.limit, "binds": record.binds}


def scenario_object(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """The outcomes of one scenario's parts as one object; the studies of several parts are joined by " + ".

    `constraints` is there where a part is of density.
    """
    first = outcomes[0]
    constraints = [constraint_object(each) for outcome in outcomes for each in outcome.of_type(ConstraintRecord)]
    return {
        "scenario": first.scenario,
        "study": " + ".join(outcome.study for outcome in outcomes),
        "seed": first.seed,
        "replications": max(outcome.replications for outcome in outcomes),
        "model_version": __version__,
        "metrics": [metric_object(metric) for outcome in outcomes for metric in outcome.metrics],
        "ratios": [ratio_object(ratio) for outcome in outcomes for ratio in outcome.ratios],
        "expectations": [
            {"text": verdict.text, "passed": verdict.passed, "observed": verdict.observed}
            for outcome in outcomes
            for verdict in outcome.verdicts
        ],
    } | ({"constraints": constraints} if constraints else {})


def line(outcomes: Sequence[Outcome]) -> str:
    """One scenario as a line of JSON, without its end."""
    return json.dumps(scenario_object(outcomes), ensure_ascii=False, allow_nan=False)


def problem_object(problem: Problem) -> dict[str, Any]:
    """One problem as an object; a place that is not known is "" or 0."""
    return {
        "file": problem.file,
        "line": problem.line,
        "column": problem.column,
        "path": problem.path,
        "message": problem.message,
    }


def problem_line(scenario: str, problems: Sequence[Problem]) -> str:
    """A scenario that could not run as a line of JSON. scenario: its id, or its file where that cannot be read."""
    return json.dumps(
        {"scenario": scenario, "problems": [problem_object(each) for each in problems]}, ensure_ascii=False
    )


def _value(written: Any) -> float:
    return NEVER if written is None else float(written)


def read_lines(text: str, name: str) -> list[dict[str, Any]]:
    """The objects of an earlier run, as far as a comparison needs them.

    Raises `InputError` naming each line that is no such object.
    """
    objects: list[dict[str, Any]] = []
    problems: list[Problem] = []
    for row, written in enumerate(text.splitlines(), 1):
        if not written.strip():
            continue
        try:
            found = json.loads(written)
            if isinstance(found, dict) and "problems" in found and "metrics" not in found:
                continue  # a scenario that could not run
            metrics = [
                (str(m["of"]), str(m["metric"]), str(m["statistic"]), _value(m["value"])) for m in found["metrics"]
            ]
            str(found["scenario"])
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            reason = f"no key {error}" if isinstance(error, KeyError) else str(error)
            message = f"not a line of 'run --format json': {reason}"
            problems.append(Problem(message, name, row))
        else:
            if metrics:
                objects.append(found)
    if problems:
        raise InputError(problems)
    if not objects:
        raise InputError(Problem("has no scenario; expected the lines of 'run --format json'", name))
    return objects


def baseline(path: Path) -> list[dict[str, Any]]:
    """The objects of a file that an earlier run wrote."""
    from sim.inputfile import read_text

    return read_lines(read_text(path, limits.BASELINE), str(path))
