"""Disruption budgets: how many pods may go at somebody's wish, and what an eviction is answered.

Source: Kubernetes 1.32, pkg/controller/disruption/disruption.go and pkg/registry/core/pod/storage/eviction.go.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sim.kubernetes.api import ApiServer
from sim.kubernetes.controllers.base import ApiClient, Controller, Sync
from sim.kubernetes.controllers.progress import set_condition
from sim.kubernetes.controllers.rolling import scaled
from sim.kubernetes.kubelet_status import disrupted
from sim.kubernetes.objects import (
    KubernetesObject,
    ObjectKey,
    changed,
    controller_of,
    is_deleting,
    key_of,
    key_of_either,
    labels_of,
    replicas_of,
    spec_of,
    status_of,
    uid_of,
)
from sim.kubernetes.pods import counts_as_before, is_ready, phase_of
from sim.kubernetes.selectors import LabelSelector, label_selector

DELETION = 120.0
"""Seconds that a pod whose eviction was granted counts as gone, before it is."""
_BUDGET = "PodDisruptionBudget"
_SCALES = ("ReplicaSet", "StatefulSet", "ReplicationController", "Deployment")


class DisruptionController(Controller):
    """Keeps the status of disruption budgets."""

    def __init__(self, client: ApiClient) -> None:
        super().__init__(client)
        self.api.watch(_BUDGET, lambda old, new: self.enqueue(key_of_either(old, new)))
        self.api.watch("Pod", self._pod_changed)
        for kind in _SCALES:
            self.api.watch(kind, self._scale_changed)

    def _pod_changed(self, old: KubernetesObject | None, new: KubernetesObject | None) -> None:
        if old is not None and new is not None and counts_as_before(old, new):
            return
        for budget in self.api.in_namespace(_BUDGET, key_of_either(old, new).namespace):
            selector = selector_of(budget)
            if any(pod is not None and selector.matches(labels_of(pod)) for pod in (old, new)):
                self.enqueue(key_of(budget))

    def _scale_changed(self, old: KubernetesObject | None, new: KubernetesObject | None) -> None:
        if old is None or new is None or replicas_of(old) != replicas_of(new):
            for budget in self.api.in_namespace(_BUDGET, key_of_either(old, new).namespace):
                self.enqueue(key_of(budget))

    def sync(self, key: ObjectKey) -> Sync:
        """Count the healthy pods, and how many of them may go."""
        budget = self.api.get(_BUDGET, key)
        if budget is None:
            return
        pods = pods_of(self.api, budget)
        going = {name: at for name, at in _going(budget, pods).items() if at + DELETION >= self.env.now}
        if going:
            self.enqueue_in(key, min(going.values()) + DELETION - self.env.now)
        status = _counted(self.api, budget, pods, going)
        if status != status_of(budget):
            yield from self.client.modify(_BUDGET, key, lambda now: changed(now, status, "status"))


def selector_of(budget: KubernetesObject) -> LabelSelector:
    """Which pods a budget is for."""
    return label_selector(spec_of(budget).get("selector"))


def pods_of(api: ApiServer, budget: KubernetesObject) -> list[KubernetesObject]:
    """The pods that a budget is for."""
    selector = selector_of(budget)
    return [pod for pod in api.in_namespace("Pod", key_of(budget).namespace) if selector.matches(labels_of(pod))]


def _going(budget: KubernetesObject, pods: Sequence[KubernetesObject]) -> dict[str, float]:
    """Pods whose eviction was granted and that are not being deleted yet, and when that was."""
    known: Mapping[str, float] = status_of(budget).get("disruptedPods") or {}
    names = {pod["metadata"]["name"] for pod in pods if not is_deleting(pod)}
    return {name: at for name, at in known.items() if name in names}


def _counted(
    api: ApiServer, budget: KubernetesObject, pods: Sequence[KubernetesObject], going: Mapping[str, float]
) -> dict[str, Any]:
    healthy = sum(is_ready(pod) and not is_deleting(pod) and pod["metadata"]["name"] not in going for pod in pods)
    expected, desired = _asked(api, budget, pods)
    allowed = max(0, healthy - desired) if expected > 0 else 0
    status = {
        **status_of(budget),
        "currentHealthy": healthy,
        "desiredHealthy": desired,
        "expectedPods": expected,
        "disruptionsAllowed": allowed,
        "disruptedPods": dict(going),
        "observedGeneration": budget["metadata"]["generation"],
    }
    value, reason = ("True", "SufficientPods") if allowed else ("False", "InsufficientPods")
    allows = {"type": "DisruptionAllowed", "status": value, "reason": reason, "lastTransitionTime": api.stamp()}
    set_condition(status, allows)
    return status


def _asked(api: ApiServer, budget: KubernetesObject, pods: Sequence[KubernetesObject]) -> tuple[int, int]:
    """How many pods there should be, and how many of them healthy. Percentages round up, of either kind."""
    spec = spec_of(budget)
    most, least = spec.get("maxUnavailable"), spec.get("minAvailable")
    if most is not None:
        expected = _scale(api, pods)
        return expected, max(0, expected - scaled(most, expected, up=True))
    if isinstance(least, str):
        expected = _scale(api, pods)
        return expected, scaled(least, expected, up=True)
    return (len(pods), int(least)) if least is not None else (0, 0)


def _scale(api: ApiServer, pods: Sequence[KubernetesObject]) -> int:
    """The replicas that the pods' controllers ask for: of a ReplicaSet, its Deployment's."""
    owned = {reference["uid"]: pod for pod in pods if (reference := controller_of(pod)) is not None}
    scales: dict[str, int] = {}
    for pod in owned.values():  # one of each owner
        owner = _owner(api, pod)
        if owner is None:
            continue
        above = _owner(api, owner)
        owner = above if owner["kind"] == "ReplicaSet" and above is not None else owner
        if owner["kind"] in _SCALES:
            scales[uid_of(owner)] = replicas_of(owner)
    return sum(scales.values())


def _owner(api: ApiServer, obj: KubernetesObject) -> KubernetesObject | None:
    reference = controller_of(obj)
    if reference is None:
        return None
    return api.get(reference["kind"], ObjectKey(key_of(obj).namespace, reference["name"]))


@dataclass(frozen=True, slots=True)
class EvictionAnswer:
    """What the API server answers to an eviction."""

    code: int
    """201 where the pod goes; 404, 429 or 500 where it does not."""
    needs: int | None = None
    """Of a budget that allows no more: the healthy pods that it needs."""
    has: int | None = None
    """And those that it has."""
    cause: str | None = None
    """Why it is refused: "budget", or "processing" where the budget was not looked at yet."""


def evict(api: ApiServer, key: ObjectKey) -> EvictionAnswer:
    """Ask for a pod to go, if its budget allows that."""
    pod = api.get("Pod", key)
    if pod is None:
        return EvictionAnswer(404)
    if phase_of(pod) in {"Succeeded", "Failed", "Pending"} or is_deleting(pod):
        return _granted(api, key)
    budgets = [one for one in api.in_namespace(_BUDGET, key.namespace) if selector_of(one).matches(labels_of(pod))]
    if len(budgets) > 1:
        return EvictionAnswer(500)
    if not budgets:
        return _granted(api, key)
    return _by_budget(api, pod, budgets[0])


def _by_budget(api: ApiServer, pod: KubernetesObject, budget: KubernetesObject) -> EvictionAnswer:
    status, key = status_of(budget), key_of(pod)
    healthy, desired = status.get("currentHealthy", 0), status.get("desiredHealthy", 0)
    if not is_ready(pod):
        always = spec_of(budget).get("unhealthyPodEvictionPolicy") == "AlwaysAllow"
        if always or healthy >= desired > 0:
            return _granted(api, key)
    if status.get("observedGeneration", 0) < budget["metadata"]["generation"]:
        return EvictionAnswer(429, cause="processing")
    if not status.get("disruptionsAllowed", 0):
        return EvictionAnswer(429, desired, healthy, "budget")
    going = {**(status.get("disruptedPods") or {}), pod["metadata"]["name"]: api.env.now}
    left = {**status, "disruptionsAllowed": status["disruptionsAllowed"] - 1, "disruptedPods": going}
    api.modify(_BUDGET, key_of(budget), lambda now: changed(now, left, "status"))
    return _granted(api, key)


def _granted(api: ApiServer, key: ObjectKey) -> EvictionAnswer:
    api.modify("Pod", key, lambda pod: disrupted(pod, "EvictionByEvictionAPI", api.stamp()))
    api.delete("Pod", key)
    return EvictionAnswer(201)
