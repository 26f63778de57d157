"""What goes with its owner, and what is let go on without it.

Source: Kubernetes 1.32, pkg/controller/garbagecollector/garbagecollector.go.
"""

from __future__ import annotations

from collections.abc import Sequence

from sim.kubernetes.api import FOREGROUND, ORPHAN
from sim.kubernetes.controllers.base import ApiClient, Controller, Sync
from sim.kubernetes.objects import (
    KubernetesObject,
    ObjectKey,
    changed,
    finalizers_of,
    is_deleting,
    key_of,
    key_of_either,
    uid_of,
)

_OWNERS = ("Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "Job", "CronJob")
_DEPENDENTS = ("ReplicaSet", "Pod", "Job", "ControllerRevision")


class GarbageCollector(Controller):
    """Deletes what has lost its owners, and finishes deletions in the foreground and with orphans.

    Its queue holds kinds and names together, as "Kind/namespace" and a name.
    """

    workers = 20

    def __init__(self, client: ApiClient) -> None:
        super().__init__(client)
        for kind in _OWNERS:
            self.api.watch(kind, self._owner_changed)
        for kind in _DEPENDENTS:
            self.api.watch(kind, self._dependent_changed)

    def _owner_changed(self, old: KubernetesObject | None, new: KubernetesObject | None) -> None:
        if new is None:
            assert old is not None
            for dependent in self.api.dependents(uid_of(old)):
                self.enqueue(_name(dependent))
        elif is_deleting(new) and set(finalizers_of(new)) & {FOREGROUND, ORPHAN}:
            self.enqueue(_name(new))

    def _dependent_changed(self, old: KubernetesObject | None, new: KubernetesObject | None) -> None:
        """An owner that waits for its dependents is looked at when one goes."""
        obj = old if new is None else new
        assert obj is not None
        if new is not None and not is_deleting(new):
            return
        for reference in obj["metadata"].get("ownerReferences") or ():
            owner = self.api.get(reference["kind"], ObjectKey(key_of(obj).namespace, reference["name"]))
            if owner is not None and is_deleting(owner):
                self.enqueue(_name(owner))

    def sync(self, key: ObjectKey) -> Sync:
        """Do what an object's deletion, or that of its owners, asks for."""
        kind, _, namespace = key.namespace.partition("/")
        obj = self.api.get(kind, ObjectKey(namespace, key.name))
        if obj is None:
            return
        if is_deleting(obj) and FOREGROUND in finalizers_of(obj):
            yield from self._in_foreground(obj)
        elif is_deleting(obj) and ORPHAN in finalizers_of(obj):
            yield from self._with_orphans(obj)
        elif not is_deleting(obj):
            yield from self._without_owner(obj)

    def _in_foreground(self, owner: KubernetesObject) -> Sync:
        """Dependents go first, those that have dependents of their own in the same way."""
        left = self.api.dependents(uid_of(owner))
        going = [one for one in left if not is_deleting(one)]
        yield from self._delete(going, "Foreground")
        if not self.api.dependents(uid_of(owner)):
            yield from self._let_go(owner, FOREGROUND)

    def _with_orphans(self, owner: KubernetesObject) -> Sync:
        def freed(obj: KubernetesObject) -> KubernetesObject:
            references = obj["metadata"].get("ownerReferences") or ()
            kept = [one for one in references if one["uid"] != uid_of(owner)]
            return changed(obj, kept or None, "metadata", "ownerReferences")

        for dependent in self.api.dependents(uid_of(owner)):
            yield from self.client.modify(dependent["kind"], key_of(dependent), freed)
        yield from self._let_go(owner, ORPHAN)

    def _without_owner(self, obj: KubernetesObject) -> Sync:
        """It goes when no owner of it is left."""
        references = obj["metadata"].get("ownerReferences") or ()
        owners = [self.api.get(one["kind"], ObjectKey(key_of(obj).namespace, one["name"])) for one in references]
        there = [
            one
            for one, reference in zip(owners, references, strict=True)
            if one is not None and uid_of(one) == reference["uid"]
        ]
        if references and not there:
            yield from self._delete([obj], "Background")

    def _delete(self, objects: Sequence[KubernetesObject], propagation: str) -> Sync:
        def deletion(one: KubernetesObject) -> object:
            return lambda: self.api.delete(one["kind"], key_of(one), propagation=propagation)

        yield from self.client.together([deletion(one) for one in objects])  # type: ignore[misc]

    def _let_go(self, owner: KubernetesObject, finalizer: str) -> Sync:
        def without(obj: KubernetesObject) -> KubernetesObject:
            kept = [one for one in finalizers_of(obj) if one != finalizer]
            return changed(obj, kept or None, "metadata", "finalizers")

        yield from self.client.modify(owner["kind"], key_of(owner), without)


def _name(obj: KubernetesObject) -> ObjectKey:
    key = key_of_either(obj, None)
    return ObjectKey(f"{obj['kind']}/{key.namespace}", key.name)
