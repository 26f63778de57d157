"""Which objects are an owner's: those it manages, and those without a manager that its selector takes.

Source: Kubernetes 1.32, pkg/controller/controller_ref_manager.go.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

from simpy.events import Event

from sim.kubernetes.api import ApiServer
from sim.kubernetes.controllers.base import ApiClient, Controller
from sim.kubernetes.objects import (
    KubernetesObject,
    ObjectKey,
    changed,
    controller_of,
    controller_reference,
    is_deleting,
    key_of,
    labels_of,
    spec_of,
    uid_of,
)
from sim.kubernetes.pods import became_ready
from sim.kubernetes.selectors import LabelSelector, label_selector


def selector_of(owner: KubernetesObject) -> LabelSelector:
    """Which labels the owner takes."""
    return label_selector(spec_of(owner).get("selector"))


def claim(
    client: ApiClient,
    owner: KubernetesObject,
    kind: str,
    counts: Callable[[KubernetesObject], bool] = lambda _: True,
) -> Generator[Event, Any, list[KubernetesObject]]:
    """The objects of `kind` that are the owner's and `counts`, after it took what fits and let go what does not."""
    selector = selector_of(owner)
    claimed: list[KubernetesObject] = []
    for obj in client.api.owned(uid_of(owner), kind):
        if not counts(obj):
            continue
        if selector.matches(labels_of(obj)):
            claimed.append(obj)
        elif not is_deleting(owner):
            yield from client.modify(kind, key_of(obj), lambda now: _released(now, owner))
    if is_deleting(owner):
        return claimed
    for obj in client.api.unowned(kind, key_of(owner).namespace):
        if counts(obj) and not is_deleting(obj) and selector.matches(labels_of(obj)):
            adopted = yield from client.modify(kind, key_of(obj), lambda now: _adopted(now, owner))
            claimed += [adopted] if adopted is not None else []
    return claimed


def owner_key(obj: KubernetesObject | None, kind: str) -> ObjectKey | None:
    """The name of the object's managing owner, where that is of this kind."""
    reference = controller_of(obj) if obj is not None else None
    if obj is None or reference is None or reference["kind"] != kind:
        return None
    return ObjectKey(key_of(obj).namespace, reference["name"])


def owner_keys(old: KubernetesObject | None, new: KubernetesObject | None, kind: str) -> list[ObjectKey]:
    """The names of an object's managing owners of this kind, before and after a write."""
    keys = (owner_key(old, kind), owner_key(new, kind))
    return list(dict.fromkeys(key for key in keys if key is not None))


def candidates(api: ApiServer, kind: str, obj: KubernetesObject) -> list[ObjectKey]:
    """The owners of a kind that would take an object without a manager."""
    owners = api.in_namespace(kind, key_of(obj).namespace)
    return [key_of(owner) for owner in owners if selector_of(owner).matches(labels_of(obj))]


def watch_own_pods(controller: Controller, kind: str) -> None:
    """Have a controller look at an owner whose pod changed, and again when a ready pod has been so for long enough.

    The owners that would take a pod without a manager are looked at too.
    """

    def pod_changed(old: KubernetesObject | None, new: KubernetesObject | None) -> None:
        for key in owner_keys(old, new, kind):
            controller.enqueue(key)
            owner = controller.api.get(kind, key)
            min_ready = spec_of(owner).get("minReadySeconds") if owner is not None else 0
            if min_ready and new is not None and became_ready(old, new):
                controller.enqueue_in(key, min_ready + 1)
        if new is not None and controller_of(new) is None and (old is None or labels_of(old) != labels_of(new)):
            for key in candidates(controller.api, kind, new):
                controller.enqueue(key)

    controller.api.watch_pods_of(kind, pod_changed, orphans=True)


def _released(obj: KubernetesObject, owner: KubernetesObject) -> KubernetesObject:
    references = obj["metadata"].get("ownerReferences") or ()
    kept = [reference for reference in references if reference["uid"] != uid_of(owner)]
    return changed(obj, kept or None, "metadata", "ownerReferences")


def _adopted(obj: KubernetesObject, owner: KubernetesObject) -> KubernetesObject:
    references = list(obj["metadata"].get("ownerReferences") or ())
    return changed(obj, [*references, controller_reference(owner)], "metadata", "ownerReferences")
