"""Executes replications, here or in a pool of processes. The answers come in the order of the tasks."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sim import studies
from sim.engine.seeds import SeedTree
from sim.errors import CancelledError, CatalogError, InputError, SimError
from sim.outcome import Bound
from sim.studies.base import Context, StudyRun, Tick, no_tick

AT_ONCE = 61 if sys.platform == "win32" else 256
"""The most processes at once. Windows cannot wait for more."""

CHUNKS_PER_JOB = 8
"""Enough that jobs end together, few enough that handing over costs little."""

ExecuteAll = Callable[[Sequence["ReplicationTask"], Callable[[float], None]], list[StudyRun]]
"""Runs tasks in order. The second argument is told how many are done, with the running one's share."""


@dataclass(frozen=True)
class ReplicationTask:
    """One replication of one label, ready to be handed to another process."""

    scenario: str
    folder: str
    study: str
    label: str
    parameters: Any
    seed: int
    replication: int
    bound: Bound = "value"
    records: bool = False

    def __str__(self) -> str:
        end = "" if self.bound == "value" else f" at the {self.bound} end of its inputs' ranges"
        return f"{self.scenario}, {self.study}, {self.label}, replication {self.replication}, seed {self.seed}{end}"


def execute(task: ReplicationTask, tick: Tick = no_tick) -> StudyRun:
    """The run a task describes. Labels of one comparison share a replication's seeds.

    Raises `SimError` naming the task where the study fails. Bad input and cancellation pass as they are.
    """
    seeds = SeedTree(task.seed).child(task.scenario, task.replication)
    context = Context(task.label, seeds, task.bound, tick, task.folder, task.records)
    try:
        run = studies.study(task.study).run(task.parameters, context)
    except (InputError, CatalogError, CancelledError):
        raise
    except Exception as error:
        raise SimError(f"{task}: {type(error).__name__}: {error}") from error
    return run if task.records else StudyRun(run.samples, (), run.estimates, run.ranged)


@contextmanager
def executor(jobs: int) -> Iterator[ExecuteAll]:
    """How tasks are executed while the context lasts: here for one job, else in that many spawned processes."""
    if jobs == 1:
        yield _here
        return
    from concurrent.futures import Future, ProcessPoolExecutor, as_completed

    from sim.batch.processes import SpawnAlone

    with ProcessPoolExecutor(min(jobs, AT_ONCE), SpawnAlone(), _begin_worker) as pool:

        def in_pool(tasks: Sequence[ReplicationTask], done: Callable[[float], None]) -> list[StudyRun]:
            size = max(1, len(tasks) // (jobs * CHUNKS_PER_JOB))
            chunks = [tasks[start : start + size] for start in range(0, len(tasks), size)]
            with _interrupts_held():
                futures: dict[Future[list[StudyRun]], int] = {
                    pool.submit(_execute_chunk, chunk): len(chunk) for chunk in chunks
                }
            finished = 0
            try:
                for future in as_completed(futures):
                    future.result()
                    finished += futures[future]
                    done(finished)
            except BaseException:
                # Waits here and not as the interpreter ends, where CPython 3.11 may write to a pipe that is closed.
                pool.shutdown(wait=True, cancel_futures=True)
                raise
            return [run for future in futures for run in future.result()]

        yield in_pool


def _here(tasks: Sequence[ReplicationTask], done: Callable[[float], None]) -> list[StudyRun]:
    runs = []
    for number, task in enumerate(tasks):
        runs.append(execute(task, lambda share, number=number: done(number + share)))  # type: ignore[misc]
        done(number + 1)
    return runs


def _execute_chunk(tasks: Sequence[ReplicationTask]) -> list[StudyRun]:
    with _interrupts_let_in():
        return [execute(task) for task in tasks]


@contextmanager
def _interrupts_let_in() -> Iterator[None]:
    """An interrupt ends a worker while it computes, and never while it writes an answer, which the parent reads whole.

    Half an answer would have the parent wait for the rest for ever.
    """
    if sys.platform == "win32":
        yield
        return
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Interrupts wait until the context ends, here and in the processes started in it until they compute.

    A process that is still starting would tell of an interrupt with a traceback. Windows has no masks of signals.
    """
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin_worker() -> None:
    """Have a worker end at once and silently when the terminal is interrupted. The parent reports.

    It ends with the parent too, however that ended. A worker waits for tasks on a pipe that its siblings keep open.
    Left alone it would hold the standard output that somebody reads to its end.
    """
    threading.Thread(target=_end_with_parent, daemon=True).start()
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _end_with_parent() -> None:
    from multiprocessing import connection, parent_process

    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)
