"""PodTopologySpread: how many pods of a kind each zone, node or other domain has, as a filter and as a score.

Source: plugins/podtopologyspread of Kubernetes 1.32.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import cast

from sim.kubernetes.scheduler.cache import ClusterCache, PodChange
from sim.kubernetes.scheduler.filters import Rejection, untolerated_taint
from sim.kubernetes.scheduler.nodes import HOSTNAME, NodeInfo
from sim.kubernetes.scheduler.pods import PodShape, SpreadConstraint
from sim.kubernetes.scheduler.profile import FULL_SCORE
from sim.kubernetes.scheduler.rows import NodeChoice

_UNEVEN = "node(s) didn't match pod topology spread constraints"
UNEVEN = Rejection("PodTopologySpread", (_UNEVEN,), resolvable=True)
NO_LABEL = Rejection("PodTopologySpread", (f"{_UNEVEN} (missing required label)",))


_Case = tuple[int | str | None, ...]
"""What of a node matters for its score, by constraint."""


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
    """One constraint of a pod: the nodes and the pods that it counts.

    Attributes:
        own: 1 where it counts the pod itself.
        eligible: Of each node, whether its pods count.
    """

    def __init__(self, cluster: ClusterCache, shape: PodShape, constraint: SpreadConstraint) -> None:
        self.constraint = constraint
        self.own = int(constraint.selector.matches(shape.labels))
        self.domains = _Domains()
        self._shape = shape
        self._taken: dict[PodShape, bool] = {}
        self.eligible = [self._eligible(node) for node in cluster.nodes]

    def _eligible(self, node: NodeInfo) -> bool:
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

    @property
    def most(self) -> int:
        """Pods that a domain may have already. With fewer domains than wanted, the emptiest counts as empty."""
        constraint = self.constraint
        fewest = self.domains.fewest if len(self.domains.pods) >= constraint.min_domains else 0
        return constraint.max_skew + fewest - self.own


class HardSpread:
    """The constraints of a pod that a node must keep, counted over the cluster."""

    def __init__(self, cluster: ClusterCache, shape: PodShape, constraints: Sequence[SpreadConstraint]) -> None:
        self._counted = [_Counted(cluster, shape, one) for one in constraints]
        self._keys = [one.topology_key for one in constraints]
        self._values = [cluster.values(key) for key in self._keys]
        for one in self._counted:
            for node, pods in zip(cluster.nodes, cluster.counted(one.takes), strict=True):
                self._count(one, node, pods)

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
            if one.domains.pods.get(domain, 0) > one.most:
                return UNEVEN
        return None

    def passing(self, nodes: Sequence[int]) -> list[int]:
        """Those of the nodes that the pod may go to."""
        left = list(nodes)
        for one, values in zip(self._counted, self._values, strict=True):
            most = one.most
            full: set[str | None] = {None, *(domain for domain, pods in one.domains.pods.items() if pods > most)}
            left = [index for index in left if values[index] not in full]
        return left

    def _count(self, one: _Counted, node: NodeInfo, pods: int) -> None:
        """A node counts only where it has the labels of all constraints."""
        if all(key in node.labels for key in self._keys) and one.eligible[node.index]:
            one.domains.shift(node.labels[one.constraint.topology_key], pods)


class SoftSpread:
    """The constraints of a pod that make a node better or worse.

    Attributes:
        all_keys: Whether a node without one of the labels counts for nothing. It is so unless the constraints are the
            system's own.
    """

    def __init__(
        self, cluster: ClusterCache, shape: PodShape, constraints: Sequence[SpreadConstraint], *, all_keys: bool
    ) -> None:
        self._counted = [_Counted(cluster, shape, one) for one in constraints]
        self._by_host = [one.topology_key == HOSTNAME for one in constraints]
        self._values = [cluster.values(one.topology_key) for one in constraints]
        self._all_keys = all_keys
        self._hosts = [cluster.counted(one.takes) for one in self._counted]
        self._numbers: dict[_Case, int] = {}
        self._cases: list[_Case] = []
        self._case_of = [self._number(node.index) for node in cluster.nodes]
        for node in cluster.nodes:
            if not self._ignored(node.index):
                for number, one in enumerate(self._counted):
                    if one.eligible[node.index]:
                        one.domains.shift(self._values[number][node.index] or "", self._hosts[number][node.index])

    def shift(self, node: NodeInfo, change: PodChange) -> None:
        """Pods came to a node or went."""
        if not change.counted:
            return
        index, counted = node.index, False
        for number, one in enumerate(self._counted):
            if one.takes(change.shape):
                counted = True
                self._hosts[number][index] += change.counted
                if not self._ignored(index) and one.eligible[node.index]:
                    one.domains.shift(self._values[number][index] or "", change.counted)
        if counted:
            self._case_of[index] = self._number(index)

    def scores(self, nodes: NodeChoice, weight: int) -> list[int]:
        """The weighted scores of these nodes. Nodes of one case score the same, so each is worked out once."""
        ignored = {index for index in nodes.indices if self._ignored(index)} if self._all_keys else ()
        cases = nodes.of(self._case_of)
        scored = len(cases) - len(ignored)
        if ignored:
            found = {case for index, case in zip(nodes.indices, cases, strict=True) if index not in ignored}
        else:
            found = set(cases)
        distinct = [self._cases[case] for case in found]
        parts = [
            self._crowds(number, {case[number] for case in distinct}, scored) for number in range(len(self._counted))
        ]
        crowds = [_round(_sum(part[at] for part, at in zip(parts, case, strict=True))) for case in distinct]
        by_case = dict(zip(found, (weight * score for score in _normal(crowds)), strict=True))
        if ignored:
            return [0 if index in ignored else by_case[case] for index, case in zip(nodes.indices, cases, strict=True)]
        return list(map(by_case.__getitem__, cases))

    def _number(self, index: int) -> int:
        """The number of a node's case: the pods on it, or its domain, of each constraint. None without the label."""
        case = tuple(
            hosts[index] if by_host and values[index] is not None else values[index]
            for hosts, by_host, values in zip(self._hosts, self._by_host, self._values, strict=True)
        )
        known = self._numbers.get(case)
        if known is None:
            known = self._numbers[case] = len(self._cases)
            self._cases.append(case)
        return known

    def _crowds(self, number: int, found: set[int | str | None], scored: int) -> dict[int | str | None, float]:
        """How crowded each is: by its pods, and more where there are more of them."""
        one = self._counted[number]
        slack = one.constraint.max_skew - 1
        if self._by_host[number]:
            weight = math.log(scored + 2)
            return {pods: 0.0 if pods is None else cast("int", pods) * weight + slack for pods in found}
        weight, pods = math.log(len({value or "" for value in found}) + 2), one.domains.pods
        return {at: 0.0 if at is None else pods.get(cast("str", at), 0) * weight + slack for at in found}

    def _ignored(self, index: int) -> bool:
        return self._all_keys and any(values[index] is None for values in self._values)


def _sum(numbers: Iterable[float]) -> float:
    """In order, as Go adds them up; `sum` is exact to more digits since Python 3.12."""
    total = 0.0
    for number in numbers:
        total += number
    return total


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
