"""The API server: objects by kind and name, what each write changes of them, and who is told.

What a write means for an object's life is here: generations, finalizers, a pod's grace period, how an owner's deletion
takes its dependents. Nothing here takes time; `controllers.base.ApiClient` says what a request takes.
"""

from __future__ import annotations

import math
import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from simpy import Environment

from sim.kubernetes.defaults import admitted, with_defaults
from sim.kubernetes.objects import (
    KubernetesObject,
    ObjectKey,
    changed,
    controller_of,
    finalizers_of,
    is_deleting,
    key_of,
    uid_of,
)
from sim.kubernetes.patches import merged
from sim.kubernetes.pods import is_terminal, node_of

Handler = Callable[[KubernetesObject | None, KubernetesObject | None], None]
"""Told of a write: what was, and what is. None before the first and after the last."""

_LETTERS = "bcdfghjklmnpqrstvwxz2456789"
"""Of these are the five letters at the end of a generated name, so that they spell no word."""
_GRACE = 30
_NAME_TRIES = 8
"""How often another name is generated where there is one of that name."""
_SPECS = 1000
"""Pod specs whose admitted form is kept."""
FOREGROUND, ORPHAN = "foregroundDeletion", "orphan"
"""Finalizers of an owner that waits for its dependents, or lets them go on without it."""


class AlreadyExistsError(ValueError):
    """There is an object of that kind and name."""


