"""Nodes that fall silent: they are told to be unreachable, tainted, and their pods to be not ready.

Source: Kubernetes 1.32, pkg/controller/nodelifecycle/node_lifecycle_controller.go.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from sim.kubernetes.controllers.base import ApiClient, Controller, Sync
from sim.kubernetes.controllers.zones import ZoneQueue, ZoneState, rate_of, state_of, zone_of
from sim.kubernetes.defaults import UNREACHABLE, UNREADY
from sim.kubernetes.kubelet_status import node_ready, pod_ready
from sim.kubernetes.objects import (
    KubernetesObject,
    ObjectKey,
    changed,
    condition_of,
    key_of,
    labels_of,
    spec_of,
)
from sim.kubernetes.pods import is_ready

MONITOR_PERIOD = 5.0
"""Seconds between two looks at all nodes: --node-monitor-period."""
GRACE = 50.0
"""Seconds without a renewed lease before a node is unreachable: --node-monitor-grace-period."""
CORDONED = "node.kubernetes.io/unschedulable"
_EXCLUDED = "node.kubernetes.io/exclude-disruption"


class NodeHealth(NamedTuple):
    """When something was last heard of a node."""

    heartbeat: float | None
    """The heartbeat of its status that was seen last."""
    lease: float
    """The renewal of its lease that was seen last."""
    at: float
    """When either was seen to be new."""


class _CalmNode(NamedTuple):
    """A node with which all was well at the last look. As long as it is the same object, only its lease matters."""

    node: KubernetesObject
    name: str
    zone: str
    counts: bool


@dataclass
class _Zone:
    queue: ZoneQueue
    state: ZoneState | None = None


class NodeLifecycleController(Controller):
    """Watches nodes.

    Args:
        client: its way to the API server.
        renewed_at: when a node's lease was last renewed.
    """

    workers = 8

    def __init__(self, client: ApiClient, renewed_at: Callable[[str], float]) -> None:
        super().__init__(client)
        self._renewed_at = renewed_at
        self._health: dict[str, NodeHealth] = {}
        self._zones: dict[str, _Zone] = {}
        self._calm: dict[str, _CalmNode] = {}
        self.api.watch("Node", self._node_changed)
        self.env.process(self._monitor())

    def _node_changed(self, old: KubernetesObject | None, new: KubernetesObject | None) -> None:
        if new is not None:
            self.enqueue(key_of(new))
        elif old is not None:
            self._health.pop(old["metadata"]["name"], None)
            self._calm.pop(old["metadata"]["name"], None)

    # Taints that follow from conditions

    def sync(self, key: ObjectKey) -> Sync:
        """Keep new pods away from a node that is not ready, unreachable or cordoned."""
        node = self.api.get("Node", key)
        if node is None:
            return
        wanted = {name for name in _by_condition(node) if name}
        taints = _taints(node)
        mine = {
            one["key"]
            for one in taints
            if one["effect"] == "NoSchedule" and one["key"] in {UNREADY, UNREACHABLE, CORDONED}
        }
        if mine != wanted:
            yield from self._swap(key, "NoSchedule", wanted - mine, mine - wanted)

    def _swap(self, key: ObjectKey, effect: str, add: set[str], remove: set[str]) -> Sync:
        def swapped(node: KubernetesObject) -> KubernetesObject:
            kept = [one for one in _taints(node) if not (one["effect"] == effect and one["key"] in add | remove)]
            taints = [*kept, *({"key": name, "effect": effect} for name in sorted(add))]
            return changed(node, taints or None, "spec", "taints")

        yield from self.client.modify("Node", key, swapped)

    # Silence

    def _monitor(self) -> Sync:
        while True:
            yield from self._look_at_all()
            yield self.env.timeout(MONITOR_PERIOD + self.client.times.watch)

    def _look_at_all(self) -> Sync:
        ready: dict[str, list[bool]] = {}
        for node in self.api.all("Node"):
            calm = self._calm.get(node["metadata"]["name"])
            if calm is not None and calm.node is node and self._renews(calm):
                if calm.counts:
                    ready.setdefault(calm.zone, []).append(True)
                continue
            zone = zone_of(node)
            if zone not in self._zones:
                self._zones[zone] = _Zone(ZoneQueue(self.env, self._give_up))
            observed = _ready_status(node)
            current = observed
            if self._is_silent(node) and observed != "Unknown":
                current = "Unknown"
                stamp = self.api.stamp()
                yield from self.client.modify("Node", key_of(node), lambda now: node_ready(now, "Unknown", stamp))  # noqa: B023 -- the request is over before the loop goes on
            if _EXCLUDED not in labels_of(node):
                ready.setdefault(zone, []).append(current == "True")
            yield from self._follow(node, zone, observed)
            if observed == "True" != current:
                yield from self._mark_pods(node)
            elif observed == "True":
                name = node["metadata"]["name"]
                self._calm[name] = _CalmNode(node, name, zone, _EXCLUDED not in labels_of(node))
        self._note_disruption(ready)

    def _renews(self, calm: _CalmNode) -> bool:
        """Whether something was heard of a node lately, as of most."""
        known, lease = self._health[calm.name], self._renewed_at(calm.name)
        if lease > known.lease:
            self._health[calm.name] = NodeHealth(known.heartbeat, lease, self.env.now)
            return True
        return self.env.now <= known.at + GRACE

    def _is_silent(self, node: KubernetesObject) -> bool:
        """Whether nothing was heard of the node for too long. What counts is when this controller saw something new."""
        name, now = node["metadata"]["name"], self.env.now
        condition = condition_of(node, "Ready") or {}
        seen = NodeHealth(condition.get("lastHeartbeatTime"), self._renewed_at(name), now)
        known = self._health.get(name)
        if known is None or seen.heartbeat != known.heartbeat or seen.lease > known.lease:
            self._health[name] = known = seen
        return now > known.at + GRACE

    def _follow(self, node: KubernetesObject, zone: str, observed: str) -> Sync:
        """Have the node given up when it was not ready at the last look, or take the taints away when it was."""
        queue, name = self._zones[zone].queue, node["metadata"]["name"]
        taints = {one["key"] for one in _taints(node) if one["effect"] == "NoExecute"}
        if observed == "True":
            gone = taints & {UNREADY, UNREACHABLE}
            if gone:
                yield from self._swap(key_of(node), "NoExecute", set(), gone)
            queue.remove(name)
            return
        mine, other = (UNREADY, UNREACHABLE) if observed == "False" else (UNREACHABLE, UNREADY)
        if other in taints:
            yield from self._swap(key_of(node), "NoExecute", {mine}, {other})
        else:
            if mine not in taints:
                queue.remove(name)
            queue.add(name)

    def _give_up(self, name: str) -> Sync:
        """Taint a node so that its pods are evicted."""
        node = self.api.get("Node", ObjectKey("", name))
        status = _ready_status(node) if node is not None else "True"
        if status != "True":
            mine, other = (UNREADY, UNREACHABLE) if status == "False" else (UNREACHABLE, UNREADY)
            yield from self._swap(ObjectKey("", name), "NoExecute", {mine}, {other})

    def _mark_pods(self, node: KubernetesObject) -> Sync:
        stamp = self.api.stamp()
        for pod in self.api.pods_on(node["metadata"]["name"]):
            if is_ready(pod):
                yield from self.client.modify("Pod", key_of(pod), lambda now: pod_ready(now, stamp, ready=False))

    # Zones

    def _note_disruption(self, ready: Mapping[str, list[bool]]) -> None:
        states = {zone: state_of(nodes) for zone, nodes in ready.items()}
        all_down = all(state is ZoneState.FULL_DISRUPTION for state in states.values())
        known = [self._zones[zone].state for zone in states]
        was_down = bool(known) and all(state is ZoneState.FULL_DISRUPTION for state in known)
        if all_down and was_down:
            return
        if all_down:
            self._stop(states)
            return
        if was_down:
            self._health = {name: health._replace(at=self.env.now) for name, health in self._health.items()}
        for zone, state in states.items():
            if was_down or self._zones[zone].state is not state:
                self._zones[zone].queue.set_rate(rate_of(state, len(ready[zone])))
                self._zones[zone].state = state

    def _stop(self, states: Mapping[str, ZoneState]) -> None:
        """With every zone down, it is rather this controller that is cut off: nothing is evicted any more."""
        for node in self.api.all("Node"):
            self.env.process(self._follow(node, zone_of(node), "True"))
        for zone in states:
            self._zones[zone].queue.set_rate(0.0)
            self._zones[zone].state = ZoneState.FULL_DISRUPTION


def _ready_status(node: KubernetesObject) -> str:
    condition = condition_of(node, "Ready")
    return "Unknown" if condition is None else str(condition["status"])


def _taints(node: KubernetesObject) -> list[Mapping[str, Any]]:
    return list(spec_of(node).get("taints") or ())


def _by_condition(node: KubernetesObject) -> tuple[str, str]:
    """The keys of the taints that the node's state asks for; "" for none."""
    status = {"False": UNREADY, "Unknown": UNREACHABLE}.get(_ready_status(node), "")
    return status, CORDONED if spec_of(node).get("unschedulable") else ""
