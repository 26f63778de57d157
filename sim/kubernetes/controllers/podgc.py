"""Pods that nobody ends any more: of nodes that are gone, or out of service, and old ones that have ended.

Source: Kubernetes 1.32, pkg/controller/podgc/gc_controller.go.
"""

from __future__ import annotations

from collections.abc import Iterable

from sim.kubernetes.api import exists
from sim.kubernetes.controllers.base import ApiClient, Sync
from sim.kubernetes.kubelet_status import disrupted
from sim.kubernetes.objects import (
    KubernetesObject,
    ObjectKey,
    changed,
    condition_of,
    created_at,
    is_deleting,
    key_of,
    spec_of,
)
from sim.kubernetes.pods import is_terminal, node_of

PERIOD = 20.0
"""Seconds between two passes."""
QUARANTINE = 40.0
"""Seconds that a node has to be gone before its pods go."""
ENDED_KEPT = 12_500
"""Pods that have ended and are kept: --terminated-pod-gc-threshold."""
OUT_OF_SERVICE = "node.kubernetes.io/out-of-service"
REASON = "DeletionByPodGC"


class PodGarbageCollector:
    """Deletes pods in passes, without a grace period. A pass goes through all pods only where there may be some."""

    def __init__(self, client: ApiClient) -> None:
        self.client = client
        self.api = client.api
        self.env = client.env
        self._missing: dict[str, float] = {}
        self._ended = self._deleting = 0
        self.api.watch("Pod", self._pod_changed)
        self.env.process(self._passes())

    def _passes(self) -> Sync:
        while True:
            yield from self._collect()
            yield self.env.timeout(PERIOD)

    def _pod_changed(self, old: KubernetesObject | None, new: KubernetesObject | None) -> None:
        for pod, sign in ((old, -1), (new, 1)):
            if pod is not None:
                self._ended += sign * is_terminal(pod)
                self._deleting += sign * is_deleting(pod)

    def _collect(self) -> Sync:
        some = self._deleting or self._missing or self._ended > ENDED_KEPT
        pods = self.api.all("Pod") if some else []
        ended = sorted((pod for pod in pods if is_terminal(pod)), key=created_at)
        yield from self._remove(ended[: max(0, len(ended) - ENDED_KEPT)])
        yield from self._remove(pod for pod in pods if is_deleting(pod) and self._is_out_of_service(node_of(pod)))
        gone = self._gone_for_good()
        yield from self._remove((pod for pod in pods if node_of(pod) in gone), REASON)
        yield from self._remove(pod for pod in pods if is_deleting(pod) and not node_of(pod))

    def _gone_for_good(self) -> set[str]:
        """Nodes that were missed in an earlier pass, and are still missing after the quarantine."""
        now = self.env.now
        due = {name for name, at in self._missing.items() if at + QUARANTINE <= now}
        for name in self.api.nodes_with_pods():
            if self.api.get("Node", ObjectKey("", name)) is None:
                self._missing.setdefault(name, now)
        for name in due:
            del self._missing[name]
        return {name for name in due if self.api.get("Node", ObjectKey("", name)) is None}

    def _is_out_of_service(self, name: str) -> bool:
        node = self.api.get("Node", ObjectKey("", name)) if name else None
        if node is None or (condition_of(node, "Ready") or {}).get("status") == "True":
            return False
        return any(one["key"] == OUT_OF_SERVICE for one in spec_of(node).get("taints") or ())

    def _remove(self, pods: Iterable[KubernetesObject], reason: str | None = None) -> Sync:
        """A pod that has not ended is told to have failed; then it goes at once."""
        for pod in pods:
            if not exists(self.api, pod):
                continue
            stamp = self.api.stamp()

            def failed(now: KubernetesObject, stamp: float = stamp) -> KubernetesObject:
                now = changed(now, "Failed", "status", "phase")
                return disrupted(now, reason, stamp) if reason is not None else now

            if not is_terminal(pod):
                yield from self.client.modify("Pod", key_of(pod), failed)
            key = key_of(pod)
            yield from self.client.request(lambda key=key: self.api.delete("Pod", key, grace=0))  # type: ignore[misc]