class ApiServer:
    """The objects of one cluster.

    Args:
        env: the simulated clock.
        fraction: the part of a wall-clock second that had passed at time 0.
        names: what unique identifiers and generated names are drawn from.
    """

    def __init__(self, env: Environment, fraction: float, names: random.Random) -> None:
        self.env = env
        self._fraction = fraction
        self._names = names
        self._objects: dict[str, dict[ObjectKey, KubernetesObject]] = defaultdict(dict)
        self._owned: dict[str, dict[tuple[str, ObjectKey], None]] = defaultdict(dict)
        self._unowned: dict[str, dict[ObjectKey, None]] = defaultdict(dict)
        self._on_node: dict[str, dict[ObjectKey, None]] = defaultdict(dict)
        self._handlers: dict[str, list[Handler]] = defaultdict(list)
        self._pod_handlers: dict[str, list[Handler]] = defaultdict(list)
        self._specs: dict[int, tuple[Any, Any]] = {}
        self._version = 0

    def stamp(self) -> float:
        """Now, as objects hold it: cut to the whole second of the wall clock."""
        return math.floor(self.env.now + self._fraction) - self._fraction

    @property
    def writes(self) -> int:
        """How often something was written."""
        return self._version

    def watch(self, kind: str, handler: Handler) -> None:
        """Tell `handler` of every write to an object of this kind, at once and in the order of the writes."""
        self._handlers[kind].append(handler)

    def watch_pods_of(self, owner: str, handler: Handler, *, orphans: bool = False) -> None:
        """Tell `handler` of writes to pods that this kind of controller has or had; with `orphans`, that none has."""
        self._pod_handlers[owner].append(handler)
        if orphans:
            self._pod_handlers[""].append(handler)

    # Reading

    def get(self, kind: str, key: ObjectKey) -> KubernetesObject | None:
        """An object, if there is one."""
        return self._objects[kind].get(key)

    def all(self, kind: str) -> list[KubernetesObject]:
        """The objects of a kind, in the order in which they were made."""
        return list(self._objects[kind].values())

    def in_namespace(self, kind: str, namespace: str) -> list[KubernetesObject]:
        """The objects of a kind in a namespace, in the order in which they were made."""
        return [obj for key, obj in self._objects[kind].items() if key.namespace == namespace]

    def owned(self, owner_uid: str, kind: str) -> list[KubernetesObject]:
        """The objects of a kind that have this owner, in the order in which they came to it."""
        return [self._objects[kind][key] for found, key in self._owned[owner_uid] if found == kind]

    def dependents(self, owner_uid: str) -> list[KubernetesObject]:
        """The objects of any kind that have this owner."""
        return [self._objects[kind][key] for kind, key in self._owned[owner_uid]]

    def unowned(self, kind: str, namespace: str) -> Iterator[KubernetesObject]:
        """The objects of a kind that no controller manages."""
        for key in list(self._unowned[kind]):
            if key.namespace == namespace:
                yield self._objects[kind][key]

    def pods_on(self, node: str) -> list[KubernetesObject]:
        """The pods that are bound to a node."""
        pods = self._objects["Pod"]
        return [pods[key] for key in self._on_node.get(node, ())]

    def nodes_with_pods(self) -> list[str]:
        """The names of nodes that pods are bound to."""
        return list(self._on_node)

    # Writing

    def create(self, obj: KubernetesObject) -> KubernetesObject:
        """Store a new object, with what the API server fills in.

        Raises `AlreadyExistsError` where there is one of that name.
        """
        kind = obj["kind"]
        obj = self._admitted(obj) if kind == "Pod" else with_defaults(obj)
        metadata = dict(obj["metadata"])
        if "name" not in metadata:
            metadata["name"] = self._free_name(kind, metadata)
        metadata["uid"] = f"{self._names.getrandbits(64):016x}"
        metadata["creationTimestamp"] = self.stamp()
        metadata["generation"] = 1
        made = {**obj, "metadata": metadata}
        if kind == "Job":
            made = _selecting(made)
        if key_of(made) in self._objects[kind]:
            raise AlreadyExistsError(f"{kind} {metadata['name']} exists already")
        return self._store(None, made)

    def _free_name(self, kind: str, metadata: Mapping[str, Any]) -> str:
        """A generated name that nothing has yet, unless all that are tried are taken."""
        name = ""
        for _ in range(_NAME_TRIES):
            name = metadata["generateName"] + "".join(self._names.choices(_LETTERS, k=5))
            if ObjectKey(metadata.get("namespace", "default"), name) not in self._objects[kind]:
                break
        return name

    def _admitted(self, pod: KubernetesObject) -> KubernetesObject:
        """A new pod with its defaults. Pods of one template share their spec, before and after."""
        spec = pod["spec"]
        known = self._specs.get(id(spec))
        if known is None or known[0] is not spec:
            if len(self._specs) >= _SPECS:
                self._specs.clear()
            filled = admitted(with_defaults(pod), self.all("PriorityClass"), self.all("RuntimeClass"))["spec"]
            known = self._specs[id(spec)] = (spec, filled)
        metadata = {"namespace": "default", **pod["metadata"]}
        return {**pod, "metadata": metadata, "spec": known[1]}

    def patch(self, kind: str, key: ObjectKey, body: Mapping[str, Any]) -> KubernetesObject | None:
        """Merge a strategic merge patch into an object, as somebody does from outside."""
        return self.modify(kind, key, lambda obj: with_defaults(merged(obj, body)))

    def modify(
        self, kind: str, key: ObjectKey, change: Callable[[KubernetesObject], KubernetesObject]
    ) -> KubernetesObject | None:
        """Write what `change` makes of the object as it is now; None where there is none any more."""
        old = self.get(kind, key)
        if old is None:
            return None
        new = change(old)
        if new is old or new == old:
            return old
        if new.get("spec") != old.get("spec"):
            new = changed(new, old["metadata"].get("generation", 1) + 1, "metadata", "generation")
        if is_deleting(new) and not finalizers_of(new) and finalizers_of(old):
            return self._released(old, new)
        return self._store(old, new)

    def delete(self, kind: str, key: ObjectKey, *, propagation: str = "Background", grace: float | None = None) -> None:
        """Delete an object: at once, or once its finalizers and its grace period allow it.

        Args:
            kind: its kind.
            key: its name.
            propagation: what happens to dependents (Background, Foreground, Orphan).
            grace: seconds that a pod's containers get to end; its own where None.
        """
        obj = self.get(kind, key)
        if obj is None:
            return
        if kind == "Pod":
            self._delete_pod(obj, grace)
            return
        waiting = {"Foreground": FOREGROUND, "Orphan": ORPHAN}.get(propagation)
        finalizers = finalizers_of(obj)
        if waiting and waiting not in finalizers:
            finalizers = (*finalizers, waiting)
        if not finalizers:
            self._store(obj, None)
        elif not is_deleting(obj):
            self._store(obj, _marked(obj, {"deletionTimestamp": self.stamp(), "finalizers": list(finalizers)}))

    def _delete_pod(self, pod: KubernetesObject, grace: float | None) -> None:
        """Source: Kubernetes 1.32, pkg/registry/core/pod/strategy.go, CheckGracefulDelete."""
        if grace is None:
            asked = pod["spec"].get("terminationGracePeriodSeconds")
            grace = _GRACE if asked is None else asked
        if not node_of(pod) or is_terminal(pod):
            grace = 0
        if not grace and not finalizers_of(pod):
            self._store(pod, None)
        elif not is_deleting(pod) or grace < pod["metadata"].get("deletionGracePeriodSeconds", 0):
            until = {"deletionTimestamp": self.stamp() + grace, "deletionGracePeriodSeconds": grace}
            self._store(pod, _marked(pod, until))

    def _released(self, old: KubernetesObject, new: KubernetesObject) -> KubernetesObject:
        if new["kind"] == "Pod" and new["metadata"].get("deletionGracePeriodSeconds"):
            return self._store(old, new)
        self._store(old, None)
        return new

    def _store(self, old: KubernetesObject | None, new: KubernetesObject | None) -> KubernetesObject:
        obj = new if new is not None else old
        assert obj is not None
        kind, key = obj["kind"], key_of(obj)
        self._version += 1
        if new is None:
            del self._objects[kind][key]
        else:
            obj = new = {**new, "metadata": {**new["metadata"], "resourceVersion": self._version}}
            self._objects[kind][key] = new
        self._index(kind, key, old, new)
        for handler in self._handlers[kind]:
            handler(old, new)
        if kind == "Pod":
            for owner in _controllers(old, new):
                for handler in self._pod_handlers[owner]:
                    handler(old, new)
        return obj

    def _index(self, kind: str, key: ObjectKey, old: KubernetesObject | None, new: KubernetesObject | None) -> None:
        if old is None or new is None or _references(old) is not _references(new):
            before, after = _owners(old), _owners(new)
            for uid in before - after:
                self._owned[uid].pop((kind, key), None)
                if not self._owned[uid]:
                    del self._owned[uid]
            for uid in after - before:
                self._owned[uid][kind, key] = None
            self._unowned[kind].pop(key, None)
            if new is not None and controller_of(new) is None:
                self._unowned[kind][key] = None
        if kind == "Pod":
            was, now = node_of(old) if old is not None else "", node_of(new) if new is not None else ""
            if was != now:
                if was:
                    self._unbind(was, key)
                if now:
                    self._on_node[now][key] = None

    def _unbind(self, node: str, key: ObjectKey) -> None:
        pods = self._on_node[node]
        del pods[key]
        if not pods:
            del self._on_node[node]


