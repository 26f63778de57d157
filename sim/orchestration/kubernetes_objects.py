"""A service as Kubernetes objects: made from what is wished, or a user's own with the wishes put in."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sim.errors import InputError, Problem
from sim.kubernetes.defaults import UNREACHABLE, UNREADY
from sim.kubernetes.objects import KubernetesObject, changed, spec_of
from sim.orchestration.service import ServiceWish

NAME = "web"
_IMAGE = "web:1"
_NEXT, _BAD = "-next", "-bad"
ContainerFields = Mapping[str, Any]
ContainerChange = Callable[[dict[str, Any]], dict[str, Any]]


def service_objects(wish: ServiceWish, given: Sequence[KubernetesObject] = ()) -> tuple[KubernetesObject, ...]:
    """The objects to create, the one Deployment last.

    Raises `InputError` where the given objects have another number of Deployments than one.
    """
    found = [one for one in given if one["kind"] == "Deployment"]
    if given and len(found) != 1:
        raise InputError(Problem(f"the manifest has {len(found)} Deployments; expected one", path="manifest"))
    deployment = _wished(found[0] if found else _deployment(), wish)
    others = [one for one in given if one["kind"] != "Deployment"]
    if wish.most is not None:
        others = [one for one in others if one["kind"] != "HorizontalPodAutoscaler"]
        others.append(_autoscaler(deployment, wish.most, wish.target))
    if wish.budget is not None:
        others = [one for one in others if one["kind"] != "PodDisruptionBudget"]
        others.append(_budget(deployment, wish.budget))
    return (*others, deployment)


def with_image(deployment: KubernetesObject, image: str) -> dict[str, Any]:
    """The Deployment with another image of its first container."""
    return _each(deployment, lambda one: {**one, "image": image}, first=True)


def next_image(deployment: KubernetesObject, *, bad: bool) -> str:
    """What the first container's image is updated to. A bad one never answers."""
    image = str(first_container(pod_of(deployment)).get("image") or _IMAGE)
    return image + (_BAD if bad else _NEXT)


def is_bad(pod: KubernetesObject) -> bool:
    """Whether a pod is of the version that never answers."""
    return str(first_container(pod).get("image") or "").endswith(_BAD)


def is_updated(pod: KubernetesObject) -> bool:
    """Whether a pod is of the version that the service was updated to."""
    return str(first_container(pod).get("image") or "").endswith((_NEXT, _BAD))


def pod_of(deployment: KubernetesObject) -> KubernetesObject:
    """The Deployment's template, with the `spec` of its pods."""
    template: KubernetesObject = spec_of(deployment)["template"]
    return template


def first_container(pod: KubernetesObject) -> ContainerFields:
    """The container that answers the service's requests: the first."""
    return next(iter(spec_of(pod).get("containers") or ()), {})


def ends_first(pod: KubernetesObject, container: ContainerFields) -> bool:
    """Whether it is an init container that ends before the next one starts: it is no sidecar."""
    before = [one.get("name") for one in spec_of(pod).get("initContainers") or ()]
    return container.get("name") in before and container.get("restartPolicy") != "Always"


def _deployment() -> KubernetesObject:
    labels = {"app": NAME}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": NAME, "namespace": "default"},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [{"name": NAME, "image": _IMAGE}]}},
        },
    }


def _wished(deployment: KubernetesObject, wish: ServiceWish) -> dict[str, Any]:
    result = dict(deployment)
    for value, path in (
        (wish.replicas, ("spec", "replicas")),
        (wish.surge, ("spec", "strategy", "rollingUpdate", "maxSurge")),
        (wish.unavailable, ("spec", "strategy", "rollingUpdate", "maxUnavailable")),
        (_whole(wish.grace), ("spec", "template", "spec", "terminationGracePeriodSeconds")),
    ):
        if value is not None:
            result = changed(result, value, *path)
    if wish.tolerated is not None:
        result = changed(result, _tolerations(wish.tolerated), "spec", "template", "spec", "tolerations")
    if wish.image is not None:
        result = with_image(result, wish.image)
    for change in _container_changes(wish):
        result = _each(result, change, first=True)
    return result


def _container_changes(wish: ServiceWish) -> Iterable[ContainerChange]:
    if wish.cpu is not None:
        yield lambda one: changed(one, f"{round(wish.cpu * 1000)}m", "resources", "requests", "cpu")  # type: ignore[operator]
    if wish.memory is not None:
        yield lambda one: changed(one, str(wish.memory), "resources", "requests", "memory")
    if wish.probe is not None:
        probe = {"httpGet": {"path": "/", "port": 80}} if wish.probe else None
        yield lambda one: changed(one, (one.get("readinessProbe") or probe) if probe else None, "readinessProbe")
    if wish.probe_every is not None:
        every = max(1, round(wish.probe_every))
        yield lambda one: changed(one, every, "readinessProbe", "periodSeconds") if "readinessProbe" in one else one
    if wish.wait_before_term is not None:
        wait = {"sleep": {"seconds": round(wish.wait_before_term)}} if wish.wait_before_term else None
        yield lambda one: changed(one, wait, "lifecycle", "preStop")


def _each(deployment: KubernetesObject, change: ContainerChange, *, first: bool) -> dict[str, Any]:
    containers = list(spec_of(pod_of(deployment)).get("containers") or ())
    new = [change(dict(one)) if not (first and place) else one for place, one in enumerate(containers)]
    return changed(deployment, new, "spec", "template", "spec", "containers")


def _whole(seconds: float | None) -> int | None:
    return None if seconds is None else math.ceil(seconds)


def _tolerations(seconds: float) -> list[dict[str, Any]]:
    return [
        {"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": round(seconds)}
        for key in (UNREADY, UNREACHABLE)
    ]


def _autoscaler(deployment: KubernetesObject, most: int, target: float) -> KubernetesObject:
    name = deployment["metadata"]["name"]
    aim = {"type": "Utilization", "averageUtilization": max(1, round(100 * target))}
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": name, "namespace": deployment["metadata"].get("namespace", "default")},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": name},
            "minReplicas": spec_of(deployment).get("replicas") or 1,
            "maxReplicas": most,
            "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": aim}}],
        },
    }


def _budget(deployment: KubernetesObject, unavailable: int) -> KubernetesObject:
    metadata = deployment["metadata"]
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": metadata["name"], "namespace": metadata.get("namespace", "default")},
        "spec": {"maxUnavailable": unavailable, "selector": spec_of(deployment)["selector"]},
    }
