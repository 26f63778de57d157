"""What is done to pods and objects in a recorded case of workloads, and what is answered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sim.errors import InputError, Problem
from sim.evidence.replays.kubernetes_cases import patch
from sim.evidence.replays.kubernetes_names import RecordedNames
from sim.kubernetes.cluster import KubernetesCluster
from sim.kubernetes.controllers.disruption import evict
from sim.kubernetes.objects import KubernetesObject, ObjectKey, annotations_of, changed, key_of, labels_of

Action = Mapping[str, Any]


class PodActions:
    """Carries out actions on a cluster.

    Attributes:
        answers: What evictions were answered, by the action's number: "3 code", "3 needs", "3 has", "3 cause".
    """

    def __init__(self, cluster: KubernetesCluster, names: RecordedNames) -> None:
        self._cluster = cluster
        self._api = cluster.api
        self._names = names
        self.answers: dict[str, Any] = {}
        self._doing: dict[str, Callable[[int, Action], object]] = {
            "patch": lambda _, action: patch(cluster, action),
            "create": lambda _, action: self._api.create(action["body"]),
            "delete": lambda _, action: self._delete(action),
            "evict": self._evict,
            "deletepod": self._on_pod(lambda pod, _: self._api.delete("Pod", key_of(pod))),
            "unready": self._on_pod(lambda pod, _: self._set_ready(pod, ready=False)),
            "ready": self._on_pod(lambda pod, _: self._set_ready(pod, ready=True)),
            "fail": self._on_pod(lambda pod, _: self._end(pod, 1)),
            "succeed": self._on_pod(lambda pod, _: self._end(pod, 0)),
            "relabel": self._on_pod(self._relabel),
            "annotate": self._on_pod(self._annotate),
        }

    def carry_out(self, number: int, action: Action) -> None:
        """Do what an action says. Raises `InputError` for one that is not known."""
        doing = self._doing.get(action["do"])
        if doing is None:
            message = f"no action {action['do']!r}; there are {', '.join(self._doing)}"
            raise InputError(Problem(message, path=f"actions.{number}.do"))
        doing(number, action)

    def _on_pod(self, act: Callable[[KubernetesObject, Action], object]) -> Callable[[int, Action], object]:
        def doing(_: int, action: Action) -> None:
            pod = self._names.pod(str(action["which"]).partition("#")[0])
            if pod is not None:
                act(pod, action)

        return doing

    def _delete(self, action: Action) -> None:
        propagation = (action.get("body") or {}).get("propagationPolicy") or "Background"
        key = ObjectKey("default", action["name"])
        self._api.delete(action["kind"], key, propagation=propagation)

    def _evict(self, number: int, action: Action) -> None:
        pod = self._names.pod(str(action["which"]).partition("#")[0])
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

    def _relabel(self, pod: KubernetesObject, action: Action) -> None:
        labels = {**labels_of(pod), **action["labels"]}
        self._api.modify("Pod", key_of(pod), lambda now: changed(now, labels, "metadata", "labels"))

    def _annotate(self, pod: KubernetesObject, action: Action) -> None:
        notes = {**annotations_of(pod), action["key"]: str(action["value"])}
        self._api.modify("Pod", key_of(pod), lambda now: changed(now, notes, "metadata", "annotations"))
