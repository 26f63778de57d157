"""What a store holds, as rows: for tables, files and figures. It reads while a sweep runs, too."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sim.errors import InputError, Problem
from sim.outcome import Metric
from sim.sweeps.store import check, is_database, told


@dataclass(frozen=True, slots=True)
class SweptPoint:
    """A point that is in a store.

    Attributes:
        values: Each axis' value there, as a file would have it.
        error: Why it failed. "" where it did not.
    """

    point: int
    values: dict[str, Any]
    replications: int
    narrow: bool | None
    error: str
    metrics: tuple[Metric, ...]


def swept(path: str | Path) -> Iterator[SweptPoint]:
    """The points of a store, in their order. Raises `InputError` where the file is none."""
    with _reading(Path(path)) as database:
        series = dict(_series(database))
        results = database.cursor().execute("SELECT * FROM results ORDER BY point, series")
        following = results.fetchone()
        for row in database.cursor().execute("SELECT * FROM points ORDER BY point"):
            point, values, replications, narrow, error = row
            metrics = []
            while following is not None and following[0] <= point:
                if following[0] == point:
                    metrics.append(_metric(series[following[1]], following[2:]))
                following = results.fetchone()
            told_narrow = None if narrow is None else bool(narrow)
            yield SweptPoint(point, json.loads(values), replications, told_narrow, error or "", tuple(metrics))


def axes_of(path: str | Path) -> tuple[str, ...]:
    """The paths of a store's axes, in their order."""
    with _reading(Path(path)) as database:
        (written,) = database.execute("SELECT value FROM sweep WHERE key = 'axes'").fetchone()
        return tuple(axis["path"] for axis in json.loads(written))


def series_of(path: str | Path) -> list[tuple[str, str, str, str]]:
    """Every number that a store's points may have: label, metric, statistic and unit."""
    with _reading(Path(path)) as database:
        return [(of, metric, statistic, unit) for _, (of, metric, statistic, _, unit) in _series(database)]


def finished_points(path: str | Path) -> int:
    """How many points a store has by now."""
    with _reading(Path(path)) as database:
        (count,) = database.execute("SELECT count(*) FROM points").fetchone()
        return int(count)


def wide_points(path: str | Path) -> int:
    """How many points of a store have an interval that is wider than was asked for."""
    with _reading(Path(path)) as database:
        (count,) = database.execute("SELECT count(*) FROM points WHERE narrow = 0").fetchone()
        return int(count)


def first_failed(path: str | Path) -> tuple[int, dict[str, Any]] | None:
    """The number of the first point that failed, and each axis' value there. None where none did."""
    with _reading(Path(path)) as database:
        row = database.execute("SELECT * FROM points WHERE error IS NOT NULL ORDER BY point LIMIT 1").fetchone()
        return None if row is None else (int(row[0]), json.loads(row[1]))


@contextmanager
def _reading(path: Path) -> Iterator[sqlite3.Connection]:
    if not is_database(path):
        raise InputError(Problem("has no points", str(path)))
    with told(path):
        database = sqlite3.connect(path, timeout=60)
    try:
        with told(path):
            database.execute("BEGIN")  # one state of it, whatever is added meanwhile
            check(database, path)
            try:
                yield database
            except (KeyError, TypeError) as error:
                raise InputError(Problem(f"is damaged: {error}", str(path))) from None
    finally:
        database.close()


def _series(database: sqlite3.Connection) -> Iterator[tuple[int, tuple[str, str, str, str, str]]]:
    for number, *rest in database.execute(
        'SELECT series, "of", metric, statistic, interval, unit FROM series ORDER BY series'
    ):
        of, metric, statistic, interval, unit = map(str, rest)
        yield number, (of, metric, statistic, interval, unit)


def _metric(series: tuple[str, str, str, str, str], result: tuple[Any, ...]) -> Metric:
    of, metric, statistic, interval, unit = series
    value, low, high, range_low, range_high, estimate = result
    ends = None if range_low is None else (range_low, range_high)
    return Metric(metric, statistic, of, interval, value, unit, low, high, ends, bool(estimate))
