"""The defaults that the API server fills in when an object is made, and what admission adds to a pod.

Only fields that the model reads are filled in. Objects are mappings and are not changed; a filled one is new. Sources:
pkg/apis/{core,apps,batch,autoscaling}/*/defaults.go and plugin/pkg/admission of Kubernetes 1.32.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sim.errors import InputError

_ENDLESS = 2**31 - 1

UNREADY, UNREACHABLE = "node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"
"""Taints of a node that fails."""

_SCALE_UP = {
    "stabilizationWindowSeconds": 0,
    "selectPolicy": "Max",
    "policies": [
        {"type": "Pods", "value": 4, "periodSeconds": 15},
        {"type": "Percent", "value": 100, "periodSeconds": 15},
    ],
}
_SCALE_DOWN = {"selectPolicy": "Max", "policies": [{"type": "Percent", "value": 100, "periodSeconds": 15}]}


def with_defaults(obj: Mapping[str, Any]) -> dict[str, Any]:
    """An object with the defaults of its kind; a copy of an object of any other kind."""
    fill = _KINDS.get(obj.get("kind", ""))
    metadata = _filled(obj.get("metadata") or {}, {} if obj.get("kind") in _CLUSTER_WIDE else {"namespace": "default"})
    whole = {**obj, "metadata": metadata}
    return {**whole, "spec": fill(whole.get("spec") or {})} if fill else whole


def admitted(
    pod: Mapping[str, Any], classes: Iterable[Mapping[str, Any]], runtimes: Iterable[Mapping[str, Any]] = ()
) -> dict[str, Any]:
    """A pod as admission lets it in.

    It has the priority of its class, what its runtime takes and wants, and tolerations of nodes that fail.

    Args:
        classes: The PriorityClasses there are.
        runtimes: The RuntimeClasses there are.

    Raises:
        InputError: Where a class that the pod names is none of them.
    """
    spec = _with_runtime(dict(pod.get("spec") or {}), runtimes)
    by_name = {**_SYSTEM_CLASSES, **{one["metadata"].get("name", ""): one for one in classes}}
    name = spec.get("priorityClassName")
    if name and name not in by_name:
        raise InputError(f"no PriorityClass {name!r}; there are {', '.join(sorted(by_name))}")
    preset = [one for one in by_name.values() if one.get("globalDefault")]
    chosen = by_name[name] if name else min(preset, key=lambda one: int(one.get("value") or 0), default={})
    spec["priority"] = chosen.get("value") or 0
    spec["preemptionPolicy"] = chosen.get("preemptionPolicy") or "PreemptLowerPriority"
    spec["tolerations"] = [*(spec.get("tolerations") or ()), *_for_failing_nodes(spec.get("tolerations") or ())]
    return {**pod, "spec": spec}


def pod_spec(spec: Mapping[str, Any]) -> dict[str, Any]:
    """A pod template's `spec` with its defaults."""
    return _filled(spec, {"restartPolicy": "Always", "terminationGracePeriodSeconds": 30})


