"""The scheduler at work: pods wait in its queue, one is decided after the other, and each is bound by a request.

What is decided is `scheduler.Scheduler`'s. Here is when: the queue, the waits of pods that fit nowhere, and binding.
"""

from __future__ import annotations

import functools
import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass

from sim.kubernetes.controllers.base import ApiClient, Sync, call_in
from sim.kubernetes.kubelet_status import disrupted
from sim.kubernetes.objects import KubernetesObject, ObjectKey, changed, is_deleting, key_of, uid_of
from sim.kubernetes.pods import is_terminal, node_of
from sim.kubernetes.scheduler.cache import ClusterCache
from sim.kubernetes.scheduler.nodes import node_info
from sim.kubernetes.scheduler.pods import OwnerKey, PodInfo, PodShape, pod_shape
from sim.kubernetes.scheduler.preemption import PreemptionCandidate
from sim.kubernetes.scheduler.requeue import (
    PATIENCE,
    backoff,
    helped_by_coming,
    helped_by_leaving,
    helped_by_node,
)
from sim.kubernetes.scheduler.scheduler import Decision, Scheduler
from sim.kubernetes.selectors import label_selector

Hint = Callable[[KubernetesObject], str | None]
"""A node that is given for a pod, by somebody who knows better than the scheduler; None leaves it to the scheduler."""

DecisionListener = Callable[[KubernetesObject, Decision], None]
"""Told of every decision, with the pod that it is about."""

_SCHEDULED = [{"type": "PodScheduled", "status": "True"}]


@dataclass(slots=True)
class _Refusal:
    """A pod that fitted nowhere.

    Attributes:
        attempts: How often.
        until: When it may be tried again.
        plugins: The filters that refused it.
        again: Whether something has happened since that may help it.
    """

    attempts: int
    until: float
    plugins: frozenset[str]
    again: bool = False


