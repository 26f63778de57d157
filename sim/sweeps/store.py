"""The file that a sweep's results are kept in: one SQLite database, readable while the sweep runs.

Points are added in transactions, each whole or not at all. So a process that is killed loses what it was at, and what
had finished stays. docs/sweeps.md describes the tables.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from sim.errors import InputError, Problem
from sim.inputfile import exists, open_regular
from sim.sweeps.model import model
from sim.sweeps.plan import SweepPlan
from sim.sweeps.points import PointRow

APPLICATION = 0x53494D73
"""`PRAGMA application_id` of a store: "SIMs"."""

VERSION = 1
"""`PRAGMA user_version`: the version of the tables."""

_MAGIC = b"SQLite format 3\0"
_HEAD = 100
"""Bytes of a database's header."""

_PATIENCE = 60.0
"""Seconds to wait for a reader that holds the file."""

_TABLES = """
CREATE TABLE sweep (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE series (
    series INTEGER PRIMARY KEY, part INTEGER NOT NULL, study TEXT NOT NULL, "of" TEXT NOT NULL, metric TEXT NOT NULL,
    statistic TEXT NOT NULL, interval TEXT NOT NULL, unit TEXT NOT NULL
);
CREATE TABLE points (
    point INTEGER PRIMARY KEY, "values" TEXT NOT NULL, replications INTEGER NOT NULL, narrow INTEGER, error TEXT
);
CREATE TABLE results (
    point INTEGER NOT NULL, series INTEGER NOT NULL, value REAL NOT NULL, low REAL, high REAL, range_low REAL,
    range_high REAL, estimate INTEGER NOT NULL, PRIMARY KEY (point, series)
) WITHOUT ROWID;
CREATE TABLE records (
    point INTEGER NOT NULL, number INTEGER NOT NULL, part INTEGER NOT NULL, type TEXT NOT NULL, record TEXT NOT NULL,
    PRIMARY KEY (point, number)
) WITHOUT ROWID;
"""

OTHER = "; expected another --store"
"""How a message ends that a store is of another sweep."""

OWN_COLUMNS = ("point", "of", "metric", "statistic", "value", "low", "high", "range_low", "range_high", "unit",
               "estimate", "replications", "narrow", "error")  # fmt: skip
"""The columns of the view `metrics` beside the axes."""


class OtherSweepError(InputError):
    """A store of another sweep."""


