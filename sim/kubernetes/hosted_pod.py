"""A pod whose containers are started by their node's host: init containers one after the other, then all the others.

The kubelet sees what its runtime did when it next lists the containers, each second. Left out are a sandbox's own start
and memory (the first container brings the pod's network), volumes, and hooks after a start.
Source: Kubernetes 1.32, pkg/kubelet/kuberuntime/kuberuntime_manager.go (SyncPod) and pkg/kubelet/pleg.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sim.kubernetes import kubelet_status
from sim.kubernetes.hosted_container import ContainerWork, HostedContainer, Moment
from sim.kubernetes.objects import KubernetesObject, ObjectKey, spec_of
from sim.kubernetes.pod_worker import NodeAgents, PodWorker
from sim.kubernetes.termination import grace_of
from sim.platforms.hosting import NodeHost

RELIST = 1.0
"""Seconds between two listings of a node's containers: pkg/kubelet/kubelet.go, genericPlegRelistPeriod."""

WorkOf = Callable[[KubernetesObject, Mapping[str, Any]], ContainerWork]
"""What a container of a pod is, and does by itself."""


def _nobody(key: ObjectKey, container: str, moment: Moment) -> None:
    """Nobody watches."""


@dataclass(frozen=True)
class Hosting:
    """Where pods' containers run.

    Attributes:
        hosts: The host of each node, by the node's name.
        work: What containers do.
        note: Told of each container's moments, with its pod and its name: what traffic to the pods needs to know.
    """

    hosts: Callable[[str], NodeHost]
    work: WorkOf
    note: Callable[[ObjectKey, str, Moment], None] = _nobody
    _phases: dict[str, float] = field(default_factory=dict)

    def until_relist(self, node: str) -> float:
        """Seconds until the node's containers are listed next. Each node has a phase of its own."""
        host = self.hosts(node)
        phase = self._phases.get(node)
        if phase is None:
            phase = self._phases[node] = host.seeds.stream("relist").random() * RELIST
        return RELIST - (host.env.now - phase) % RELIST


