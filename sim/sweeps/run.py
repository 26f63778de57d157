"""Runs a sweep into its store: what is there already is not run again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sim.errors import InputError
from sim.sweeps.executors import PointExecutor, in_process, in_processes
from sim.sweeps.lock import locked
from sim.sweeps.plan import SweepPlan
from sim.sweeps.points import Todo
from sim.sweeps.store import SweepStore, seal
from sim.wording import whole_number

SCHEMES = ("tcp://", "tls://")
"""How the address of a scheduler begins."""

Told = Callable[[int, int], None]
"""Is told how many points finished now, and how many there are to run, again and again. It may raise
`CancelledError`."""


def untold(_finished: int, _whole: int) -> None:
    """A sweep that nobody watches."""


@dataclass(frozen=True)
class SweepSummary:
    """What is in a store after a sweep.

    Attributes:
        points: How many points the sweep has.
        kept: How many were there before.
        ran: How many ran now.
        failed: How many of all failed.
    """

    points: int
    kept: int
    ran: int
    failed: int


def executor(name: str, jobs: int = 1) -> PointExecutor:
    """The executor that is meant: "local", or a Dask scheduler's address. Raises `InputError`."""
    jobs = whole_number("jobs", jobs)
    if jobs < 1:
        raise InputError(f"{jobs} jobs are too few; expected at least 1")
    if name == "local":
        return in_process if jobs == 1 else in_processes(jobs)
    if not name.startswith(SCHEMES):
        raise InputError(f"no executor {name!r}; expected local, or a Dask scheduler's address, as in tcp://host:8786")
    from sim.sweeps.cluster import on_cluster

    return on_cluster(name)


def run_sweep(
    plan: SweepPlan, path: str | Path, execute: PointExecutor = in_process, *, retry: bool = False, tell: Told = untold
) -> SweepSummary:
    """Run the points of a sweep that its store does not have yet.

    Args:
        path: The store's file. It is made where it is not there.
        execute: Where points run.
        retry: Whether points that failed are run again.
        tell: Told how far the sweep is.

    Raises `InputError` where the store is of another sweep or cannot be written, and `CancelledError` where `tell`
    does. What had finished is in the store then.
    """
    place = Path(path).resolve()  # a link and its file are one store
    with locked(place):
        return _run(plan, place, execute, tell, retry=retry)


def _run(plan: SweepPlan, path: Path, execute: PointExecutor, tell: Told, *, retry: bool) -> SweepSummary:
    with SweepStore(path, plan) as store:
        there = store.finished()
        kept = there["done"] if retry else there["done"] | there["failed"]
        whole = len(plan) - len(kept)
        if whole:
            store.unseal()
        counter = _Counter(tell, whole)
        counter.tell()
        for rows in execute(plan.job, _todos(plan, kept), counter.tell) if whole else ():
            store.add(rows)
            counter.ran += len(rows)
            counter.tell()
        summary = SweepSummary(len(plan), len(kept), counter.ran, len(store.finished()["failed"]))
        sealed = store.sealed
    if not sealed:
        seal(path)
    return summary


@dataclass
class _Counter:
    """How far a sweep is."""

    told: Told
    whole: int
    ran: int = 0

    def tell(self) -> None:
        self.told(self.ran, self.whole)


def _todos(plan: SweepPlan, kept: set[int]) -> Iterator[Todo]:
    return ((point, plan.values(point)) for point in range(len(plan)) if point not in kept)
