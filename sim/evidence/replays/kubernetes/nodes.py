"""Recorded node failures: when a node is told to be not ready, tainted, and its pods evicted and replaced."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from sim.evidence.replays.counting import CountedItem
from sim.evidence.replays.kubernetes.actions import CaseActions
from sim.evidence.replays.kubernetes.cases import Case, cluster_for, only_expected, set_up
from sim.evidence.replays.kubernetes.expectations import counted
from sim.evidence.replays.kubernetes.names import RecordedNames
from sim.evidence.replays.kubernetes.shape import checked, zone_problems
from sim.kubernetes.cluster import node
from sim.kubernetes.objects import (
    KubernetesObject,
    condition_of,
    is_deleting,
    spec_of,
    uid_of,
)
from sim.kubernetes.pods import is_ready, node_of

_CAPACITY = {"cpu": "16", "memory": "64Gi", "pods": "250"}
_ZONE = "topology.kubernetes.io/zone"
_BY_CONDITION = {"node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"}


def replay_case(case: Case) -> Iterator[CountedItem]:
    """The counted items of a case."""
    checked(case, ends="end", more=zone_problems)
    predicted = _NodesRun(case).predicted()
    yield from counted(case["expect"], only_expected(predicted, case["expect"]))


@dataclass
class _NodeRecord:
    """When each of these was first so, in seconds."""

    not_ready_t: float | None = None
    ready_again_t: float | None = None
    taint_noschedule_t: float | None = None
    taint_noexecute_t: float | None = None


@dataclass
class _PodRecord:
    """When each of these happened to a pod."""

    node: str = ""
    created: float | None = None
    ready: float | None = None
    deleted: float | None = None
    gone: float | None = None
    reason: str | None = None


class _NodesRun:
    def __init__(self, case: Case) -> None:
        self._case = case
        about = case["cluster"]
        zone, self._names = about["zone"], list(about["nodes"])
        others = about.get("other_zones", 0) if case.get("healthy_nodes_in_other_zones", True) else 0
        nodes = [node(name, _CAPACITY, {_ZONE: zone}) for name in self._names]
        nodes += [node(f"other{number}", _CAPACITY, {_ZONE: f"other{number}"}) for number in range(others)]
        self._cluster = cluster_for(nodes, about, case.get("wall_fraction_at_t0", 0.0))
        self._api, self._env = self._cluster.api, self._cluster.env
        names = RecordedNames(self._api)
        self._zero = set_up(self._cluster, case["manifests"])
        for name, moment in (case.get("last_lease_renewal_t") or {}).items():
            self._cluster.kubelets.renew_from(name, self._zero + moment)
        self._nodes = {name: _NodeRecord() for name in self._names}
        self._pods = {uid_of(pod): _PodRecord(node_of(pod)) for pod in self._api.all("Pod")}
        self._api.watch("Node", self._node_changed)
        self._api.watch("Pod", self._pod_changed)
        self._actions = CaseActions(self._cluster, names, self._names)

    def predicted(self) -> dict[str, Any]:
        self._actions.plan(self._zero, self._case["actions"], self._case.get("actions_at") or ())
        self._env.run(until=self._zero + self._case["end"])
        return {**self._of_nodes(), **self._of_pods()}

    # What is seen

    def _now(self) -> float:
        return float(self._env.now - self._zero)

    def _node_changed(self, _: KubernetesObject | None, new: KubernetesObject | None) -> None:
        record = self._nodes.get(new["metadata"]["name"]) if new is not None else None
        if new is None or record is None:
            return
        ready = (condition_of(new, "Ready") or {}).get("status") == "True"
        taints = spec_of(new).get("taints") or ()
        if not ready and record.not_ready_t is None:
            record.not_ready_t = self._now()
        if ready and record.not_ready_t is not None and record.ready_again_t is None:
            record.ready_again_t = self._now()
        if record.taint_noschedule_t is None and any(
            one["effect"] == "NoSchedule" and one["key"] in _BY_CONDITION for one in taints
        ):
            record.taint_noschedule_t = self._now()
        if record.taint_noexecute_t is None and any(one["effect"] == "NoExecute" for one in taints):
            record.taint_noexecute_t = self._now()

    def _pod_changed(self, old: KubernetesObject | None, new: KubernetesObject | None) -> None:
        pod = new if new is not None else old
        assert pod is not None
        record = self._pods.setdefault(uid_of(pod), _PodRecord())
        record.node = node_of(pod)
        if old is None:
            record.created = self._now()
        if new is not None and is_ready(new) and record.ready is None:
            record.ready = self._now()
        if record.deleted is None and (new is None or is_deleting(new)):
            record.deleted = self._now()
            record.reason = (condition_of(pod, "DisruptionTarget") or {}).get("reason")
        if new is None:
            record.gone = self._now()

    # What is told

    def _of_nodes(self) -> dict[str, Any]:
        told: dict[str, Any] = {}
        for name, record in self._nodes.items():
            for field in ("not_ready_t", "ready_again_t", "taint_noschedule_t"):
                told[f"{name} {field}"] = getattr(record, field)
        tainted = sorted(one.taint_noexecute_t for one in self._nodes.values() if one.taint_noexecute_t is not None)
        silent = sorted(one.not_ready_t for one in self._nodes.values() if one.not_ready_t is not None)
        return {
            **told,
            "n_nodes_noexecute": len(tainted),
            "noexecute_t": tainted,
            "noexecute_gap": [later - earlier for earlier, later in pairwise(tainted)],
            "first_noexecute_after_not_ready": tainted[0] - silent[0] if tainted and silent else None,
        }

    def _of_pods(self) -> dict[str, Any]:
        records = self._pods.values()
        evicted = sorted((one for one in records if one.deleted is not None), key=lambda one: one.deleted or 0.0)
        created = sorted((one for one in records if one.created is not None), key=lambda one: one.created or 0.0)
        gone = sorted(one.gone for one in records if one.gone is not None)
        evicted_t = [one.deleted or 0.0 for one in evicted]
        created_t = [one.created or 0.0 for one in created]
        return {
            "n_evicted": len(evicted),
            "n_created": len(created),
            "n_created_ready": sum(one.ready is not None for one in created),
            "n_gone": len(gone),
            "disruption": sorted({one.reason for one in evicted if one.reason is not None}),
            "evicted_t": evicted_t,
            "evicted_after_noexecute": [self._after_taint(one) for one in evicted],
            "created_after_evicted": _differences(created_t, evicted_t),
            "created_after_gone": _differences(created_t, gone),
            "ready_after_created": [one.ready - (one.created or 0.0) for one in created if one.ready is not None],
            "gone_t": gone,
            "gone_after_evicted": [one.gone - (one.deleted or 0.0) for one in evicted if one.gone is not None],
        }

    def _after_taint(self, pod: _PodRecord) -> float | None:
        record = self._nodes.get(pod.node)
        tainted = record.taint_noexecute_t if record is not None else None
        return None if tainted is None or pod.deleted is None else pod.deleted - tainted


def _differences(later: list[float], earlier: list[float]) -> list[float]:
    return [one - other for one, other in zip(later, earlier, strict=False)]
