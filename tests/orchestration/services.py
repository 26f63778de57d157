"""Services to run through events, and what is counted of their timelines without the code that is tested."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from sim.catalog import load
from sim.kubernetes.cluster import node
from sim.orchestration.kubernetes_objects import service_objects
from sim.orchestration.on_kubernetes import KubernetesRun, on_kubernetes
from sim.orchestration.on_swarm import SwarmRun, on_swarm
from sim.orchestration.service import EventKind, ReplicaBehaviour, ServiceEvent, ServiceWish, TermBehaviour
from sim.orchestration.timeline import ReplicaLife, ServiceTimeline
from sim.swarm.objects import SwarmNode

GIB = 2**30


def behaviour(warm_up: float = 5.0, on_term: TermBehaviour = "finishes", finishing: float = 1.0) -> ReplicaBehaviour:
    return ReplicaBehaviour(load.application("web"), warm_up, on_term, finishing)


def kubernetes(
    kind: EventKind,
    *,
    at: float = 10.0,
    until: float = 600.0,
    nodes: int = 3,
    cores: str = "64",
    scale_to: int = 0,
    does: ReplicaBehaviour | None = None,
    given: tuple[Any, ...] = (),
    pull: bool = False,
    **wish: Any,
) -> ServiceTimeline:
    wishes = ServiceWish(**{"replicas": 4, "cpu": 0.5, "memory": GIB // 4, "probe": True, **wish})
    there = [node(f"n{number + 1}", {"cpu": cores, "memory": "256Gi", "pods": "500"}) for number in range(nodes)]
    run = KubernetesRun(service_objects(wishes, given), there, does or behaviour(), load.host("server"), pull)
    return on_kubernetes(run, ServiceEvent(kind, at, scale_to), until)


def swarm(
    kind: EventKind,
    *,
    at: float = 10.0,
    until: float = 600.0,
    nodes: int = 3,
    scale_to: int = 0,
    does: ReplicaBehaviour | None = None,
    pull: bool = False,
    **wish: Any,
) -> ServiceTimeline:
    wishes = ServiceWish(**{"replicas": 4, "cpu": 0.5, "memory": GIB // 4, "probe": True, "probe_every": 5.0, **wish})
    there = [SwarmNode(f"n{number + 1}", 64, 256 * GIB) for number in range(nodes)]
    run = SwarmRun(wishes, there, does or behaviour(), load.host("server"), pull)
    return on_swarm(run, ServiceEvent(kind, at, scale_to), until)


def moments(timeline: ServiceTimeline, since: float) -> list[float]:
    """One moment between any two changes of any replica."""
    edges = {since, timeline.until}
    for life in timeline.replicas:
        edges |= {edge for one in life.stretches for edge in (one.start, one.end) if since <= edge <= timeline.until}
    order = sorted(edges)
    return [(first + last) / 2 for first, last in pairwise(order)]


def state_at(life: ReplicaLife, moment: float) -> str:
    return next((one.state for one in life.stretches if one.start <= moment < one.end), "")


def numbers(timeline: ServiceTimeline, since: float = 0.0) -> list[tuple[int, int]]:
    """At each such moment: pods that are not on their way out, and those of them that are ready."""
    told = []
    for moment in moments(timeline, since):
        states = [state_at(life, moment) for life in timeline.replicas]
        told.append((sum(one not in ("", "leaving", "lost") for one in states), states.count("ready")))
    return told


def answering(timeline: ServiceTimeline, moment: float) -> int:
    """Replicas that are sent requests and answer them at a moment."""
    return sum(
        span.listed <= moment < span.delisted and span.answers <= moment < min(span.closing, span.dead)
        for life in timeline.replicas
        for span in life.spans
    )
