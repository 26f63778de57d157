"""The arithmetic of a Deployment's rollout: how far each ReplicaSet may grow or shrink now.

Source: Kubernetes 1.32, pkg/controller/deployment/rolling.go, sync.go and util/deployment_util.go.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from sim.kubernetes.objects import (
    KubernetesObject,
    annotations_of,
    created_at,
    replicas_of,
    spec_of,
    status_of,
)

DESIRED = "deployment.kubernetes.io/desired-replicas"
"""On a ReplicaSet: how many replicas its Deployment asked for when it last scaled it."""
MAXIMUM = "deployment.kubernetes.io/max-replicas"
"""On a ReplicaSet: that number with the surge."""
_PERCENT = re.compile(r"([0-9]{1,9})%")


def scaled(value: int | str, total: int, *, up: bool) -> int:
    """A number, or a percentage of `total`, rounded up or down.

    >>> scaled("25%", 10, up=True), scaled("25%", 10, up=False), scaled(2, 10, up=True)
    (3, 2, 2)
    """
    if isinstance(value, int):
        return value
    percent = _PERCENT.fullmatch(value)
    if percent is None:
        raise ValueError(f"{value!r} is neither a whole number nor a percentage")
    share = int(percent[1]) * total / 100
    return math.ceil(share) if up else math.floor(share)


def is_rolling(deployment: KubernetesObject) -> bool:
    """Whether old and new pods stand side by side, rather than all old ones going first."""
    return bool((spec_of(deployment).get("strategy") or {}).get("type", "RollingUpdate") == "RollingUpdate")


def fenceposts(deployment: KubernetesObject) -> tuple[int, int]:
    """How many pods there may be too many, and how many too few: surge rounds up, unavailable down.

    Both 0 would end no rollout; then one may be missing.
    """
    given: Mapping[str, Any] = (spec_of(deployment).get("strategy") or {}).get("rollingUpdate") or {}
    wanted = replicas_of(deployment)
    surge = scaled(_given(given, "maxSurge"), wanted, up=True)
    unavailable = scaled(_given(given, "maxUnavailable"), wanted, up=False)
    return (surge, unavailable) if surge or unavailable else (0, 1)


def _given(limits: Mapping[str, Any], name: str) -> int | str:
    """A quarter where nothing is said: pkg/apis/apps/v1/defaults.go."""
    value: int | str | None = limits.get(name)
    return "25%" if value is None else value


def max_surge(deployment: KubernetesObject) -> int:
    """Pods beyond the replicas asked for, while a rollout goes on."""
    return fenceposts(deployment)[0] if is_rolling(deployment) else 0


def max_unavailable(deployment: KubernetesObject) -> int:
    """Replicas that may be missing, while a rollout goes on."""
    wanted = replicas_of(deployment)
    if not is_rolling(deployment) or not wanted:
        return 0
    return min(fenceposts(deployment)[1], wanted)


def active(sets: Sequence[KubernetesObject]) -> list[KubernetesObject]:
    """The ReplicaSets that are to have pods."""
    return [one for one in sets if replicas_of(one) > 0]


def total(sets: Sequence[KubernetesObject]) -> int:
    """The pods that ReplicaSets are to have."""
    return sum(replicas_of(one) for one in sets)


def available(sets: Sequence[KubernetesObject]) -> int:
    """The pods of ReplicaSets that are available."""
    return sum(status_of(one).get("availableReplicas", 0) for one in sets)


def by_age(sets: Sequence[KubernetesObject]) -> list[KubernetesObject]:
    """The oldest first."""
    return sorted(sets, key=created_at)


def new_size(deployment: KubernetesObject, sets: Sequence[KubernetesObject], new: KubernetesObject | None) -> int:
    """What the new ReplicaSet may grow to: to what is asked for, but only into the room that the surge leaves."""
    wanted, now = replicas_of(deployment), 0 if new is None else replicas_of(new)
    if not is_rolling(deployment):
        return wanted
    room = wanted + max_surge(deployment) - total(sets)
    return now if room <= 0 else now + min(room, wanted - now)


def removable(deployment: KubernetesObject, sets: Sequence[KubernetesObject], new: KubernetesObject) -> int:
    """How many old pods may go now: new pods that are not available yet count as missing."""
    least = replicas_of(deployment) - max_unavailable(deployment)
    unavailable_new = replicas_of(new) - status_of(new).get("availableReplicas", 0)
    return int(total(sets) - least - unavailable_new)


def without_unhealthy(old: Sequence[KubernetesObject], most: int) -> dict[int, int] | None:
    """Sizes of old ReplicaSets, by their place in `old`, without pods that are not available: `most` go, oldest first.

    They go first, because they hold up a rollout and nobody misses them. None where a ReplicaSet has more available
    pods than it is to have: its status is of before it was scaled down, and nothing can be said from it.
    """
    sizes: dict[int, int] = {}
    left = most
    for place, one in enumerate(old):
        unhealthy = replicas_of(one) - status_of(one).get("availableReplicas", 0)
        if left <= 0:
            break
        if unhealthy < 0:
            return None
        if unhealthy:
            sizes[place] = replicas_of(one) - min(left, unhealthy)
            left -= min(left, unhealthy)
    return sizes


def without_surplus(
    deployment: KubernetesObject, old: Sequence[KubernetesObject], available_now: int
) -> dict[int, int]:
    """Sizes of old ReplicaSets, by their place in `old`, so that as many pods stay available as have to."""
    surplus = available_now - (replicas_of(deployment) - max_unavailable(deployment))
    sizes: dict[int, int] = {}
    for place, one in enumerate(old):
        cut = min(replicas_of(one), surplus)
        if cut > 0:
            sizes[place] = replicas_of(one) - cut
            surplus -= cut
    return sizes


def is_saturated(deployment: KubernetesObject, new: KubernetesObject | None) -> bool:
    """Whether the new ReplicaSet has all that is asked for, available."""
    if new is None:
        return False
    wanted = replicas_of(deployment)
    recorded = annotations_of(new).get(DESIRED)
    return (
        recorded is not None
        and replicas_of(new) == wanted == int(recorded)
        and status_of(new).get("availableReplicas", 0) == wanted
    )


def proportional(deployment: KubernetesObject, sets: Sequence[KubernetesObject]) -> list[tuple[KubernetesObject, int]]:
    """Sizes of the active ReplicaSets after the Deployment was scaled in the middle of a rollout.

    Each keeps its share. What rounding leaves over goes to the largest; among equals to the newest when there are more
    to come, and to the oldest when some have to go.
    """
    wanted = replicas_of(deployment)
    change = (wanted + max_surge(deployment) if wanted > 0 else 0) - total(sets)
    ordered = sorted(sets, key=created_at, reverse=change > 0)
    ordered.sort(key=replicas_of, reverse=True)
    sizes, added = [], 0
    for one in ordered:
        share = _proportion(deployment, one, change, added) if change else 0
        added += share
        sizes.append(replicas_of(one) + share)
    if sizes and change:
        sizes[0] = max(0, sizes[0] + change - added)
    return list(zip(ordered, sizes, strict=True))


def _proportion(deployment: KubernetesObject, one: KubernetesObject, change: int, added: int) -> int:
    if not replicas_of(one) or change == added:
        return 0
    fraction, allowed = _fraction(deployment, one), change - added
    return min(fraction, allowed) if change > 0 else max(fraction, allowed)


def _fraction(deployment: KubernetesObject, one: KubernetesObject) -> int:
    """How far the ReplicaSet grows with the Deployment, from the largest size that was recorded on it."""
    wanted, size = replicas_of(deployment), replicas_of(one)
    if not wanted:
        return -size
    before = int(annotations_of(one).get(MAXIMUM, 0)) or int(status_of(deployment).get("replicas", 0))
    if not before:
        return 0
    return math.floor(size * (wanted + max_surge(deployment)) / before + 0.5) - size