class HostedPod(PodWorker):
    """A pod's containers on its node's host."""

    def __init__(self, kubelets: NodeAgents, pod: KubernetesObject, hosting: Hosting) -> None:
        super().__init__(kubelets, pod)
        self.env = kubelets.env
        self.host = hosting.hosts(self._node)
        self.spec = spec_of(pod)
        self._hosting = hosting
        self._policy = str(self.spec.get("restartPolicy") or "Always")

        def made(name: str) -> list[HostedContainer]:
            given = self.spec.get(name) or ()
            return [HostedContainer(self, fields, hosting.work(pod, fields)) for fields in given]

        self._before, self._main = made("initContainers"), made("containers")
        self._next = 0
        self._told = float("-inf")
        self._has_network = bool(self.spec.get("hostNetwork"))
        self._leaving = 0

    # The pod's life

    def begin(self) -> None:
        """Start the first container, once the node has heard of the pod."""
        self._later(self._kubelets.reaction, self._start_next)

    def end(self, pod: KubernetesObject) -> None:
        """Let the containers end, for the pod was deleted."""
        if self._ending:
            return
        self._ending = True
        grace = pod["metadata"].get("deletionGracePeriodSeconds")
        seconds = grace_of(self.spec) if grace is None else float(grace)
        self._kubelets.after(self._kubelets.reaction, lambda: self._when_up(lambda: self._end_all(seconds)))

    def forget(self) -> None:
        """The API server has the pod no more: what still runs of it is killed."""
        super().forget()
        for one in self._all():
            one.stop(_done)

    def finish(self, code: int) -> None:
        """The pod's containers end for good, with this code."""
        super().finish(code)
        for one in self._all():
            one.stop(_done)

    def _runs(self) -> bool:
        return any(one.runs for one in self._main)

    def _all(self) -> list[HostedContainer]:
        return [*self._before, *self._main]

    def _start_next(self) -> None:
        if self._next < len(self._before) + len(self._main):
            container = self._all()[self._next]
            self._next += 1
            container.start()

    def _end_all(self, grace: float) -> None:
        """The main containers end, then the sidecars, the last one first.

        Source: Kubernetes 1.32, pkg/kubelet/kuberuntime/kuberuntime_termination_order.go (since 1.29).
        """
        self._leaving = len(self._all())
        turn = max([self._end_one(one, grace) for one in self._main], default=0.0)
        for one in reversed(self._before):
            if one.stays:
                turn = max(turn, self._end_one(one, grace, turn))
            else:
                self._end_one(one, grace)

    def _end_one(self, container: HostedContainer, grace: float, turn: float = 0.0) -> float:
        """Let it end, and say in how many seconds it has."""
        how = container.termination(grace, turn)
        if container.runs:
            self._kubelets.after(how.term, lambda: self.note(container, "term"))
        self._kubelets.after(how.ends, lambda: self._when_up(lambda: container.stop(self._one_left)))
        return how.ends

    def _one_left(self) -> None:
        self._leaving -= 1
        if not self._leaving:
            self._when_up(self._end_now)

    # What its containers tell and ask (`hosted_container.ContainerOwner`)

    def stamp(self) -> float:
        """Now, as objects hold it."""
        return self._stamp()

    def later(self, delay: float, call: Callable[[], None]) -> None:
        """Do it later, unless the pod has ended by then, or is to end."""
        self._later(delay, call)

    def when_up(self, call: Callable[[], None]) -> None:
        """Do it now, or once the node is up again; not at all where the pod has ended, or is to end."""
        if not (self._ending or self._over):
            self._when_up(call)

    def joins_network(self) -> bool:
        """Whether the pod has a network already. From now on it has."""
        had, self._has_network = self._has_network, True
        return had

    def note(self, container: HostedContainer, moment: Moment) -> None:
        """Tell those who watch."""
        self._hosting.note(self._key, str(container.fields.get("name", "")), moment)

    def container_runs(self, container: HostedContainer) -> None:
        """Its process runs: the next one is started, unless this one has to end first."""
        if self._is_latest(container) and (container not in self._before or container.stays):
            self._start_next()
        if all(one.runs or one.code is not None for one in self._main):
            self._tell_when_listed()

    def container_changed(self, container: HostedContainer) -> None:  # noqa: ARG002 (all are told together)
        """It is ready, or not any more, or waits for something."""
        self._later(self._kubelets.latency, self._tell)

    def container_ended(self, container: HostedContainer) -> None:
        """Its process has ended. The kubelet acts on it once it has listed the containers."""
        self._later(self._hosting.until_relist(self._node), lambda: self._act_on_end(container))

    def _is_latest(self, container: HostedContainer) -> bool:
        return self._all()[self._next - 1] is container

    def _act_on_end(self, container: HostedContainer) -> None:
        if container.code == 0 and container in self._before and not container.stays:
            self._start_next()
        elif self._restarts_after(container):
            container.restart()
            self._restarts += 1
            self._tell()
        elif container in self._before or all(one.code is not None for one in self._main):
            self._over_with(container.code or 0)
        else:
            self._tell()

    def _restarts_after(self, container: HostedContainer) -> bool:
        if self._policy == "Always" or container.stays:
            return True
        return self._policy == "OnFailure" and (bool(container.code) or container.probed_out)

    def _over_with(self, code: int) -> None:
        """All have ended for good: the pod has failed where one of them has."""
        failed = next((one.code for one in self._main if one.code), code)
        self._kubelets.after(self._kubelets.latency, lambda: self._when_up(lambda: self.finish(failed)))

    # What is told of it

    def _tell_when_listed(self) -> None:
        """Write the status after the next listing, unless that is to be done anyway."""
        due = self.env.now + self._hosting.until_relist(self._node) + self._kubelets.latency
        if due > self._told:
            self._told = due
            self._later(due - self.env.now, self._tell)

    def _tell(self) -> None:
        statuses = [
            {"name": one.fields.get("name", ""), "restartCount": one.restarts, "state": one.state, "ready": one.ready}
            for one in self._main
        ]
        phase = "Running" if self._next == len(self._before) + len(self._main) and self._has_run() else "Pending"
        self._ready = phase == "Running" and all(one.ready for one in self._main)
        self._write(lambda pod: kubelet_status.told(pod, phase, statuses, self._stamp(), ready=self._ready))

    def _has_run(self) -> bool:
        return all(one.runs or one.restarts or one.code is not None for one in self._main)


def _done() -> None:
    """Nothing is waited for."""
