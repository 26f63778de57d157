"""One pod on its node: its containers start, turn ready, end, and are started again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sim.kubernetes import kubelet_status
from sim.kubernetes.objects import KubernetesObject, key_of, spec_of
from sim.kubernetes.pods import is_terminal, node_of
from sim.lifecycle.policy import kubelet_back_off

if TYPE_CHECKING:
    from sim.kubernetes.kubelet import Kubelets


@dataclass(frozen=True, slots=True)
class PodPlan:
    """What a pod's containers will do on their node, in seconds."""

    start: float = 1.0
    """From bound to running."""
    ready: float | None = 0.0
    """From running to ready; None where they never are."""
    termination: float = 0.5
    """From deleted to ended."""
    unready_after: float | None = None
    """From ready to ready no more; None where they stay ready."""
    exit_after: float | None = None
    """From running to the end of the containers; None where they run until they are told to end."""
    exit_code: int = 0
    """What the containers then end with."""


class PodRun:
    """A pod's containers. What falls due while the node is down is done when it is back."""

    def __init__(self, kubelets: Kubelets, pod: KubernetesObject, plan: PodPlan) -> None:
        self._kubelets = kubelets
        self._key = key_of(pod)
        self._node = node_of(pod)
        self._policy = str(spec_of(pod).get("restartPolicy") or "Always")
        self._plan = plan
        self._restarts = 0
        self._back_off = kubelet_back_off()
        self._started = 0.0
        self._ready = False
        self._over = is_terminal(pod)
        self._ending = False
        self._missed: list[Callable[[], None]] = []
        self.gone = False

    def begin(self) -> None:
        """Start the containers."""
        self._later(self._kubelets.reaction + self._plan.start, self._start)

    def end(self) -> None:
        """Let the containers end, for the pod was deleted."""
        if self._ending:
            return
        self._ending = True
        wait = 0.0 if self._over else self._plan.termination
        self._kubelets.after(self._kubelets.reaction + wait, lambda: self._when_up(self._end_now))

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
        if self._started and not self._over:
            self.set_ready(ready=self._ready)
        for call in missed:
            call()

    def _start(self) -> None:
        at_once = self._plan.ready == 0
        delay = self._kubelets.ready_delay() if at_once else self._kubelets.latency
        self._later(delay, lambda: self._running(ready=at_once))

    def _running(self, *, ready: bool) -> None:
        self._started = self._kubelets.env.now
        self._ready = ready
        self._write(lambda pod: kubelet_status.running(pod, self._restarts, self._stamp(), ready=ready))
        if self._plan.ready:
            self._during(self._plan.ready, lambda: self._during(self._kubelets.ready_delay(), self._turn_ready))
        if ready:
            self._until_unready()
        if self._plan.exit_after is not None:
            self._later(self._plan.exit_after, self._exit)

    def _turn_ready(self) -> None:
        self.set_ready(ready=True)
        self._until_unready()

    def _until_unready(self) -> None:
        if self._plan.unready_after is not None:
            self._during(self._plan.unready_after, lambda: self.set_ready(ready=False))

    def _exit(self) -> None:
        code = self._plan.exit_code
        if self._policy == "Always" or (self._policy == "OnFailure" and code):
            self._restart()
        else:
            self.finish(code)

    def _restart(self) -> None:
        wait = self._back_off.before_restart(self._kubelets.env.now - self._started)
        self._restarts += 1
        self._ready, self._started = False, 0.0
        self._write(lambda pod: kubelet_status.waiting(pod, self._restarts, self._stamp()))
        self._later(wait, self._start)

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

    def _during(self, delay: float, call: Callable[[], None]) -> None:
        """Do it later, if these very containers still run."""
        started = self._started
        self._later(delay, lambda: call() if self._started == started else None)

    def _later(self, delay: float, call: Callable[[], None]) -> None:
        """Do it later, unless the pod has ended by then, or is to end."""
        self._kubelets.after(delay, lambda: None if self._ending or self._over else self._when_up(call))

    def _when_up(self, call: Callable[[], None]) -> None:
        if self.gone:
            return
        if self._kubelets.is_up(self._node):
            call()
        else:
            self._missed.append(call)
