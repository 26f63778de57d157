"""Runs of shipped lessons: several tests look at the same run, and a process runs it once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, lru_cache
from pathlib import Path

import pytest

from sim.batch.executors import ReplicationTask, execute
from sim.batch.run import run
from sim.loading import load
from sim.outcome import Outcome
from sim.scenario import Scenario
from sim.studies.base import StudyRun, Tick, no_tick
from sim.studies.once import Once


@lru_cache(maxsize=3)  # tests of a lesson follow each other, see tests/conftest.py
def _ran(name: str) -> dict[str, list[tuple[ReplicationTask, StudyRun]]]:
    """What tasks of a lesson's tests gave in this process, by how they are written."""
    return {}


@cache
def read(path: Path) -> Scenario:
    """What a file says, read once in a process: for tests that look at it and change nothing."""
    return load(path)


@contextmanager
def runs_once(name: str) -> Iterator[None]:
    """A task of a lesson that ran in this process is answered by what it gave.

    It is for tests of what becomes of a run. A test that compares two runs must run both.
    """
    ran = _ran(name)

    def answered(task: ReplicationTask, tick: Tick = no_tick, once: Once | None = None) -> StudyRun:
        # Equal is not the same: 1 == 1.0, and a mapping's order tells nothing to ==, but may to a study.
        there = ran.setdefault(repr(task), [])
        for one, given in there:
            if one == task:
                return given
        given = execute(task, tick, once)
        there.append((task, given))
        return given

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sim.batch.executors.execute", answered)
        yield


def outcomes(scenario: Scenario, replications: int | None = None) -> tuple[Outcome, ...]:
    """A lesson's outcomes, as it was written or with a what-if of its own."""
    with runs_once(scenario.id):
        return run(scenario, replications=replications)