class SchedulerLoop:
    """The scheduler of a cluster.

    Args:
        client: its way to the API server.
        chance: breaks ties between nodes.
        hint: nodes that are given.

    Attributes:
        explain: Whether decisions come with the scores of the nodes that fit.
        decided: Who is told of them.
    """

    def __init__(self, client: ApiClient, chance: random.Random, hint: Hint = lambda _: None) -> None:
        self.client = client
        self.api = client.api
        self.env = client.env
        self.hint = hint
        self.explain = False
        self.decided: DecisionListener | None = None
        self.cache = ClusterCache()
        self.scheduler = Scheduler(self.cache, chance=chance)
        self._queue: list[tuple[int, int, str]] = []
        self._pending: dict[str, tuple[ObjectKey, PodInfo]] = {}
        self._placed: dict[str, PodInfo] = {}
        self._refused: dict[str, _Refusal] = {}
        self._shapes: dict[tuple[int, int, str], tuple[KubernetesObject, PodShape]] = {}
        self._order = 0
        self._working = False
        for kind in ("ReplicaSet", "StatefulSet", "ReplicationController"):
            self.api.watch(kind, self._owner_changed)
        self.api.watch("Service", self._service_changed)
        self.api.watch("Node", self._node_changed)
        self.api.watch("Pod", self._pod_changed)

    # What it watches

    def _owner_changed(self, old: KubernetesObject | None, new: KubernetesObject | None) -> None:
        if new is not None and (old is None or old.get("spec") != new.get("spec")):
            selector = label_selector((new.get("spec") or {}).get("selector"))
            self.cache.set_owner(key_of(new).namespace, OwnerKey(new["kind"], new["metadata"]["name"]), selector)

    def _service_changed(self, _: KubernetesObject | None, new: KubernetesObject | None) -> None:
        if new is not None:
            selector = (new.get("spec") or {}).get("selector") or {}
            self.cache.set_service(key_of(new).namespace, new["metadata"]["name"], selector)

    def _node_changed(self, old: KubernetesObject | None, new: KubernetesObject | None) -> None:
        if new is None:
            assert old is not None
            self.cache.remove_node(old["metadata"]["name"])
            return
        if old is None or _differs(old, new):
            info = node_info(new)
            self.cache.set_node(info)
            self._retry(lambda shape, plugins: helped_by_node(shape, plugins, info))

    def _pod_changed(self, old: KubernetesObject | None, new: KubernetesObject | None) -> None:
        pod = new if new is not None else old
        assert pod is not None
        uid = uid_of(pod)
        if new is None or is_terminal(new):
            self._forget(uid)
        elif node_of(new):
            self._note_placed(new, uid)
        elif is_deleting(new):
            self._forget(uid)
        elif uid not in self._pending:
            info = PodInfo(new["metadata"]["name"], self._shape(new))
            if not info.shape.gated:
                self._pending[uid] = (key_of(new), info)
                self._push(uid)

    def _note_placed(self, pod: KubernetesObject, uid: str) -> None:
        info = self._placed.get(uid)
        if info is None:
            if self.cache.node(node_of(pod)) is None:
                return
            info = self._placed[uid] = PodInfo(pod["metadata"]["name"], self._shape(pod))
            self._pending.pop(uid, None)
            self._refused.pop(uid, None)
            self.cache.add_pod(info, node_of(pod))
            self._note_come(info)
        info.started = (pod.get("status") or {}).get("startTime")
        if is_deleting(pod):
            self.cache.terminate_pod(info)

    def _forget(self, uid: str) -> None:
        self._pending.pop(uid, None)
        self._refused.pop(uid, None)
        info = self._placed.pop(uid, None)
        if info is not None:
            self.cache.remove_pod(info)
            gone = info.shape
            self._retry(lambda shape, plugins: helped_by_leaving(shape, plugins, gone, self.cache))

    def _shape(self, pod: KubernetesObject) -> PodShape:
        """Pods of one template share their spec, and so what is read of it."""
        owner = next((one["uid"] for one in pod["metadata"].get("ownerReferences") or ()), "")
        key = (id(pod["spec"]), hash(tuple(sorted((pod["metadata"].get("labels") or {}).items()))), owner)
        known = self._shapes.get(key)
        if known is None or known[0] is not pod["spec"]:
            known = self._shapes[key] = (pod["spec"], pod_shape(pod))
        return known[1]

    # The queue

    def _push(self, uid: str) -> None:
        self._order += 1
        heapq.heappush(self._queue, (-self._pending[uid][1].shape.priority, self._order, uid))
        if not self._working:
            self._working = True
            self.env.process(self._work())

    def _note_come(self, info: PodInfo) -> None:
        self._retry(lambda shape, plugins: helped_by_coming(shape, plugins, info.shape, self.cache))

    def _retry(self, helps: Callable[[PodShape, frozenset[str]], bool]) -> None:
        """Something happened: pods that it may help are tried again, each once its wait is over."""
        for uid, refusal in self._refused.items():
            if not refusal.again and helps(self._pending[uid][1].shape, refusal.plugins):
                refusal.again = True
                call_in(self.env, refusal.until - self.env.now, functools.partial(self._try_again, uid))

    def _try_again(self, uid: str, attempts: int | None = None) -> None:
        refusal = self._refused.get(uid)
        if refusal is not None and (attempts is None or attempts == refusal.attempts):
            refusal.again = True
            self._push(uid)

    def _work(self) -> Sync:
        yield self.env.timeout(self.client.times.watch)
        while self._queue:
            uid = heapq.heappop(self._queue)[2]
            if uid not in self._pending or uid in self._placed:
                continue
            yield self.env.timeout(self.client.times.schedule)
            if uid in self._pending:
                self._decide(uid)
        self._working = False

    def _decide(self, uid: str) -> None:
        key, info = self._pending[uid]
        pod = self.api.get("Pod", key)
        assert pod is not None
        node = self.hint(pod)
        if node is None:
            decision = self.scheduler.schedule(info, explain=self.explain)
            node = decision.node
            if self.decided is not None:
                self.decided(pod, decision)
            if node is None:
                self._refuse(uid, decision)
                if decision.preemption is not None and decision.preemption.chosen is not None:
                    self.env.process(self._drive_out(decision.preemption.chosen))
                return
        del self._pending[uid]
        self._refused.pop(uid, None)
        self._placed[uid] = info
        self.cache.add_pod(info, node)
        self._note_come(info)
        self._bind(key, uid, node)

    def _refuse(self, uid: str, decision: Decision) -> None:
        known = self._refused.get(uid)
        attempts = known.attempts + 1 if known is not None else 1
        self._refused[uid] = _Refusal(attempts, self.env.now + backoff(attempts), decision.plugins)
        call_in(self.env, PATIENCE, functools.partial(self._try_again, uid, attempts))
        condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": decision.message}
        key = self._pending[uid][0]
        self.api.modify("Pod", key, lambda pod: changed(pod, [condition], "status", "conditions"))

    def _bind(self, key: ObjectKey, uid: str, node: str) -> None:
        def bound(pod: KubernetesObject) -> KubernetesObject:
            if uid_of(pod) != uid or is_deleting(pod):
                return pod
            spec, status = {**pod["spec"], "nodeName": node}, {**(pod.get("status") or {}), "conditions": _SCHEDULED}
            return {**pod, "spec": spec, "status": status}

        self.client.send(lambda: self.api.modify("Pod", key, bound))

    def _drive_out(self, chosen: PreemptionCandidate) -> Sync:
        names = {info.name for info in chosen.victims}
        victims = [pod for pod in self.api.pods_on(chosen.node.name) if pod["metadata"]["name"] in names]
        for pod in victims:
            stamp = self.api.stamp()
            key = key_of(pod)
            yield from self.client.modify("Pod", key, lambda now: disrupted(now, "PreemptionByScheduler", stamp))  # noqa: B023 -- the request is over before the loop goes on
            yield from self.client.together([lambda key=key: self.api.delete("Pod", key)])  # type: ignore[misc]


def _differs(old: KubernetesObject, new: KubernetesObject) -> bool:
    """Whether what the scheduler reads of a node changed: its spec, its labels, and what it has."""
    if old.get("spec") != new.get("spec") or (old["metadata"].get("labels") or {}) != (
        new["metadata"].get("labels") or {}
    ):
        return True
    parts = ("allocatable", "capacity", "images")
    return any((old.get("status") or {}).get(part) != (new.get("status") or {}).get(part) for part in parts)
