"""How many pods a manifest's objects ask for, and services that take none of them.

What is read is plain objects that may be wrong: what does not fit counts as if it was not there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sim.wording import suggestion

_TEMPLATES = (("spec", "template"), ("spec", "jobTemplate", "spec", "template"))
"""Where kinds that make pods have a template of them."""
_REPLICATED = {"Deployment", "ReplicaSet", "StatefulSet"}


class ManifestWarning(NamedTuple):
    """What a manifest says and the API server takes, though it may not be meant."""

    line: int
    path: str
    message: str


def pod_labels(value: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The labels of the pods that an object is or makes, of any kind. None of one that makes no pods."""
    if value.get("kind") == "Pod":
        return _labels(value)
    templates = (_in(value, path) for path in _TEMPLATES)
    return next((_labels(template) for template in templates if isinstance(template, dict)), None)


def pods_asked(value: Mapping[str, Any]) -> int | None:
    """Pods that an object of a kind that the model knows asks for at a time. None where it depends on the nodes."""
    kind, spec = value.get("kind"), value.get("spec")
    asked = spec if isinstance(spec, dict) else {}
    if kind == "DaemonSet":
        return None
    if kind in _REPLICATED:
        return _count(asked.get("replicas"), 1)
    if kind == "Job":
        at_once = _count(asked.get("parallelism"), 1)
        return 0 if asked.get("suspend") is True else min(at_once, _count(asked.get("completions"), at_once))
    return 1


def unserved(objects: Iterable[Mapping[str, Any]], among: Sequence[Mapping[str, Any]]) -> Iterator[ManifestWarning]:
    """Services whose selector takes no pod.

    A service and a pod may meet where not both of them name a namespace, or both the same.

    Args:
        objects: Objects as `inspect --format json` prints them. The services among them are told.
        among: All that there are, for their pods.
    """
    pods = [(one.get("namespace"), one["pod_labels"]) for one in among if "pod_labels" in one]
    for one in objects:
        selector, namespace = one.get("selector"), one.get("namespace")
        if not selector:
            continue
        there = [labels for where, labels in pods if not (where and namespace) or where == namespace]
        if not any(selector.items() <= labels.items() for labels in there):
            message = f"takes no pod of the manifests given: {_reason(selector, there)} (Service {one['name']})"
            yield ManifestWarning(one["selector_line"], "spec.selector", message)


def _reason(selector: Mapping[str, Any], pods: Sequence[Mapping[str, Any]]) -> str:
    if not pods:
        return "there is none in its namespace"
    for key, wanted in selector.items():
        values = sorted({str(labels[key]) for labels in pods if key in labels})
        if not values:
            keys = sorted({str(name) for labels in pods for name in labels})
            return f"none has a label {key!r}{suggestion(str(key), keys)}"
        if str(wanted) not in values:
            return f"none has {key}={wanted}{suggestion(str(wanted), values)}"
    return f"none has all of {', '.join(f'{key}={wanted}' for key, wanted in selector.items())}"


def _labels(value: Any) -> Mapping[str, Any]:
    labels = _in(value, ("metadata", "labels"))
    return labels if isinstance(labels, dict) else {}


def _in(value: Any, path: tuple[str, ...]) -> Any:
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _count(value: Any, otherwise: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else otherwise
