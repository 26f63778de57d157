"""A pod whose containers take given times: it starts, turns ready, ends, and is started again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sim.kubernetes import kubelet_status
from sim.kubernetes.objects import KubernetesObject, spec_of
from sim.kubernetes.pod_worker import NodeAgents, PodWorker
from sim.lifecycle.policy import kubelet_back_off


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


class PodRun(PodWorker):
    """A pod's containers, all of which do the same at the same time."""

    def __init__(self, kubelets: NodeAgents, pod: KubernetesObject, plan: PodPlan) -> None:
        super().__init__(kubelets, pod)
        self._policy = str(spec_of(pod).get("restartPolicy") or "Always")
        self._plan = plan
        self._back_off = kubelet_back_off()
        self._started = 0.0

    def begin(self) -> None:
        """Start the containers."""
        self._later(self._kubelets.reaction + self._plan.start, self._start)

    def end(self, pod: KubernetesObject) -> None:  # noqa: ARG002 (a plan has no grace period)
        """Let the containers end, for the pod was deleted."""
        if self._ending:
            return
        self._ending = True
        wait = 0.0 if self._over else self._plan.termination
        self._kubelets.after(self._kubelets.reaction + wait, lambda: self._when_up(self._end_now))

    def _runs(self) -> bool:
        return bool(self._started)

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

    def _during(self, delay: float, call: Callable[[], None]) -> None:
        """Do it later, if these very containers still run."""
        started = self._started
        self._later(delay, lambda: call() if self._started == started else None)
