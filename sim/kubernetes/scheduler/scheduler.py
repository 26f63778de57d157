"""One scheduling cycle after the other: the nodes that fit, the best of them, or the pods that must go."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import Any, NamedTuple

from sim.kubernetes.scheduler.cache import ClusterCache, PodChange
from sim.kubernetes.scheduler.filters import Rejection
from sim.kubernetes.scheduler.nodes import NodeInfo
from sim.kubernetes.scheduler.outlook import Outlook
from sim.kubernetes.scheduler.pods import PodInfo, PodShape
from sim.kubernetes.scheduler.preemption import (
    NOT_HELPFUL,
    PreemptionCandidate,
    PreemptionResult,
    best,
    eligible,
    enough_candidates,
    victims_on,
)
from sim.kubernetes.scheduler.profile import SchedulerProfile

_SHAPES = 1000
"""Shapes whose outlook is kept."""

_OTHER_TERMS = Rejection("NodeAffinity", ("node(s) didn't satisfy plugin(s) [NodeAffinity]",))
_NO_TERMS = Rejection("NodeAffinity", ("pod affinity terms conflict",))


_NONE: Mapping[str, Any] = MappingProxyType({})


class Decision(NamedTuple):
    """What one cycle came to.

    Attributes:
        node: Where the pod goes; None where it fits nowhere.
        best: All nodes that it might as well have gone to: the choice among them is random. Where no explanation was
            asked for, it may be left out.
        scores: Weighted scores by node and plugin, where they were asked for and more than one node fits.
        reasons: Of a pod that fits nowhere: how many nodes have each reason.
        preemption: What preemption came to then.
        nodes: How many nodes there are.
        blanket: The one reason of a pod that no node was even asked for.
        plugins: The filters that refused it somewhere.
    """

    node: str | None
    best: tuple[str, ...] = ()
    scores: Mapping[str, Mapping[str, int]] = _NONE
    reasons: Mapping[str, int] = _NONE
    preemption: PreemptionResult | None = None
    nodes: int = 0
    blanket: str = ""
    plugins: frozenset[str] = frozenset()

    @property
    def message(self) -> str:
        """The event of a pod that fits nowhere, as the scheduler words it."""
        if not self.nodes:
            return "no nodes available to schedule pods"
        text = _available(self.nodes, self.reasons, self.blanket)
        after = self.preemption
        if after is None or after.chosen is not None:
            return text
        return f"{text} preemption: {after.refused or _available(self.nodes, after.reasons or {})}"


class Scheduler:
    """kube-scheduler over a cluster that is kept elsewhere. It changes nothing but nominations.

    Attributes:
        chance: Breaks ties; without it the first node in order wins.
    """

    def __init__(
        self, cluster: ClusterCache, profile: SchedulerProfile | None = None, chance: random.Random | None = None
    ) -> None:
        self.cluster = cluster
        self.profile = profile or SchedulerProfile()
        self._chance = chance
        self._outlooks: dict[PodShape, Outlook] = {}
        self._next = 0
        self._enough = cache(self.profile.enough)

    def schedule(self, pod: PodInfo, *, explain: bool = False) -> Decision:
        """Decide where a pod goes, and whom it drives out if it fits nowhere.

        The caller carries it out: it binds the pod (`ClusterCache.add_pod`), or lets the victims go. explain: with the
        scores of each plugin.
        """
        cluster = self.cluster
        nodes = cluster.nodes
        if not nodes:
            cluster.forget_nomination(pod)
            return Decision(None)
        outlook = self._outlooks.get(pod.shape)
        if outlook is None:
            outlook = self._outlook(pod.shape)
        else:
            outlook.follow()
        fitting: Sequence[int] | None = None
        if not pod.nominated and not cluster.keeps_room and pod.shape.nodes.terms is None:
            count = len(nodes)
            alone = outlook.asks_alone
            enough = self._enough(count)
            if alone:
                stretch = outlook.row.stretch(self._next, enough)
            else:
                stretch, fitting = outlook.find(self._next, enough)
            if stretch.fitting:
                self._next = (self._next + stretch.looked) % count
                if fitting is None and not explain and (alone or not outlook.compares):
                    return Decision(nodes[outlook.row.top(stretch, self._chance)].name, (), _NONE, _NONE, None, count)
                return self._best(outlook, outlook.fitting(stretch) if fitting is None else fitting, explain=explain)
        fitting, rejections, rest = self._find(pod, outlook)
        if not fitting:
            return self._unschedulable(pod, outlook, rejections, rest)
        return self._best(outlook, fitting, explain=explain)

    def _best(self, outlook: Outlook, fitting: Sequence[int], *, explain: bool) -> Decision:
        """The best of the nodes that fit. One alone is not scored."""
        nodes = self.cluster.nodes
        if len(fitting) == 1:
            name = nodes[fitting[0]].name
            return Decision(name, (name,), nodes=len(nodes))
        totals = outlook.totals(fitting)
        most = max(totals)
        if not explain:
            number = 0 if self._chance is None else int(self._chance.random() * totals.count(most))
            return Decision(nodes[fitting[_nth(most, totals, number)]].name, nodes=len(nodes))
        top = tuple(nodes[index].name for index, total in zip(fitting, totals, strict=True) if total == most)
        rows = outlook.explained(fitting)
        scores = {nodes[index].name: row for index, row in zip(fitting, rows, strict=True)}
        return Decision(self._choose(top), top, scores, nodes=len(nodes))

    def _outlook(self, shape: PodShape) -> Outlook:
        """The outlook of a shape that is asked for the first time, or again after many others."""
        if len(self._outlooks) >= _SHAPES:
            del self._outlooks[next(iter(self._outlooks))]
        found = self._outlooks[shape] = Outlook(self.cluster, shape, self.profile)
        return found

    def _choose(self, names: Sequence[str]) -> str:
        return names[0] if self._chance is None else names[self._chance.randrange(len(names))]

    def _find(self, pod: PodInfo, outlook: Outlook) -> tuple[list[int], dict[int, Rejection], Rejection | None]:
        """Nodes that fit, why others do not, and why the rest was not even looked at."""
        nodes, names = self.cluster.nodes, pod.shape.nodes.names()
        if names is not None and not names:
            return [], {}, _NO_TERMS
        if pod.nominated and (nominated := self.cluster.node(pod.nominated)) is not None:
            fitting, rejections = self._filter(pod, outlook, [nominated.index], 1)
            if fitting:
                return fitting, rejections, None
        if names is None:
            order = [*range(self._next, len(nodes)), *range(self._next)]
        else:
            order = sorted(node.index for name in names if (node := self.cluster.node(name)) is not None)
        fitting, rejections = self._filter(pod, outlook, order, self.profile.enough(len(order)))
        self._next = (self._next + len(fitting) + len(rejections)) % len(nodes)
        return fitting, rejections, None if names is None else _OTHER_TERMS

    def _filter(
        self, pod: PodInfo, outlook: Outlook, order: Iterable[int], enough: int
    ) -> tuple[list[int], dict[int, Rejection]]:
        """The first nodes that fit, in this order, and why those on the way do not."""
        nodes, by_pods = self.cluster.nodes, outlook.filters_by_pods
        fitting: list[int] = []
        rejections: dict[int, Rejection] = {}
        for index in order:
            rejection = self._rejection(pod, outlook, nodes[index], by_pods=by_pods)
            if rejection is not None:
                rejections[index] = rejection
            elif len(fitting) == enough:
                break
            else:
                fitting.append(index)
        return fitting, rejections

    def _rejection(self, pod: PodInfo, outlook: Outlook, node: NodeInfo, *, by_pods: bool) -> Rejection | None:
        """Why a pod does not fit a node, even if the pods come that room is kept for there (framework.go)."""
        priority = pod.shape.priority
        coming = [one for one in self.cluster.nominated(node.name) if one is not pod and one.shape.priority >= priority]
        if coming:
            tried = node.copy()
            for one in coming:
                tried.add(one)
                outlook.shift(tried, PodChange(tried.index, one.shape, 1, 1))
            refused = outlook.rejection(tried, by_pods=by_pods)
            for one in coming:
                outlook.shift(tried, PodChange(tried.index, one.shape, -1, -1))
            if refused is not None:
                return refused
        return outlook.rejection(node, by_pods=by_pods)

    def _unschedulable(
        self, pod: PodInfo, outlook: Outlook, rejections: Mapping[int, Rejection], rest: Rejection | None
    ) -> Decision:
        count = len(self.cluster.nodes)
        reasons = Counter(reason for one in rejections.values() for reason in one.reasons)
        if rest is _NO_TERMS:
            after = self._preempt(pod, outlook, rejections)
            return Decision(
                None, blanket=rest.reasons[0], preemption=after, nodes=count, plugins=frozenset((rest.plugin,))
            )
        if rest is not None:
            reasons.update({reason: count - len(rejections) for reason in rest.reasons if count > len(rejections)})
        plugins = frozenset(one.plugin for one in (*rejections.values(), *([rest] if rest else ())))
        after = self._preempt(pod, outlook, rejections)
        return Decision(None, reasons=reasons, preemption=after, nodes=count, plugins=plugins)

    def _preempt(self, pod: PodInfo, outlook: Outlook, rejections: Mapping[int, Rejection]) -> PreemptionResult:
        nominated = self.cluster.node(pod.nominated) if pod.nominated else None
        refused = eligible(self.cluster, pod, rejections.get(nominated.index) if nominated else None)
        if refused:
            return PreemptionResult(refused=refused)
        tried = self._candidates(pod, outlook, [index for index, one in rejections.items() if one.resolvable])
        candidates = [one for one in tried.values() if isinstance(one, PreemptionCandidate)]
        if candidates:
            alike = best(candidates)
            chosen = alike[0 if self._chance is None else self._chance.randrange(len(alike))]
            self._keep_room(pod, chosen)
            return PreemptionResult(chosen)
        self.cluster.forget_nomination(pod)
        reasons = Counter(reason for one in tried.values() if isinstance(one, Rejection) for reason in one.reasons)
        if len(tried) < len(self.cluster.nodes):
            reasons[NOT_HELPFUL] += len(self.cluster.nodes) - len(tried)
        return PreemptionResult(reasons=reasons)

    def _candidates(
        self, pod: PodInfo, outlook: Outlook, indices: Sequence[int]
    ) -> dict[int, PreemptionCandidate | Rejection]:
        """What each node comes to, until there are enough candidates with one among them that breaks no budget."""
        by_pods, found = outlook.filters_by_pods, {}
        start = 0 if self._chance is None or not indices else self._chance.randrange(len(indices))
        enough, whole, broken = enough_candidates(len(indices)), 0, 0

        def fits(node: NodeInfo) -> Rejection | None:
            return self._rejection(pod, outlook, node, by_pods=by_pods)

        for index in (*indices[start:], *indices[:start]):
            one = victims_on(self.cluster.nodes[index], pod, self.cluster.budgets, fits, outlook.shift)
            found[index] = one
            if isinstance(one, PreemptionCandidate):
                whole, broken = whole + (one.violations == 0), broken + (one.violations > 0)
                if whole and whole + broken >= enough:
                    break
        return found

    def _keep_room(self, pod: PodInfo, chosen: PreemptionCandidate) -> None:
        """Nominate the pod. Pods of lower priority that waited for the same node look elsewhere."""
        for one in self.cluster.nominated(chosen.node.name):
            if one.shape.priority < pod.shape.priority:
                self.cluster.forget_nomination(one)
        self.cluster.nominate(pod, chosen.node.name)


def _nth(value: int, values: Sequence[int], number: int) -> int:
    """Where a value is for the n-th time, from 0."""
    at = values.index(value)
    for _ in range(number):
        at = values.index(value, at + 1)
    return at


def _available(nodes: int, reasons: Mapping[str, int], blanket: str = "") -> str:
    told = blanket or ", ".join(sorted(f"{count} {reason}" for reason, count in reasons.items()))
    return f"0/{nodes} nodes are available: {told}." if told else f"0/{nodes} nodes are available:"
