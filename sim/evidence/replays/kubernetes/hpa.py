"""Recorded autoscaling: a HorizontalPodAutoscaler whose metrics follow a recorded trace.

The recording's metrics are those of pods that run and are not deleted. `perpod` is what each uses, `total` what those
that are ready share, in thousandths of a core; `missing` names pods without a metric, by their order; `none` is no
metric at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sim.evidence.replays.counting import CountedItem
from sim.evidence.replays.kubernetes.actions import CaseActions
from sim.evidence.replays.kubernetes.cases import Case, cluster_for, only_expected, set_up
from sim.evidence.replays.kubernetes.expectations import counted
from sim.evidence.replays.kubernetes.names import RecordedNames
from sim.evidence.replays.kubernetes.shape import checked, trace_problems
from sim.kubernetes.autoscaler import AutoscalerController
from sim.kubernetes.autoscaler_usage import PodUsage
from sim.kubernetes.cluster import KubernetesCluster, node
from sim.kubernetes.objects import KubernetesObject, condition_of, is_deleting, status_of
from sim.kubernetes.pods import is_ready, phase_of

_NODE = {"cpu": "16", "memory": "64Gi", "pods": "250"}
_CONDITIONS = ("AbleToScale", "ScalingActive", "ScalingLimited")
_WINDOW = 1.0


def replay_case(case: Case) -> Iterator[CountedItem]:
    """The counted items of a case."""
    checked(case, ends="end", more=trace_problems)
    predicted = _AutoscalingRun(case).predicted()
    yield from counted(case["expect"], only_expected(predicted, case["expect"]))


class TracedMetrics:
    """Metrics by a trace of moments and what holds from each on."""

    def __init__(self, cluster: KubernetesCluster, trace: Sequence[tuple[float, Mapping[str, Any]]]) -> None:
        self._env = cluster.env
        self._trace = trace

    def resource(
        self, pods: Sequence[KubernetesObject], resource: str, container: str
    ) -> Mapping[str, PodUsage] | None:
        """What pods use of a resource."""
        del resource, container
        now: Mapping[str, Any] = {}
        for moment, level in self._trace:
            if moment <= self._env.now:
                now = level
        measured = [pod for pod in pods if phase_of(pod) == "Running" and not is_deleting(pod)]
        if now.get("none") or not now:
            return None
        ready = sum(is_ready(pod) for pod in measured)
        left_out = set(now.get("missing", ()))
        return {
            pod["metadata"]["name"]: PodUsage(_use(pod, now, ready), self._env.now, _WINDOW)
            for place, pod in enumerate(measured)
            if place not in left_out
        }

    def custom(self, pods: Sequence[KubernetesObject], metric: str) -> None:
        """The recordings have no such metric."""

    def single(self, kind: str, metric: str) -> None:
        """The recordings have no such metric."""


def _use(pod: KubernetesObject, level: Mapping[str, Any], ready: int) -> int:
    """Thousandths of a core; a share is rounded up, as the client rounds nanocores."""
    if "perpod" in level:
        return int(level["perpod"])
    return -(-int(level["total"]) // ready) if is_ready(pod) else 0


class _AutoscalingRun:
    def __init__(self, case: Case) -> None:
        self._case = case
        about = case.get("cluster") or {}
        nodes = [node(f"n{number + 1}", _NODE) for number in range(about.get("nodes", 4))]
        self._cluster = cluster_for(nodes, about)
        self._api = self._cluster.api
        self._syncs = 0
        self._told: dict[str, list[str | None]] = {}
        self._current: dict[str, list[int | None]] = {}
        self._changes: list[tuple[int, int]] = []
        autoscalers = [one for one in case["manifests"] if one["kind"] == "HorizontalPodAutoscaler"]
        others = (one for one in case["manifests"] if one["kind"] != "HorizontalPodAutoscaler")
        names = [one["metadata"]["name"] for one in nodes]
        self._actions = CaseActions(self._cluster, RecordedNames(self._api), names)
        self._zero = set_up(self._cluster, others)
        trace = [(self._zero + moment, level) for moment, level in case["metrics_trace"]]
        metrics = TracedMetrics(self._cluster, trace)
        self._controller = _CountingAutoscaler(self._cluster.client(), metrics, self._note)
        for one in autoscalers:
            self._api.create(one)

    def predicted(self) -> dict[str, Any]:
        later = [action for action in self._case["actions"] if action["do"] != "create"]
        self._actions.plan(self._zero, later)
        self._cluster.env.run(until=self._zero + self._case["end"])
        syncs = [number for number, _ in self._changes]
        return {
            "replicas": [size for _, size in self._changes],
            "n_changes": len(self._changes),
            "gaps": [number - before for before, number in zip([0, *syncs], syncs, strict=False)],
            "conditions": self._told,
            "final_conditions": self._told.get(str(self._syncs)),
            "current": self._current,
            "event_reasons": sorted({event.reason for event in self._controller.events}),
        }

    def _note(self) -> None:
        """A look has ended."""
        self._syncs += 1
        autoscaler = self._api.all("HorizontalPodAutoscaler")[0]
        found = [condition_of(autoscaler, kind) for kind in _CONDITIONS]
        self._told[str(self._syncs)] = [None if one is None else one["reason"] for one in found]
        metrics = status_of(autoscaler).get("currentMetrics") or ()
        self._current[str(self._syncs)] = [None if one is None else one["averageUtilization"] for one in metrics]
        known = len(self._changes)
        sizes = [event.replicas for event in self._controller.events if event.replicas is not None]
        self._changes += [(self._syncs, size) for size in sizes[known:]]


class _CountingAutoscaler(AutoscalerController):
    """Tells when each of its looks has ended."""

    def __init__(self, client: Any, metrics: TracedMetrics, ended: Any) -> None:
        super().__init__(client, metrics)
        self._ended = ended

    def sync(self, key: Any) -> Any:
        yield from super().sync(key)
        self._ended()
