"""What is done to pods, nodes and objects in a recorded case, and what evictions are answered."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sim.errors import InputError, Problem
from sim.evidence.replays.kubernetes.cases import at, patch
from sim.evidence.replays.kubernetes.names import RecordedNames
from sim.kubernetes.cluster import KubernetesCluster, node
from sim.kubernetes.controllers.disruption import evict
from sim.kubernetes.objects import (
    KubernetesObject,
    ObjectKey,
    annotations_of,
    changed,
    key_of,
    labels_of,
    spec_of,
)

RecordedAction = Mapping[str, Any]
Doing = Callable[[int, RecordedAction], object]


class CaseActions:
    """Carries out actions on a cluster.

    Args:
        cluster: the case's.
        names: how the recording names pods.
        nodes: the nodes that an action names by their numbers, from 1.

    Attributes:
        answers: What evictions were answered, by the action's number: "3 code", "3 needs", "3 has", "3 cause".
    """

    def __init__(self, cluster: KubernetesCluster, names: RecordedNames, nodes: Sequence[str]) -> None:
        self._cluster = cluster
        self._api = cluster.api
        self._names = names
        self._nodes = nodes
        self.answers: dict[str, Any] = {}
        kubelets = cluster.kubelets
        self._of_objects: dict[str, Doing] = {
            "patch": lambda _, action: patch(cluster, action),
            "create": lambda _, action: self._api.create(action["body"]),
            "delete": lambda _, action: self._delete(action),
            "evict": self._evict,
            "deletepod": self._on_pod(lambda pod, _: self._api.delete("Pod", key_of(pod))),
            "unready": self._on_pod(lambda pod, _: self._set_ready(pod, ready=False)),
            "fail": self._on_pod(lambda pod, _: self._end(pod, 1)),
            "succeed": self._on_pod(lambda pod, _: self._end(pod, 0)),
            "relabel": self._on_pod(self._relabel),
            "annotate": self._on_pod(self._annotate),
        }
        self._of_nodes: dict[str, Doing] = {
            "kill": self._on_nodes(lambda name, _: kubelets.stop(name)),
            "revive": self._on_nodes(lambda name, _: kubelets.resume(name)),
            "notready": self._on_nodes(lambda name, _: self._tell(name, ready=False)),
            "ready": self._ready,
            "delnode": self._on_nodes(lambda name, _: self._api.delete("Node", ObjectKey("", name))),
            "addnode": lambda _, action: self._add_node(action),
            "taint": self._on_nodes(self._taint),
            "untaint": self._on_nodes(self._untaint),
            "cordon": self._on_nodes(lambda name, _: self._cordon(name, value=True)),
            "uncordon": self._on_nodes(lambda name, _: self._cordon(name, value=None)),
        }

    def plan(self, zero: float, actions: Sequence[RecordedAction], moments: Sequence[float] = ()) -> None:
        """Have every action carried out at its moment.

        Raises `InputError` for one that is not known.

        Args:
            zero: the case's time 0.
            actions: what is done.
            moments: when that really was, where it is known better than by the actions.
        """
        known = self._of_objects | self._of_nodes
        for number, action in enumerate(actions):
            doing = known.get(action["do"])
            if doing is None:
                message = f"no action {action['do']!r}; there are {', '.join(known)}"
                raise InputError(Problem(message, path=f"actions.{number}.do"))
            moment = moments[number] if number < len(moments) else action["at"]
            at(self._cluster, zero + moment, functools.partial(doing, number, action))

    # Objects and pods

    def _on_pod(self, act: Callable[[KubernetesObject, RecordedAction], object]) -> Doing:
        def doing(_: int, action: RecordedAction) -> None:
            pod = self._pod(action)
            if pod is not None:
                act(pod, action)

        return doing

    def _pod(self, action: RecordedAction) -> KubernetesObject | None:
        return self._names.pod(str(action["which"]).partition("#")[0])

    def _delete(self, action: RecordedAction) -> None:
        propagation = (action.get("body") or {}).get("propagationPolicy") or "Background"
        self._api.delete(action["kind"], ObjectKey("default", action["name"]), propagation=propagation)

    def _evict(self, number: int, action: RecordedAction) -> None:
        pod = self._pod(action)
        answer = evict(self._api, key_of(pod) if pod is not None else ObjectKey("default", str(action["which"])))
        said = {"code": answer.code, "needs": answer.needs, "has": answer.has, "cause": answer.cause}
        self.answers |= {f"{number} {name}": value for name, value in said.items() if value is not None}

    def _set_ready(self, pod: KubernetesObject, *, ready: bool) -> None:
        run = self._cluster.kubelets.run_of(pod)
        if run is not None:
            run.set_ready(ready=ready)

    def _end(self, pod: KubernetesObject, code: int) -> None:
        run = self._cluster.kubelets.run_of(pod)
        if run is not None:
            run.finish(code)

    def _relabel(self, pod: KubernetesObject, action: RecordedAction) -> None:
        labels = {**labels_of(pod), **action["labels"]}
        self._api.modify("Pod", key_of(pod), lambda now: changed(now, labels, "metadata", "labels"))

    def _annotate(self, pod: KubernetesObject, action: RecordedAction) -> None:
        notes = {**annotations_of(pod), action["key"]: str(action["value"])}
        self._api.modify("Pod", key_of(pod), lambda now: changed(now, notes, "metadata", "annotations"))

    # Nodes

    def _on_nodes(self, act: Callable[[str, RecordedAction], object]) -> Doing:
        def doing(number: int, action: RecordedAction) -> None:
            for name in self._named(number, action):
                act(name, action)

        return doing

    def _named(self, number: int, action: RecordedAction) -> list[str]:
        """The nodes that an action is for, by number or by name."""
        given = action.get("nodes") or [action[name] for name in ("node", "name") if name in action]
        known = range(1, len(self._nodes) + 1)
        for one in given:
            if isinstance(one, int) and one not in known:
                message = f"there is no node {one}; expected 1 to {len(self._nodes)}"
                raise InputError(Problem(message, path=f"actions.{number}"))
        return [self._nodes[one - 1] if isinstance(one, int) else str(one) for one in given]

    def _ready(self, number: int, action: RecordedAction) -> None:
        """Of a pod, where one is named; else of nodes."""
        if "which" in action:
            self._on_pod(lambda pod, _: self._set_ready(pod, ready=True))(number, action)
        else:
            self._on_nodes(lambda name, _: self._tell(name, ready=True))(number, action)

    def _tell(self, name: str, *, ready: bool) -> None:
        self._cluster.kubelets.after(
            self._cluster.kubelets.latency, lambda: self._cluster.kubelets.tell_ready(name, ready=ready)
        )

    def _add_node(self, action: RecordedAction) -> None:
        about = action.get("node") or action.get("body") or action
        capacity = {name: str(about[name]) for name in ("cpu", "memory", "pods") if name in about}
        self._api.create(node(about["name"], capacity, about.get("labels")))

    def _change_node(self, name: str, change: Callable[[KubernetesObject], KubernetesObject]) -> None:
        self._api.modify("Node", ObjectKey("", name), change)

    def _taint(self, name: str, action: RecordedAction) -> None:
        added = dict(action["taint"])

        def tainted(now: KubernetesObject) -> KubernetesObject:
            return changed(now, [*(spec_of(now).get("taints") or ()), added], "spec", "taints")

        self._change_node(name, tainted)

    def _untaint(self, name: str, action: RecordedAction) -> None:
        gone = action["taint"] if isinstance(action["taint"], str) else action["taint"]["key"]

        def untainted(now: KubernetesObject) -> KubernetesObject:
            kept = [one for one in spec_of(now).get("taints") or () if one["key"] != gone]
            return changed(now, kept or None, "spec", "taints")

        self._change_node(name, untainted)

    def _cordon(self, name: str, *, value: bool | None) -> None:
        self._change_node(name, lambda now: changed(now, value, "spec", "unschedulable"))
