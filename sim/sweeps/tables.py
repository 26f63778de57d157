"""A store's points as a table for a terminal, as CSV, and as JSON lines."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from sim.errors import InputError
from sim.outcome import Metric
from sim.report.formats.jsonlines import metric_object
from sim.report.grid import table
from sim.report.numbers import between, unit_of, written
from sim.sweeps.plan import SweepPlan
from sim.sweeps.reading import axes_of, swept
from sim.sweeps.store import OWN_COLUMNS, axis_column
from sim.wording import shown, suggestion_of_many

_OTHERS = 3
"""Metrics that are named of those that a table leaves out."""
SHOWN = 40
"""Points that a table for a terminal shows."""


def rows(path: str | Path) -> Iterator[tuple[Any, ...]]:
    """The rows of the view `metrics` after its header: one for each point and metric, and one for a failed point."""
    axes = axes_of(path)
    yield ("point", *map(axis_column, axes), *OWN_COLUMNS[1:])
    for point in swept(path):
        head = (point.point, *(point.values.get(axis) for axis in axes))
        tail = (point.replications, point.narrow, point.error or None)
        for m in point.metrics:
            low, high = m.range or (None, None)
            own = (m.of, m.metric, m.statistic, m.value, m.low, m.high, low, high, m.unit, m.estimate)
            yield (*head, *own, *tail)
        if not point.metrics:
            yield (*head, *[None] * 10, *tail)


def csv_lines(path: str | Path) -> Iterator[str]:
    """The same as CSV."""
    for row in rows(path):
        yield _row([cell if isinstance(cell, float) else cell_text(cell) for cell in row])


def json_lines(path: str | Path) -> Iterator[str]:
    """An object for each point, with its metrics as `run --format json` has them."""
    for point in swept(path):
        yield json.dumps(
            {
                "point": point.point,
                "values": point.values,
                "replications": point.replications,
                "narrow": point.narrow,
                "error": point.error or None,
                "metrics": [metric_object(metric) for metric in point.metrics],
            },
            ensure_ascii=False,
            allow_nan=False,
        )


def chosen(plan: SweepPlan, names: Sequence[str] = ()) -> frozenset[str]:
    """The series that a table shows: those that are named, else each headline metric by its first statistic.

    Args:
        names: As "startup_time", "startup_time.p95" or "docker.startup_time.p95".

    Raises `InputError` for a name that is none.
    """
    called: dict[str, set[str]] = {}
    for one in plan.series:
        metric, of = one.spec.name, one.of
        for name in (metric, f"{metric}.{one.statistic}", f"{of}.{metric}", f"{of}.{metric}.{one.statistic}"):
            called.setdefault(name, set()).add(one.name)
    for name in names:
        if name not in called:
            raise InputError(f"no metric {shown(name)}{suggestion_of_many(name, called, '--format csv')}")
    if names:
        return frozenset().union(*(called[name] for name in names))
    first = {one.name for one in plan.series if one.spec.headline and one.statistic == one.spec.statistics[0]}
    return frozenset(first or {one.name for one in plan.series if one.statistic == one.spec.statistics[0]})


def text_table(path: str | Path, plan: SweepPlan, names: Sequence[str] = ()) -> str:
    """The metrics that were asked for of the first points, one row a point and label; below them, what else there is.

    Args:
        names: As `chosen` takes them.
    """
    axes, series = axes_of(path), chosen(plan, names)
    rows = []
    points = swept(path)
    for point in islice(points, SHOWN):
        values = [cell_text(point.values.get(axis)) for axis in axes]
        metrics = [m for m in point.metrics if f"{m.of}.{m.metric}.{m.statistic}" in series]
        if point.error:
            rows.append([str(point.point), *values, "", "", "failed: " + " ".join(point.error.split())])
        rows += [[str(point.point), *values, m.of, f"{m.metric}.{m.statistic}", _said(m)] for m in metrics]
    more = sum(1 for _ in points)
    lines = table(["point", *axes, "label", "metric", "value [95 %]"], rows, limit=None)
    if more:
        lines.append(f"and {more:,} more points; --format csv and json have all")
    others = dict.fromkeys(f"{one.spec.name}.{one.statistic}" for one in plan.series if one.name not in series)
    if others and not names:
        some, left = list(others)[:_OTHERS], len(others) - _OTHERS
        told = ", ".join(some) + (f" and {left} more" if left > 0 else "")
        lines.append(f"--show METRIC prints others: {told}")
    return "\n".join(lines) + "\n"


def cell_text(value: Any) -> str:
    """An axis' value in one cell, as a file would have it."""
    return value if isinstance(value, str) else "" if value is None else json.dumps(value, ensure_ascii=False)


def _said(metric: Metric) -> str:
    unit = unit_of(metric)
    text = ("~" if metric.estimate else "") + written(metric.value, unit)
    if metric.low is None or metric.high is None:
        return text
    return f"{text} [{between(metric.low, metric.high, unit)}]"


def _row(cells: Sequence[object]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow(cells)
    return out.getvalue()
