"""API objects as the API server stores them: plain mappings, never changed in place.

A write makes a new mapping that shares what stayed the same. So a reader may keep an object as what was known then.
Times in objects are seconds of the simulated clock, cut to the whole seconds of the wall clock (`ApiServer.stamp`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, NamedTuple

KubernetesObject = Mapping[str, Any]
"""An object with `kind`, `metadata` and mostly `spec` and `status`."""


class ObjectKey(NamedTuple):
    """What names an object among those of its kind."""

    namespace: str
    name: str


def key_of(obj: KubernetesObject) -> ObjectKey:
    """The object's namespace and name. What belongs to no namespace (a node) has ""."""
    metadata = obj["metadata"]
    return ObjectKey(metadata.get("namespace", ""), metadata["name"])


def key_of_either(old: KubernetesObject | None, new: KubernetesObject | None) -> ObjectKey:
    """The name of what was written, from before or from after the write."""
    obj = new if new is not None else old
    assert obj is not None
    return key_of(obj)


def uid_of(obj: KubernetesObject) -> str:
    """What tells the object from an earlier one of the same name."""
    return str(obj["metadata"]["uid"])


def labels_of(obj: KubernetesObject) -> Mapping[str, str]:
    """The object's labels."""
    return obj["metadata"].get("labels") or {}


def annotations_of(obj: KubernetesObject) -> Mapping[str, str]:
    """The object's annotations."""
    return obj["metadata"].get("annotations") or {}


def finalizers_of(obj: KubernetesObject) -> tuple[str, ...]:
    """What has to be done before the object may go."""
    return tuple(obj["metadata"].get("finalizers") or ())


def created_at(obj: KubernetesObject) -> float:
    """When the object was made, in seconds."""
    return float(obj["metadata"]["creationTimestamp"])


def is_deleting(obj: KubernetesObject) -> bool:
    """Whether somebody has deleted the object, and something still keeps it."""
    return obj["metadata"].get("deletionTimestamp") is not None


def controller_of(obj: KubernetesObject) -> Mapping[str, Any] | None:
    """The reference to the owner that manages the object; at most one of its owners does."""
    for reference in obj["metadata"].get("ownerReferences") or ():
        if reference.get("controller"):
            found: Mapping[str, Any] = reference
            return found
    return None


def controller_reference(owner: KubernetesObject) -> dict[str, Any]:
    """The reference by which `owner` manages an object."""
    return {
        "apiVersion": owner.get("apiVersion", ""),
        "kind": owner["kind"],
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }


def spec_of(obj: KubernetesObject) -> Mapping[str, Any]:
    """What is asked for."""
    return obj.get("spec") or {}


def status_of(obj: KubernetesObject) -> Mapping[str, Any]:
    """What was last seen."""
    return obj.get("status") or {}


def replicas_of(obj: KubernetesObject) -> int:
    """How many replicas are asked for; one where nothing is said."""
    replicas = spec_of(obj).get("replicas")
    return 1 if replicas is None else int(replicas)


def changed(obj: Mapping[str, Any], value: Any, *path: str) -> dict[str, Any]:
    """The mapping with `value` at `path`; a value of None takes the last key away.

    >>> changed({"spec": {"replicas": 3, "paused": True}}, 5, "spec", "replicas")
    {'spec': {'replicas': 5, 'paused': True}}
    >>> changed({"spec": {"paused": True}}, None, "spec", "paused")
    {'spec': {}}
    """
    first, *rest = path
    if rest:
        return {**obj, first: changed(obj.get(first) or {}, value, *rest)}
    if value is None:
        return {key: kept for key, kept in obj.items() if key != first}
    return {**obj, first: value}


def condition_of(obj: KubernetesObject, kind: str) -> Mapping[str, Any] | None:
    """The condition of a type among the object's conditions."""
    return condition_among(status_of(obj).get("conditions") or (), kind)


def condition_among(conditions: Any, kind: str) -> Mapping[str, Any] | None:
    """The condition of a type among some."""
    return next((condition for condition in conditions if condition["type"] == kind), None)


def without_condition(conditions: Any, kind: str) -> list[Mapping[str, Any]]:
    """The conditions of other types."""
    return [condition for condition in conditions if condition["type"] != kind]


def digest(value: Any) -> str:
    """Ten letters that name a template: equal templates have equal names."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:10]
