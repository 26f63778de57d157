"""PodTopologySpread: how many pods of a kind each zone, node or other domain has, as a filter and as a score.

Source: plugins/podtopologyspread of Kubernetes 1.32.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from sim.kubernetes.scheduler.cache import ClusterCache, PodChange
from sim.kubernetes.scheduler.filters import Rejection, untolerated_taint
from sim.kubernetes.scheduler.nodes import HOSTNAME, NodeInfo
from sim.kubernetes.scheduler.pods import PodShape, SpreadConstraint
from sim.kubernetes.scheduler.profile import FULL_SCORE

_UNEVEN = "node(s) didn't match pod topology spread constraints"
UNEVEN = Rejection("PodTopologySpread", (_UNEVEN,), resolvable=True)
NO_LABEL = Rejection("PodTopologySpread", (f"{_UNEVEN} (missing required label)",))


class _Domains:
    """Pods by domain, and the fewest that any domain has."""

    def __init__(self) -> None:
        self.pods: dict[str, int] = {}
        self._having: Counter[int] = Counter()

    def shift(self, domain: str, pods: int) -> None:
        """So many pods more. A domain is known from its first node on, with no pod."""
        before = self.pods.get(domain)
        if before is not None:
            self._having[before] -= 1
            if not self._having[before]:
                del self._having[before]
        self.pods[domain] = after = (before or 0) + pods
        self._having[after] += 1

    @property
    def fewest(self) -> int:
        """Pods of the emptiest domain. Where there is none, no domain is too full."""
        return min(self._having, default=2**31 - 1)


class _Counted:
    """One constraint of a pod: the nodes and the pods that it counts."""

    def __init__(self, shape: PodShape, constraint: SpreadConstraint) -> None:
        self.constraint = constraint
        self.own = int(constraint.selector.matches(shape.labels))
        self.domains = _Domains()
        self._shape = shape
        self._taken: dict[PodShape, bool] = {}

    def eligible(self, node: NodeInfo) -> bool:
        """Whether the pods of a node count."""
        shape, constraint = self._shape, self.constraint
        if constraint.honor_affinity and not shape.nodes.matches(node.name, node.labels):
            return False
        return not (constraint.honor_taints and untolerated_taint(shape, node) is not None)

    def takes(self, other: PodShape) -> bool:
        """Whether pods of a shape count. A selector that takes everything counts nothing (common.go)."""
        known = self._taken.get(other)
        if known is None:
            selector = self.constraint.selector
            same = other.namespace == self._shape.namespace
            known = self._taken[other] = same and not selector.everything and selector.matches(other.labels)
        return known

    def pods_on(self, node: NodeInfo) -> int:
        """Pods on a node that count."""
        return sum(1 for pod in node.pods if not pod.terminating and self.takes(pod.shape))


class HardSpread:
    """The constraints of a pod that a node must keep, counted over the cluster."""

    def __init__(self, cluster: ClusterCache, shape: PodShape, constraints: Sequence[SpreadConstraint]) -> None:
        self._counted = [_Counted(shape, one) for one in constraints]
        self._keys = [one.topology_key for one in constraints]
        for node in cluster.nodes:
            for one in self._counted:
                self._count(one, node, one.pods_on(node))

    def shift(self, node: NodeInfo, change: PodChange) -> None:
        """Pods came to a node or went."""
        for one in self._counted if change.counted else ():
            if one.takes(change.shape):
                self._count(one, node, change.counted)

    def rejection(self, node: NodeInfo) -> Rejection | None:
        """Why the pod may not go to a node: some domain would then have too many."""
        for one in self._counted:
            constraint = one.constraint
            domain = node.labels.get(constraint.topology_key)
            if domain is None:
                return NO_LABEL
            fewest = one.domains.fewest if len(one.domains.pods) >= constraint.min_domains else 0
            if one.domains.pods.get(domain, 0) + one.own - fewest > constraint.max_skew:
                return UNEVEN
        return None

    def _count(self, one: _Counted, node: NodeInfo, pods: int) -> None:
        """A node counts only where it has the labels of all constraints."""
        if all(key in node.labels for key in self._keys) and one.eligible(node):
            one.domains.shift(node.labels[one.constraint.topology_key], pods)


class SoftSpread:
    """The constraints of a pod that make a node better or worse.

    all_keys: whether a node without one of the labels counts for nothing. It is so unless the constraints are the
    system's own.
    """

    def __init__(
        self, cluster: ClusterCache, shape: PodShape, constraints: Sequence[SpreadConstraint], *, all_keys: bool
    ) -> None:
        self._counted = [_Counted(shape, one) for one in constraints]
        self._values = [cluster.values(one.topology_key) for one in constraints]
        self._all_keys = all_keys
        self._hosts = [[one.pods_on(node) for node in cluster.nodes] for one in self._counted]
        for node in cluster.nodes:
            if not self._ignored(node.index):
                for number, one in enumerate(self._counted):
                    if one.eligible(node):
                        one.domains.shift(self._values[number][node.index] or "", self._hosts[number][node.index])

    def shift(self, node: NodeInfo, change: PodChange) -> None:
        """Pods came to a node or went."""
        if not change.counted:
            return
        for number, one in enumerate(self._counted):
            if one.takes(change.shape):
                self._hosts[number][node.index] += change.counted
                if not self._ignored(node.index) and one.eligible(node):
                    one.domains.shift(self._values[number][node.index] or "", change.counted)

    def scores(self, nodes: Sequence[int]) -> list[int]:
        """The scores of these nodes, from 0 to `FULL_SCORE`, before the weight."""
        ignored = {index for index in nodes if self._ignored(index)} if self._all_keys else set()
        scored = [index for index in nodes if index not in ignored] if ignored else nodes
        crowds = [0.0] * len(scored)
        for number, one in enumerate(self._counted):
            values, slack = self._values[number], one.constraint.max_skew - 1
            if one.constraint.topology_key == HOSTNAME:
                weight = math.log(len(scored) + 2)
                hosts = self._hosts[number]
                found = [hosts[index] * weight + slack if values[index] is not None else 0.0 for index in scored]
            else:
                weight = math.log(len({values[index] or "" for index in scored}) + 2)
                pods = {domain: count * weight + slack for domain, count in one.domains.pods.items()}
                found = [0.0 if (at := values[index]) is None else pods.get(at, float(slack)) for index in scored]
            crowds = [crowd + more for crowd, more in zip(crowds, found, strict=True)]
        normal = _normal([_round(crowd) for crowd in crowds])
        if not ignored:
            return normal
        by_index = dict(zip(scored, normal, strict=True))
        return [by_index.get(index, 0) for index in nodes]

    def _ignored(self, index: int) -> bool:
        return self._all_keys and any(values[index] is None for values in self._values)


def _normal(crowds: list[int]) -> list[int]:
    """The emptiest gets the most."""
    if not crowds:
        return []
    fewest, most = min(crowds), max(crowds)
    if most == 0:
        return [FULL_SCORE] * len(crowds)
    by_crowd = {crowd: FULL_SCORE * (most + fewest - crowd) // most for crowd in set(crowds)}
    return [by_crowd[crowd] for crowd in crowds]


def _round(number: float) -> int:
    """To the nearest whole number, halves up, as Go's math.Round does for what is not negative."""
    below = math.floor(number)
    return below + (number - below >= 0.5)