class SweepStore:
    """An open store of one plan. It is a context: its file is whole and plain once that is left."""

    def __init__(self, path: Path, plan: SweepPlan) -> None:
        self.path = path
        self.plan = plan
        is_there = exists(path) and is_database(path)
        if is_there and _is_begun(path):
            path.unlink()
            is_there = False
        with told(path):
            self._database = sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None)
        try:
            with told(path):
                self._open(is_there)
        except BaseException:
            self._database.close()
            raise

    def _open(self, is_there: bool) -> None:
        if is_there and not _is_empty(self._database):
            self._compare()
        self._database.execute("PRAGMA journal_mode = WAL")  # some file systems have none, and another is as safe
        self._database.execute("PRAGMA synchronous = NORMAL")
        if _is_empty(self._database):
            with self._transaction():
                self._make()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(sqlite3.Error):  # what is committed is kept in the file beside it
            self._database.execute("PRAGMA journal_mode = DELETE")
        self._database.close()

    def _make(self) -> None:
        plan = self.plan
        for statement in filter(str.strip, _TABLES.split(";")):
            self._database.execute(statement)
        self._database.execute(_view([axis.path for axis in plan.axes]))
        self._database.executemany("INSERT INTO sweep VALUES (?, ?)", sorted(_identity(plan).items()))
        self._database.executemany(
            "INSERT INTO series VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (number, one.part, one.study, one.of, one.spec.name, one.statistic, one.spec.interval, one.spec.unit)
                for number, one in enumerate(plan.series)
            ],
        )
        self._database.execute(f"PRAGMA application_id = {APPLICATION}")
        self._database.execute(f"PRAGMA user_version = {VERSION}")

    def _compare(self) -> None:
        """Raise `OtherSweepError` where the store is of another sweep."""
        here = _identity(self.plan)
        there = dict(self._database.execute("SELECT key, value FROM sweep"))
        if there.get("model_version") != here["model_version"]:
            made = f"was made by version {there.get('model_version')}, and this is {here['model_version']}"
            raise OtherSweepError(Problem(f"{made}, which may give other numbers{OTHER}", str(self.path)))
        if there.get("scenario_id") != here["scenario_id"]:
            what = f"is of scenario {there.get('scenario_id')!r}, and not of {here['scenario_id']!r}"
            raise OtherSweepError(Problem(f"{what}{OTHER}", str(self.path)))
        other = [key for key, value in here.items() if there.get(key) != value]
        if other:
            what = f"is of another sweep: {', '.join(other)} differ{'s' * (len(other) == 1)}"
            raise OtherSweepError(Problem(f"{what}{OTHER}", str(self.path)))

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._database.execute("COMMIT")
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                self._database.execute("ROLLBACK")
            raise

    def finished(self) -> dict[str, set[int]]:
        """The points that are there: those that ran ("done"), and those that failed ("failed")."""
        found: dict[str, set[int]] = {"done": set(), "failed": set()}
        with told(self.path):
            for point, error in self._database.execute("SELECT point, error FROM points"):
                found["failed" if error is not None else "done"].add(point)
        return found

    def add(self, rows: Iterable[PointRow]) -> None:
        """Add finished points, all of them or none. Raises `InputError` where they cannot be written."""
        rows = list(rows)
        with told(self.path), self._transaction():
            self._database.executemany(
                "INSERT OR REPLACE INTO points VALUES (?, ?, ?, ?, ?)",
                [(row.point, self._values(row.point), row.replications, row.narrow, row.error or None) for row in rows],
            )
            self._database.executemany(
                "INSERT OR REPLACE INTO results VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                [(row.point, *result) for row in rows for result in row.results],
            )
            self._database.executemany(
                "INSERT OR REPLACE INTO records VALUES (?, ?, ?, ?, ?)",
                [(row.point, number, *record) for row in rows for number, record in enumerate(row.records)],
            )

    def _values(self, point: int) -> str:
        values = zip(self.plan.job.paths, self.plan.values(point), strict=True)
        return _text(dict(values))

    @property
    def sealed(self) -> bool:
        """Whether every point was there, and the file was written anew in their order (`seal`)."""
        with told(self.path):
            return self._database.execute("SELECT 1 FROM sweep WHERE key = 'finished'").fetchone() is not None

    def unseal(self) -> None:
        """Take back that all is finished, as points are to be run again."""
        with told(self.path):
            self._database.execute("DELETE FROM sweep WHERE key = 'finished'")


def is_of(path: Path, plan: SweepPlan) -> bool:
    """Whether a file is a store of that sweep. What cannot be read is none."""
    try:
        if not exists(path) or not is_database(path):
            return False
        with told(path), contextlib.closing(sqlite3.connect(path, timeout=_PATIENCE)) as database:
            check(database, path)
            there = dict(database.execute("SELECT key, value FROM sweep"))
    except InputError:
        return False
    return all(there.get(key) == value for key, value in _identity(plan).items())


def seal(path: Path) -> None:
    """Write a store with all of its points anew, in their order. Then the files of equal sweeps are equal bytes."""
    handle, made = tempfile.mkstemp(".partial", ".", path.parent)
    os.close(handle)
    partial = Path(made)
    try:
        with told(path):
            with contextlib.closing(sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None)) as database:
                database.execute("VACUUM INTO ?", (made,))
            with contextlib.closing(sqlite3.connect(made, isolation_level=None)) as database:
                database.execute(f"PRAGMA schema_version = {VERSION}")  # else one more than of the file it is made of
                database.execute("INSERT INTO sweep VALUES ('finished', 'true')")
        partial.chmod(path.stat().st_mode & 0o777)
        partial.replace(path)
    except OSError:  # Windows, where somebody reads it: the next run writes it anew
        pass
    finally:
        with contextlib.suppress(OSError):
            partial.unlink()


def _identity(plan: SweepPlan) -> dict[str, str]:
    """What two sweeps must have in common to be one."""
    job = plan.job
    return {
        "model_version": model(),
        "scenario_id": job.scenario.id,
        "scenario": _text({key: item for key, item in job.scenario.document.items() if key not in _WORDS}),
        "axes": _text([{"path": axis.path, "values": list(axis.values)} for axis in plan.axes]),
        "zipped": _text(plan.zipped),
        "points": str(len(plan)),
        "until": _text([condition.text for condition in job.until]),
        "max_replications": str(job.max_replications) if job.until else "",
        "ends": _text(job.ends),
        "records": _text(job.records),
    }


