"""Records of containers: their lives, and what a database has after an accident."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class LifeRecord:
    """A stretch of a container's life.

    Attributes:
        of: The label.
        state: "starting", "running", "waiting" for a restart, or "stopping" from a stop on.
        start: Seconds since the replication began.
        end: Seconds since the replication began.
        number: Which start it belongs to, from 0 on.
        code: The exit code that a run ended with. "" where it did not, or where it is no run.
    """

    of: str
    state: Literal["starting", "running", "waiting", "stopping"]
    start: float
    end: float
    number: int
    code: str = ""


@dataclass(frozen=True, slots=True)
class AccidentRecord:
    """What a database has when it comes back after an accident.

    Attributes:
        of: The label.
        accident: What happened: `sim.lifecycle.durability.Accident` explains each.
        state: "all", all but a last "window", nothing but it is "stranded" in a volume, or what a "replica" or a
            "backup" has.
        lacks: Seconds of work that it may lack, at worst.
        source: The address at which the rule can be read.
    """

    of: str
    accident: str
    state: Literal["all", "window", "stranded", "replica", "backup"]
    lacks: float
    source: str
