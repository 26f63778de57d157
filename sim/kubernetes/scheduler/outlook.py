"""What pods of one shape find on every node, kept current as pods come and go.

A pod of the same template asks the same of every node. So a node is looked at again only once something came to it or
went.
"""

from __future__ import annotations

from collections.abc import Sequence

from sim.kubernetes.scheduler.cache import ClusterCache, PodChange
from sim.kubernetes.scheduler.filters import Rejection, node_rejection, room_rejection
from sim.kubernetes.scheduler.interpod import InterPodAffinity
from sim.kubernetes.scheduler.nodes import NodeInfo
from sim.kubernetes.scheduler.pods import PodShape, SpreadConstraint
from sim.kubernetes.scheduler.profile import FULL_SCORE, SchedulerProfile
from sim.kubernetes.scheduler.resources import ResourceScore, balance_score, fit_score, image_score
from sim.kubernetes.scheduler.spread import HardSpread, SoftSpread

REJECTED = -1
"""Stands in the place of a score where the pod cannot go."""


class Outlook:
    """Filters and scores of one shape.

    Attributes:
        alone: Of each node the weighted scores that ask it alone; `REJECTED` where it refuses by itself.
    """

    alone: list[int]
    _until: tuple[int, int]
    _standing: list[Rejection | None]
    _unwelcome: list[int]
    _liked: list[int]
    _interpod: InterPodAffinity
    _hard: HardSpread | None
    _soft: SoftSpread | None

    def __init__(self, cluster: ClusterCache, shape: PodShape, profile: SchedulerProfile) -> None:
        self.shape = shape
        self._cluster = cluster
        self._profile = profile
        self._scores_of_one: dict[str, ResourceScore] = {
            "NodeResourcesFit": fit_score(profile),
            "NodeResourcesBalancedAllocation": balance_score(profile),
            "ImageLocality": lambda shape, node: image_score(cluster, shape, node),
        }
        self._begin()

    def follow(self) -> None:
        """Take in what changed since the last time."""
        changes = self._cluster.changes(self._until)
        if changes is None or len(changes) > 4 * len(self._cluster.nodes) + 100:
            self._begin()
            return
        nodes = self._cluster.nodes
        for change in changes:
            self.shift(nodes[change.node], change)
            if self._soft:
                self._soft.shift(nodes[change.node], change)
        for index in {change.node for change in changes}:
            self.alone[index] = self._alone(nodes[index])
        self._until = self._cluster.now()

    def shift(self, node: NodeInfo, change: PodChange) -> None:
        """Count pods that came to a node or went, in the filters that look at other nodes too."""
        if self._hard:
            self._hard.shift(node, change)
        self._interpod.shift(node, change)

    @property
    def looks_around(self) -> bool:
        """Whether a filter looks at other pods' places."""
        return self._hard is not None or self._interpod.filters

    @property
    def filters_by_pods(self) -> bool:
        """Whether InterPodAffinity filters; asked before pods are tried out on nodes (PreFilter may skip it)."""
        return self._interpod.filters

    def rejection(self, node: NodeInfo, *, by_pods: bool) -> Rejection | None:
        """Why the pod does not go to a node: the first filter that refuses it. by_pods: `filters_by_pods`."""
        return self._standing[node.index] or room_rejection(self.shape, node) or self.around(node, by_pods=by_pods)

    def around(self, node: NodeInfo, *, by_pods: bool) -> Rejection | None:
        """The same by the filters that look at other pods' places."""
        found = self._hard.rejection(node) if self._hard else None
        return found or (self._interpod.rejection(node) if by_pods else None)

    def totals(self, nodes: Sequence[int]) -> list[int]:
        """The sum of the weighted scores, of nodes on which the pod fits."""
        found = [self.alone[index] for index in nodes]
        for weight, scores in self._compared(nodes).values():
            found = [total + weight * score for total, score in zip(found, scores, strict=True)]
        return found

    def explained(self, nodes: Sequence[int]) -> list[dict[str, int]]:
        """The weighted scores by plugin, in the same way."""
        weights, infos = self._profile.weights, self._cluster.nodes
        rows: list[dict[str, int]] = [
            {
                name: weights.get(name, 0) * score(self.shape, infos[index])
                for name, score in self._scores_of_one.items()
            }
            for index in nodes
        ]
        for name, (weight, scores) in self._compared(nodes).items():
            for row, score in zip(rows, scores, strict=True):
                row[name] = weight * score
        return rows

    def _begin(self) -> None:
        cluster, shape, profile = self._cluster, self.shape, self._profile
        nodes = cluster.nodes
        self._until = cluster.now()
        self._standing = [node_rejection(shape, node) for node in nodes]
        self._unwelcome = [_unwelcome(shape, node) for node in nodes]
        self._liked = [_liked(shape, node) for node in nodes] if shape.preferred_nodes else []
        self._interpod = InterPodAffinity(cluster, shape, profile.hard_affinity_weight)
        constraints = shape.spread or _defaults(cluster, shape, profile)
        hard, soft = [one for one in constraints if one.hard], [one for one in constraints if not one.hard]
        self._hard = HardSpread(cluster, shape, hard) if hard else None
        all_keys = bool(shape.spread) or not profile.system_spread
        self._soft = SoftSpread(cluster, shape, soft, all_keys=all_keys) if soft else None
        self.alone = [self._alone(node) for node in nodes]

    def _alone(self, node: NodeInfo) -> int:
        shape = self.shape
        if self._standing[node.index] or room_rejection(shape, node):
            return REJECTED
        weights = self._profile.weights
        return sum(weights.get(name, 0) * score(shape, node) for name, score in self._scores_of_one.items())

    def _compared(self, nodes: Sequence[int]) -> dict[str, tuple[int, list[int]]]:
        """Scores that compare the nodes with each other, with their weights."""
        weights = self._profile.weights
        found = {"TaintToleration": _share([self._unwelcome[index] for index in nodes], reverse=True)}
        if self._liked:
            found["NodeAffinity"] = _share([self._liked[index] for index in nodes])
        if self._soft:
            found["PodTopologySpread"] = self._soft.scores(nodes)
        if self._interpod.prefers:
            found["InterPodAffinity"] = self._interpod.scores(nodes)
        return {name: (weights.get(name, 0), scores) for name, scores in found.items()}


def _defaults(cluster: ClusterCache, shape: PodShape, profile: SchedulerProfile) -> tuple[SpreadConstraint, ...]:
    """The profile's constraints for pods of services and controllers; none for other pods."""
    selector = cluster.default_selector(shape)
    return () if selector.everything else tuple(one._replace(selector=selector) for one in profile.spread)


def _unwelcome(shape: PodShape, node: NodeInfo) -> int:
    """Taints that would rather not have the pod."""
    return sum(1 for one in node.taints if one.effect == "PreferNoSchedule" and not shape.tolerates(one))


def _liked(shape: PodShape, node: NodeInfo) -> int:
    return sum(one.weight for one in shape.preferred_nodes if one.term.matches(node.name, node.labels))


def _share(counts: list[int], *, reverse: bool = False) -> list[int]:
    """Counts as shares of the most, or what is missing to it (plugins/helper/normalize_score.go)."""
    most = max(counts, default=0)
    shares = [FULL_SCORE * count // most for count in counts] if most else counts
    return [FULL_SCORE - share for share in shares] if reverse else shares
