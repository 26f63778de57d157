"""ReplicaSets: as many active pods as asked for. Source: Kubernetes 1.32, pkg/controller/replicaset/replica_set.go."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

from sim.kubernetes.controllers.base import ApiClient, Controller, Sync
from sim.kubernetes.controllers.owning import candidates, claim, owner_key
from sim.kubernetes.controllers.podmaking import pod_from
from sim.kubernetes.controllers.ranking import to_delete
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
)
from sim.kubernetes.pods import became_ready, is_active, is_available, is_ready

BURST = 500
"""Pods that one look creates or deletes at most."""


class ReplicaSetController(Controller):
    """Creates pods in batches that double, and deletes first the pods that are missed least."""

    def __init__(self, client: ApiClient) -> None:
        super().__init__(client)
        self.api.watch("ReplicaSet", lambda old, new: self.enqueue(key_of_either(old, new)))
        self.api.watch("Pod", self._pod_changed)

    def _pod_changed(self, old: KubernetesObject | None, new: KubernetesObject | None) -> None:
        owner, before = owner_key(new, "ReplicaSet"), owner_key(old, "ReplicaSet")
        for key in {owner, before} - {None}:
            assert key is not None
            self.enqueue(key)
        if new is None or is_deleting(new):
            return
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
        pods = yield from claim(self.client, replica_set, "Pod", is_active)
        if not is_deleting(replica_set):
            yield from self._manage(replica_set, pods)
        status = self._status(replica_set, pods)
        if status != status_of(replica_set):
            yield from self.client.modify("ReplicaSet", key, lambda now: changed(now, status, "status"))
        wanted, min_ready = replicas_of(replica_set), spec_of(replica_set).get("minReadySeconds") or 0
        if min_ready and status["readyReplicas"] == wanted != status["availableReplicas"]:
            self.enqueue_in(key, min_ready)

    def _manage(self, replica_set: KubernetesObject, pods: Sequence[KubernetesObject]) -> Sync:
        surplus = len(pods) - replicas_of(replica_set)
        if surplus < 0:
            make = functools.partial(self._create, replica_set)
            yield from self.client.slow_start([make] * min(-surplus, BURST))
        elif surplus > 0:
            chosen = to_delete(pods, self._related(replica_set, pods), min(surplus, BURST), self.env.now)
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
        return [pod for one in sets for pod in self.api.owned(one["metadata"]["uid"], "Pod")]

    def _status(self, replica_set: KubernetesObject, pods: Sequence[KubernetesObject]) -> dict[str, Any]:
        min_ready = spec_of(replica_set).get("minReadySeconds") or 0
        ready = [pod for pod in pods if is_ready(pod)]
        wanted = (spec_of(replica_set)["template"].get("metadata") or {}).get("labels") or {}
        labelled = [pod for pod in pods if wanted.items() <= labels_of(pod).items()]
        return {
            **status_of(replica_set),
            "replicas": len(pods),
            "fullyLabeledReplicas": len(labelled),
            "readyReplicas": len(ready),
            "availableReplicas": sum(is_available(pod, min_ready, self.env.now) for pod in ready),
            "observedGeneration": replica_set["metadata"]["generation"],
        }
