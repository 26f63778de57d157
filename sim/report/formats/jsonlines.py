"""`run --format json`: one object a scenario, one a line, numbers at twelve significant digits.

JSON has no infinity: the time of what never happened (`sim.never`) is null.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NoReturn

from sim import __version__, limits
from sim.errors import InputError, Problem
from sim.inputfile import read_text
from sim.loading.document import Document
from sim.loading.problems import validate
from sim.never import never
from sim.outcome import Metric, Outcome, Ratio
from sim.records.instances import ConstraintRecord
from sim.wording import shown

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
    """One constraint on a label's number of instances as an object. Its limit is null where it never binds."""
    return {"of": record.of, "constraint": record.constraint, "limit": record.limit, "binds": record.binds}


def scenario_object(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """The outcomes of one scenario's parts as one object. The studies of several parts are joined by " + ".

    `constraints` is there where a part's records have some.
    """
    first = outcomes[0]
    constraints = [
        constraint_object(constraint) for outcome in outcomes for constraint in outcome.of_type(ConstraintRecord)
    ]
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
    """One problem as an object. A place that is not known is "" or 0."""
    return {
        "file": problem.file,
        "line": problem.line,
        "column": problem.column,
        "path": problem.path,
        "message": problem.message,
    }


def problem_line(scenario: str, problems: Sequence[Problem]) -> str:
    """A scenario that could not run as a line of JSON.

    Args:
        scenario: Its id, or its file where that cannot be read.
    """
    return json.dumps(
        {"scenario": scenario, "problems": [problem_object(problem) for problem in problems]}, ensure_ascii=False
    )


@dataclass(frozen=True, kw_only=True)
class BaselineMetric:
    """A metric of an earlier run, as far as a comparison reads it. A value of null is `NEVER`."""

    __pydantic_config__ = {"extra": "ignore", "allow_inf_nan": False}  # noqa: RUF012 -- read from the class
    metric: str
    statistic: str
    of: str
    value: float | None
    unit: str = "1"
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, kw_only=True)
class BaselineScenario:
    """A scenario of an earlier run, in the same way."""

    __pydantic_config__ = {"extra": "ignore"}  # noqa: RUF012 -- read from the class
    scenario: str
    metrics: tuple[BaselineMetric, ...]


_NO_LINE = "not a line of 'run --format json'"


def read_lines(text: str, name: str) -> list[dict[str, Any]]:
    """The objects of an earlier run, as far as a comparison needs them.

    Raises `InputError` naming the line and the key of everything that is wrong with them.
    """
    objects: list[dict[str, Any]] = []
    problems: list[Problem] = []
    for row, written in enumerate(text.split("\n"), 1):
        if not written.strip():
            continue
        try:
            document = json.loads(written, parse_constant=_no_number)
        except (ValueError, RecursionError) as error:
            reason = "nested too deeply" if isinstance(error, RecursionError) else str(error).partition(";")[0]
            problems.append(Problem(f"{_NO_LINE}: {reason}", name, row))
            continue
        if isinstance(document, dict) and "problems" in document and "metrics" not in document:
            continue  # a scenario that could not run
        wrong = _wrong(document, name)
        problems += [replace(p, message=f"{_NO_LINE}: {p.message}", file=name, line=row) for p in wrong]
        if document and not wrong and document["metrics"]:
            objects.append(document)
    if problems:
        raise InputError(problems)
    if not objects:
        raise InputError(Problem("has no scenario; expected the lines of 'run --format json'", name))
    return objects


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number")


def _wrong(scenario: Any, name: str) -> list[Problem]:
    """What is wrong with one line's object, each with its dotted path."""
    checked, problems = validate(BaselineScenario, scenario, Document(name, scenario))
    names: set[tuple[str, str, str]] = set()
    for number, metric in enumerate(checked.metrics if checked else ()):
        place = f"metrics.{number}"
        key = (metric.of, metric.metric, metric.statistic)
        if key in names:
            problems.append(Problem(f"{shown('.'.join(key))} is there already; expected each metric once", path=place))
        names.add(key)
        if metric.low is not None and metric.high is not None and metric.low > metric.high:
            problems.append(Problem(f"{metric.low:g} is more than high, {metric.high:g}", path=f"{place}.low"))
    return problems


def baseline(path: Path) -> list[dict[str, Any]]:
    """The objects of a file that an earlier run wrote."""
    return read_lines(read_text(path, limits.BASELINE), str(path))