def _pod(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Of pods alone, a request that is missing is the limit; and with the host's network, ports are the host's."""
    filled = pod_spec(spec)
    for name in ("containers", "initContainers"):
        if filled.get(name):
            filled[name] = [_limits_as_requests(one) for one in filled[name]]
            if filled.get("hostNetwork"):
                filled[name] = [_ports_of_host(one) for one in filled[name]]
    return filled


def _limits_as_requests(container: Mapping[str, Any]) -> dict[str, Any]:
    resources = container.get("resources") or {}
    if not resources.get("limits"):
        return dict(container)
    requests = {**resources["limits"], **(resources.get("requests") or {})}
    return {**container, "resources": {**resources, "requests": requests}}


def _ports_of_host(container: Mapping[str, Any]) -> dict[str, Any]:
    ports = [
        {**port, "hostPort": port.get("hostPort") or port.get("containerPort")} for port in container.get("ports") or ()
    ]
    return {**container, "ports": ports} if ports else dict(container)


def _template(spec: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    filled = _filled(spec, defaults)
    template = filled.get("template") or {}
    if template.get("spec"):
        filled["template"] = {**template, "spec": pod_spec(template["spec"])}
    return filled


def _deployment(spec: Mapping[str, Any]) -> dict[str, Any]:
    filled = _template(spec, {"replicas": 1, "revisionHistoryLimit": 10, "progressDeadlineSeconds": 600})
    strategy = _filled(filled.get("strategy") or {}, {"type": "RollingUpdate"})
    if strategy["type"] == "RollingUpdate":
        strategy["rollingUpdate"] = _filled(
            strategy.get("rollingUpdate") or {}, {"maxUnavailable": "25%", "maxSurge": "25%"}
        )
    return {**filled, "strategy": strategy}


def _replica_set(spec: Mapping[str, Any]) -> dict[str, Any]:
    return _template(spec, {"replicas": 1})


def _stateful_set(spec: Mapping[str, Any]) -> dict[str, Any]:
    filled = _template(spec, {"replicas": 1, "revisionHistoryLimit": 10, "podManagementPolicy": "OrderedReady"})
    written = filled.get("updateStrategy") or {}
    update = _filled(written, {"type": "RollingUpdate"})
    if update["type"] == "RollingUpdate" and (not written.get("type") or written.get("rollingUpdate") is not None):
        update["rollingUpdate"] = _filled(update.get("rollingUpdate") or {}, {"partition": 0})
    return {**filled, "updateStrategy": update}


def _daemon_set(spec: Mapping[str, Any]) -> dict[str, Any]:
    filled = _template(spec, {"revisionHistoryLimit": 10})
    update = _filled(filled.get("updateStrategy") or {}, {"type": "RollingUpdate"})
    if update["type"] == "RollingUpdate":
        update["rollingUpdate"] = _filled(update.get("rollingUpdate") or {}, {"maxUnavailable": 1, "maxSurge": 0})
    return {**filled, "updateStrategy": update}


def _job(spec: Mapping[str, Any]) -> dict[str, Any]:
    only_one = {} if spec.get("parallelism") is not None else {"completions": 1}
    retries = 6 if spec.get("backoffLimitPerIndex") is None else _ENDLESS
    replaced = "Failed" if spec.get("podFailurePolicy") else "TerminatingOrFailed"
    return _template(
        spec,
        {
            **only_one,
            "parallelism": 1,
            "backoffLimit": retries,
            "completionMode": "NonIndexed",
            "suspend": False,
            "podReplacementPolicy": replaced,
        },
    )


def _autoscaler(spec: Mapping[str, Any]) -> dict[str, Any]:
    filled = _filled(spec, {"minReplicas": 1})
    filled["metrics"] = filled.get("metrics") or [_cpu_at(filled.pop("targetCPUUtilizationPercentage", None) or 80)]
    behavior = filled.get("behavior")
    if behavior is not None:
        filled["behavior"] = {
            "scaleUp": _filled(behavior.get("scaleUp") or {}, _SCALE_UP),
            "scaleDown": _filled(behavior.get("scaleDown") or {}, _SCALE_DOWN),
        }
    return filled


def _cpu_at(percent: int) -> dict[str, Any]:
    """The metric of an autoscaler that names none; autoscaling/v1 has its percentage in a field of its own."""
    target = {"type": "Utilization", "averageUtilization": percent}
    return {"type": "Resource", "resource": {"name": "cpu", "target": target}}


def _with_runtime(spec: dict[str, Any], runtimes: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """What the pod's RuntimeClass adds: its overhead, and where it runs."""
    name = spec.get("runtimeClassName")
    if not name:
        return spec
    by_name = {one["metadata"].get("name", ""): one for one in runtimes}
    if name not in by_name:
        raise InputError(f"no RuntimeClass {name!r}; there are {', '.join(sorted(by_name)) or 'none'}")
    overhead = (by_name[name].get("overhead") or {}).get("podFixed")
    where = by_name[name].get("scheduling") or {}
    return {
        **spec,
        **({"overhead": overhead} if overhead else {}),
        "nodeSelector": {**(spec.get("nodeSelector") or {}), **(where.get("nodeSelector") or {})},
        "tolerations": [*(spec.get("tolerations") or ()), *(where.get("tolerations") or ())],
    }


def _for_failing_nodes(tolerations: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Five minutes on a node that fails (DefaultTolerationSeconds), where the pod says nothing else of it."""
    return [
        {"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}
        for key in (UNREADY, UNREACHABLE)
        if not any(
            one.get("key") in (key, None, "") and one.get("effect") in ("NoExecute", None, "") for one in tolerations
        )
    ]


def _filled(written: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """A mapping with defaults for what it leaves out or leaves empty."""
    return {**written, **{key: value for key, value in defaults.items() if written.get(key) is None}}


_CLUSTER_WIDE = {"Node", "PriorityClass", "RuntimeClass", "Namespace"}
_SYSTEM_CLASSES: dict[str, Mapping[str, Any]] = {
    "system-node-critical": {"value": 2_000_001_000},
    "system-cluster-critical": {"value": 2_000_000_000},
}
"""Every cluster has these (pkg/apis/scheduling/v1/helpers.go)."""

_KINDS: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "Pod": _pod,
    "Deployment": _deployment,
    "ReplicaSet": _replica_set,
    "StatefulSet": _stateful_set,
    "DaemonSet": _daemon_set,
    "Job": _job,
    "HorizontalPodAutoscaler": _autoscaler,
}
