"""Scores that ask one node alone: the room on it, how even its use is, and images it already has."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from sim.kubernetes.scheduler.cache import ClusterCache
from sim.kubernetes.scheduler.nodes import NodeFill, NodeInfo
from sim.kubernetes.scheduler.pods import PodShape
from sim.kubernetes.scheduler.profile import FULL_SCORE, SchedulerProfile
from sim.kubernetes.scheduler.requests import is_scalar
from sim.kubernetes.scheduler.rows import REJECTED

_SMALL_IMAGE, _LARGE_IMAGE = 23 * 2**20, 1000 * 2**20
"""Bytes from which on an image counts, and past which it counts no more (plugins/imagelocality)."""

_KNOWN = 10_000
"""Scores of nodes that are kept for each shape."""

ResourceScore = Callable[[PodShape, NodeInfo], int]


def fit_score(profile: SchedulerProfile) -> ResourceScore:
    """NodeResourcesFit by the profile's strategy: the weighted mean over its resources, in whole numbers."""
    ratio = [(use, score * 10) for use, score in profile.ratio]
    by_strategy: dict[str, Callable[[int, int], int]] = {
        "LeastAllocated": least_allocated,
        "MostAllocated": most_allocated,
        "RequestedToCapacityRatio": lambda asked, there: _on_line(ratio, _percent(asked, there)),
    }
    of_one, rounds = by_strategy[profile.strategy], profile.strategy == "RequestedToCapacityRatio"

    def score(shape: PodShape, node: NodeInfo) -> int:
        total = weights = 0
        for name, weight in profile.resources:
            there, asked = _scored(name, shape, node)
            if there:
                part = of_one(asked, there)
                if rounds and not part:
                    continue  # requested_to_capacity_ratio.go leaves such resources out of the mean
                total += part * weight
                weights += weight
        if not weights:
            return 0
        return math.floor(total / weights + 0.5) if rounds else total // weights

    return score


def least_allocated(asked: int, there: int) -> int:
    """More where more is left.

    >>> least_allocated(1000, 4000)
    75
    """
    return 0 if asked > there else (there - asked) * FULL_SCORE // there


def most_allocated(asked: int, there: int) -> int:
    """More where less is left.

    >>> most_allocated(1000, 4000)
    25
    """
    return min(asked, there) * FULL_SCORE // there


def balance_score(profile: SchedulerProfile) -> ResourceScore:
    """NodeResourcesBalancedAllocation: less, the more the shares in use differ (their standard deviation)."""

    def score(shape: PodShape, node: NodeInfo) -> int:
        amounts, shares = shape.requests.amounts, []
        for name in profile.balanced:
            there, more = node.allocatable.get(name, 0), amounts.get(name, 0)
            if there and (more or not is_scalar(name)):
                shares.append(min(float(node.requested.get(name, 0) + more) / float(there), 1.0))
        return int((1 - _deviation(shares)) * float(FULL_SCORE))

    return score


def image_score(cluster: ClusterCache, shape: PodShape, node: NodeInfo) -> int:
    """ImageLocality: more, the more bytes of the pod's images are there, and the more nodes have them."""
    if not node.images:
        return 0
    size = sum(cluster.image_spread(name) for name in shape.images if name in node.images)
    most = _LARGE_IMAGE * len(shape.images)
    return FULL_SCORE * (min(max(size, _SMALL_IMAGE), most) - _SMALL_IMAGE) // (most - _SMALL_IMAGE)


def node_score(profile: SchedulerProfile, cluster: ClusterCache, shape: PodShape) -> Callable[[NodeInfo], int]:
    """The weighted sum of the scores above, for pods of one shape."""
    weights = profile.weights
    fit, balance = fit_score(profile), balance_score(profile)
    by_fit, by_balance = weights.get("NodeResourcesFit", 0), weights.get("NodeResourcesBalancedAllocation", 0)
    by_image = weights.get("ImageLocality", 0)

    def score(node: NodeInfo) -> int:
        images = by_image * image_score(cluster, shape, node)
        return by_fit * fit(shape, node) + by_balance * balance(shape, node) + images

    return score


