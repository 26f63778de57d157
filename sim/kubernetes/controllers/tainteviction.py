"""Pods on tainted nodes: those that do not bear a NoExecute taint are deleted, or once they have borne it long enough.

Source: Kubernetes 1.32, pkg/controller/tainteviction/taint_eviction.go.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sim.kubernetes.controllers.base import ApiClient, Controller, Sync
from sim.kubernetes.kubelet_status import disrupted
from sim.kubernetes.objects import KubernetesObject, ObjectKey, is_deleting, key_of, key_of_either, spec_of, uid_of
from sim.kubernetes.pods import node_of
from sim.kubernetes.scheduler.pods import NodeTaint, Toleration, taint

REASON = "DeletionByTaintManager"


class TaintEvictionController(Controller):
    """Deletes pods by taints. Disruption budgets do not hold it up."""

    workers = 8

    def __init__(self, client: ApiClient) -> None:
        super().__init__(client)
        self._evictions: dict[ObjectKey, tuple[str, float]] = {}
        self.api.watch("Node", self._node_changed)
        self.api.watch("Pod", self._pod_changed)

    def _node_changed(self, old: KubernetesObject | None, new: KubernetesObject | None) -> None:
        if new is not None and (old is None or _no_execute(old) != _no_execute(new)):
            for pod in self.api.pods_on(new["metadata"]["name"]):
                self.enqueue(key_of(pod))

    def _pod_changed(self, old: KubernetesObject | None, new: KubernetesObject | None) -> None:
        if new is None:
            self._evictions.pop(key_of_either(old, new), None)
        elif node_of(new) and (old is None or not node_of(old)):
            node = self.api.get("Node", ObjectKey("", node_of(new)))
            if node is not None and spec_of(node).get("taints"):  # else there is nothing to bear
                self.enqueue(key_of(new))

    def sync(self, key: ObjectKey) -> Sync:
        """Delete the pod now, or when it has borne its node's taints for as long as it does.

        Once that moment is set, it stays, whatever taints come or go, until the pod bears all of them for good.
        """
        pod = self.api.get("Pod", key)
        if pod is None or is_deleting(pod) or not node_of(pod):
            return
        node = self.api.get("Node", ObjectKey("", node_of(pod)))
        bearing = [_bearing(pod, one) for one in (_no_execute(node) if node is not None else ())]
        seconds = [one["tolerationSeconds"] for one in bearing if one and one.get("tolerationSeconds") is not None]
        if None in bearing:
            self._evictions[key] = (uid_of(pod), self.env.now)
        elif not seconds:
            self._evictions.pop(key, None)
            return
        uid, due = self._evictions.get(key, ("", 0.0))
        if uid != uid_of(pod):
            due = self.env.now + max(0, min(seconds))
            self._evictions[key] = (uid_of(pod), due)
        if due > self.env.now:
            self.enqueue_in(key, due - self.env.now)
            return
        stamp = self.api.stamp()
        yield from self.client.modify("Pod", key, lambda now: disrupted(now, REASON, stamp))
        yield from self.client.request(lambda: self.api.delete("Pod", key))


def _no_execute(node: KubernetesObject) -> tuple[NodeTaint, ...]:
    return tuple(taint(one) for one in spec_of(node).get("taints") or () if one["effect"] == "NoExecute")


def _bearing(pod: KubernetesObject, one: NodeTaint) -> Mapping[str, Any] | None:
    """The first toleration by which a pod bears a taint; None where it does not."""
    for given in spec_of(pod).get("tolerations") or ():
        if _toleration(given).tolerates(one):
            found: Mapping[str, Any] = given
            return found
    return None


def _toleration(given: Any) -> Toleration:
    return Toleration(*(given.get(name) or "" for name in ("key", "operator", "value", "effect")))
