"""Filters that ask one node alone: its name, its labels and taints, its ports, and the room on it."""

from __future__ import annotations

from typing import NamedTuple

from sim.kubernetes.scheduler.nodes import NodeInfo
from sim.kubernetes.scheduler.pods import NodeTaint, PodShape


class Rejection(NamedTuple):
    """Why a pod does not go to a node.

    Attributes:
        plugin: The first filter that refused it.
        reasons: As its event words them.
        resolvable: Whether it might go there if other pods went away.
    """

    plugin: str
    reasons: tuple[str, ...]
    resolvable: bool = False


UNSCHEDULABLE = Rejection("NodeUnschedulable", ("node(s) were unschedulable",))
OTHER_NAME = Rejection("NodeName", ("node(s) didn't match the requested node name",))
OTHER_NODES = Rejection("NodeAffinity", ("node(s) didn't match Pod's node affinity/selector",))
PORTS = Rejection("NodePorts", ("node(s) didn't have free ports for the requested pod ports",), resolvable=True)

CORDONED = NodeTaint("node.kubernetes.io/unschedulable", "", "NoSchedule")
_KEEP_AWAY = ("NoSchedule", "NoExecute")


def node_rejection(shape: PodShape, node: NodeInfo) -> Rejection | None:
    """Why a pod may not go to a node, whatever runs there."""
    if node.unschedulable and not shape.tolerates(CORDONED):
        return UNSCHEDULABLE
    if shape.node_name and shape.node_name != node.name:
        return OTHER_NAME
    untolerated = untolerated_taint(shape, node) if node.taints else None
    if untolerated is not None:
        reason = f"node(s) had untolerated taint {{{untolerated.key}: {untolerated.value}}}"
        return Rejection("TaintToleration", (reason,))
    return None if shape.nodes.matches(node.name, node.labels) else OTHER_NODES


def untolerated_taint(shape: PodShape, node: NodeInfo) -> NodeTaint | None:
    """The first taint that keeps a pod away."""
    return next((one for one in node.taints if one.effect in _KEEP_AWAY and not shape.tolerates(one)), None)


def room_rejection(shape: PodShape, node: NodeInfo) -> Rejection | None:
    """Why a pod has no room on a node: ports first, then everything it has too little of."""
    if any(node.holds(port) for port in shape.ports):
        return PORTS
    reasons = ["Too many pods"] if len(node.pods) + 1 > node.most_pods else []
    for name, size in shape.requests.amounts.items():
        if size > 0 and size > node.allocatable.get(name, 0) - node.requested.get(name, 0):
            reasons.append(f"Insufficient {name}")
    return Rejection("NodeResourcesFit", tuple(reasons), resolvable=True) if reasons else None
