"""Parameters of the study `rollout`: the service, its cluster, what happens, and the load meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from annotated_types import Ge, Gt, Le, doc

from sim import limits
from sim.catalog.model import Host
from sim.catalog.names import CatalogName
from sim.errors import InputError, Problem
from sim.orchestration.service import INIT_TIME, EventKind, TermBehaviour
from sim.quantity import Bytes, PerSecond, Seconds
from sim.reasons import Reason, all_of
from sim.studies.base import NamesFile, Repeated, Subject
from sim.studies.parameters.guest import ApplicationId
from sim.traffic.load import Load, constant, daily, read_load, spike

DEFAULT_CHECK = 30.0
"""Seconds between two health checks of Docker, and of a load balancer's target group, where none is said."""

ReplicaCount = Annotated[int | None, Ge(0), Le(1_000)]


@dataclass(frozen=True, kw_only=True)
class ServiceRollout:
    """The service, the cluster, what happens, and what is asked of it meanwhile."""

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 - pydantic reads this name from the class

    platform: Annotated[
        Literal["kubernetes", "swarm", "machines"],
        Subject(),
        doc(
            "Who runs the service: Kubernetes 1.32, Docker's Swarm mode, or a group of virtual machines behind a load "
            "balancer, each with one replica."
        ),
    ] = "kubernetes"
    nodes: Annotated[int, Ge(1), Le(100), doc("How many nodes there are. A group of machines has its own.")] = 3
    host: Annotated[str | Host, CatalogName("hosts"), doc("The machine that each node is.")] = "laptop"
    application: ApplicationId = "web"
    manifest: Annotated[
        str,
        NamesFile(),
        doc(
            "A file of Kubernetes manifests with one Deployment, from the scenario's folder. "
            "What it says holds where a parameter is left out."
        ),
    ] = ""
    replicas: Annotated[int | None, Ge(1), Le(1_000), Repeated(), doc("How many replicas are wanted.")] = None
    cpu: Annotated[
        float | None, Gt(0), Le(limits.CORES), doc("Cores that each replica is given to itself; 0.5 if left out.")
    ] = None
    memory: Annotated[Bytes | None, doc("Memory that each replica is given to itself; 256 MiB if left out.")] = None
    event: Annotated[
        EventKind,
        doc(
            "What happens: the service is started, scaled, updated, or updated to a version that never answers; "
            "nodes fail or are drained; or nothing but the load."
        ),
    ] = "update"
    at: Annotated[Seconds, Ge(0), Le(600), doc("When it happens.")] = 10.0
    scale_to: Annotated[int, Ge(1), Le(1_000), Repeated(), doc("Replicas that are wanted once it is scaled.")] = 8
    failing: Annotated[int, Ge(1), Le(100), doc("Nodes that fail or are drained: those with the most replicas.")] = 1
    surge: Annotated[
        ReplicaCount,
        doc(
            "Replicas more than wanted during an update (maxSurge); if left out, 25 % with Kubernetes. "
            "In Swarm mode, so many new tasks are started first, and without it old ones are stopped first."
        ),
    ] = None
    unavailable: Annotated[
        ReplicaCount,
        doc(
            "Replicas fewer than wanted that may be ready during an update (maxUnavailable); if left out, 25 % with "
            "Kubernetes, and one in Swarm mode."
        ),
    ] = None
    probe: Annotated[
        bool | None,
        doc("Whether replicas are probed before they are sent requests: a readiness probe, or a health check."),
    ] = None
    probe_every: Annotated[
        Seconds | None, Ge(1), Le(300), doc("Between two probes; if left out, 10 s with Kubernetes, 30 s with Docker.")
    ] = None
    wait_before_term: Annotated[
        Seconds | None, Ge(0), Le(300), doc("Between a pod's deletion and TERM (a preStop hook that sleeps).")
    ] = None
    grace: Annotated[
        Seconds | None, Ge(1), Le(600), doc("Until KILL; if left out, 30 s with Kubernetes and 10 s with Docker.")
    ] = None
    on_term: Annotated[
        TermBehaviour,
        doc(
            "What a replica does at TERM: it ends the requests under way and takes no new one, it ends at once, or "
            "it goes on until KILL, as process 1 without a handler does."
        ),
    ] = "finishes"
    finishing: Annotated[Seconds, Ge(0), Le(600), doc("From TERM until a replica that handles it has ended.")] = 1.0
    warm_up: Annotated[
        Seconds, Ge(0), Le(600), doc("From an application's start until it answers, beside what the catalog says.")
    ] = 5.0
    init_time: Annotated[
        Seconds,
        Ge(0),
        Le(600),
        doc("How long each init container runs that is no sidecar; the default is an estimate."),
    ] = INIT_TIME
    pull: Annotated[bool, doc("Whether nodes pull an image that they lack; an update's differs in its last layer.")] = (
        False
    )
    tolerated: Annotated[
        Seconds | None,
        Ge(0),
        Le(3_600),
        doc("How long pods stay on a node that fell silent (tolerationSeconds); if left out, 300 s."),
    ] = None
    budget: Annotated[
        ReplicaCount,
        doc("Replicas that may be missing when a node is drained (a PodDisruptionBudget); if left out, any."),
    ] = None
    most: Annotated[
        int | None,
        Ge(1),
        Le(1_000),
        Repeated(),
        doc("The most replicas that an autoscaler makes (a HorizontalPodAutoscaler); if left out, there is none."),
    ] = None
    usage_target: Annotated[float, Ge(0.05), Le(2), doc("The share of its cores that the autoscaler aims at.")] = 0.5
    load: Annotated[
        Literal["constant", "daily", "spike", "file"],
        doc("How the load goes: constant, up and down once in the window, up at the event, or as a file says."),
    ] = "constant"
    rate: Annotated[PerSecond, Le(1_000_000), doc("Requests a second; of a load that changes, the fewest.")] = 120.0
    peak: Annotated[PerSecond, Le(1_000_000), doc("The most requests a second of a load that changes.")] = 480.0
    load_file: Annotated[
        str, NamesFile(), doc("A CSV file with the columns seconds and rate, from the scenario's folder.")
    ] = ""
    service_time: Annotated[Seconds, Gt(0), Le(60), doc("What a replica needs for one request, in the mean.")] = 0.02
    request_cpu: Annotated[Seconds, Gt(0), Le(60), doc("Core-seconds of one request, which an autoscaler sees.")] = 0.01
    workers: Annotated[int, Ge(1), Le(1_024), doc("Requests that a replica works on at once.")] = 4
    timeout: Annotated[Seconds, Gt(0), Le(600), doc("How long a client waits for an answer.")] = 10.0
    retries: Annotated[int, Ge(0), Le(10), doc("How often a request that nobody takes is sent to another one.")] = 0
    window: Annotated[Seconds, Ge(1), Le(7_200), doc("How long the service is watched.")] = 600.0

    def __post_init__(self) -> None:
        """Raise `InputError` for parameters that do not go together."""
        problems = list(_problems(self))
        if problems:
            raise InputError(problems)


