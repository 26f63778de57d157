"""A recorded case of Kubernetes: its cluster, its manifests and its actions, carried out on the model.

The recordings were made with a fake kubelet that reads annotations of the pod template (`sim/start` and others), and
with API times in whole wall-clock seconds.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sim import limits
from sim.engine.environment import Environment
from sim.errors import InputError, Problem
from sim.evidence.replays.kubernetes.recording import annotated_seconds
from sim.kubernetes.api import Handler
from sim.kubernetes.cluster import ClusterSettings, KubernetesCluster, node
from sim.kubernetes.controllers.base import CONTROLLER_RATE, SCHEDULER_RATE, RequestRate, call_in
from sim.kubernetes.forms import shown
from sim.kubernetes.objects import KubernetesObject, ObjectKey, annotations_of, controller_of, spec_of
from sim.kubernetes.pod_run import PodPlan
from sim.kubernetes.pods import is_ready, is_terminal

Case = Mapping[str, Any]
READY_GAP = 0.04
"""Seconds between two pods of the fake kubelet that turn ready: it was recorded to be 10 to 50 ms."""
USUAL_CLUSTER: Case = {
    "nodes": {f"n{number}": {"cpu": "16", "memory": "64Gi", "pods": "250"} for number in range(1, 7)},
    "kcm_flags": "--kube-api-qps=300 --kube-api-burst=600",
    "scheduler_flags": "--kube-api-qps=300 --kube-api-burst=600",
}
"""The cluster of rollouts and workloads where a case says nothing of its own."""
_STAGGERED = 16
_QPS, _BURST = re.compile(r"qps[= ](\d+)"), re.compile(r"burst[= ](\d+)")
_QUIET, _LONGEST_SETTLING = 2.0, 120.0
"""A case's first objects have settled when nothing is written for so many seconds, or at the latest after so many."""


def request_rate(flags: str, otherwise: RequestRate) -> RequestRate:
    """The rate that a component's flags say."""
    qps, burst = _QPS.search(flags), _BURST.search(flags)
    if not qps or not burst:
        return otherwise
    rate = RequestRate(float(qps[1]), int(burst[1]))
    if not (rate.qps and rate.burst):
        raise InputError(Problem(f"{shown(flags)}: expected a rate above 0", path="cluster"))
    return rate


class FakeKubelet:
    """What the recordings' kubelet does with a pod, by the annotations of its template."""

    def __init__(self) -> None:
        self._seen: dict[str, int] = {}

    def plan(self, pod: KubernetesObject) -> PodPlan:
        """The pod's plan. Its owner's i-th pod is ready (i mod 16) times the stagger later."""
        notes = annotations_of(pod)
        owner = controller_of(pod)
        uid = owner["uid"] if owner else ""
        turn = self._seen.get(uid, 0)
        self._seen[uid] = turn + 1
        ready: float | None = None
        if notes.get("sim/ready") != "never":
            later = annotated_seconds(notes, "sim/stagger", 0) * (turn % _STAGGERED)
            ready = annotated_seconds(notes, "sim/ready", 0) + later
        return PodPlan(
            start=annotated_seconds(notes, "sim/start", 1),
            ready=ready,
            termination=annotated_seconds(notes, "sim/term", 0.5),
            unready_after=_seconds(notes, "sim/unready-after"),
            exit_after=_seconds(notes, "sim/exit-after"),
            exit_code=_exit_code(notes),
        )


def _seconds(notes: Mapping[str, str], name: str) -> float | None:
    return annotated_seconds(notes, name, 0) if name in notes else None


def _exit_code(notes: Mapping[str, str]) -> int:
    failing = [part for part in notes.get("sim/fail-index", "").split(",") if part]
    index = notes.get("batch.kubernetes.io/job-completion-index")
    return 1 if index is not None and index in failing else int(notes.get("sim/exit-code", 0))


def cluster_for(
    nodes: Iterable[KubernetesObject], about: Mapping[str, Any], fraction: float = 0.3
) -> KubernetesCluster:
    """An empty cluster as a recording describes it."""
    env = Environment()
    settings = ClusterSettings(
        controller_rate=request_rate(about.get("kcm_flags", ""), CONTROLLER_RATE),
        scheduler_rate=request_rate(about.get("scheduler_flags", ""), SCHEDULER_RATE),
        fraction=fraction,
        ready_gap=READY_GAP,
        plan=FakeKubelet().plan,
    )
    cluster = KubernetesCluster(env, nodes, settings)
    cluster.api.watch("Pod", _pod_counter())
    return cluster


def _pod_counter() -> Handler:
    """Ends a case that makes pods without end, as a patch can have it that no API server would take."""
    made = 0

    def counted(old: KubernetesObject | None, _: KubernetesObject | None) -> None:
        nonlocal made
        made += old is None
        if made > limits.RECORDED_PODS_MADE:
            message = f"it makes more than {limits.RECORDED_PODS_MADE} pods; expected no more in one case"
            raise InputError(Problem(message, path="manifests"))

    return counted


def named_nodes(nodes: Mapping[str, Mapping[str, str]]) -> list[KubernetesObject]:
    """Nodes by name, each with what it has."""
    return [node(name, capacity) for name, capacity in nodes.items()]


def set_up(cluster: KubernetesCluster, manifests: Iterable[KubernetesObject]) -> float:
    """Make a case's objects, and let the cluster come to rest; the moment that is the case's time 0.

    That is a whole number of seconds, so that a second of the wall clock begins where the recording has it.
    """
    quiet = _QUIET
    for manifest in manifests:
        made = cluster.api.create(manifest)
        quiet = max(quiet, _QUIET + float(spec_of(made).get("minReadySeconds") or 0))
    env, written = cluster.env, -1
    while (cluster.api.writes != written or _is_starting(cluster)) and env.now < _LONGEST_SETTLING:
        written = cluster.api.writes
        env.run(until=math.ceil(env.now + quiet))
    return float(env.now)


def _is_starting(cluster: KubernetesCluster) -> bool:
    """Whether a pod is still to be ready for the first time."""
    pods = (
        pod for pod in cluster.api.all("Pod") if not is_terminal(pod) and "sim/unready-after" not in annotations_of(pod)
    )
    return any(not is_ready(pod) for pod in pods if annotations_of(pod).get("sim/ready") != "never")


def at(cluster: KubernetesCluster, moment: float, act: Callable[[], object]) -> None:
    """Do something at a moment."""
    call_in(cluster.env, moment - cluster.env.now, act)


def patch(cluster: KubernetesCluster, action: Mapping[str, Any]) -> None:
    """Carry out a patch."""
    cluster.api.patch(action["kind"], ObjectKey("default", action["name"]), action["body"])


def only_expected(predicted: Mapping[str, Any], expect: Mapping[str, Any]) -> dict[str, Any]:
    """What is predicted, without entries of maps that the recording says nothing of."""
    result = dict(predicted)
    for name, expectation in expect.items():
        recorded = expectation.get("map") if isinstance(expectation, dict) else None
        if isinstance(recorded, dict) and isinstance(result.get(name), dict):
            result[name] = {key: value for key, value in result[name].items() if key in recorded}
    return result
