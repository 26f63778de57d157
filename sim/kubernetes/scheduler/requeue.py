"""Which events may help a pod that fitted nowhere: only then it is tried again (the queueing hints of Kubernetes 1.32).

After five minutes it is tried again in any case.
"""

from __future__ import annotations

from collections.abc import Iterable

from sim.kubernetes.scheduler.cache import ClusterCache
from sim.kubernetes.scheduler.filters import room_rejection, untolerated_taint
from sim.kubernetes.scheduler.nodes import NodeInfo
from sim.kubernetes.scheduler.pods import AffinityTerm, PodShape

PATIENCE = 300
"""Seconds after which a pod is tried again without any event (backend/queue/scheduling_queue.go)."""

FIRST_BACKOFF, LONGEST_BACKOFF = 1, 10
"""Seconds before a pod that an event may help is tried again: after its first attempt, and at most."""


def backoff(attempts: int) -> int:
    """Seconds that a pod waits after so many attempts.

    >>> [backoff(attempts) for attempts in (1, 2, 3, 4, 5)]
    [1, 2, 4, 8, 10]
    """
    return min(FIRST_BACKOFF << min(attempts - 1, 10), LONGEST_BACKOFF)


def helped_by_node(shape: PodShape, plugins: Iterable[str], node: NodeInfo) -> bool:
    """Whether a new node may help a pod that these filters refused."""
    return any(_node_helps(plugin, shape, node) for plugin in plugins)


def helped_by_leaving(shape: PodShape, plugins: Iterable[str], gone: PodShape, cluster: ClusterCache) -> bool:
    """Whether it may help that a pod of another shape is gone from its node."""
    for plugin in plugins:
        if plugin == "NodeResourcesFit":
            return True
        if plugin == "NodePorts" and any(one[1:] == other[1:] for one in shape.ports for other in gone.ports):
            return True
        if plugin == "PodTopologySpread" and _spreads(shape, gone):
            return True
        if plugin == "InterPodAffinity" and _all_about(shape.anti_affinity, gone, cluster):
            return True
    return False


def helped_by_coming(shape: PodShape, plugins: Iterable[str], come: PodShape, cluster: ClusterCache) -> bool:
    """Whether it may help that a pod of another shape has come to a node."""
    return any(
        (plugin == "PodTopologySpread" and _spreads(shape, come))
        or (plugin == "InterPodAffinity" and _all_about(shape.affinity, come, cluster))
        for plugin in plugins
    )


def _node_helps(plugin: str, shape: PodShape, node: NodeInfo) -> bool:
    if plugin == "NodeUnschedulable":
        return not node.unschedulable
    if plugin == "TaintToleration":
        return untolerated_taint(shape, node) is None
    if plugin == "NodeAffinity":
        return shape.nodes.matches(node.name, node.labels)
    if plugin == "NodeResourcesFit":
        return (
            room_rejection(shape, NodeInfo(node.name, {}, allocatable=node.allocatable, most_pods=node.most_pods))
            is None
        )
    if plugin == "PodTopologySpread":
        return all(one.topology_key in node.labels for one in shape.spread if one.hard)
    if plugin == "InterPodAffinity":
        return any(one.topology_key in node.labels for one in (*shape.affinity, *shape.anti_affinity))
    return True


def _spreads(shape: PodShape, other: PodShape) -> bool:
    """Whether a pod counts for one of the constraints that the other must keep."""
    return other.namespace == shape.namespace and any(
        one.selector.matches(other.labels) for one in shape.spread if one.hard
    )


def _all_about(terms: tuple[AffinityTerm, ...], other: PodShape, cluster: ClusterCache) -> bool:
    labels = cluster.namespace_labels(other.namespace)
    return bool(terms) and all(term.matches(other, labels) for term in terms)
