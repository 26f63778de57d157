"""What controllers ask about a pod: whether it is active, ready, available, and since when.

Source: Kubernetes 1.32, pkg/api/v1/pod/util.go and pkg/controller/controller_utils.go.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sim.kubernetes.objects import KubernetesObject, condition_of, is_deleting, spec_of, status_of


def phase_of(pod: KubernetesObject) -> str:
    """Pending, Running, Succeeded or Failed."""
    return str(status_of(pod).get("phase", "Pending"))


def is_terminal(pod: KubernetesObject) -> bool:
    """Whether all of its containers have ended for good."""
    return phase_of(pod) in {"Succeeded", "Failed"}


def is_active(pod: KubernetesObject) -> bool:
    """Whether it counts as one of its owner's: neither ended nor deleted."""
    return not is_terminal(pod) and not is_deleting(pod)


def node_of(pod: KubernetesObject) -> str:
    """The node that it is bound to; "" before that."""
    return str(spec_of(pod).get("nodeName") or "")


def ready_condition(pod: KubernetesObject) -> Mapping[str, Any] | None:
    """The condition that says whether it takes requests."""
    for condition in status_of(pod).get("conditions") or ():
        if condition["type"] == "Ready":
            found: Mapping[str, Any] = condition
            return found
    return None


def is_ready(pod: KubernetesObject) -> bool:
    """Whether it takes requests."""
    condition = ready_condition(pod)
    return condition is not None and condition["status"] == "True"


def is_available(pod: KubernetesObject, min_ready: float, now: float) -> bool:
    """Whether it has been ready for longer than `min_ready` seconds."""
    condition = ready_condition(pod)
    if condition is None or condition["status"] != "True":
        return False
    return not min_ready or bool(condition["lastTransitionTime"] + min_ready < now)


def restarts_of(pod: KubernetesObject) -> list[int]:
    """How often each of its containers was started again."""
    return [int(status.get("restartCount", 0)) for status in status_of(pod).get("containerStatuses") or ()]


def counts_as_before(old: KubernetesObject, new: KubernetesObject) -> bool:
    """Whether a write changed nothing that an owner counts: as where a pod is bound to a node, or begins to run."""
    before, after = old["metadata"], new["metadata"]
    return (
        before.get("labels") is after.get("labels")
        and before.get("ownerReferences") is after.get("ownerReferences")
        and before.get("deletionTimestamp") == after.get("deletionTimestamp")
        and is_ready(old) == is_ready(new)
        and is_terminal(old) == is_terminal(new)
    )


def became_ready(old: KubernetesObject | None, new: KubernetesObject) -> bool:
    """Whether it took no requests before, and does now."""
    return old is not None and not is_ready(old) and is_ready(new)


def why_unready(pods: Iterable[KubernetesObject | None]) -> str:
    """Why none of some pods is ready: the scheduler's words, or what a container waits for, of the first that has any.

    None among them is a pod that is gone.
    """
    there = [pod for pod in pods if pod is not None]
    return next((why for pod in there if (why := _refusal(pod) or _waiting(pod))), "its containers run, and no more")


def _refusal(pod: KubernetesObject) -> str:
    refusal = condition_of(pod, "PodScheduled") or {}
    return "" if node_of(pod) else str(refusal.get("message") or "")


def _waiting(pod: KubernetesObject) -> str:
    """The first container that does not run, with the kubelet's reason."""
    for status in status_of(pod).get("containerStatuses") or ():
        for state in ("waiting", "terminated"):
            if state in status["state"]:
                return f"container {status['name']!r}: {status['state'][state].get('reason') or state}"
    return ""