def _selecting(job: KubernetesObject) -> dict[str, Any]:
    """A Job whose pods are known by its UID. Source: Kubernetes 1.32, pkg/registry/batch/job/strategy.go."""
    if job["spec"].get("selector"):
        return dict(job)
    uid, name = job["metadata"]["uid"], job["metadata"]["name"]
    for label, value in (
        ("batch.kubernetes.io/controller-uid", uid), ("controller-uid", uid),
        ("batch.kubernetes.io/job-name", name), ("job-name", name),
    ):  # fmt: skip
        job = changed(job, value, "spec", "template", "metadata", "labels", label)
    return changed(job, {"matchLabels": {"batch.kubernetes.io/controller-uid": uid}}, "spec", "selector")


def exists(api: ApiServer, obj: KubernetesObject) -> bool:
    """Whether this very object is still there, and not another one of its name."""
    found = api.get(obj["kind"], key_of(obj))
    return found is not None and uid_of(found) == uid_of(obj)


def _marked(obj: KubernetesObject, values: Mapping[str, Any]) -> KubernetesObject:
    return {**obj, "metadata": {**obj["metadata"], **values}}


def _controllers(old: KubernetesObject | None, new: KubernetesObject | None) -> list[str]:
    """The kinds of a pod's controllers, before and after a write; "" where it has none."""
    references = [controller_of(pod) for pod in (old, new) if pod is not None]
    if len(references) > 1 and references[0] is references[1] is not None:
        del references[1]
    return sorted({"" if one is None else one["kind"] for one in references})


def _owners(obj: KubernetesObject | None) -> frozenset[str]:
    if obj is None:
        return frozenset()
    return frozenset(reference["uid"] for reference in _references(obj) or ())


def _references(obj: KubernetesObject) -> Any:
    return obj["metadata"].get("ownerReferences")
