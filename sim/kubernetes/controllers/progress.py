"""What a Deployment tells about its rollout: counts, conditions, and whether it still makes progress.

Source: Kubernetes 1.32, pkg/controller/deployment/sync.go (calculateStatus), progress.go, util/deployment_util.go.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sim.kubernetes.controllers.rolling import available, max_unavailable
from sim.kubernetes.objects import (
    KubernetesObject,
    condition_among,
    condition_of,
    replicas_of,
    spec_of,
    status_of,
    without_condition,
)

AVAILABLE = "NewReplicaSetAvailable"
CREATED = "NewReplicaSetCreated"
FOUND = "FoundNewReplicaSet"
UPDATED = "ReplicaSetUpdated"
TIMED_OUT = "ProgressDeadlineExceeded"
PAUSED, RESUMED = "DeploymentPaused", "DeploymentResumed"
_NO_DEADLINE = 2**31 - 1
_DEADLINE = 600

DeploymentStatus = dict[str, Any]


def deadline_of(deployment: KubernetesObject) -> int | None:
    """Seconds that a rollout may go on without progress; None where nobody watches."""
    seconds = spec_of(deployment).get("progressDeadlineSeconds")
    seconds = _DEADLINE if seconds is None else int(seconds)
    return None if seconds == _NO_DEADLINE else seconds


def counted(
    deployment: KubernetesObject, sets: Sequence[KubernetesObject], new: KubernetesObject | None, stamp: float
) -> DeploymentStatus:
    """The Deployment's status with the pods counted and the Available condition."""
    there = sum(status_of(one).get("replicas", 0) for one in sets)
    up = available(sets)
    status = {
        **status_of(deployment),
        "observedGeneration": deployment["metadata"]["generation"],
        "replicas": there,
        "updatedReplicas": status_of(new).get("replicas", 0) if new is not None else 0,
        "readyReplicas": sum(status_of(one).get("readyReplicas", 0) for one in sets),
        "availableReplicas": up,
        "unavailableReplicas": max(0, there - up),
    }
    enough = up >= replicas_of(deployment) - max_unavailable(deployment)
    reason = "MinimumReplicasAvailable" if enough else "MinimumReplicasUnavailable"
    set_condition(status, condition("Available", "True" if enough else "False", reason, stamp))
    return status


def condition(kind: str, value: str, reason: str, now: float) -> Mapping[str, Any]:
    """A condition that holds from now on."""
    return {"type": kind, "status": value, "reason": reason, "lastUpdateTime": now, "lastTransitionTime": now}


def set_condition(status: DeploymentStatus, new: Mapping[str, Any]) -> None:
    """Put a condition into a status. One with the same value and reason stays as it was."""
    conditions = status.get("conditions") or []
    old = condition_among(conditions, new["type"])
    if old is not None and (old["status"], old["reason"]) == (new["status"], new["reason"]):
        return
    if old is not None and old["status"] == new["status"]:
        new = {**new, "lastTransitionTime": old["lastTransitionTime"]}
    status["conditions"] = [*without_condition(conditions, new["type"]), new]


def note_progress(deployment: KubernetesObject, status: DeploymentStatus, stamp: float, now: float) -> None:
    """Set the Progressing condition of a new status: complete, getting on, or too long without a change.

    Args:
        deployment: as it was.
        status: what is to be written of it.
        stamp: the whole second that conditions hold.
        now: what a deadline is compared with.
    """
    if deadline_of(deployment) is None:
        status["conditions"] = without_condition(status.get("conditions") or [], "Progressing")
        return
    old = condition_of(deployment, "Progressing")
    if old is not None and old["reason"] == AVAILABLE and status["replicas"] == status["updatedReplicas"]:
        return
    if is_complete(deployment, status):
        set_condition(status, condition("Progressing", "True", AVAILABLE, stamp))
    elif got_on(status_of(deployment), status):
        new = condition("Progressing", "True", UPDATED, stamp)
        if old is not None and old["status"] == "True":
            new = {**new, "lastTransitionTime": old["lastTransitionTime"]}
        status["conditions"] = [*without_condition(status.get("conditions") or [], "Progressing"), new]
    elif is_late(deployment, status, now):
        set_condition(status, condition("Progressing", "False", TIMED_OUT, stamp))


def is_complete(deployment: KubernetesObject, status: Mapping[str, Any]) -> bool:
    """Whether every pod is of the new template and available."""
    wanted = replicas_of(deployment)
    counts = (status.get(name, 0) for name in ("updatedReplicas", "replicas", "availableReplicas"))
    seen = status.get("observedGeneration", 0) >= deployment["metadata"]["generation"]
    return seen and all(count == wanted for count in counts)


def got_on(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Whether there are more new, fewer old, or more ready or available pods than before."""

    def old_pods(status: Mapping[str, Any]) -> int:
        return int(status.get("replicas", 0) - status.get("updatedReplicas", 0))

    return (
        new["updatedReplicas"] > old.get("updatedReplicas", 0)
        or old_pods(new) < old_pods(old)
        or new["readyReplicas"] > old.get("readyReplicas", 0)
        or new["availableReplicas"] > old.get("availableReplicas", 0)
    )


def is_late(deployment: KubernetesObject, status: Mapping[str, Any], now: float) -> bool:
    """Whether the last progress is longer ago than the deadline allows."""
    deadline, last = deadline_of(deployment), condition_among(status.get("conditions") or (), "Progressing")
    if deadline is None or last is None or last["reason"] == AVAILABLE:
        return False
    return bool(last["reason"] == TIMED_OUT or last["lastUpdateTime"] + deadline < now)


def next_check(deployment: KubernetesObject, status: Mapping[str, Any], now: float) -> float | None:
    """Seconds until the deadline is looked at again; None where it cannot pass any more.

    A second is added while there is more than one left. In the last second the controller looks again and again, until
    the deadline has passed; one look just after it has the same effect. Once a rollout was complete the deadline has no
    effect, though pods are lost later, and the controller's looks at it are left out.
    """
    deadline, last = deadline_of(deployment), condition_of(deployment, "Progressing")
    if deadline is None or last is None or last["reason"] in (TIMED_OUT, AVAILABLE) or is_complete(deployment, status):
        return None
    left: float = last["lastUpdateTime"] + deadline - now
    return left + 1 if left >= 1 else max(left, 0.0) + _SOON


_SOON = 0.005
"""The first wait of a rate-limited queue: client-go 0.32, DefaultControllerRateLimiter."""
