"""Records of compose projects: what their containers live through, and what a change saves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class ServiceRecord:
    """A stretch of the time of a compose project's container.

    Attributes:
        of: The label.
        service: The service's name in the compose file.
        number: Which container of the service, from 1 on.
        state: What it is at (`sim.compose.stretches.ServiceState` explains each).
        start: Seconds since `docker compose up`.
        end: Seconds since `docker compose up`.
        place: The service's place on the critical path, from 1 on. 0 where it is not on it, or where there is none
            because something never works.
        code: What "crashed" and "exited" ended with. "" elsewhere.
        source: Where its length is from.
        estimate: Whether it is an estimate.
    """

    of: str
    service: str
    number: int
    state: Literal["created", "starting", "running", "unasked", "unhealthy", "works", "crashed", "waiting", "exited"]
    start: float
    end: float
    place: int = 0
    code: str = ""
    source: str = ""
    estimate: bool = False


@dataclass(frozen=True, slots=True)
class SavingRecord:
    """What one change alone saves of the time until a compose project works.

    Attributes:
        of: The label.
        change: "probe" for a health check that looks every second, "start" for a condition that is given up, "ready"
            for a service that is ready in half the time.
        service: Whose.
        other: Of "start", what it no longer waits for.
        seconds: What it saves.
        early: How many services more would start before what they depend on is ready.
    """

    of: str
    change: Literal["probe", "start", "ready"]
    service: str
    other: str
    seconds: float
    early: int
