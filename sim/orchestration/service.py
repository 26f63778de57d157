"""What is asked of a service of many replicas, what its replicas do by themselves, and what happens to it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from sim.catalog.model import Application, Phase
from sim.catalog.number import Number
from sim.scenario import Text

NO_ANSWER = 1e6
"""Seconds until a version answers that never does: longer than any run."""

INIT_TIME = 1.0
"""Seconds that an init container runs where nobody says it: an estimate, of a look around or a few rows changed."""

EventKind = Literal["start", "scale", "update", "bad_update", "node_failure", "drain", "load"]
"""What happens to a service.

It is started, given another number of replicas, or another version. "bad_update" is one to a version that never
answers. A node fails, or is emptied. "load" is nothing but its load, which an autoscaler may answer.
"""

TermBehaviour = Literal["finishes", "dies", "ignores"]
"""What a replica does at TERM.

It takes no new request and ends the ones under way, or it ends at once, or it goes on until KILL, as the first process
of a container does that has no handler.
"""


@dataclass(frozen=True, slots=True)
class ReplicaBehaviour:
    """What a replica does that no description of the service says.

    Attributes:
        application: What is started in it.
        warm_up: Seconds from its start until it answers, beside what the catalog says.
        on_term: What it does at TERM.
        finishing: Seconds from TERM to its end, where it ends the requests under way.
        init_time: Seconds that each init container of a pod runs, if it is no sidecar.
    """

    application: Application
    warm_up: float = 0.0
    on_term: TermBehaviour = "finishes"
    finishing: float = 1.0
    init_time: float = INIT_TIME

    @property
    def seconds_from_term(self) -> float | None:
        """From TERM to its end; None where it goes on until KILL."""
        return {"finishes": self.finishing, "dies": 0.0, "ignores": None}[self.on_term]


def warmed(behaviour: ReplicaBehaviour) -> Application:
    """A replica's application with its warm-up."""
    return warming_up(behaviour.application, behaviour.warm_up, "given by the scenario")


def warming_up(application: Application, seconds: float, why: str) -> Application:
    """An application that takes some seconds longer until it answers.

    Args:
        why: What the seconds are: a definition's words.
    """
    number = Number(seconds, "s", sources=(f"definition: {why}",))
    phase = Phase("warm-up", "application", "application", "wait", number, Text(en="warms up", ja="ウォームアップ"))
    return replace(application, phases=(*application.phases, phase))


def next_version(application: Application) -> Application:
    """What the service is updated to: the same of another image, which shares all layers but the last."""
    return replace(application, version=application.version + 1)


def never_answering(application: Application) -> Application:
    """An application that starts and never answers, within any run."""
    return warming_up(application, NO_ANSWER, "a version that never answers")


@dataclass(frozen=True, slots=True)
class ServiceEvent:
    """What happens to the service, and when.

    Attributes:
        kind: What.
        at: Seconds since the study's beginning.
        replicas: Wanted from then on, where it is scaled.
        nodes: How many nodes fail or are emptied: those with the most replicas.
    """

    kind: EventKind
    at: float
    replicas: int = 0
    nodes: int = 1


@dataclass(frozen=True, slots=True)
class ServiceWish:
    """What is asked of a service. What is None is left to the platform, or to the user's own description.

    Attributes:
        replicas: How many are wanted.
        image: The first version's image.
        cpu: Cores that each is given to itself.
        memory: Bytes that each is given to itself.
        surge: How many more than wanted there may be during an update.
        unavailable: How many fewer than wanted may be ready during it.
        probe: Whether a replica is probed before it is sent requests.
        probe_every: Seconds between two probes.
        wait_before_term: Seconds between taking a replica off and TERM (preStop).
        grace: Seconds from then to KILL.
        tolerated: Seconds that replicas stay on a node that fell silent.
        most: The most replicas that an autoscaler makes; None for no autoscaler.
        target: The share of its cores that it aims at.
        budget: How many replicas may be missing by somebody's wish; None for no budget.
    """

    replicas: int | None = None
    image: str | None = None
    cpu: float | None = None
    memory: int | None = None
    surge: int | None = None
    unavailable: int | None = None
    probe: bool | None = None
    probe_every: float | None = None
    wait_before_term: float | None = None
    grace: float | None = None
    tolerated: float | None = None
    most: int | None = None
    target: float = 0.5
    budget: int | None = None
