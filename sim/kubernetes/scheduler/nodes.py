"""A node as the scheduler sees it: what it has, what its pods asked for, and which ports they hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from sim.kubernetes.quantities import millis, units
from sim.kubernetes.scheduler.pods import HostPort, NodeTaint, PodInfo, taint
from sim.kubernetes.scheduler.requests import Amounts, amount, counted

ZONE, REGION = "topology.kubernetes.io/zone", "topology.kubernetes.io/region"
HOSTNAME = "kubernetes.io/hostname"
ANY_ADDRESS = "0.0.0.0"  # noqa: S104 -- no socket is bound; what a port's address means

NodeFill = tuple[int, int, int, int, int, int, bool, bool]
"""Cores and memory that a node has, what was asked of them, the same as scores count it, whether it takes no further
pod, and whether it has images."""


class NodeInfo:
    """A node and its pods.

    Attributes:
        allocatable: What its pods may ask for together, as `requested` counts it.
        most_pods: How many pods it takes.
        requested: What they ask for.
        scored_cpu, scored_memory: The same as scores count it, a minimum for each container that asks for none.
        fill: How large it is and how full, for all shapes of pods that ask (`NodeFill`).
        pods: In the order they came. One that goes leaves its place to the last, as in the scheduler's own list.
        images: Bytes by every name of each image it has.
    """

    __slots__ = (
        "_has", "allocatable", "fill", "images", "index", "labels", "most_pods", "name", "pods", "ports", "requested",
        "scored_cpu", "scored_memory", "taints", "unschedulable",
    )  # fmt: skip

    def __init__(
        self,
        name: str,
        labels: Mapping[str, str],
        taints: Iterable[NodeTaint] = (),
        *,
        unschedulable: bool = False,
        allocatable: Amounts | None = None,
        most_pods: int = 0,
        images: Mapping[str, int] | None = None,
    ) -> None:
        self.name = name
        self.labels = labels
        self.taints = tuple(taints)
        self.unschedulable = unschedulable
        self.allocatable = allocatable or {}
        self.most_pods = most_pods
        self.images = images or {}
        self.requested: Amounts = {"cpu": 0, "memory": 0}
        self._has = self.allocatable.get("cpu", 0), self.allocatable.get("memory", 0)
        self.scored_cpu = self.scored_memory = 0
        self.pods: list[PodInfo] = []
        self.ports: Counter[HostPort] = Counter()
        self.index = -1
        self._refill()

    def add(self, pod: PodInfo) -> None:
        """Take a pod in."""
        self.pods.append(pod)
        self._count(pod, 1)

    def remove(self, pod: PodInfo) -> None:
        """Let a pod go. Raises `ValueError` where it is not here."""
        place = self.pods.index(pod)
        last = self.pods.pop()
        if place < len(self.pods):
            self.pods[place] = last
        self._count(pod, -1)

    def copy(self) -> NodeInfo:
        """The same node with the same pods, to try changes on."""
        other = NodeInfo(
            self.name,
            self.labels,
            self.taints,
            unschedulable=self.unschedulable,
            allocatable=self.allocatable,
            most_pods=self.most_pods,
            images=self.images,
        )
        other.requested, other.pods, other.ports = dict(self.requested), list(self.pods), Counter(self.ports)
        other.scored_cpu, other.scored_memory, other.index = self.scored_cpu, self.scored_memory, self.index
        other.fill = self.fill
        return other

    def holds(self, wanted: HostPort) -> bool:
        """Whether a port is taken: at this address, or at every one."""
        if wanted.address != ANY_ADDRESS:
            return self.ports[wanted] > 0 or self.ports[wanted._replace(address=ANY_ADDRESS)] > 0
        return any(count and held[1:] == wanted[1:] for held, count in self.ports.items())

    def _count(self, pod: PodInfo, sign: int) -> None:
        shape, requested = pod.shape, self.requested
        amounts, scored_cpu, scored_memory = shape.requests
        for name, size in amounts.items():
            if name in requested:
                requested[name] += sign * size
            else:
                requested[name] = sign * size
        self.scored_cpu += sign * scored_cpu
        self.scored_memory += sign * scored_memory
        for port in shape.ports:
            self.ports[port] += sign
        self._refill()

    def _refill(self) -> None:
        cpu, memory = self._has
        requested = self.requested
        self.fill: NodeFill = (
            cpu, memory, requested["cpu"], requested["memory"], self.scored_cpu, self.scored_memory,
            len(self.pods) >= self.most_pods, bool(self.images),
        )  # fmt: skip


def node_info(node: Mapping[str, Any]) -> NodeInfo:
    """A node of the API. What is allocatable is its capacity where nothing else is said."""
    metadata, spec, status = (node.get(part) or {} for part in ("metadata", "spec", "status"))
    has = {**(status.get("capacity") or {}), **(status.get("allocatable") or {})}
    return NodeInfo(
        metadata.get("name") or "",
        metadata.get("labels") or {},
        (taint(one) for one in spec.get("taints") or ()),
        unschedulable=bool(spec.get("unschedulable")),
        allocatable={name: amount(name, millis(size)) for name, size in has.items() if counted(name)},
        most_pods=units(has.get("pods", 0)),
        images={
            name: int(image.get("sizeBytes") or 0)
            for image in status.get("images") or ()
            for name in image.get("names") or ()
        },
    )
