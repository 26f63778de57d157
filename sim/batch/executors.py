"""Executes replications, here or in other processes. The answers come in the order of the tasks."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from sim import studies
from sim.engine.seeds import SeedTree
from sim.errors import CancelledError, CatalogError, InputError, SimError
from sim.outcome import Bound
from sim.studies.base import Context, Samples, StudyRun, Tick, no_tick
from sim.studies.once import Once

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
    middle: Samples | None = None

    def __str__(self) -> str:
        end = "" if self.bound == "value" else f" at the {self.bound} end of its inputs' ranges"
        return f"{self.scenario}, {self.study}, {self.label}, replication {self.replication}, seed {self.seed}{end}"


def execute(task: ReplicationTask, tick: Tick = no_tick, once: Once | None = None) -> StudyRun:
    """The run a task describes. Labels of one comparison share a replication's seeds.

    Args:
        once: What other tasks of the batch worked out already.

    Raises `SimError` naming the task where the study fails. Bad input and cancellation pass as they are.
    """
    seeds = SeedTree(task.seed).child(task.scenario, task.replication)
    context = Context(task.label, seeds, task.bound, tick, task.folder, task.records, task.middle, once or Once())
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
        yield partial(_here, Once())
        return
    from sim.batch.workers import spread, started

    with started(min(jobs, AT_ONCE), _execute_chunk) as workers:

        def in_processes(tasks: Sequence[ReplicationTask], done: Callable[[float], None]) -> list[StudyRun]:
            size = max(1, len(tasks) // (jobs * CHUNKS_PER_JOB))
            chunks = [tasks[start : start + size] for start in range(0, len(tasks), size)]
            answers = spread(workers, chunks, lambda answered: done(min(answered * size, len(tasks))))
            return [run for runs in answers for run in runs]

        yield in_processes


def _here(once: Once, tasks: Sequence[ReplicationTask], done: Callable[[float], None]) -> list[StudyRun]:
    runs = []
    for number, task in enumerate(tasks):
        runs.append(execute(task, lambda share, number=number: done(number + share), once))  # type: ignore[misc]
        done(number + 1)
    return runs


def _execute_chunk(tasks: Sequence[ReplicationTask]) -> list[StudyRun]:
    once = Once()
    return [execute(task, once=once) for task in tasks]
