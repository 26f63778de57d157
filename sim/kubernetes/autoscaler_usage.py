"""How many replicas a metric asks for. Source: Kubernetes 1.32, pkg/controller/podautoscaler/replica_calculator.go."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol

from sim.kubernetes.objects import KubernetesObject, is_deleting, spec_of, status_of
from sim.kubernetes.pods import phase_of, ready_condition
from sim.kubernetes.quantities import millis

TOLERANCE = 0.1
"""A ratio this close to 1 changes nothing: --horizontal-pod-autoscaler-tolerance."""
CPU_INITIALISATION = 300.0
"""Seconds after its start during which a pod's processor use counts only while it is ready."""
READINESS_DELAY = 30.0
"""Seconds after its start during which a pod that turned unready counts as never ready."""


class PodUsage(NamedTuple):
    """What the metrics API tells of a pod."""

    value: int
    """In thousandths: of a core, of a byte."""
    at: float
    """Seconds."""
    window: float
    """The seconds before it that it is the mean of."""


class ClusterMetrics(Protocol):
    """What is measured. Each answer is None where there is nothing."""

    def resource(
        self, pods: Sequence[KubernetesObject], resource: str, container: str
    ) -> Mapping[str, PodUsage] | None:
        """Use of a resource by pod name; of one container, where one is named."""

    def custom(self, pods: Sequence[KubernetesObject], metric: str) -> Mapping[str, PodUsage] | None:
        """A pods metric, by pod name."""

    def single(self, kind: str, metric: str) -> int | None:
        """An object's or an external metric, in thousandths. `kind`: "Object" or "External"."""


class MetricMissingError(Exception):
    """A metric that no replicas can be told from."""


class ProposedReplicas(NamedTuple):
    """What a metric asks for, and what is written of it in the status."""

    replicas: int
    utilization: int | None
    usage: int


class _Pods(NamedTuple):
    """Pods by what their metric is worth."""

    ready: int
    unready: set[str]
    missing: set[str]
    usage: dict[str, int]


