"""ReplicaSets: as many active pods as asked for. Source: Kubernetes 1.32, pkg/controller/replicaset/replica_set.go."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sim.kubernetes.controllers.base import ApiClient, Controller, Sync
from sim.kubernetes.controllers.owning import candidates, claim, owner_key, owner_keys
from sim.kubernetes.controllers.podmaking import pod_from
from sim.kubernetes.controllers.ranking import to_delete
from sim.kubernetes.controllers.tallies import PodTallies
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
from sim.kubernetes.pods import became_ready, counts_as_before, is_active, is_available, is_ready

BURST = 500
"""Pods that one look creates or deletes at most."""


class SetCounts(NamedTuple):
    """How many of a ReplicaSet's pods are active, and of them, have the template's labels, are ready, are available."""

    active: int
    labelled: int
    ready: int
    available: int


class ReplicaSetController(Controller):
    """Creates pods in batches that double, and deletes first the pods that are missed least."""

    def __init__(self, client: ApiClient) -> None:
        super().__init__(client)
        self._tallies = PodTallies(self.api)
        self.api.watch("ReplicaSet", self._set_changed)
        self.api.watch_pods_of("ReplicaSet", self._pod_changed, orphans=True)

    def _set_changed(self, old: KubernetesObject | None, new: KubernetesObject | None) -> None:
        if new is None and old is not None:
            self._tallies.forget(uid_of(old))
        self.enqueue(key_of_either(old, new))

    def _pod_changed(self, old: KubernetesObject | None, new: KubernetesObject | None) -> None:
        if old is not None and new is not None and counts_as_before(old, new):
            return
        for key in owner_keys(old, new, "ReplicaSet"):
            self.enqueue(key)
        if new is None or is_deleting(new):
            return
        owner = owner_key(new, "ReplicaSet")
        if owner is not None:
            if became_ready(old, new):
                self._look_when_available(owner)
        elif controller_of(new) is None and (old is None or labels_of(old) != labels_of(new)):
            for key in candidates(self.api, "ReplicaSet", new):
                self.enqueue(key)

    def _look_when_available(self, key: ObjectKey) -> None:
        """A second is added, since the time of readiness is a whole second."""
        replica_set = self.api.get("ReplicaSet", key)
        min_ready = spec_of(replica_set).get("minReadySeconds") if replica_set is not None else 0
        if min_ready:
            self.enqueue_in(key, min_ready + 1)

    def sync(self, key: ObjectKey) -> Sync:
        """Create or delete what is missing or too much, then write what was there."""
        replica_set = self.api.get("ReplicaSet", key)
        if replica_set is None:
            return
        counts = self._counts(replica_set)
        if counts is None:
            pods = yield from claim(self.client, replica_set, "Pod", is_active)
            counts = self._counted(replica_set, pods)
        if not is_deleting(replica_set):
            yield from self._manage(replica_set, replicas_of(replica_set) - counts.active)
        status = _status(replica_set, counts)
        if status != status_of(replica_set):
            yield from self.client.modify("ReplicaSet", key, lambda now: changed(now, status, "status"))
        min_ready = spec_of(replica_set).get("minReadySeconds") or 0
        if min_ready and counts.ready == replicas_of(replica_set) != counts.available:
            self.enqueue_in(key, min_ready)

    def _counts(self, replica_set: KubernetesObject) -> SetCounts | None:
        """The counts where none of the pods has to be looked at: all are of the template, and none can be taken in."""
        tally, labels = self._tallies.of(uid_of(replica_set)), _template_labels(replica_set)
        if spec_of(replica_set).get("minReadySeconds") or not tally.all_have(labels):
            return None
        if any(True for _ in self.api.unowned("Pod", key_of(replica_set).namespace)):
            return None
        return SetCounts(tally.active, tally.active, tally.ready, tally.ready)

    def _counted(self, replica_set: KubernetesObject, pods: Sequence[KubernetesObject]) -> SetCounts:
        min_ready = spec_of(replica_set).get("minReadySeconds") or 0
        wanted = _template_labels(replica_set).items()
        ready = [pod for pod in pods if is_ready(pod)]
        labelled = sum(wanted <= labels_of(pod).items() for pod in pods)
        available = sum(is_available(pod, min_ready, self.env.now) for pod in ready)
        return SetCounts(len(pods), labelled, len(ready), available)

    def _manage(self, replica_set: KubernetesObject, missing: int) -> Sync:
        if missing > 0:
            make = functools.partial(self._create, replica_set)
            yield from self.client.slow_start([make] * min(missing, BURST))
        elif missing < 0:
            pods = [pod for pod in self.api.owned(uid_of(replica_set), "Pod") if is_active(pod)]
            chosen = to_delete(pods, self._related(replica_set, pods), min(-missing, BURST), self.env.now)
            calls = [functools.partial(self.api.delete, "Pod", key_of(pod)) for pod in chosen]
            yield from self.client.together(calls)

    def _create(self, replica_set: KubernetesObject) -> None:
        self.api.create(pod_from(spec_of(replica_set)["template"], replica_set))

    def _related(self, replica_set: KubernetesObject, pods: Sequence[KubernetesObject]) -> list[KubernetesObject]:
        """The pods of all ReplicaSets of the same owner."""
        owner = controller_of(replica_set)
        if owner is None:
            return list(pods)
        sets = self.api.owned(owner["uid"], "ReplicaSet")
        return [pod for one in sets for pod in self.api.owned(uid_of(one), "Pod")]


def _template_labels(replica_set: KubernetesObject) -> Mapping[str, str]:
    labels: Mapping[str, str] = (spec_of(replica_set)["template"].get("metadata") or {}).get("labels") or {}
    return labels


def _status(replica_set: KubernetesObject, counts: SetCounts) -> dict[str, Any]:
    return {
        **status_of(replica_set),
        "replicas": counts.active,
        "fullyLabeledReplicas": counts.labelled,
        "readyReplicas": counts.ready,
        "availableReplicas": counts.available,
        "observedGeneration": replica_set["metadata"]["generation"],
    }