NodeScore = Callable[[NodeInfo], int]


def usual_score(
    profile: SchedulerProfile, shape: PodShape
) -> Callable[[NodeScore], tuple[NodeScore, Mapping[NodeFill, int]]] | None:
    """Room and scores of the usual profile for pods that ask for CPU and memory alone; None for other profiles.

    It is the filter and `node_score` written out, for it is most of what a placement costs. What it gives is to be
    given the score for nodes that it leaves to it. Beside the score it gives those that it keeps.
    """
    usual = (("cpu", 1), ("memory", 1))
    if profile.strategy != "LeastAllocated" or profile.resources != usual or profile.balanced != ("cpu", "memory"):
        return None
    weights = profile.weights
    by_fit = weights.get("NodeResourcesFit", 0)
    by_balance = weights.get("NodeResourcesBalancedAllocation", 0)
    scored_cpu, scored_memory = shape.requests.scored_cpu, shape.requests.scored_memory
    cpu_more, memory_more = shape.requests.amounts.get("cpu", 0), shape.requests.amounts.get("memory", 0)

    known: dict[NodeFill, int] = {}  # many nodes are alike: as large, and as full

    def of(cpu: int, memory: int, asked_cpu: int, asked_memory: int, free_cpu: int, free_memory: int) -> int:
        left = free_cpu * 100 // cpu if free_cpu > 0 else 0
        if free_memory > 0:
            left += free_memory * 100 // memory
        even = 1 - abs((asked_cpu / cpu - asked_memory / memory) / 2)
        return by_fit * (left // 2) + by_balance * int(even * 100.0)

    def with_score(score: NodeScore) -> tuple[NodeScore, Mapping[NodeFill, int]]:
        def look(node: NodeInfo) -> int:
            fill = node.fill
            found = known.get(fill)
            if found is not None:
                return found
            cpu, memory, asked_cpu, asked_memory, counted_cpu, counted_memory, full, has_images = fill
            asked_cpu += cpu_more
            asked_memory += memory_more
            if full or (cpu_more and asked_cpu > cpu) or (memory_more and asked_memory > memory):
                return REJECTED
            if has_images or not cpu or not memory or asked_cpu > cpu or asked_memory > memory:
                return score(node)
            free_cpu = cpu - counted_cpu - scored_cpu
            free_memory = memory - counted_memory - scored_memory
            if len(known) >= _KNOWN:
                known.clear()
            known[fill] = found = of(cpu, memory, asked_cpu, asked_memory, free_cpu, free_memory)
            return found

        return look, known

    return with_score


def _scored(name: str, shape: PodShape, node: NodeInfo) -> tuple[int, int]:
    """What a node has of a resource, and what is asked of it with this pod; nothing where it does not count."""
    requests, there = shape.requests, node.allocatable.get(name, 0)
    if name == "cpu":
        return there, node.scored_cpu + requests.scored_cpu
    if name == "memory":
        return there, node.scored_memory + requests.scored_memory
    more = requests.amounts.get(name, 0)
    if not more and is_scalar(name):
        return 0, 0
    return there, node.requested.get(name, 0) + more


def _percent(asked: int, there: int) -> int:
    return 100 if asked > there else asked * 100 // there


def _on_line(points: Sequence[tuple[int, int]], at: int) -> int:
    """The height of a broken line, cut towards zero as whole numbers are divided in Go."""
    for number, (use, score) in enumerate(points):
        if at <= use:
            if not number:
                return score
            before, below = points[number - 1]
            return below + int((score - below) * (at - before) / (use - before))
    return points[-1][1]


def _deviation(shares: Sequence[float]) -> float:
    if len(shares) == 2:
        return abs((shares[0] - shares[1]) / 2)
    if len(shares) < 2:
        return 0.0
    total = 0.0
    for share in shares:
        total += share
    mean = total / len(shares)
    squares = 0.0
    for share in shares:
        squares += (share - mean) * (share - mean)
    return math.sqrt(squares / len(shares))