_WORDS = {"concept", "title", "summary", "lesson", "labels", "controls", "expect", "published"}
"""What a scenario says that changes no number."""


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=repr)


def _view(paths: Sequence[str]) -> str:
    """The view `metrics`: a row for each point and series, with a column for each axis."""
    columns = [
        f'json_extract(p."values", {_quoted("$." + json.dumps(path), chr(39))}) AS {_quoted(axis_column(path))}'
        for path in paths
    ]
    own = 's."of", s.metric, s.statistic, r.value, r.low, r.high, r.range_low, r.range_high, s.unit, r.estimate'
    chosen = f"p.point, {', '.join(columns)}, {own}, p.replications, p.narrow, p.error"
    joined = "points p LEFT JOIN results r USING (point) LEFT JOIN series s USING (series)"
    return f"CREATE VIEW metrics AS SELECT {chosen} FROM {joined}"  # noqa: S608 -- names of columns, each quoted


def axis_column(path: str) -> str:
    """What an axis is called among the columns of `metrics`."""
    return f"axis.{path}" if path in OWN_COLUMNS else path


def _quoted(text: str, sign: str = '"') -> str:
    return sign + text.replace(sign, 2 * sign) + sign


def is_database(path: Path) -> bool:
    """Whether a file has anything in it. Raises `InputError` where that is no whole database."""
    with open_regular(path) as file:
        head = file.read(_HEAD)
        size = file.seek(0, os.SEEK_END)
    if head and not head.startswith(_MAGIC):
        raise InputError(Problem("is no store of a sweep; expected a file that 'sim sweep' wrote", str(path)))
    if head and not exists(path.with_name(f"{path.name}-wal")) and size < _said_size(head):
        raise InputError(Problem(f"is damaged or cut short: has {size} bytes of {_said_size(head)}", str(path)))
    return bool(head)


def _said_size(head: bytes) -> int:
    """The bytes that a database says it has. Source: sqlite.org/fileformat2.html, 1.3."""
    if len(head) < _HEAD:
        return _HEAD
    page = int.from_bytes(head[16:18], "big")
    return (65_536 if page == 1 else page) * int.from_bytes(head[28:32], "big")


def _is_begun(path: Path) -> bool:
    """Whether a store is one of a sweep that ended before its first point."""
    with told(path), contextlib.closing(sqlite3.connect(path, timeout=_PATIENCE)) as database:
        if _is_empty(database):
            return False
        check(database, path)
        _check_whole(database, path)
        return database.execute("SELECT 1 FROM points LIMIT 1").fetchone() is None


def _is_empty(database: sqlite3.Connection) -> bool:
    (tables,) = database.execute("SELECT count(*) FROM sqlite_master").fetchone()
    return int(tables) == 0


def check(database: sqlite3.Connection, path: Path) -> None:
    """Raise `InputError` where a database is no store of this version."""
    (application,) = database.execute("PRAGMA application_id").fetchone()
    (version,) = database.execute("PRAGMA user_version").fetchone()
    if application != APPLICATION:
        raise InputError(Problem("is no store of a sweep; expected a file that 'sim sweep' wrote", str(path)))
    if version != VERSION:
        raise InputError(Problem(f"is a store of version {version}; expected {VERSION}", str(path)))


def _check_whole(database: sqlite3.Connection, path: Path) -> None:
    """Raise `InputError` where any page of a store is damaged. It reads all of them."""
    (verdict,) = database.execute("PRAGMA quick_check(1)").fetchone()
    if verdict != "ok":
        raise InputError(Problem(f"is damaged: {str(verdict).splitlines()[-1].lower()}", str(path)))


@contextmanager
def told(path: Path) -> Iterator[None]:
    """What the database says that is wrong, as an `InputError` at its file."""
    try:
        yield
    except InputError:
        raise
    except sqlite3.Error as error:
        words = str(error).lower()
        if "malformed" in words or "not a database" in words:
            problem = f"is damaged or cut short: {words}"
        elif "full" in words or "disk i/o" in words:
            problem = f"cannot be written: {words}; what had finished is kept"
        else:
            problem = f"cannot be used: {words}"
        raise InputError(Problem(problem, str(path))) from None
    except ValueError as error:  # a NUL in the path
        raise InputError(Problem(f"cannot be used: {error}", repr(str(path)))) from None
