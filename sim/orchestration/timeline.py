"""What became of every replica of a service, and of every node: the same for pods, tasks and virtual machines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sim.never import NEVER
from sim.traffic.spans import ServingSpan

ReplicaState = Literal["pending", "pulling", "starting", "unready", "ready", "leaving", "lost"]
"""What a replica is at.

"pending" has no node yet. "unready" runs, and is not sent requests yet. "leaving" was told to end. "lost" is on a node
that is down, and nobody has noticed.
"""


@dataclass(frozen=True, slots=True)
class ReplicaStretch:
    """A stretch of a replica's time.

    Attributes:
        state: What it is at.
        start, end: Seconds since the study's beginning; `sim.never.NEVER` where it did not end.
        why: The id of a message that says why the stretch began or what it waits for ("" where the state says it all),
            without its prefix.
        detail: What goes into that message, such as the scheduler's own words.
    """

    state: ReplicaState
    start: float
    end: float = NEVER
    why: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class ReplicaLife:
    """One replica from its making to its end.

    Attributes:
        name: The pod's, task's or machine's name.
        version: Of the service, from 1 on.
        node: Where it is. "" where it never got a node.
        stretches: Its time, in order and without gaps.
        spans: When it served.
    """

    name: str
    version: int
    node: str
    stretches: tuple[ReplicaStretch, ...]
    spans: tuple[ServingSpan, ...] = ()


@dataclass(frozen=True, slots=True)
class NodeLife:
    """One node, or one machine of a group.

    Attributes:
        name: Its name.
        slots: Replicas of this service that it has room for.
        up: From when on it is there, in seconds.
        down: When it fails or is given back.
        noticed: When the control plane knows that it is down.
    """

    name: str
    slots: int
    up: float = 0.0
    down: float = NEVER
    noticed: float = NEVER


@dataclass(frozen=True, slots=True)
class ServiceTimeline:
    """A run of a service.

    Attributes:
        replicas: All that there were, in the order of their making.
        nodes: The nodes.
        wanted: Pairs of a time in seconds and how many replicas are wanted from then on.
        settled: When all wanted replicas of the newest version are ready, and no others are left, after the last event;
            `sim.never.NEVER` where that was not reached.
        until: When the run was ended.
    """

    replicas: tuple[ReplicaLife, ...]
    nodes: tuple[NodeLife, ...]
    wanted: tuple[tuple[float, int], ...]
    settled: float
    until: float
