"""DaemonSets: one pod on every node that fits, replaced node by node.

Source: Kubernetes 1.32, pkg/controller/daemon/daemon_controller.go and update.go.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sim.kubernetes.controllers.base import ApiClient, Controller, Sync
from sim.kubernetes.controllers.daemonset_pods import (
    NodeFit,
    by_age,
    fits_of,
    pod_for,
    target_of,
    tolerant,
    with_node,
)
from sim.kubernetes.controllers.history import REVISION_HASH, name_of, revision_for
from sim.kubernetes.controllers.owning import claim, watch_own_pods
from sim.kubernetes.controllers.rolling import scaled
from sim.kubernetes.objects import (
    KubernetesObject,
    ObjectKey,
    changed,
    is_deleting,
    key_of,
    key_of_either,
    labels_of,
    spec_of,
    status_of,
)
from sim.kubernetes.pods import is_available, is_ready, is_terminal, phase_of

BURST = 250
"""Pods that one look creates or deletes at most."""
FIRST_WAIT, LONGEST_WAIT = 1.0, 900.0
"""Seconds before a failed pod on a node is replaced: doubled each time. Source: daemon_controller.go, BackOffs."""

ByNode = dict[str, list[KubernetesObject]]


class NodePods(NamedTuple):
    """The pods of one node that are to stay: of the new revision, and of an older one."""

    new: KubernetesObject | None
    old: KubernetesObject | None


class DaemonSetController(Controller):
    """Keeps a DaemonSet's pods."""

    def __init__(self, client: ApiClient) -> None:
        super().__init__(client)
        self._waits: dict[tuple[ObjectKey, str], tuple[float, float]] = {}
        self.api.watch("DaemonSet", lambda old, new: self.enqueue(key_of_either(old, new)))
        watch_own_pods(self, "DaemonSet")
        self.api.watch("Node", self._node_changed)

    def _node_changed(self, old: KubernetesObject | None, new: KubernetesObject | None) -> None:
        if old is not None and new is not None:
            same = labels_of(old) == labels_of(new) and spec_of(old) == spec_of(new)
            if same:
                return
        for one in self.api.all("DaemonSet"):
            self.enqueue(key_of(one))

    def sync(self, key: ObjectKey) -> Sync:
        """Create and delete what is missing or wrong; if that was nothing, take the next step of an update."""
        owner = self.api.get("DaemonSet", key)
        if owner is None or is_deleting(owner):
            return
        if status_of(owner).get("observedGeneration") != owner["metadata"]["generation"]:
            self._waits = {place: wait for place, wait in self._waits.items() if place[0] != key}
        pods = yield from claim(self.client, owner, "Pod")
        revision = name_of((yield from revision_for(self.client, owner)))
        look = DaemonLook(owner, self.api.all("Node"), _by_node(pods), revision, self.env.now)
        create, delete = look.managed(functools.partial(self._may_replace, key))
        if not create and not delete and (spec_of(owner).get("updateStrategy") or {}).get("type") != "OnDelete":
            create, delete = look.updated()
        yield from self._carry_out(owner, revision, create, delete)
        pods = yield from claim(self.client, owner, "Pod")
        after = DaemonLook(owner, self.api.all("Node"), _by_node(pods), revision, self.env.now)
        status = after.status()
        if status != status_of(owner):
            yield from self.client.modify("DaemonSet", key, lambda now: changed(now, status, "status"))
        min_ready = spec_of(owner).get("minReadySeconds") or 0
        if min_ready and status["numberReady"] != status["numberAvailable"]:
            self.enqueue_in(key, min_ready)

    def _may_replace(self, key: ObjectKey, node: str) -> bool:
        """Whether a failed pod on a node may be replaced now; if not, it is looked at again when it may."""
        wait, since = self._waits.get((key, node), (0.0, self.env.now))
        if self.env.now - since < wait:
            self.enqueue_in(key, wait)
            return False
        forgotten = self.env.now - since > 2 * LONGEST_WAIT
        longer = FIRST_WAIT if forgotten else min(max(2 * wait, FIRST_WAIT), LONGEST_WAIT)
        self._waits[key, node] = (longer, self.env.now)
        return True

    def _carry_out(
        self, owner: KubernetesObject, revision: str, create: Sequence[str], delete: Sequence[KubernetesObject]
    ) -> Sync:
        template = tolerant(spec_of(owner)["template"])

        def made(node: str) -> None:
            self.api.create(pod_for(owner, with_node(template, node), revision))

        yield from self.client.slow_start([functools.partial(made, node) for node in create[:BURST]])
        gone = [functools.partial(self.api.delete, "Pod", key_of(pod)) for pod in delete[:BURST]]
        yield from self.client.together(gone)


