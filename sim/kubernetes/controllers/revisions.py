"""The ReplicaSets of a Deployment: which is the new one, which are old, and how a new one is made.

Source: Kubernetes 1.32, pkg/controller/deployment/sync.go and util/deployment_util.go.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sim.kubernetes.controllers.rolling import DESIRED, MAXIMUM, by_age, max_surge, new_size
from sim.kubernetes.objects import (
    KubernetesObject,
    annotations_of,
    changed,
    controller_reference,
    digest,
    key_of,
    replicas_of,
    spec_of,
    status_of,
)

REVISION = "deployment.kubernetes.io/revision"
_HASH = "pod-template-hash"
_OWN = {REVISION, DESIRED, MAXIMUM, "kubectl.kubernetes.io/last-applied-configuration",
        "deployment.kubernetes.io/revision-history", "deprecated.deployment.rollback.to"}  # fmt: skip
"""Annotations that a ReplicaSet does not get from its Deployment."""


def revision_of(obj: KubernetesObject) -> int:
    """The number of the template, counted up by each rollout; 0 before the first."""
    return int(annotations_of(obj).get(REVISION, 0))


def new_among(deployment: KubernetesObject, sets: Sequence[KubernetesObject]) -> KubernetesObject | None:
    """The ReplicaSet with the Deployment's own template; the oldest, where there are several."""
    template = spec_of(deployment)["template"]
    return next((one for one in by_age(sets) if _same(spec_of(one)["template"], template)), None)


def _same(made: Mapping[str, Any], asked: Mapping[str, Any]) -> bool:
    """Whether templates are equal, apart from the label with the hash."""
    spec, other = made.get("spec"), asked.get("spec")
    return (spec is other or spec == other) and _bare(made) == _bare(asked)


def _bare(template: Mapping[str, Any]) -> dict[str, Any]:
    metadata = dict(template.get("metadata") or {})
    metadata["labels"] = {name: value for name, value in (metadata.get("labels") or {}).items() if name != _HASH}
    return {name: value for name, value in metadata.items() if value}


def replica_set_for(deployment: KubernetesObject, old: Sequence[KubernetesObject], revision: int) -> dict[str, Any]:
    """A new ReplicaSet with the Deployment's template, as large as the room allows."""
    template, wanted = spec_of(deployment)["template"], replicas_of(deployment)
    collisions = status_of(deployment).get("collisionCount")
    name = digest([template, collisions] if collisions else template)
    labelled = changed(template, name, "metadata", "labels", _HASH)
    selector = spec_of(deployment).get("selector") or {}
    spec = {
        "replicas": new_size(deployment, old, None),
        "minReadySeconds": spec_of(deployment).get("minReadySeconds") or 0,
        "selector": changed(selector, name, "matchLabels", _HASH),
        "template": labelled,
    }
    annotations = {
        **{key: value for key, value in annotations_of(deployment).items() if key not in _OWN},
        REVISION: str(revision),
        DESIRED: str(wanted),
        MAXIMUM: str(wanted + max_surge(deployment)),
    }
    metadata = {
        "name": f"{deployment['metadata']['name']}-{name}",
        "namespace": key_of(deployment).namespace,
        "labels": labelled["metadata"]["labels"],
        "annotations": annotations,
        "ownerReferences": [controller_reference(deployment)],
    }
    return {"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": metadata, "spec": spec, "status": {}}


def annotated(deployment: KubernetesObject, one: KubernetesObject, revision: int) -> KubernetesObject:
    """The new ReplicaSet with what it takes over from its Deployment: annotations, revision, minReadySeconds."""
    taken = {key: value for key, value in annotations_of(deployment).items() if key not in _OWN}
    annotations = {**annotations_of(one), **taken}
    if revision_of(one) < revision:
        annotations[REVISION] = str(revision)
    min_ready = spec_of(deployment).get("minReadySeconds") or 0
    if annotations == annotations_of(one) and min_ready == (spec_of(one).get("minReadySeconds") or 0):
        return one
    return changed(changed(one, annotations, "metadata", "annotations"), min_ready, "spec", "minReadySeconds")


def resized(deployment: KubernetesObject, one: KubernetesObject, size: int) -> KubernetesObject:
    """The ReplicaSet at another size, with the Deployment's size and limit recorded on it."""
    wanted = replicas_of(deployment)
    recorded = {DESIRED: str(wanted), MAXIMUM: str(wanted + max_surge(deployment))}
    one = changed(one, {**annotations_of(one), **recorded}, "metadata", "annotations")
    return changed(one, size, "spec", "replicas")
