"""Recorded workloads: StatefulSets, DaemonSets, Jobs, ReplicaSets, budgets and evictions, deletions.

Events are what happens to pods: create, ready, delete, failed, succeeded. A pod that the case's actions name, and one
of a StatefulSet, has its own name; others are told apart only as `old` (there at time 0) and `new`.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sim.evidence.replays.counting import CountedItem
from sim.evidence.replays.kubernetes.actions import CaseActions
from sim.evidence.replays.kubernetes.cases import USUAL_CLUSTER, Case, cluster_for, named_nodes, only_expected, set_up
from sim.evidence.replays.kubernetes.counting import group_of_each
from sim.evidence.replays.kubernetes.expectations import counted
from sim.evidence.replays.kubernetes.names import RecordedNames
from sim.evidence.replays.kubernetes.shape import checked, named_nodes_problems
from sim.kubernetes.objects import (
    KubernetesObject,
    condition_among,
    controller_of,
    is_deleting,
    replicas_of,
    status_of,
    uid_of,
)
from sim.kubernetes.pods import became_ready, phase_of

_KINDS = ("Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "Job", "PodDisruptionBudget")


def replay_case(case: Case) -> Iterator[CountedItem]:
    """The counted items of a case."""
    checked(case, ends="end_t", more=named_nodes_problems)
    predicted = _WorkloadRun(case).predicted()
    yield from counted(case["expect"], only_expected(predicted, case["expect"]))


class PodEvent(NamedTuple):
    """Something that happened to a pod."""

    at: float
    what: str
    """create, ready, delete, failed or succeeded."""
    pod: str
    """Its name in the recording's words."""
    name: str
    """What the recording calls it among events: its name, or "rs1 new"."""


class _WorkloadRun:
    def __init__(self, case: Case) -> None:
        self._case = case
        about = case.get("cluster") or USUAL_CLUSTER
        self._cluster = cluster_for(named_nodes(about["nodes"]), about, case.get("wall_fraction_at_t0", 0.0))
        self._api = self._cluster.api
        self._names = RecordedNames(self._api)
        self._actions = CaseActions(self._cluster, self._names, list(about["nodes"]))
        places: Mapping[str, str] = case.get("initial_pods") or {}
        self._cluster.scheduler.hint = functools.partial(self._place, places)
        self._zero = set_up(self._cluster, case["manifests"])
        self._cluster.scheduler.hint = lambda _: None
        self._old = {uid_of(pod) for pod in self._api.all("Pod")}
        self._named = {str(action["which"]).partition("#")[0] for action in case["actions"] if "which" in action}
        self._events: list[PodEvent] = []
        self._api.watch("Pod", self._pod_changed)

    def predicted(self) -> dict[str, Any]:
        self._actions.plan(self._zero, self._case["actions"])
        self._cluster.env.run(until=self._zero + self._case["end_t"])
        expect = self._case["expect"]
        deleted = [event.pod for event in self._events if event.what == "delete"]
        return {
            "order": [f"{event.what} {event.name}" for event in self._events],
            "group_t": self._group_starts((expect.get("order") or {}).get("groups") or ()),
            "n_events": len(self._events),
            "counts": dict(Counter(event.what for event in self._events)),
            "n_deleted": len(deleted),
            "deleted_must": deleted,
            "deleted_only_among": deleted,
            "actions": self._actions.answers,
            "final": self._final((expect.get("final") or {}).get("map") or {}),
        }

    def _place(self, places: Mapping[str, str], pod: KubernetesObject) -> str | None:
        """Where the recording had a pod at time 0. A DaemonSet's pods are tied to their nodes anyway."""
        owner = controller_of(pod)
        return None if owner is not None and owner["kind"] == "DaemonSet" else places.get(self._names.of(pod))

    # Events

    def _pod_changed(self, old: KubernetesObject | None, new: KubernetesObject | None) -> None:
        pod = new if new is not None else old
        assert pod is not None
        if old is None:
            self._note("create", pod)
        elif new is None:
            if not is_deleting(old):
                self._note("delete", pod)
        elif is_deleting(new) and not is_deleting(old):
            self._note("delete", pod)
        elif not is_deleting(new):
            if became_ready(old, new):
                self._note("ready", pod)
            if phase_of(old) != phase_of(new) and phase_of(new) in {"Failed", "Succeeded"}:
                self._note(phase_of(new).lower(), pod)

    def _note(self, what: str, pod: KubernetesObject) -> None:
        name, owner = self._names.of(pod), self._names.owner_of(pod)
        called = name
        if owner and name not in self._named:
            called = f"{owner} {'old' if uid_of(pod) in self._old else 'new'}"
        self._events.append(PodEvent(self._cluster.env.now - self._zero, what, name, called))

    def _group_starts(self, groups: Sequence[Sequence[str]]) -> list[float | None]:
        """When the first event of each group was."""
        starts: list[float | None] = [None] * len(groups)
        placed = group_of_each([f"{event.what} {event.name}" for event in self._events], groups)
        for event, group in zip(self._events, placed, strict=True):
            if group is not None and starts[group] is None:
                starts[group] = event.at
        return starts

    # The end

    def _final(self, wanted: Mapping[str, Any]) -> dict[str, Any]:
        """What is asked for of the objects at the end: "Deployment/web replicas"."""
        objects = {f"{kind}/{self._names.of(one)}": one for kind in _KINDS for one in self._api.all(kind)}
        result: dict[str, Any] = {}
        for field in wanted:
            place, _, name = field.partition(" ")
            if place in objects:
                result[field] = _value(objects[place], name)
        return result


def _value(obj: KubernetesObject, name: str) -> Any:
    status = status_of(obj)
    if name == "spec.replicas":
        return replicas_of(obj)
    if name == "sameRevision":
        return status.get("currentRevision") == status.get("updateRevision")
    condition = condition_among(status.get("conditions") or (), name)
    if condition is not None:
        return f"{condition['status']}/{condition['reason']}"
    return status.get(name, None if name[:1].isupper() else 0)