class DaemonLook:
    """One look at a DaemonSet, the nodes, and its pods on them."""

    def __init__(
        self, owner: KubernetesObject, nodes: Iterable[KubernetesObject], pods: ByNode, revision: str, now: float
    ) -> None:
        self._owner = owner
        self._pods = pods
        self._revision = revision
        self._now = now
        self._min_ready = spec_of(owner).get("minReadySeconds") or 0
        template = tolerant(spec_of(owner)["template"])
        self._fits = fits_of(template, nodes)
        wanted = sum(fit.should_run for fit in self._fits.values())
        self._wanted = wanted
        self._surge = self._limit("maxSurge", wanted)
        self._unavailable = self._limit("maxUnavailable", wanted)
        if wanted and not self._surge and not self._unavailable:
            self._unavailable = 1

    def _limit(self, name: str, wanted: int) -> int:
        """A number of pods, or a percentage of the nodes, rounded up."""
        strategy = spec_of(self._owner).get("updateStrategy") or {}
        limits: Mapping[str, Any] = strategy.get("rollingUpdate") or {}
        if strategy.get("type", "RollingUpdate") != "RollingUpdate":
            return 0
        value = limits.get(name, 1 if name == "maxUnavailable" else 0)
        return scaled(value, wanted, up=True)

    # What there should be

    def managed(self, may_replace: Any) -> tuple[list[str], list[KubernetesObject]]:
        """The nodes that miss a pod, and the pods that should not be."""
        create: list[str] = []
        delete: list[KubernetesObject] = []
        for node, fit in self._fits.items():
            pods = self._pods.get(node)
            if pods is None:
                create += [node] if fit.should_run else []
            elif fit.may_stay:
                self._manage_node(node, pods, fit, may_replace, create, delete)
            else:
                delete += [pod for pod in pods if not is_deleting(pod)]
        for node, pods in self._pods.items():
            if node not in self._fits:
                delete += [pod for pod in pods if not spec_of(pod).get("nodeName") and not is_deleting(pod)]
        return create, delete

    def _manage_node(
        self,
        node: str,
        pods: Sequence[KubernetesObject],
        fit: NodeFit,
        may_replace: Any,
        create: list[str],
        delete: list[KubernetesObject],
    ) -> None:
        running = []
        for pod in pods:
            if is_deleting(pod):
                continue
            if phase_of(pod) == "Failed":
                delete += [pod] if may_replace(node) else []
            elif phase_of(pod) == "Succeeded":
                delete.append(pod)
            else:
                running.append(pod)
        surges = self._limit("maxSurge", 1) > 0
        if surges and not running and fit.should_run:
            create.append(node)
        elif len(running) > 1:
            delete += self._surplus(by_age(running)) if surges else by_age(running)[1:]

    def _surplus(self, pods: Sequence[KubernetesObject]) -> list[KubernetesObject]:
        """Of pods side by side on a node, those that are too many: while the new one comes up, the old one stays."""
        new = next((pod for pod in pods if self._is_new(pod)), None)
        old = next((pod for pod in pods if not self._is_new(pod)), None)
        surplus = [pod for pod in pods if pod is not new and pod is not old]
        if new is not None and old is not None and (not is_ready(old) or self._is_available(new)):
            surplus.append(old)
        return surplus

    # A rolling update

    def updated(self) -> tuple[list[str], list[KubernetesObject]]:
        """The nodes that get a pod of the new revision beside the old one, and the pods that are to be replaced."""
        nodes = {node: self._pods.get(node, []) for node, fit in self._fits.items() if fit.should_run}
        nodes |= self._pods
        return self._surged(nodes) if self._surge else ([], self._replaced(nodes))

    def _replaced(self, nodes: ByNode) -> list[KubernetesObject]:
        unavailable = 0
        broken: list[KubernetesObject] = []
        candidates_: list[KubernetesObject] = []
        for pods in nodes.values():
            found = self._sorted(pods)
            if found is None or (found.new is None) == (found.old is None):
                unavailable += 1
            elif found.old is None:
                assert found.new is not None
                unavailable += not self._is_available(found.new)
            elif not self._is_available(found.old):
                broken.append(found.old)
                unavailable += 1
            elif unavailable < self._unavailable:
                candidates_.append(found.old)
        return broken + candidates_[: max(0, self._unavailable - unavailable)]

    def _surged(self, nodes: ByNode) -> tuple[list[str], list[KubernetesObject]]:
        surging, available = 0, 0
        delete: list[KubernetesObject] = []
        misplaced: list[KubernetesObject] = []
        allowed: list[str] = []
        waiting: list[str] = []
        for node, pods in nodes.items():
            found = self._sorted(pods)
            if found is None:
                surging += 1
                continue
            first = found.old if found.old is not None else found.new
            available += first is not None and self._is_available(first)
            fits = node in self._fits and self._fits[node].should_run
            if found.old is None:
                continue
            if found.new is not None:
                if self._is_available(found.new):
                    delete.append(found.old)
                else:
                    surging += 1
            elif not self._is_available(found.old):
                (allowed.append(node) if fits else delete.append(found.old))
            elif not fits:
                misplaced.append(found.old)
            elif surging < self._surge:
                waiting.append(node)
        delete += misplaced[: max(0, available - self._wanted)]
        return allowed + waiting[: max(0, self._surge - surging)], delete

    def _sorted(self, pods: Iterable[KubernetesObject]) -> NodePods | None:
        """A node's pods that stay; None where there are two of one kind."""
        staying = [pod for pod in pods if not is_deleting(pod)]
        new = [pod for pod in staying if self._is_new(pod)]
        old = [pod for pod in staying if not self._is_new(pod)]
        if len(new) > 1 or len(old) > 1:
            return None
        return NodePods(new[0] if new else None, old[0] if old else None)

    def _is_new(self, pod: KubernetesObject) -> bool:
        return labels_of(pod).get(REVISION_HASH) == self._revision

    def _is_available(self, pod: KubernetesObject) -> bool:
        return is_available(pod, self._min_ready, self._now)

    # Status

    def status(self) -> dict[str, Any]:
        """What is told of the DaemonSet: of each node, its oldest pod counts."""
        first = {node: by_age(pods)[0] for node, pods in self._pods.items() if pods}
        wanted = [node for node, fit in self._fits.items() if fit.should_run]
        there = [first[node] for node in wanted if node in first]
        available = sum(self._is_available(pod) for pod in there)
        return {
            **status_of(self._owner),
            "observedGeneration": self._owner["metadata"]["generation"],
            "desiredNumberScheduled": len(wanted),
            "currentNumberScheduled": len(there),
            "numberMisscheduled": sum(node in first and not fit.should_run for node, fit in self._fits.items()),
            "numberReady": sum(is_ready(pod) for pod in there),
            "updatedNumberScheduled": sum(self._is_new(pod) for pod in there),
            "numberAvailable": available,
            "numberUnavailable": len(wanted) - available,
        }


def _by_node(pods: Iterable[KubernetesObject]) -> ByNode:
    """Pods by the node that they are for. One that is deleted and has ended is nobody's concern any more."""
    result: ByNode = {}
    for pod in pods:
        node = target_of(pod)
        if node and not (is_terminal(pod) and is_deleting(pod)):
            result.setdefault(node, []).append(pod)
    return result
