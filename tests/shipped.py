"""Runs of shipped lessons: several tests look at the same run, and a process runs it once."""

from __future__ import annotations

from functools import lru_cache

from sim.batch.kept import KeptRuns
from sim.batch.run import run
from sim.outcome import Outcome
from sim.scenario import Scenario


@lru_cache(maxsize=3)  # tests of a lesson follow each other, see tests/conftest.py
def kept(name: str) -> KeptRuns:
    """What labels of a lesson gave, in this process."""
    return KeptRuns()


def outcomes(scenario: Scenario, replications: int | None = None) -> tuple[Outcome, ...]:
    """A lesson's outcomes, as it was written or with a what-if of its own."""
    return run(scenario, replications=replications, kept=kept(scenario.id))
