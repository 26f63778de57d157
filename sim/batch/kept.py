"""Finished runs of labels, so that a question "what if" runs again what it changes and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sim.batch.executors import ReplicationTask
from sim.studies.base import StudyRun


@dataclass(frozen=True)
class Finished:
    """A label's finished runs.

    Attributes:
        runs: In the order of the replications.
        low: The first few again, with every input at the low end of its range.
        high: The first few again, with every input at the high end of its range.
    """

    runs: Sequence[StudyRun]
    low: Sequence[StudyRun] = ()
    high: Sequence[StudyRun] = ()


class KeptRuns:
    """What labels gave. A run of a label depends on its first task and the number of replications alone.

    Files that a scenario names are taken to stay as they are meanwhile.
    """

    def __init__(self) -> None:
        """Nothing is kept yet."""
        self._kept: list[tuple[ReplicationTask, int, Finished]] = []

    def of(self, first: ReplicationTask, replications: int) -> Finished | None:
        """A label's runs, None where it did not run."""
        for task, count, finished in self._kept:
            # Equal is not the same: 1 == 1.0, and a mapping's order tells nothing to ==, but may to a study.
            if count == replications and task == first and repr(task) == repr(first):
                return finished
        return None

    def keep(self, first: ReplicationTask, replications: int, finished: Finished) -> None:
        """Keep a label's runs."""
        self._kept.append((first, replications, finished))
