"""Records of services: replicas, nodes, and how many there are to be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ReplicaStage = Literal["pending", "pulling", "starting", "unready", "ready", "leaving", "lost"]
"""What a replica is at. `sim.orchestration.timeline.ReplicaState` explains each."""


@dataclass(frozen=True, slots=True)
class ReplicaRecord:
    """A stretch of a replica's time in which nothing about it changes.

    Attributes:
        of: The label.
        replica: The name of the pod, task or machine.
        version: Of the service, from 1 on.
        node: Where it is. "" where it is nowhere yet.
        state: What it is at.
        start: Seconds since the study began.
        end: Seconds since the study began. What did not end ends with the study.
        asked: Whether the balancer sends it requests.
        answers: Whether it answers those that it is sent.
        why: The id of a message that says why the stretch began, or what it waits for. "" where the state says it.
        detail: What goes into that message.
    """

    of: str
    replica: str
    version: int
    node: str
    state: ReplicaStage
    start: float
    end: float
    asked: bool
    answers: bool
    why: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class NodeRecord:
    """A node that runs replicas, or a machine of a group.

    Attributes:
        of: The label.
        node: Its name.
        slots: Replicas that it has room for.
        up: From when on it is there, in seconds since the study began.
        down: When it fails or is given back. `sim.never.NEVER` where it does not.
        noticed: When the control plane knows that it is down.
    """

    of: str
    node: str
    slots: int
    up: float
    down: float
    noticed: float


@dataclass(frozen=True, slots=True)
class WantedRecord:
    """How many replicas a service is to have, from some second on.

    Attributes:
        of: The label.
        time: Seconds since the study began.
        replicas: How many.
    """

    of: str
    time: float
    replicas: int
