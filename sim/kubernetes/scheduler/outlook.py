"""What pods of one shape find on every node, kept current as pods come and go.

A pod of the same template asks the same of every node. So a node is looked at again only once something came to it or
went.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import add

from sim.kubernetes.scheduler.cache import ClusterCache, PodChange
from sim.kubernetes.scheduler.filters import Rejection, node_rejection, room_rejection
from sim.kubernetes.scheduler.interpod import InterPodAffinity
from sim.kubernetes.scheduler.nodes import NodeFill, NodeInfo
from sim.kubernetes.scheduler.pods import PodShape, SpreadConstraint
from sim.kubernetes.scheduler.profile import FULL_SCORE, SchedulerProfile
from sim.kubernetes.scheduler.resources import NodeScore, balance_score, fit_score, image_score, node_score, usual_score
from sim.kubernetes.scheduler.rows import REJECTED, NodeChoice, ScoreRow, Stretch
from sim.kubernetes.scheduler.spread import HardSpread, SoftSpread
from sim.kubernetes.selectors import LabelSelector


class Outlook:
    """Filters and scores of one shape.

    Attributes:
        row: The scores that ask each node alone.
    """

    _until: tuple[int, int]
    _belonging: int
    _selector: LabelSelector
    _standing: list[Rejection | None]
    _unwelcome: list[int]
    _liked: list[int]
    _alone: NodeScore
    _known: Mapping[NodeFill, int]
    _plain: bool
    row: ScoreRow
    _interpod: InterPodAffinity
    _hard: HardSpread | None
    _soft: SoftSpread | None

    def __init__(self, cluster: ClusterCache, shape: PodShape, profile: SchedulerProfile) -> None:
        self.shape = shape
        self._cluster = cluster
        self._profile = profile
        self._score: NodeScore = node_score(profile, cluster, shape)
        self._begin()

    def follow(self) -> None:
        """Take in what changed since the last time."""
        cluster = self._cluster
        if self._belonging != cluster.belonging:
            self._belonging = cluster.belonging
            if cluster.default_selector(self.shape) != self._selector:
                self._begin()
                return
        nodes, changes = cluster.nodes, cluster.changes(self._until)
        if changes is None or len(changes) > 4 * len(nodes) + 100:
            self._begin()
            return
        hard, soft, affinity = self._hard, self._soft, self.shape.has_affinity
        for change in () if self.asks_alone else changes:
            node = nodes[change.node]
            if hard:
                hard.shift(node, change)
            if soft:
                soft.shift(node, change)
            if affinity or change.shape.has_affinity:
                self._interpod.shift(node, change)
        alone, known, standing, found = self._alone, self._known, self._standing, []
        for index in {change[0] for change in changes}:  # its node: by place, as this is done for every pod
            if standing[index] is None:
                node = nodes[index]
                found.append((index, known.get(node.fill) or alone(node)))
        self.row.put(found)
        epoch, seen = self._until
        self._until = epoch, seen + len(changes)

    def shift(self, node: NodeInfo, change: PodChange) -> None:
        """Count pods that are tried out on a node, in the filters that look at other nodes too."""
        if self._hard:
            self._hard.shift(node, change)
        self._interpod.shift(node, change)

    @property
    def filters_by_pods(self) -> bool:
        """Whether InterPodAffinity filters; asked before pods are tried out on nodes (PreFilter may skip it)."""
        return self._interpod.filters

    def rejection(self, node: NodeInfo, *, by_pods: bool) -> Rejection | None:
        """Why the pod does not go to a node: the first filter that refuses it. by_pods: `filters_by_pods`."""
        found = self._standing[node.index] or room_rejection(self.shape, node)
        found = found or (self._hard.rejection(node) if self._hard else None)
        return found or (self._interpod.rejection(node) if by_pods else None)

    def find(self, start: int, enough: int) -> tuple[Stretch, Sequence[int] | None]:
        """The nodes from `start` on that fit, so many, and how far that is. None where it is the whole stretch."""
        if self.asks_alone or not (self._hard or (self._related and self._interpod.filters)):
            return self.row.stretch(start, enough), None
        found: list[int] = []
        looked, size, hard = 0, len(self.row.values), self._hard
        while looked < size:
            at = (start + looked) % size
            part = self.row.stretch(at, min(enough, size - looked))
            step = min(part.looked, size - looked)
            indices = self.row.fitting(part._replace(looked=step))
            if hard:
                indices = hard.passing(indices)
            if self._interpod.filters:
                indices = self._interpod.passing(indices)
            if len(found) + len(indices) > enough:
                last = indices[enough - len(found)]
                found += indices[: enough - len(found)]
                return Stretch(start, looked + (last - at) % size, enough), found
            found += indices
            looked += step
        return Stretch(start, size, len(found)), found

    @property
    def compares(self) -> bool:
        """Whether a score compares nodes with each other. Not so where it `asks_alone`."""
        return bool(self._soft or self._liked or self._taints or (self._related and self._interpod.prefers))

    @property
    def asks_alone(self) -> bool:
        """Whether each node is asked by itself for all filters and scores, as it is for most pods."""
        return self._plain and not self._cluster.has_affinity

    @property
    def _related(self) -> bool:
        """Whether rules about other pods can matter at all: the pod has some, or some pod had."""
        return self.shape.has_affinity or self._cluster.has_affinity

    def fitting(self, stretch: Stretch) -> Sequence[int]:
        """The nodes of a stretch that do not refuse the pod by themselves."""
        return self.row.fitting(stretch)

    def totals(self, nodes: Sequence[int]) -> list[int]:
        """The sum of the weighted scores, of nodes on which the pod fits."""
        choice = NodeChoice(nodes)
        found = choice.of(self.row.values)
        for scores in self._compared(choice).values():
            found = list(map(add, found, scores))
        return list(found)

    def explained(self, nodes: Sequence[int]) -> list[dict[str, int]]:
        """The weighted scores by plugin, in the same way."""
        weights, infos, cluster, shape = self._profile.weights, self._cluster.nodes, self._cluster, self.shape
        fit, balance = fit_score(self._profile), balance_score(self._profile)
        rows = [
            {
                "TaintToleration": weights.get("TaintToleration", 0) * FULL_SCORE,
                "NodeResourcesFit": weights.get("NodeResourcesFit", 0) * fit(shape, infos[index]),
                "NodeResourcesBalancedAllocation": weights.get("NodeResourcesBalancedAllocation", 0)
                * balance(shape, infos[index]),
                "ImageLocality": weights.get("ImageLocality", 0) * image_score(cluster, shape, infos[index]),
            }
            for index in nodes
        ]
        for name, scores in self._compared(NodeChoice(nodes)).items():
            for row, score in zip(rows, scores, strict=True):
                row[name] = score
        return rows

    def _begin(self) -> None:
        cluster, shape, profile = self._cluster, self.shape, self._profile
        nodes = cluster.nodes
        self._until = cluster.now()
        self._standing = [node_rejection(shape, node) for node in nodes]
        self._unwelcome = [_unwelcome(shape, node) for node in nodes]
        self._taints = any(self._unwelcome)
        self._liked = [_liked(shape, node) for node in nodes] if shape.preferred_nodes else []
        self._interpod = InterPodAffinity(cluster, shape, profile.hard_affinity_weight)
        self._belonging, self._selector = cluster.belonging, cluster.default_selector(shape)
        constraints = shape.spread or _defaults(self._selector, profile)
        hard, soft = [one for one in constraints if one.hard], [one for one in constraints if not one.hard]
        self._hard = HardSpread(cluster, shape, hard) if hard else None
        all_keys = bool(shape.spread) or not profile.system_spread
        self._soft = SoftSpread(cluster, shape, soft, all_keys=all_keys) if soft else None
        self._plain = not (constraints or self._taints or self._liked or shape.has_affinity)
        self._alone, self._known = _looking(profile, shape, self._score)
        self.row = ScoreRow(
            self._alone(node) if refused is None else REJECTED
            for node, refused in zip(nodes, self._standing, strict=True)
        )

    def _compared(self, nodes: NodeChoice) -> dict[str, list[int]]:
        """The weighted scores that compare the nodes with each other."""
        weights = self._profile.weights
        found: dict[str, list[int]] = {}
        if self._taints:
            weight = weights.get("TaintToleration", 0)
            found["TaintToleration"] = _share(nodes.of(self._unwelcome), weight, reverse=True)
        if self._liked:
            found["NodeAffinity"] = _share(nodes.of(self._liked), weights.get("NodeAffinity", 0))
        if self._soft:
            found["PodTopologySpread"] = self._soft.scores(nodes, weights.get("PodTopologySpread", 0))
        if self._interpod.prefers:
            found["InterPodAffinity"] = self._interpod.scores(nodes, weights.get("InterPodAffinity", 0))
        return found


def _looking(profile: SchedulerProfile, shape: PodShape, score: NodeScore) -> tuple[NodeScore, Mapping[NodeFill, int]]:
    """The weighted scores that ask a node alone, `REJECTED` where there is no room on it, and those that are kept."""
    wanted = [(name, size) for name, size in shape.requests.amounts.items() if size > 0]
    ports = shape.ports
    if not ports and {name for name, _ in wanted} <= {"cpu", "memory"} and (quick := usual_score(profile, shape)):
        return quick(score)

    def look(node: NodeInfo) -> int:
        if len(node.pods) >= node.most_pods:
            return REJECTED
        there, requested = node.allocatable, node.requested
        for name, size in wanted:
            if name not in there or requested.get(name, 0) + size > there[name]:
                return REJECTED
        if ports and any(node.holds(port) for port in ports):
            return REJECTED
        return score(node)

    return look, {}


def _defaults(selector: LabelSelector, profile: SchedulerProfile) -> tuple[SpreadConstraint, ...]:
    """The profile's constraints for pods of services and controllers; none for other pods."""
    return () if selector.everything else tuple(one._replace(selector=selector) for one in profile.spread)


def _unwelcome(shape: PodShape, node: NodeInfo) -> int:
    """Taints that would rather not have the pod."""
    return sum(1 for one in node.taints if one.effect == "PreferNoSchedule" and not shape.tolerates(one))


def _liked(shape: PodShape, node: NodeInfo) -> int:
    return sum(one.weight for one in shape.preferred_nodes if one.term.matches(node.name, node.labels))


def _share(counts: Sequence[int], weight: int, *, reverse: bool = False) -> list[int]:
    """Counts as weighted shares of the most, or what is missing to it (plugins/helper/normalize_score.go)."""
    most = max(counts)
    shares = {count: FULL_SCORE * count // most if most else count for count in set(counts)}
    return [weight * (FULL_SCORE - shares[count] if reverse else shares[count]) for count in counts]
