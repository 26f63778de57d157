"""InterPodAffinity: pods that want to be near others, or apart from them, as a filter and as a score.

It looks both ways: at what the pod asks of those that run, and at what they ask of it. Source: plugins/interpodaffinity
of Kubernetes 1.32.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import repeat
from operator import add
from typing import NamedTuple

from sim.kubernetes.scheduler.cache import ClusterCache, PodChange
from sim.kubernetes.scheduler.filters import Rejection
from sim.kubernetes.scheduler.nodes import NodeInfo
from sim.kubernetes.scheduler.pods import PodShape
from sim.kubernetes.scheduler.profile import FULL_SCORE
from sim.kubernetes.scheduler.rows import NodeChoice

NOT_NEAR = Rejection("InterPodAffinity", ("node(s) didn't match pod affinity rules",))
NOT_APART = Rejection("InterPodAffinity", ("node(s) didn't match pod anti-affinity rules",), resolvable=True)
UNWANTED = Rejection("InterPodAffinity", ("node(s) didn't satisfy existing pods anti-affinity rules",), resolvable=True)


class _Relation(NamedTuple):
    """What one pod of another shape means to the pod, by topology key."""

    near: tuple[str, ...] = ()
    apart: tuple[str, ...] = ()
    unwanted: tuple[str, ...] = ()
    preferred: tuple[tuple[str, int], ...] = ()


_Counts = dict[str, dict[str | None, int]]
"""Pods, or weights, by topology key and value. None is of no node."""


class InterPodAffinity:
    """What the pods of the cluster mean to a pod of one shape."""

    def __init__(self, cluster: ClusterCache, shape: PodShape, hard_weight: int) -> None:
        self._cluster = cluster
        self._shape = shape
        self._hard_weight = hard_weight
        self._relations: dict[PodShape, _Relation] = {}
        self._near: _Counts = {}
        self._apart: _Counts = {}
        self._unwanted: _Counts = {}
        self._preferred: _Counts = {}
        for node, pod in cluster.pods() if shape.has_affinity or cluster.has_affinity else ():
            self.shift(node, PodChange(node.index, pod.shape, 1, 1))

    @property
    def filters(self) -> bool:
        """Whether there is anything to keep."""
        return bool(self._shape.affinity or self._shape.anti_affinity or _any(self._unwanted))

    @property
    def prefers(self) -> bool:
        """Whether any node is better than another."""
        return _any(self._preferred)

    def shift(self, node: NodeInfo, change: PodChange) -> None:
        """Pods came to a node or went. Those being deleted still count."""
        if not self._shape.has_affinity and not change.shape.has_affinity:
            return
        relation = self._relations.get(change.shape)
        if relation is None:
            relation = self._relations[change.shape] = self._relation(change.shape)
        if not change.pods or not any(relation):
            return
        for counts, keys in (
            (self._near, relation.near),
            (self._apart, relation.apart),
            (self._unwanted, relation.unwanted),
        ):
            for key in keys:
                _shift(counts, key, node, change.pods)
        for key, weight in relation.preferred:
            _shift(self._preferred, key, node, weight * change.pods)

    def rejection(self, node: NodeInfo) -> Rejection | None:
        """Why the pod may not go to a node, because of the pods there are."""
        if not self._has_near(node):
            return NOT_NEAR
        if any(_at(self._apart, term.topology_key, node) > 0 for term in self._shape.anti_affinity):
            return NOT_APART
        if any(_at(self._unwanted, key, node) > 0 for key in self._unwanted):
            return UNWANTED
        return None

    def passing(self, nodes: Sequence[int]) -> list[int]:
        """Those of the nodes that the pod may go to."""
        infos = self._cluster.nodes
        return [index for index in nodes if self.rejection(infos[index]) is None]

    def scores(self, nodes: NodeChoice, weight: int) -> list[int]:
        """The weighted scores of these nodes."""
        sums = [0] * len(nodes.indices)
        for key, weights in self._preferred.items():
            found = map(weights.get, nodes.of(self._cluster.values(key)), repeat(0))
            sums = list(map(add, sums, found))
        least, most = min(sums), max(sums)
        if least == most:
            return [0] * len(sums)
        stretched = {
            total: weight * int(float(FULL_SCORE) * (float(total - least) / float(most - least))) for total in set(sums)
        }
        return list(map(stretched.__getitem__, sums))

    def _has_near(self, node: NodeInfo) -> bool:
        terms = self._shape.affinity
        if any(term.topology_key not in node.labels for term in terms):
            return False
        if all(_at(self._near, term.topology_key, node) > 0 for term in terms):
            return True
        # The first of pods that want to be near each other may go anywhere.
        return not _any(self._near) and _matches_all(self._cluster, self._shape, self._shape)

    def _relation(self, other: PodShape) -> _Relation:
        own, cluster = self._shape, self._cluster
        if not own.has_affinity and not other.has_affinity:
            return _Relation()
        there, here = cluster.namespace_labels(other.namespace), cluster.namespace_labels(own.namespace)
        near = own.affinity if _matches_all(cluster, own, other) else ()
        preferred = [one for one in own.preferred if one.matches(other, there)]
        preferred += [one for one in other.preferred if one.matches(own, here)]
        wanted = [one for one in other.affinity if one.matches(own, here)] if self._hard_weight > 0 else []
        return _Relation(
            tuple(one.topology_key for one in near),
            tuple(one.topology_key for one in own.anti_affinity if one.matches(other, there)),
            tuple(one.topology_key for one in other.anti_affinity if one.matches(own, here)),
            (
                *((one.topology_key, one.weight) for one in preferred),
                *((one.topology_key, self._hard_weight) for one in wanted),
            ),
        )


def _matches_all(cluster: ClusterCache, own: PodShape, other: PodShape) -> bool:
    """Whether every required term is about pods of the other shape; not where there is no term."""
    labels = cluster.namespace_labels(other.namespace)
    return bool(own.affinity) and all(one.matches(other, labels) for one in own.affinity)


def _shift(counts: _Counts, key: str, node: NodeInfo, more: int) -> None:
    value = node.labels.get(key)
    if value is not None:
        by_value = counts.setdefault(key, {})
        by_value[value] = by_value.get(value, 0) + more
        if not by_value[value]:
            del by_value[value]


def _at(counts: _Counts, key: str, node: NodeInfo) -> int:
    value = node.labels.get(key)
    return 0 if value is None else counts.get(key, {}).get(value, 0)


def _any(counts: _Counts) -> bool:
    return bool(counts) and any(counts.values())
