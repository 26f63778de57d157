"""What kubelets write: a pod's phase, its containers and its readiness, and a node's. Each makes a new object."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sim.kubernetes.objects import KubernetesObject, changed, condition_of, status_of, without_condition


def running(pod: KubernetesObject, restarts: int, stamp: float, *, ready: bool) -> KubernetesObject:
    """Its containers run."""
    return told(pod, "Running", _containers(pod, restarts, {"running": {"startedAt": stamp}}), stamp, ready=ready)


def waiting(pod: KubernetesObject, restarts: int, stamp: float) -> KubernetesObject:
    """Its containers ended, and are to be started again."""
    state = {"waiting": {"reason": "CrashLoopBackOff"}}
    return told(pod, "Running", _containers(pod, restarts, state), stamp, ready=False)


def ended(pod: KubernetesObject, code: int, restarts: int, stamp: float) -> KubernetesObject:
    """Its containers ended for good."""
    state = {"terminated": {"exitCode": code, "finishedAt": stamp}}
    return told(pod, "Failed" if code else "Succeeded", _containers(pod, restarts, state), stamp, ready=False)


def pod_ready(pod: KubernetesObject, stamp: float, *, ready: bool) -> KubernetesObject:
    """It takes requests, or it does not."""
    return changed(pod, _with_ready(pod, "True" if ready else "False", stamp), "status", "conditions")


def node_ready(node: KubernetesObject, value: str, stamp: float) -> KubernetesObject:
    """The node can run pods ("True"), cannot ("False"), or nobody knows ("Unknown").

    Only what the node itself tells is a heartbeat.
    """
    *others, ready = _with_ready(node, value, stamp)
    old = condition_of(node, "Ready") or {}
    heartbeat = old.get("lastHeartbeatTime") if value == "Unknown" else stamp
    return changed(node, [*others, {**ready, "lastHeartbeatTime": heartbeat}], "status", "conditions")


def disrupted(pod: KubernetesObject, reason: str, stamp: float) -> KubernetesObject:
    """It is about to be deleted by the control plane, for this reason."""
    mark = {"type": "DisruptionTarget", "status": "True", "reason": reason, "lastTransitionTime": stamp}
    others = without_condition(status_of(pod).get("conditions") or [], "DisruptionTarget")
    return changed(pod, [*others, mark], "status", "conditions")


def told(
    pod: KubernetesObject, phase: str, containers: Sequence[Mapping[str, Any]], stamp: float, *, ready: bool
) -> KubernetesObject:
    """It is in this phase, and its containers are so."""
    status = {
        **status_of(pod),
        "phase": phase,
        "containerStatuses": list(containers),
        "conditions": _with_ready(pod, "True" if ready else "False", stamp),
    }
    status.setdefault("startTime", stamp)
    return changed(pod, status, "status")


def _containers(pod: KubernetesObject, restarts: int, state: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    names = [container.get("name", "") for container in pod["spec"].get("containers") or ()]
    return [{"name": name, "restartCount": restarts, "state": state} for name in names]


def _with_ready(obj: KubernetesObject, value: str, stamp: float) -> list[Mapping[str, Any]]:
    old = condition_of(obj, "Ready")
    since = old["lastTransitionTime"] if old is not None and old["status"] == value else stamp
    new = {"type": "Ready", "status": value, "lastTransitionTime": since}
    return [*without_condition(status_of(obj).get("conditions") or [], "Ready"), new]
