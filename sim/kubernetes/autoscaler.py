"""HorizontalPodAutoscalers: every 15 s, as many replicas as their metrics ask for, within their limits.

Source: Kubernetes 1.32, pkg/controller/podautoscaler/horizontal.go.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from simpy.events import Event

from sim.kubernetes.autoscaler_limits import (
    AutoscalerMemory,
    Bounds,
    LimitedReplicas,
    Recommendation,
    note_scaled,
    with_behaviour,
    without_behaviour,
)
from sim.kubernetes.autoscaler_usage import (
    ClusterMetrics,
    MetricMissingError,
    ProposedReplicas,
    by_share,
    by_single_value,
    by_utilization,
    by_value,
)
from sim.kubernetes.controllers.base import ApiClient, Controller, Sync
from sim.kubernetes.objects import (
    KubernetesObject,
    ObjectKey,
    changed,
    key_of_either,
    labels_of,
    replicas_of,
    spec_of,
    status_of,
    without_condition,
)
from sim.kubernetes.quantities import millis
from sim.kubernetes.selectors import label_selector

PERIOD = 15.0
"""Seconds between two looks: --horizontal-pod-autoscaler-sync-period."""
_SOURCES = {
    "Resource": "FailedGetResourceMetric",
    "ContainerResource": "FailedGetContainerResourceMetric",
    "Pods": "FailedGetPodsMetric",
    "Object": "FailedGetObjectMetric",
    "External": "FailedGetExternalMetric",
}
"""The reason that is told where a metric of this type is missing."""

AutoscalerStatus = dict[str, Any]


class AutoscalerEvent(NamedTuple):
    """Something that the autoscaler told."""

    at: float
    autoscaler: ObjectKey
    reason: str
    replicas: int | None = None
    """The new size, of a SuccessfulRescale."""


@dataclass
class _Look:
    """One look at an autoscaler."""

    key: ObjectKey
    hpa: KubernetesObject
    target: KubernetesObject
    status: AutoscalerStatus

    @property
    def current(self) -> int:
        return replicas_of(self.target)

    @property
    def bounds(self) -> Bounds:
        least = spec_of(self.hpa).get("minReplicas")
        return Bounds(1 if least is None else least, spec_of(self.hpa)["maxReplicas"])


class AutoscalerController(Controller):
    """Scales Deployments, ReplicaSets and StatefulSets.

    Attributes:
        events: What was told, in order.
    """

    def __init__(self, client: ApiClient, metrics: ClusterMetrics) -> None:
        super().__init__(client)
        self._metrics = metrics
        self._memory: dict[ObjectKey, AutoscalerMemory] = {}
        self.events: list[AutoscalerEvent] = []
        self.api.watch("HorizontalPodAutoscaler", lambda old, new: self.enqueue_in(key_of_either(old, new), PERIOD))

    def sync(self, key: ObjectKey) -> Sync:
        """Scale the target, and tell why or why not."""
        hpa = self.api.get("HorizontalPodAutoscaler", key)
        if hpa is None:
            self._memory.pop(key, None)
            return
        yield from self._look(key, hpa)
        self.enqueue_in(key, PERIOD)

    def _look(self, key: ObjectKey, hpa: KubernetesObject) -> Sync:
        reference = spec_of(hpa)["scaleTargetRef"]
        target_key = ObjectKey(key.namespace, reference["name"])
        target = yield from self.client.request(lambda: self.api.get(reference["kind"], target_key))
        status = dict(status_of(hpa))
        if target is None:
            self._set(status, "AbleToScale", "False", "FailedGetScale")
            self._tell(key, "FailedGetScale")
            yield from self._write(hpa, key, status)
            return
        look = _Look(key, hpa, target, status)
        self._set(status, "AbleToScale", "True", "SucceededGetScale")
        memory = self._memory.setdefault(key, AutoscalerMemory())
        if not memory.recommendations:
            memory.recommendations.append(Recommendation(look.current, self.env.now))
        wanted = yield from self._wanted(look, memory)
        if wanted is not None:
            if wanted != look.current:
                yield from self._rescale(look, memory, target_key, wanted)
            status |= {"currentReplicas": look.current, "desiredReplicas": wanted}
        yield from self._write(hpa, key, status)

    def _wanted(self, look: _Look, memory: AutoscalerMemory) -> Generator[Event, Any, int | None]:
        """The size to have now; None where no metric tells."""
        current, bounds = look.current, look.bounds
        if not current and bounds.least:
            self._set(look.status, "ScalingActive", "False", "ScalingDisabled")
            return 0
        if not bounds.least <= current <= bounds.most:
            return min(max(current, bounds.least), bounds.most)
        yield from self.client.request(lambda: None)
        proposed = self._proposed(look)
        if proposed is None:
            look.status["currentReplicas"] = current
            return None
        limited = self._limit(look, memory, proposed)
        self._set(look.status, "AbleToScale", "True", limited.able)
        self._set(look.status, "ScalingLimited", "True" if limited.limited else "False", limited.reason)
        return limited.replicas

    def _limit(self, look: _Look, memory: AutoscalerMemory, proposed: int) -> LimitedReplicas:
        behaviour = spec_of(look.hpa).get("behavior")
        if behaviour:
            return with_behaviour(memory, behaviour, look.current, proposed, look.bounds, self.env.now)
        return without_behaviour(memory, look.current, proposed, look.bounds, self.env.now)

    def _rescale(self, look: _Look, memory: AutoscalerMemory, target: ObjectKey, wanted: int) -> Sync:
        kind, current = look.target["kind"], look.current
        yield from self.client.modify(kind, target, lambda now: changed(now, wanted, "spec", "replicas"))
        self._set(look.status, "AbleToScale", "True", "SucceededRescale")
        self._tell(look.key, "SuccessfulRescale", wanted)
        behaviour = spec_of(look.hpa).get("behavior")
        if behaviour:
            note_scaled(memory, behaviour, current, wanted, self.env.now)
        look.status["lastScaleTime"] = self.api.stamp()

    # Metrics

    def _proposed(self, look: _Look) -> int | None:
        """The most that any metric asks for. A metric that is missing lets nothing shrink."""
        most, failed = 0, 0
        first = ""
        told: list[dict[str, int | None] | None] = []
        metrics = spec_of(look.hpa).get("metrics") or ()
        pods = self._pods(look)
        for metric in metrics:
            try:
                one = self._propose(look, metric, pods)
            except MetricMissingError:
                reason = _SOURCES[metric["type"]]
                self._tell(look.key, reason)
                failed, first = failed + 1, first or reason
                told.append(None)
            else:
                most = max(most, one.replicas) if most else one.replicas
                told.append({"averageUtilization": one.utilization, "averageValue": one.usage})
        look.status["currentMetrics"] = told
        if failed and (failed >= len(metrics) or most < look.current):
            self._set(look.status, "ScalingActive", "False", first)
            self._tell(look.key, "FailedComputeMetricsReplicas")
            return None
        self._set(look.status, "ScalingActive", "True", "ValidMetricFound")
        return most

    def _pods(self, look: _Look) -> list[KubernetesObject]:
        selector = label_selector(spec_of(look.target).get("selector"))
        pods = self.api.in_namespace("Pod", look.key.namespace)
        return [pod for pod in pods if selector.matches(labels_of(pod))]

    def _propose(self, look: _Look, metric: Mapping[str, Any], pods: Sequence[KubernetesObject]) -> ProposedReplicas:
        kind, current, now = metric["type"], look.current, self.env.now
        if kind in {"Resource", "ContainerResource"}:
            source = metric["resource" if kind == "Resource" else "containerResource"]
            resource, container, target = source["name"], source.get("container", ""), source["target"]
            usage = self._metrics.resource(pods, resource, container)
            if target.get("averageValue") is not None:
                aim = millis(target["averageValue"])
                return by_value(pods, usage, current=current, target=aim, resource=resource, now=now)
            return by_utilization(
                pods, usage, current=current, target=target["averageUtilization"], resource=resource,
                container=container, now=now,
            )  # fmt: skip
        source = metric[kind.lower()]
        target, name = source["target"], source["metric"]["name"]
        if kind == "Pods":
            usage = self._metrics.custom(pods, name)
            aim = millis(target["averageValue"])
            return by_value(pods, usage, current=current, target=aim, resource="", now=now)
        value = self._metrics.single(kind, name)
        if target.get("averageValue") is not None:
            replicas = status_of(look.target).get("replicas", 0)
            return by_share(value, replicas=replicas, target=millis(target["averageValue"]))
        return by_single_value(pods, value, current=current, target=millis(target["value"]))

    # What is told

    def _tell(self, key: ObjectKey, reason: str, replicas: int | None = None) -> None:
        self.events.append(AutoscalerEvent(self.env.now, key, reason, replicas))

    def _set(self, status: AutoscalerStatus, kind: str, value: str, reason: str) -> None:
        others = without_condition(status.get("conditions") or [], kind)
        status["conditions"] = [*others, {"type": kind, "status": value, "reason": reason}]

    def _write(self, hpa: KubernetesObject, key: ObjectKey, status: AutoscalerStatus) -> Sync:
        if status != status_of(hpa):
            yield from self.client.modify("HorizontalPodAutoscaler", key, lambda now: changed(now, status, "status"))
