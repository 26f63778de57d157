"""Preemption: which pods of lower priority must go so that a pod fits, and from which node.

Source: plugins/defaultpreemption and framework/preemption of Kubernetes 1.32.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sim.kubernetes.scheduler.cache import ClusterCache, DisruptionBudget, PodChange
from sim.kubernetes.scheduler.filters import Rejection
from sim.kubernetes.scheduler.nodes import NodeInfo
from sim.kubernetes.scheduler.pods import PodInfo

NO_VICTIMS = "No preemption victims found for incoming pod"
NOT_HELPFUL = "Preemption is not helpful for scheduling"
_OF_NOBODY = 2**31
"""Added to priorities before they are summed up, so that fewer victims are better where priorities are negative."""

Fits = Callable[[NodeInfo], Rejection | None]
"""Why the pod does not fit a node, tried with changed pods."""

Shift = Callable[[NodeInfo, PodChange], None]


class PreemptionCandidate(NamedTuple):
    """A node, whom the pod would drive out of it, and how many of them a budget protects."""

    node: NodeInfo
    victims: tuple[PodInfo, ...]
    violations: int


@dataclass(frozen=True)
class PreemptionResult:
    """What preemption came to: a candidate, or a reason for each node, or one for all.

    Attributes:
        reasons: How many nodes have each.
    """

    chosen: PreemptionCandidate | None = None
    reasons: Mapping[str, int] | None = None
    refused: str = ""


def eligible(cluster: ClusterCache, pod: PodInfo, nominated: Rejection | None) -> str:
    """Why a pod may not drive others out now; "" where it may. nominated: why it does not fit its nominated node."""
    if not pod.shape.preempts:
        return "not eligible due to preemptionPolicy=Never."
    node = cluster.node(pod.nominated) if pod.nominated else None
    if node is None or (nominated is not None and not nominated.resolvable):
        return ""
    priority = pod.shape.priority
    if any(one.terminating and one.preempted and one.shape.priority < priority for one in node.pods):
        return "not eligible due to a terminating pod on the nominated node."
    return ""


def victims_on(
    node: NodeInfo, pod: PodInfo, budgets: Sequence[DisruptionBudget], fits: Fits, shift: Shift
) -> PreemptionCandidate | Rejection:
    """Whom the pod must drive out of a node, as few as can be, or why that does not help.

    All of lower priority go, and come back one by one as long as the pod still fits: first those that a budget
    protects, the most important first. shift: told of each, and told back in the end.
    """
    tried = node.copy()
    lower = [one for one in node.pods if one.shape.priority < pod.shape.priority]
    if not lower:
        return Rejection("DefaultPreemption", (NO_VICTIMS,))
    gone: list[PodInfo] = []

    def move(one: PodInfo, sign: int) -> None:
        (tried.remove if sign < 0 else tried.add)(one)
        (gone.append if sign < 0 else gone.remove)(one)
        shift(tried, PodChange(tried.index, one.shape, sign, 0 if one.terminating else sign))

    try:
        for one in lower:
            move(one, -1)
        refused = fits(tried)
        if refused is not None:
            return refused
        violating, free = protected(sorted(lower, key=importance), budgets)
        kept_out: list[PodInfo] = []
        violations = 0
        for one in (*violating, *free):
            move(one, 1)
            if fits(tried) is not None:
                move(one, -1)
                kept_out.append(one)
                violations += one in violating
        if not kept_out:
            return Rejection("DefaultPreemption", (f'expected at least one victim pod on node "{node.name}"',))
        if violating and free:
            kept_out.sort(key=importance)
        return PreemptionCandidate(node, tuple(kept_out), violations)
    finally:
        for one in tuple(gone):
            move(one, 1)


def protected(pods: Sequence[PodInfo], budgets: Sequence[DisruptionBudget]) -> tuple[list[PodInfo], list[PodInfo]]:
    """Pods whose going breaks a budget, if they go in this order, and the others."""
    left = [budget.allowed for budget in budgets]
    violating: list[PodInfo] = []
    free: list[PodInfo] = []
    for pod in pods:
        broken = False
        for number, budget in enumerate(budgets):
            if _covers(budget, pod):
                left[number] -= 1
                broken = broken or left[number] < 0
        (violating if broken else free).append(pod)
    return violating, free


def best(candidates: Sequence[PreemptionCandidate]) -> list[PreemptionCandidate]:
    """The candidates that are equally good, the order of preference being Kubernetes' own."""
    left = list(candidates)
    for cost in (
        lambda one: one.violations,
        lambda one: one.victims[0].shape.priority,
        lambda one: sum(victim.shape.priority + _OF_NOBODY for victim in one.victims),
        lambda one: len(one.victims),
        lambda one: -_earliest(one.victims),
    ):
        costs = [cost(one) for one in left]
        left = [one for one, each in zip(left, costs, strict=True) if each == min(costs)]
    return left


def importance(pod: PodInfo) -> tuple[int, float]:
    """The most important first: of higher priority, then the longer running."""
    return -pod.shape.priority, math.inf if pod.started is None else pod.started


def enough_candidates(nodes: int) -> int:
    """Candidates after which no further node is tried: a tenth of the nodes, at least a hundred."""
    return min(max(nodes * 10 // 100, 100), nodes)


def _earliest(victims: Sequence[PodInfo]) -> float:
    """When the first of the most important victims started."""
    most = max(one.shape.priority for one in victims)
    return min(importance(one)[1] for one in victims if one.shape.priority == most)


def _covers(budget: DisruptionBudget, pod: PodInfo) -> bool:
    """Whether a budget is of a pod. A selector that takes everything protects nothing, as does one of no labels."""
    shape = pod.shape
    if not shape.labels or budget.namespace != shape.namespace or budget.selector.everything:
        return False
    return pod.name not in budget.disrupted and budget.selector.matches(shape.labels)
