"""Which pods go first when there are too many. Source: Kubernetes 1.32, controller_utils.go, ActivePodsWithRanks."""

from __future__ import annotations

import functools
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sim.kubernetes.objects import KubernetesObject, annotations_of, created_at, uid_of
from sim.kubernetes.pods import is_active, is_ready, node_of, phase_of, ready_condition, restarts_of

DELETION_COST = "controller.kubernetes.io/pod-deletion-cost"
_PHASES = {"Pending": 0, "Unknown": 1, "Running": 2}
_COSTS = range(-(2**31), 2**31)


class PodRank(NamedTuple):
    """What is compared of a pod, the first difference first; the smaller goes first."""

    assigned: bool
    phase: int
    ready: bool
    cost: int
    neighbours: int
    """The related pods on its node, negated: the most crowded node gives up a pod first."""


def to_delete(
    pods: Sequence[KubernetesObject], related: Iterable[KubernetesObject], count: int, now: float
) -> list[KubernetesObject]:
    """The `count` pods to delete of `pods`, the first to go first.

    Args:
        pods: active pods of one owner.
        related: the active pods that are spread with them: those of all ReplicaSets of one Deployment.
        count: how many.
        now: seconds; how long pods have been ready is compared by powers of two.
    """
    if count >= len(pods):
        return list(pods)
    crowd = Counter(node_of(pod) for pod in related if is_active(pod))
    return in_order_of_deletion(pods, crowd, now)[:count]


def in_order_of_deletion(pods: Iterable[KubernetesObject], crowd: Counter[str], now: float) -> list[KubernetesObject]:
    """The pods, the first to go first."""
    ranked = [(_rank(pod, crowd), pod) for pod in pods]
    compare = functools.partial(_compare, now=now)
    return [pod for _, pod in sorted(ranked, key=functools.cmp_to_key(compare))]


def _rank(pod: KubernetesObject, crowd: Counter[str]) -> PodRank:
    phase = _PHASES.get(phase_of(pod), 0)
    return PodRank(bool(node_of(pod)), phase, is_ready(pod), _cost(pod), -crowd[node_of(pod)])


def _cost(pod: KubernetesObject) -> int:
    """A whole number of 32 bits, without a plus sign or leading zeros; anything else counts as 0."""
    written = annotations_of(pod).get(DELETION_COST, "0")
    try:
        cost = int(written)
    except ValueError:
        return 0
    return cost if str(cost) == written and cost in _COSTS else 0


def _compare(left: tuple[PodRank, KubernetesObject], right: tuple[PodRank, KubernetesObject], now: float) -> int:
    if left[0] != right[0]:
        return -1 if left[0] < right[0] else 1
    one, other = left[1], right[1]
    if is_ready(one):
        younger = _younger(_ready_since(one), _ready_since(other), one, other, now)
        if younger:
            return younger
    restarts = max(restarts_of(other), default=0) - max(restarts_of(one), default=0)
    return restarts or _younger(created_at(one), created_at(other), one, other, now)


def _ready_since(pod: KubernetesObject) -> float:
    condition = ready_condition(pod)
    assert condition is not None
    return float(condition["lastTransitionTime"])


def _younger(since: float, other_since: float, one: KubernetesObject, other: KubernetesObject, now: float) -> int:
    """The younger goes first. Ages of the same power of two are as good as equal: then chance decides, by UID."""
    if since == other_since:
        return 0
    difference = _power(now - since) - _power(now - other_since)
    if difference:
        return difference
    return -1 if uid_of(one) < uid_of(other) else 1


def _power(age: float) -> int:
    return int(math.log2(age * 1e9)) if age > 0 else -1
