"""How recordings name what has generated names: rs1, rs2 by creation, and `rs1-p3` for the third pod of rs1."""

from __future__ import annotations

from collections import Counter

from sim.kubernetes.api import ApiServer
from sim.kubernetes.objects import KubernetesObject, controller_of, uid_of

_PREFIXES = {"DaemonSet": "ds", "Job": "job"}


class RecordedNames:
    """Names of ReplicaSets and pods, given as they are made.

    A StatefulSet's pods keep their names; the second of a name is `db-0#2`.
    """

    def __init__(self, api: ApiServer) -> None:
        self._of_sets: dict[str, str] = {}
        self._of_pods: dict[str, str] = {}
        self._objects: dict[str, KubernetesObject] = {}
        self._counts: Counter[str] = Counter()
        api.watch("ReplicaSet", self._set_changed)
        api.watch("Pod", self._pod_changed)

    def of(self, obj: KubernetesObject) -> str:
        """The recorded name of a ReplicaSet or a pod; of anything else, its own."""
        uid = uid_of(obj)
        return self._of_sets.get(uid) or self._of_pods.get(uid) or str(obj["metadata"]["name"])

    def owner_of(self, pod: KubernetesObject) -> str:
        """What a pod's owner is called: rs1, ds, job; "" for a StatefulSet, whose pods have names of their own."""
        owner = controller_of(pod)
        if owner is None:
            return ""
        return _PREFIXES.get(owner["kind"]) or self._of_sets.get(owner["uid"], "")

    def pod(self, name: str) -> KubernetesObject | None:
        """The last pod of a recorded name, as it was when last seen."""
        found = [uid for uid, given in self._of_pods.items() if given.partition("#")[0] == name]
        return self._objects.get(found[-1]) if found else None

    def _set_changed(self, old: KubernetesObject | None, new: KubernetesObject | None) -> None:
        if old is None and new is not None:
            self._of_sets[uid_of(new)] = f"rs{len(self._of_sets) + 1}"

    def _pod_changed(self, old: KubernetesObject | None, new: KubernetesObject | None) -> None:
        if new is None:
            assert old is not None
            self._objects.pop(uid_of(old), None)
            return
        self._objects[uid_of(new)] = new
        if old is None:
            self._of_pods[uid_of(new)] = self._name(new)

    def _name(self, pod: KubernetesObject) -> str:
        prefix = self.owner_of(pod)
        if prefix:
            self._counts[prefix] += 1
            return f"{prefix}-p{self._counts[prefix]}"
        name = str(pod["metadata"]["name"])
        self._counts[name] += 1
        return name if self._counts[name] == 1 else f"{name}#{self._counts[name]}"
