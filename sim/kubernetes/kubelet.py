"""The nodes' agents: they start the pods bound to them, tell how these are, and end them.

How a pod is run is a `PodWorker`: by the node's host (`hosted_pod`), or by given times (`pod_run`), as recordings have
them. One `Kubelets` serves all nodes; each node is up or down on its own.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from sim.kubernetes.api import ApiServer
from sim.kubernetes.controllers.base import ControlPlaneTimes, call_in
from sim.kubernetes.kubelet_status import node_ready
from sim.kubernetes.objects import KubernetesObject, ObjectKey, is_deleting, uid_of
from sim.kubernetes.pod_worker import NodeAgents, PodWorker
from sim.kubernetes.pods import is_terminal, node_of

LEASE_RENEWAL = 10.0
"""Seconds between two renewals of a node's lease: a quarter of the 40 s that it lasts. Source: Kubernetes 1.32,
pkg/kubelet/kubelet.go, nodeLeaseRenewIntervalFraction, and nodeLeaseDurationSeconds of its configuration."""

WorkerMaker = Callable[[NodeAgents, KubernetesObject], PodWorker]
"""How a pod is run that was bound to a node."""


class Kubelets:
    """Every node's kubelet.

    Args:
        api: the cluster's objects.
        times: what a status update takes.
        worker: how a pod is run; asked once, when it is bound.
        gap: the least time between two pods that turn ready, over all nodes; 0 where each node is a machine.
    """

    def __init__(self, api: ApiServer, times: ControlPlaneTimes, worker: WorkerMaker, gap: float = 0.0) -> None:
        self.api = api
        self.env = api.env
        self.latency = times.request
        self.reaction = times.watch
        self._worker = worker
        self._gap = gap
        self._last_ready = float("-inf")
        self._down: dict[str, float] = {}
        self._lease_phase: dict[str, float] = {}
        self._runs: dict[str, PodWorker] = {}
        api.watch("Pod", self._pod_changed)

    # Nodes

    def is_up(self, node: str) -> bool:
        """Whether the node's kubelet works."""
        return node not in self._down

    def stop(self, node: str) -> None:
        """The node is dead, or cut off: it starts, ends and tells nothing any more."""
        self._down.setdefault(node, self.env.now)

    def resume(self, node: str) -> None:
        """The node is back: it tells that it is ready, and catches up with what it missed."""
        if self._down.pop(node, None) is None:
            return
        self._lease_phase[node] = self.env.now
        self.after(self.latency, lambda: self.tell_ready(node, ready=True))
        for pod in self.api.pods_on(node):
            self._pod_changed(None, pod)
            run = self._runs.get(uid_of(pod))
            if run is not None:
                run.catch_up()

    def tell_ready(self, node: str, *, ready: bool) -> None:
        """Let the node's kubelet say that the node can run pods, or that it cannot."""
        if self.is_up(node):
            stamp = self.api.stamp()
            self.api.modify(
                "Node", ObjectKey("", node), lambda now: node_ready(now, "True" if ready else "False", stamp)
            )

    def renew_from(self, node: str, moment: float) -> None:
        """Let the node's lease be renewed at this moment, and every ten seconds from it."""
        self._lease_phase[node] = moment

    def renewed_at(self, node: str) -> float:
        """When the node's lease was last renewed, in seconds."""
        phase = self._lease_phase.get(node, 0.0)
        until = self._down.get(node, self.env.now)
        return phase + LEASE_RENEWAL * math.floor((until - phase) / LEASE_RENEWAL)

    # Pods

    def run_of(self, pod: KubernetesObject) -> PodWorker | None:
        """The pod's containers, once its node knows of it."""
        return self._runs.get(uid_of(pod))

    def _pod_changed(self, old: KubernetesObject | None, new: KubernetesObject | None) -> None:
        if new is None:
            assert old is not None
            run = self._runs.pop(uid_of(old), None)
            if run is not None:
                run.forget()
            return
        if not node_of(new) or not self.is_up(node_of(new)):
            return
        run = self._runs.get(uid_of(new))
        if run is None:
            run = self._runs[uid_of(new)] = self._worker(self, new)
            if not is_terminal(new):
                run.begin()
        if is_deleting(new):
            run.end(new)

    def ready_delay(self) -> float:
        """Seconds until a pod that is ready now is told to be so."""
        self._last_ready = max(self._last_ready + self._gap, self.env.now + self.latency)
        return self._last_ready - self.env.now

    def after(self, delay: float, call: Callable[[], object]) -> None:
        """Do something after `delay` seconds."""
        call_in(self.env, delay, call)
