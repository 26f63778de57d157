"""What the scheduler knows of the cluster: nodes, pods, services, owners, budgets, and what has changed since."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from sim.kubernetes.scheduler.nodes import REGION, ZONE, NodeInfo
from sim.kubernetes.scheduler.pods import OwnerKey, PodInfo, PodShape
from sim.kubernetes.selectors import LabelSelector, equal_to

_REMEMBERED = 20_000
"""Changes that are kept for those who follow them; who is further behind begins anew."""


class PodChange(NamedTuple):
    """Pods that came to a node or went. counted: the same without pods that are being deleted."""

    node: int
    shape: PodShape
    pods: int
    counted: int


class DisruptionBudget(NamedTuple):
    """A PodDisruptionBudget. allowed: how many more of its pods may go. disrupted: pods already on their way."""

    namespace: str
    selector: LabelSelector
    allowed: int
    disrupted: frozenset[str] = frozenset()


class ClusterCache:
    """The cluster as the scheduler sees it.

    Attributes:
        budgets: Budgets that preemption tries to keep.
        epoch: Grows whenever something changes that `changes` does not tell.
        belonging: Grows whenever `default_selector` may change.
        has_affinity: Whether there ever was a pod with rules about other pods.
    """

    def __init__(self) -> None:
        self.budgets: list[DisruptionBudget] = []
        self.epoch = self.belonging = 0
        self._by_name: dict[str, NodeInfo] = {}
        self._ghosts: dict[str, NodeInfo] = {}
        self._nodes: list[NodeInfo] = []
        self._in_order = True
        self._namespaces: dict[str, Mapping[str, str]] = {}
        self._services: dict[tuple[str, str], Mapping[str, str]] = {}
        self._owners: dict[tuple[str, OwnerKey], LabelSelector] = {}
        self._nominated: defaultdict[str, list[PodInfo]] = defaultdict(list)
        self._changes: list[PodChange] = []
        self._values: dict[str, list[str | None]] = {}
        self._counted: dict[PodShape, Counter[str]] = {}
        self.has_affinity = False
        self._holders: Counter[str] = Counter()
        self._sizes: dict[str, int] = {}

    @property
    def nodes(self) -> list[NodeInfo]:
        """The nodes in the order in which they are looked at: of each zone in turn."""
        if not self._in_order:
            self._arrange()
        return self._nodes

    def node(self, name: str) -> NodeInfo | None:
        """A node by its name."""
        return self._by_name.get(name)

    def set_node(self, node: NodeInfo) -> None:
        """Add a node, or put it in the place of what was known of it. Its pods stay, those of a removed one too."""
        known, ghost = self._by_name.get(node.name), self._ghosts.pop(node.name, None)
        for pod in ghost.pods if ghost is not None else ():
            node.add(pod)
        for pod in node.pods:
            self._count(node, pod, 1)
        for pod in known.pods if known is not None else ():
            node.add(pod)
        self._by_name[node.name] = node
        self._in_order = False

    def remove_node(self, name: str) -> None:
        """Take a node away. Its pods count no more, unless a node of its name comes before they are gone.

        Source: Kubernetes 1.32, pkg/scheduler/backend/cache/cache.go, RemoveNode.
        """
        node = self._by_name.pop(name)
        for pod in node.pods:
            self._count(node, pod, -1)
        if node.pods:
            self._ghosts[name] = node
        self._in_order = False

    def set_namespace(self, name: str, labels: Mapping[str, str]) -> None:
        """Know the labels of a namespace."""
        self._namespaces[name] = labels
        self.epoch += 1

    def namespace_labels(self, name: str) -> Mapping[str, str]:
        """The labels of a namespace; the API server adds its name to them."""
        return {"kubernetes.io/metadata.name": name, **self._namespaces.get(name, {})}

    def set_service(self, namespace: str, name: str, selector: Mapping[str, str]) -> None:
        """Know which pods a service is of. One without a selector is of none."""
        if self._services.get((namespace, name)) != selector:
            self._services[namespace, name] = selector
            self.belonging += 1

    def set_owner(self, namespace: str, owner: OwnerKey, selector: LabelSelector) -> None:
        """Know the selector of a ReplicaSet, a StatefulSet or a ReplicationController."""
        if self._owners.get((namespace, owner)) != selector:
            self._owners[namespace, owner] = selector
            self.belonging += 1

    def default_selector(self, shape: PodShape) -> LabelSelector:
        """Pods that belong with one of this shape: those of its services and its owner (plugins/helper/spread.go)."""
        labels: dict[str, Any] = {}
        for (namespace, _), selector in self._services.items():
            if namespace == shape.namespace and selector and LabelSelector(equal_to(selector)).matches(shape.labels):
                labels |= selector
        found = LabelSelector(equal_to(labels))
        owner = self._owners.get((shape.namespace, shape.owner)) if shape.owner else None
        return found.also(owner.requirements) if owner else found

    def add_pod(self, pod: PodInfo, node: str) -> None:
        """A pod goes to a node. It is no longer nominated for one."""
        if pod.nominated:
            self.forget_nomination(pod)
        info = self._by_name[node]
        info.add(pod)
        pod.node = node
        self._count(info, pod, 1)
        self._note(info, pod, 1, 0 if pod.terminating else 1)

    def remove_pod(self, pod: PodInfo) -> None:
        """A pod is gone."""
        self.forget_nomination(pod)
        info = self._by_name.get(pod.node)
        if info is not None:
            info.remove(pod)
            self._count(info, pod, -1)
            self._note(info, pod, -1, 0 if pod.terminating else -1)
        elif pod.node in self._ghosts:
            self._remove_from_ghost(pod)
        pod.node = ""

    def _remove_from_ghost(self, pod: PodInfo) -> None:
        ghost = self._ghosts[pod.node]
        ghost.remove(pod)
        if not ghost.pods:
            del self._ghosts[pod.node]

    def terminate_pod(self, pod: PodInfo, *, preempted: bool = False) -> None:
        """A pod is being deleted. It keeps its room until it is gone; spreading counts it no longer."""
        pod.preempted = pod.preempted or preempted
        if not pod.terminating:
            info = self._by_name.get(pod.node)
            if info is not None:
                self._count(info, pod, -1)
            pod.terminating = True
            if info is not None:
                self._note(info, pod, 0, -1)

    def nominate(self, pod: PodInfo, node: str) -> None:
        """Keep room on a node for a pod that drove others out of it."""
        self.forget_nomination(pod)
        pod.nominated = node
        self._nominated[node].append(pod)

    def forget_nomination(self, pod: PodInfo) -> None:
        """Keep room for a pod no longer."""
        if pod.nominated:
            self._nominated[pod.nominated].remove(pod)
            if not self._nominated[pod.nominated]:
                del self._nominated[pod.nominated]
            pod.nominated = ""

    def nominated(self, node: str) -> tuple[PodInfo, ...]:
        """Pods that room is kept for on a node."""
        return tuple(self._nominated.get(node, ()))

    @property
    def keeps_room(self) -> bool:
        """Whether room is kept on any node."""
        return bool(self._nominated)

    def values(self, topology_key: str) -> list[str | None]:
        """The value of a label, of each node in order; None where a node has it not."""
        found = self._values.get(topology_key)
        if found is None:
            found = self._values[topology_key] = [node.labels.get(topology_key) for node in self.nodes]
        return found

    def image_spread(self, name: str) -> int:
        """Bytes of an image times the share of the nodes that have it (plugins/imagelocality)."""
        return int(self._sizes.get(name, 0) * (self._holders[name] / len(self.nodes))) if self._holders[name] else 0

    def now(self) -> tuple[int, int]:
        """A point in the list of changes, for `changes`."""
        return (self.epoch, len(self._changes)) if self.nodes else (self.epoch, 0)

    def changes(self, since: tuple[int, int]) -> list[PodChange] | None:
        """What changed since then; None where that is not known, and all is to be looked at."""
        return self._changes[since[1] :] if since[0] == self.epoch else None

    def pods(self) -> Iterator[tuple[NodeInfo, PodInfo]]:
        """All pods that have a node."""
        return ((node, pod) for node in self.nodes for pod in node.pods)

    def counted(self, takes: Callable[[PodShape], bool]) -> list[int]:
        """Of each node in order, its pods of such shapes that are not being deleted."""
        found = [0] * len(self.nodes)
        for shape, by_node in self._counted.items():
            if takes(shape):
                for name, pods in by_node.items():
                    found[self._by_name[name].index] += pods
        return found

    def _count(self, node: NodeInfo, pod: PodInfo, more: int) -> None:
        shape = pod.shape
        self.has_affinity = self.has_affinity or shape.has_affinity
        if pod.terminating:
            return
        by_node = self._counted.get(shape)
        if by_node is None:
            by_node = self._counted[shape] = Counter()
        count = by_node.get(node.name, 0) + more
        if count:
            by_node[node.name] = count
            return
        del by_node[node.name]
        if not by_node:
            del self._counted[shape]

    def _note(self, node: NodeInfo, pod: PodInfo, pods: int, counted: int) -> None:
        if not self._in_order:
            return
        changes = self._changes
        if len(changes) >= _REMEMBERED + 4 * len(self._nodes):
            changes.clear()
            self.epoch += 1
        changes.append(PodChange(node.index, pod.shape, pods, counted))

    def _arrange(self) -> None:
        """Put the nodes in order, of each zone in turn (backend/cache/node_tree.go), and count who has which image."""
        zones: dict[tuple[str, str], list[NodeInfo]] = {}
        for node in self._by_name.values():
            zone = (node.labels.get(REGION, ""), node.labels.get(ZONE, ""))
            zones.setdefault(zone, []).append(node)
        longest = max(map(len, zones.values()), default=0)
        self._nodes = [zone[turn] for turn in range(longest) for zone in zones.values() if turn < len(zone)]
        self._in_order = True
        self._holders.clear()
        self._sizes.clear()
        for index, node in enumerate(self._nodes):
            node.index = index
            for name, size in node.images.items():
                self._holders[name] += 1
                self._sizes.setdefault(name, size)
        self._values.clear()
        self._changes.clear()
        self.epoch += 1
