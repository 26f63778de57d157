"""How fast an autoscaler may go: what its bounds, its windows and its policies leave of a recommendation.

Source: Kubernetes 1.32, pkg/controller/podautoscaler/horizontal.go.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

STABILISATION = 300.0
"""Seconds whose highest recommendation holds on the way down: --horizontal-pod-autoscaler-downscale-stabilization."""

Rules = Mapping[str, Any]
"""`scaleUp` or `scaleDown` of an autoscaler's behaviour, with the API server's defaults."""


class Recommendation(NamedTuple):
    """What was recommended at a moment, before any limit."""

    replicas: int
    at: float


class ScaleEvent(NamedTuple):
    """By how many replicas a target was scaled at a moment."""

    change: int
    at: float


@dataclass
class AutoscalerMemory:
    """What is remembered of one autoscaler between two looks."""

    recommendations: list[Recommendation] = field(default_factory=list)
    ups: list[ScaleEvent] = field(default_factory=list)
    downs: list[ScaleEvent] = field(default_factory=list)


class LimitedReplicas(NamedTuple):
    """What is left of a recommendation, and the reasons that are told."""

    replicas: int
    able: str
    """Why the target can be scaled, or is left as it is for now (AbleToScale)."""
    limited: bool
    """Whether a bound or a policy held the recommendation back (ScalingLimited)."""
    reason: str


class Bounds(NamedTuple):
    """Between how many replicas the autoscaler stays."""

    least: int
    most: int


WITHIN = "DesiredWithinRange"


def without_behaviour(
    memory: AutoscalerMemory, current: int, wanted: int, bounds: Bounds, now: float
) -> LimitedReplicas:
    """The limits of an autoscaler without `behavior`: down slowly, and up by a factor of two, or to four."""
    stable = max([wanted, *(one.replicas for one in memory.recommendations if one.at >= now - STABILISATION)])
    _remember(memory, Recommendation(wanted, now), lambda one: one.at < now - STABILISATION)
    able = "ScaleDownStabilized" if stable != wanted else "ReadyForNewScale"
    limit = int(max(2.0 * current, 4.0))
    most, reason = (limit, "ScaleUpLimit") if bounds.most > limit else (bounds.most, "TooManyReplicas")
    if stable < bounds.least:
        return LimitedReplicas(bounds.least, able, True, "TooFewReplicas")
    if stable > most:
        return LimitedReplicas(most, able, True, reason)
    return LimitedReplicas(stable, able, False, WITHIN)


def with_behaviour(
    memory: AutoscalerMemory, behaviour: Mapping[str, Rules], current: int, wanted: int, bounds: Bounds, now: float
) -> LimitedReplicas:
    """The limits of an autoscaler with `behavior`: a window and policies for each direction."""
    up, down = behaviour["scaleUp"], behaviour["scaleDown"]
    stable = _stabilised(memory, up, down, current, wanted, now)
    able = "ReadyForNewScale"
    if stable != wanted:
        able = "ScaleUpStabilized" if wanted >= current else "ScaleDownStabilized"
    if stable > current:
        limit = max(up_limit(memory, up, current, now), current)
        most, reason = (limit, "ScaleUpLimit") if bounds.most > limit else (bounds.most, "TooManyReplicas")
        if stable > most:
            return LimitedReplicas(most, able, True, reason)
    elif stable < current:
        limit = min(down_limit(memory, down, current, now), current)
        least, reason = (limit, "ScaleDownLimit") if bounds.least < limit else (bounds.least, "TooFewReplicas")
        if stable < least:
            return LimitedReplicas(least, able, True, reason)
    return LimitedReplicas(stable, able, False, WITHIN)


def note_scaled(memory: AutoscalerMemory, behaviour: Mapping[str, Rules], old: int, new: int, now: float) -> None:
    """Remember a change of size for the policies' periods."""
    events, rules, change = (
        (memory.ups, behaviour["scaleUp"], new - old)
        if new > old
        else (memory.downs, behaviour["scaleDown"], old - new)
    )
    longest = max((policy["periodSeconds"] for policy in rules.get("policies") or ()), default=0)
    events[:] = [event for event in events if event.at >= now - longest]
    events.append(ScaleEvent(change, now))


def up_limit(memory: AutoscalerMemory, rules: Rules, current: int, now: float) -> int:
    """To how many replicas the policies let the target grow now; percentages round up."""
    if rules.get("selectPolicy") == "Disabled":
        return current
    proposed = []
    for policy in rules.get("policies") or ():
        start = _at_start_of_period(memory, policy, current, now)
        by_percent = math.ceil(start * (1 + policy["value"] / 100))
        proposed.append(start + policy["value"] if policy["type"] == "Pods" else by_percent)
    return (min if rules.get("selectPolicy") == "Min" else max)(proposed, default=current)


def down_limit(memory: AutoscalerMemory, rules: Rules, current: int, now: float) -> int:
    """To how few replicas the policies let the target shrink now; what is left is rounded down."""
    if rules.get("selectPolicy") == "Disabled":
        return current
    proposed = []
    for policy in rules.get("policies") or ():
        start = _at_start_of_period(memory, policy, current, now)
        by_percent = int(start * (1 - policy["value"] / 100))
        proposed.append(start - policy["value"] if policy["type"] == "Pods" else by_percent)
    return (max if rules.get("selectPolicy") == "Min" else min)(proposed, default=current)


def _at_start_of_period(memory: AutoscalerMemory, policy: Mapping[str, Any], current: int, now: float) -> int:
    since = now - policy["periodSeconds"]

    def changed(events: Sequence[ScaleEvent]) -> int:
        return sum(event.change for event in events if event.at > since)

    return current - changed(memory.ups) + changed(memory.downs)


def _stabilised(memory: AutoscalerMemory, up: Rules, down: Rules, current: int, wanted: int, now: float) -> int:
    """The size, no higher than one window's lowest recommendation, and no lower than the other's highest.

    The windows hold recommendations, not sizes: a size that somebody else set is none.
    """
    window_up = up.get("stabilizationWindowSeconds") or 0
    given = down.get("stabilizationWindowSeconds")
    window_down = STABILISATION if given is None else given
    lowest = min([wanted, *(one.replicas for one in memory.recommendations if one.at > now - window_up)])
    highest = max([wanted, *(one.replicas for one in memory.recommendations if one.at > now - window_down)])
    longest = max(window_up, window_down)
    _remember(memory, Recommendation(wanted, now), lambda one: one.at < now - longest)
    return min(max(current, lowest), highest)


def _remember(memory: AutoscalerMemory, new: Recommendation, outdated: Any) -> None:
    """The last outdated one makes place for the new one."""
    old = [place for place, one in enumerate(memory.recommendations) if outdated(one)]
    if old:
        memory.recommendations[old[-1]] = new
    else:
        memory.recommendations.append(new)