_ONLY_WITH = {
    "manifest": ("kubernetes",),
    "wait_before_term": ("kubernetes",),
    "init_time": ("kubernetes",),
    "tolerated": ("kubernetes",),
    "budget": ("kubernetes",),
    "most": ("kubernetes", "machines"),
    "probe": ("kubernetes", "swarm"),
    "grace": ("kubernetes", "swarm"),
    "pull": ("kubernetes", "swarm"),
    "on_term": ("kubernetes", "swarm"),
}
"""Parameters that only some platforms know."""
_UNSAID = {"manifest": "", "pull": False, "on_term": "finishes", "init_time": INIT_TIME}
"""What those are where they are left out. All others are None."""


def _problems(params: ServiceRollout) -> Iterator[Problem]:
    if params.at >= params.window:
        why = Reason(
            "at_in_window",
            "the event at {at:g} s is not within the window of {window:g} s",
            at=params.at,
            window=params.window,
        )
        yield Problem(why, path="at")
    if params.load == "file" and not params.load_file:
        yield Problem(Reason("load_file", "a load from a file needs load_file"), path="load_file")
    if params.failing > params.nodes:
        why = Reason("failing", "{failing} of {nodes} nodes cannot fail", failing=params.failing, nodes=params.nodes)
        yield Problem(why, path="failing")
    if params.surge == 0 and params.unavailable == 0:
        yield Problem(Reason("surge", "surge and unavailable are both 0, so that no update could begin"), path="surge")
    checks = _health_checks(params)
    if checks > limits.HEALTH_CHECKS:
        message = Reason(
            "health_checks",
            "{count:,.0f} health checks in the window; expected at most {most:,}",
            count=checks,
            most=limits.HEALTH_CHECKS,
        )
        yield Problem(message, path="probe_every")
    for name, platforms in _ONLY_WITH.items():
        if params.platform not in platforms and getattr(params, name) != _UNSAID.get(name):
            why = Reason(
                "of_platforms",
                "{name} goes with {platforms}, not with {platform}",
                name=name,
                platforms=all_of(platforms),
                platform=params.platform,
            )
            yield Problem(why, path=name)


def _health_checks(params: ServiceRollout) -> float:
    """The checks that are simulated one by one: a kubelet's probes are not (`sim.kubernetes.probes`)."""
    if params.platform == "kubernetes" or params.probe is False:
        return 0.0
    replicas = max(params.replicas or 0, params.most or 0, params.scale_to if params.event == "scale" else 0)
    return replicas * params.window / (params.probe_every or DEFAULT_CHECK)


def load_of(params: ServiceRollout, folder: str) -> Load:
    """The load over time. Raises `InputError` where its file cannot be read."""
    if params.load == "file":
        return read_load(Path(folder) / params.load_file)
    low, high = min(params.rate, params.peak), max(params.rate, params.peak)
    if params.load == "daily":
        day = daily(low, high)
        stretched = tuple((at * params.window / day.points[-1][0], rate) for at, rate in day.points)
        return Load(stretched)
    if params.load == "spike":
        return spike(low, high, params.at, 0.0, params.window, 0.0)
    return constant(params.rate)