def by_utilization(
    pods: Sequence[KubernetesObject],
    metrics: Mapping[str, PodUsage] | None,
    *,
    current: int,
    target: int,
    resource: str,
    container: str = "",
    now: float,
) -> ProposedReplicas:
    """Replicas so that pods use `target` percent of what they ask for. Raises `MetricMissingError`."""
    found = _sorted_out(pods, metrics, resource, now)
    requests = _requests(pods, resource, container)
    ratio, utilization, usage = _utilization(found.usage, requests, target)
    replicas = _replicas(
        found,
        ratio,
        current,
        full={name: requests[name] * max(100, target) // 100 for name in found.missing},
        again=lambda all_usage: _utilization(all_usage, requests, target)[0],
    )
    return ProposedReplicas(replicas, utilization, usage)


def by_value(
    pods: Sequence[KubernetesObject],
    metrics: Mapping[str, PodUsage] | None,
    *,
    current: int,
    target: int,
    resource: str,
    now: float,
) -> ProposedReplicas:
    """Replicas so that each pod uses `target` thousandths. Raises `MetricMissingError`."""
    found = _sorted_out(pods, metrics, resource, now)

    def ratio_of(usage: Mapping[str, int]) -> float:
        return (sum(usage.values()) // len(usage)) / target

    usage = sum(found.usage.values()) // len(found.usage)
    full = dict.fromkeys(found.missing, target)
    replicas = _replicas(found, ratio_of(found.usage), current, full=full, again=ratio_of)
    return ProposedReplicas(replicas, None, usage)


def by_single_value(
    pods: Sequence[KubernetesObject], value: int | None, *, current: int, target: int
) -> ProposedReplicas:
    """Replicas so that one value, over all pods that are ready, comes to `target`. Raises `MetricMissingError`."""
    if value is None:
        raise MetricMissingError("no metrics returned")
    ratio = value / target
    if not current:
        return ProposedReplicas(math.ceil(ratio), None, value)
    if abs(1.0 - ratio) <= TOLERANCE:
        return ProposedReplicas(current, None, value)
    if not pods:
        raise MetricMissingError("no pods returned by selector while calculating replica count")
    ready = sum(phase_of(pod) == "Running" and _is_true(pod) for pod in pods)
    return ProposedReplicas(math.ceil(ratio * ready), None, value)


def by_share(value: int | None, *, replicas: int, target: int) -> ProposedReplicas:
    """Replicas so that each one's share of a value comes to `target`. Raises `MetricMissingError`."""
    if value is None:
        raise MetricMissingError("no metrics returned")
    share = math.ceil(value / replicas) if replicas else 0
    ratio = value / (target * replicas) if replicas else math.inf
    if abs(1.0 - ratio) > TOLERANCE:
        return ProposedReplicas(math.ceil(value / target), None, share)
    return ProposedReplicas(replicas, None, share)


def _replicas(
    found: _Pods, ratio: float, current: int, *, full: Mapping[str, int], again: Callable[[Mapping[str, int]], float]
) -> int:
    """Pods without a metric are taken to weigh against the change: then it is smaller, and never turns round."""
    more_unready = bool(found.unready) and ratio > 1.0
    if not more_unready and not found.missing:
        return current if abs(1.0 - ratio) <= TOLERANCE else math.ceil(ratio * found.ready)
    usage = dict(found.usage)
    if ratio < 1.0:
        usage |= full
    elif ratio > 1.0:
        usage |= dict.fromkeys(found.missing, 0)
    if more_unready:
        usage |= dict.fromkeys(found.unready, 0)
    new = again(usage)
    if abs(1.0 - new) <= TOLERANCE or (ratio < 1.0 < new) or (new < 1.0 < ratio):
        return current
    replicas = math.ceil(new * len(usage))
    turned = (new < 1.0 and replicas > current) or (new > 1.0 and replicas < current)
    return current if turned else replicas


def _sorted_out(
    pods: Sequence[KubernetesObject], metrics: Mapping[str, PodUsage] | None, resource: str, now: float
) -> _Pods:
    if not metrics:
        raise MetricMissingError("no metrics returned from resource metrics API")
    if not pods:
        raise MetricMissingError("no pods returned by selector while calculating replica count")
    ready, unready, missing = 0, set[str](), set[str]()
    usage = {name: one.value for name, one in metrics.items()}
    for pod in pods:
        name = pod["metadata"]["name"]
        if is_deleting(pod) or phase_of(pod) == "Failed":
            usage.pop(name, None)
        elif phase_of(pod) == "Pending":
            unready.add(name)
        elif name not in metrics:
            missing.add(name)
        elif resource == "cpu" and _is_unready(pod, metrics[name], now):
            unready.add(name)
        else:
            ready += 1
    for name in unready:
        usage.pop(name, None)
    if not usage:
        raise MetricMissingError("did not receive metrics for targeted pods (pods might be unready)")
    return _Pods(ready, unready, missing, usage)


def _is_unready(pod: KubernetesObject, usage: PodUsage, now: float) -> bool:
    """Whether a pod's processor use tells nothing yet: it still starts, or it was never ready."""
    condition, started = ready_condition(pod), status_of(pod).get("startTime")
    if condition is None or started is None:
        return True
    since = condition["lastTransitionTime"]
    if started + CPU_INITIALISATION > now:
        return bool(condition["status"] == "False" or usage.at < since + usage.window)
    return bool(condition["status"] == "False" and started + READINESS_DELAY > since)


def _is_true(pod: KubernetesObject) -> bool:
    condition = ready_condition(pod)
    return condition is not None and condition["status"] == "True"


def _requests(pods: Sequence[KubernetesObject], resource: str, container: str) -> dict[str, int]:
    """What each pod asks for, in thousandths; init containers that go on running count."""
    requests: dict[str, int] = {}
    for pod in pods:
        name, spec = pod["metadata"]["name"], spec_of(pod)
        sidecars = [one for one in spec.get("initContainers") or () if one.get("restartPolicy") == "Always"]
        total = 0
        for one in (*(spec.get("containers") or ()), *sidecars):
            if container in {"", one["name"]}:
                asked = ((one.get("resources") or {}).get("requests") or {}).get(resource)
                if asked is None:
                    raise MetricMissingError(f"missing request for {resource} in container {one['name']} of Pod {name}")
                total += millis(asked)
        requests[name] = total
    return requests


def _utilization(usage: Mapping[str, int], requests: Mapping[str, int], target: int) -> tuple[float, int, int]:
    """The ratio to the target, the utilisation in percent, and the mean use in thousandths."""
    known = [name for name in usage if name in requests]
    asked = sum(requests[name] for name in known)
    if not asked:
        raise MetricMissingError("no metrics returned matched known pods")
    used = sum(usage[name] for name in known)
    percent = used * 100 // asked
    return percent / target, percent, used // len(known)
