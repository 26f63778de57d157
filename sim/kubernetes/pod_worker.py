"""What all ways to run a pod have in common: a node that may be down, an end, and a status that is written.

What falls due while the node is down is done when it is back.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Protocol

from simpy import Environment

from sim.kubernetes import kubelet_status
from sim.kubernetes.api import ApiServer
from sim.kubernetes.objects import KubernetesObject, key_of
from sim.kubernetes.pods import is_terminal, node_of


class NodeAgents(Protocol):
    """The kubelets, as those see them who run a pod on one's node.

    Attributes:
        latency: Seconds that a status takes to the API server.
        reaction: Seconds until a node acts on a change.
    """

    api: ApiServer
    env: Environment
    latency: float
    reaction: float

    def is_up(self, node: str) -> bool:
        """Whether the node's kubelet works."""

    def ready_delay(self) -> float:
        """Seconds until a pod that is ready now is told to be so."""

    def after(self, delay: float, call: Callable[[], object]) -> None:
        """Do something after `delay` seconds."""


class PodWorker(ABC):
    """One pod on its node."""

    def __init__(self, kubelets: NodeAgents, pod: KubernetesObject) -> None:
        self._kubelets = kubelets
        self._key = key_of(pod)
        self._node = node_of(pod)
        self._restarts = 0
        self._ready = False
        self._over = is_terminal(pod)
        self._ending = False
        self._gone = False
        self._missed: list[Callable[[], None]] = []

    @abstractmethod
    def begin(self) -> None:
        """Start the containers."""

    @abstractmethod
    def end(self, pod: KubernetesObject) -> None:
        """Let the containers end, for the pod was deleted."""

    @abstractmethod
    def _runs(self) -> bool:
        """Whether containers run, so that the pod's readiness is told."""

    def forget(self) -> None:
        """The API server has the pod no more."""
        self._gone = True

    def set_ready(self, *, ready: bool) -> None:
        """The pod takes requests from now on, or does not any more."""
        self._ready = ready
        self._write(lambda pod: kubelet_status.pod_ready(pod, self._stamp(), ready=ready))

    def finish(self, code: int) -> None:
        """The pod's containers end for good, with this code."""
        self._over, self._ready = True, False
        self._write(lambda pod: kubelet_status.ended(pod, code, self._restarts, self._stamp()))

    def catch_up(self) -> None:
        """Do what fell due while the node was down, and say again whether the pod is ready."""
        missed, self._missed = self._missed, []
        if self._runs() and not self._over:
            self.set_ready(ready=self._ready)
        for call in missed:
            call()

    def _end_now(self) -> None:
        """A last status goes before the pod does."""
        if not self._over:
            self.finish(0)
        self._kubelets.after(self._kubelets.latency, lambda: self._when_up(self._remove))

    def _remove(self) -> None:
        self._kubelets.api.delete("Pod", self._key, grace=0)

    def _write(self, change: Callable[[KubernetesObject], KubernetesObject]) -> None:
        self._kubelets.api.modify("Pod", self._key, change)

    def _stamp(self) -> float:
        return self._kubelets.api.stamp()

    def _later(self, delay: float, call: Callable[[], None]) -> None:
        """Do it later, unless the pod has ended by then, or is to end."""
        self._kubelets.after(delay, lambda: None if self._ending or self._over else self._when_up(call))

    def _when_up(self, call: Callable[[], None]) -> None:
        if self._gone:
            return
        if self._kubelets.is_up(self._node):
            call()
        else:
            self._missed.append(call)
