"""Pods made from a template. Source: Kubernetes 1.32, pkg/controller/controller_utils.go, GetPodFromTemplate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sim.kubernetes.objects import KubernetesObject, controller_reference, key_of


def pod_from(template: Mapping[str, Any], owner: KubernetesObject, prefix: str | None = None) -> dict[str, Any]:
    """A new pod of the owner's. Its name is `prefix` (the owner's name and a hyphen) and five letters.

    Pods of one template share its labels and its spec.
    """
    given = template.get("metadata") or {}
    metadata: dict[str, Any] = {
        "generateName": f"{owner['metadata']['name']}-" if prefix is None else prefix,
        "namespace": key_of(owner).namespace,
        "labels": given.get("labels") or {},
        "annotations": given.get("annotations") or {},
        "ownerReferences": [controller_reference(owner)],
    }
    if given.get("finalizers"):
        metadata["finalizers"] = list(given["finalizers"])
    spec = template.get("spec") or {}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec, "status": {"phase": "Pending"}}
