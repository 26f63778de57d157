"""What became of the scenarios that a command ran: what its summaries, annotations and JUnit files are made from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sim.errors import Problem
from sim.outcome import Outcome


@dataclass(frozen=True, slots=True)
class Ran:
    """What became of one scenario, by its id, or by its file where that cannot be read.

    Attributes:
        seconds: What it took by the wall clock.
        problems: Why it could not run.
        bug: Whether that is a mistake of the model.
    """

    scenario: str
    outcomes: Sequence[Outcome] = ()
    seconds: float = 0.0
    problems: Sequence[Problem] = ()
    bug: bool = False
