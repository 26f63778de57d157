"""Placements by a real kube-scheduler, replayed: each pod decided with the earlier ones where the recording has them.

A case is a list of steps: objects that are made one after the other, waits, nodes that come, pods that are deleted. Its
pods start at once where they are bound, and end some time after they are deleted (`sim/term`).
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sim import limits
from sim.errors import InputError
from sim.evidence.replays.counting import CountedItem
from sim.evidence.replays.kubernetes.expectations import counted
from sim.evidence.replays.kubernetes.reasons import in_recorded_words
from sim.evidence.replays.kubernetes.recording import annotated_seconds, check_case, node_sizes
from sim.kubernetes.defaults import admitted, with_defaults
from sim.kubernetes.manifests import name_of
from sim.kubernetes.scheduler.cache import ClusterCache, DisruptionBudget
from sim.kubernetes.scheduler.filters import CORDONED
from sim.kubernetes.scheduler.nodes import HOSTNAME, NodeInfo, node_info
from sim.kubernetes.scheduler.pods import OwnerKey, PodInfo, pod_shape
from sim.kubernetes.scheduler.requeue import helped_by_coming, helped_by_leaving, helped_by_node
from sim.kubernetes.scheduler.scheduler import Decision, Scheduler
from sim.kubernetes.selectors import label_selector


def replay_case(case: Mapping[str, Any]) -> Iterator[CountedItem]:
    """The counted items of a case."""
    check_case(case)
    run = _Run(case)
    run.play()
    yield from counted(case["expect"], run.said(case["expect"]))


@dataclass(slots=True)
class _Pending:
    """A pod that fits nowhere yet, and what it was told last."""

    pod: PodInfo
    order: int
    told: Decision


@dataclass
class _Run:
    case: Mapping[str, Any]
    now: float = 0.0
    pods: dict[str, PodInfo] = field(default_factory=dict)
    placed: dict[str, str] = field(default_factory=dict)
    decisions: dict[str, Decision] = field(default_factory=dict)
    refusals: dict[str, Decision] = field(default_factory=dict)
    nominated: dict[str, str] = field(default_factory=dict)
    victims: list[str] = field(default_factory=list)
    waiting: list[_Pending] = field(default_factory=list)
    leaving: list[tuple[float, int, str]] = field(default_factory=list)
    classes: list[Mapping[str, Any]] = field(default_factory=list)
    runtimes: list[Mapping[str, Any]] = field(default_factory=list)
    budgets: list[Mapping[str, Any]] = field(default_factory=list)
    replicas: dict[OwnerKey, int] = field(default_factory=dict)
    terms: dict[str, float] = field(default_factory=dict)
    sets: int = 0
    made: list[PodInfo] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.cluster = ClusterCache()
        self.scheduler = Scheduler(self.cluster)
        self.recorded = dict(self.case.get("replay") or ())
        for node in self.case["cluster"]["nodes"]:
            self.cluster.set_node(_node(node))

    def play(self) -> None:
        burst = self.case.get("mode") == "burst"
        for step in self.case["manifests"]:
            if not burst or step.get("kind") != "Pod":
                self._decide()
            self._step(step)
        self._decide()
        self._pass(float("inf"))

    def _decide(self) -> None:
        """Decide the pods that were made, in the recorded order where they came at once."""
        order = {name: number for number, name in enumerate(self.recorded)}
        for pod in sorted(self.made, key=lambda pod: order.get(pod.name, len(order))):
            self._attempt(pod, len(self.placed) + len(self.refusals))
        self.made.clear()

    def _step(self, step: Mapping[str, Any]) -> None:
        kind = step.get("kind")
        if "wait" in step:
            self._pass(self.now + step["wait"])
        elif "addnode" in step:
            self._add_node(_node(step["addnode"]))
        elif "delete" in step:
            self._delete(_name(step["delete"]))
        elif "cordon" in step:
            self._cordon(_name(step["cordon"]))
        elif kind == "PriorityClass":
            self.classes.append(step)
        elif kind == "RuntimeClass":
            self.runtimes.append(step)
        elif kind == "PodDisruptionBudget":
            self.budgets.append(step)
        elif kind == "Namespace":
            self.cluster.set_namespace(name_of(step), step["metadata"].get("labels") or {})
        elif kind == "Service":
            metadata = with_defaults(step)["metadata"]
            self.cluster.set_service(
                metadata["namespace"], name_of(step), (step.get("spec") or {}).get("selector") or {}
            )
        elif kind == "Pod":
            self._create(name_of(step), with_defaults(step))
        else:
            for name, pod in self._made_by(with_defaults(step)):
                self._create(name, pod)

    def _made_by(self, owner: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """The pods of a controller, in the order it makes them."""
        spec, metadata, kind = owner.get("spec") or {}, owner["metadata"], owner["kind"]
        if kind not in ("Deployment", "ReplicaSet", "StatefulSet"):
            return
        if spec["replicas"] > limits.RECORDED_PODS:
            raise InputError(f"{spec['replicas']} replicas of {metadata['name']}; the most is {limits.RECORDED_PODS}")
        template, name, selector = spec["template"], name_of(owner), spec.get("selector") or {}
        labels = (template.get("metadata") or {}).get("labels") or {}
        if kind == "StatefulSet":
            key, names = OwnerKey(kind, name), [f"{name}-{number}" for number in range(spec["replicas"])]
        else:
            self.sets += 1
            key = OwnerKey("ReplicaSet", f"{name}-{self.sets}")
            names = [f"rs{self.sets}-p{number + 1}" for number in range(spec["replicas"])]
        if kind == "Deployment":
            labels = {**labels, "pod-template-hash": str(self.sets)}
            selector = {**selector, "matchLabels": labels}
        self.replicas[key] = spec["replicas"]
        self.cluster.set_owner(metadata["namespace"], key, label_selector(selector))
        about = {
            **(template.get("metadata") or {}),
            "namespace": metadata["namespace"],
            "labels": labels,
            "ownerReferences": [{"kind": key.kind, "name": key.name, "controller": True}],
        }
        for each in names:
            yield each, with_defaults({"kind": "Pod", "metadata": about, "spec": template["spec"]})

    def _create(self, name: str, pod: Mapping[str, Any]) -> None:
        pod = admitted(pod, self.classes, self.runtimes)
        annotations = pod["metadata"].get("annotations") or {}
        self.terms[name] = annotated_seconds(annotations, "sim/term", 0.5)
        info = self.pods[name] = PodInfo(name, pod_shape(pod))
        if info.shape.node_name:  # whoever names the node does without the scheduler
            if self.cluster.node(info.shape.node_name):
                self._place(info, info.shape.node_name)
        elif not info.shape.gated:
            self.made.append(info)

    def _attempt(self, pod: PodInfo, order: int) -> None:
        self.cluster.budgets = [self._budget(one) for one in self.budgets]
        decision = self.scheduler.schedule(pod, explain=True)
        if decision.node is None:
            self.refusals[pod.name] = decision
            self.waiting.append(_Pending(pod, order, decision))
            self._preempt(pod, decision)
            return
        recorded = self.recorded.get(pod.name, decision.node)
        self.decisions[pod.name] = decision
        self._place(pod, recorded if self.cluster.node(recorded or "") else decision.node)

    def _place(self, pod: PodInfo, node: str) -> None:
        self.placed[pod.name] = node
        self.cluster.add_pod(pod, node)
        pod.started = self.now
        self._retry(
            [one for one in self.waiting if helped_by_coming(one.pod.shape, one.told.plugins, pod.shape, self.cluster)]
        )

    def _preempt(self, pod: PodInfo, decision: Decision) -> None:
        chosen = decision.preemption.chosen if decision.preemption else None
        if chosen is None:
            return
        self.nominated[pod.name] = chosen.node.name
        for victim in chosen.victims:
            self.victims.append(victim.name)
            self._terminate(victim, preempted=True)

    def _terminate(self, pod: PodInfo, *, preempted: bool = False) -> None:
        if not pod.terminating:
            heapq.heappush(self.leaving, (self.now + self.terms[pod.name], len(self.leaving), pod.name))
        self.cluster.terminate_pod(pod, preempted=preempted)

    def _delete(self, name: str) -> None:
        pod = self.pods.get(name)
        if pod is None:
            return
        self.waiting = [one for one in self.waiting if one.pod is not pod]
        if pod.node:
            self._terminate(pod)
        else:
            self.cluster.forget_nomination(pod)

    def _add_node(self, node: NodeInfo) -> None:
        self.cluster.set_node(node)
        self._retry([one for one in self.waiting if helped_by_node(one.pod.shape, one.told.plugins, node)])

    def _cordon(self, name: str) -> None:
        node = self.cluster.node(name)
        if node is not None:
            taints = (*node.taints, CORDONED)
            self.cluster.set_node(
                NodeInfo(
                    name,
                    node.labels,
                    taints,
                    unschedulable=True,
                    allocatable=node.allocatable,
                    most_pods=node.most_pods,
                    images=node.images,
                )
            )

    def _pass(self, until: float) -> None:
        """Let time pass: pods that were deleted go, and those that waited for their room are tried again."""
        while self.leaving and self.leaving[0][0] <= until:
            self.now, _, name = heapq.heappop(self.leaving)
            pod = self.pods[name]
            self.cluster.remove_pod(pod)
            shape = pod.shape
            self._retry(
                [one for one in self.waiting if helped_by_leaving(one.pod.shape, one.told.plugins, shape, self.cluster)]
            )
        if until != float("inf"):
            self.now = until

    def _retry(self, helped: Sequence[_Pending]) -> None:
        for one in sorted(helped, key=lambda one: (-one.pod.shape.priority, one.order)):
            if one in self.waiting:
                self.waiting.remove(one)
                self._attempt(one.pod, one.order)

    def _budget(self, written: Mapping[str, Any]) -> DisruptionBudget:
        """A budget with what its controller says of it now (pkg/controller/disruption)."""
        spec, metadata = written.get("spec") or {}, with_defaults(written)["metadata"]
        selector = label_selector(spec.get("selector"))
        pods = [
            pod
            for pod in self.pods.values()
            if pod.node and pod.shape.namespace == metadata["namespace"] and selector.matches(pod.shape.labels)
        ]
        healthy = sum(1 for pod in pods if not pod.terminating)
        expected, needed = self._needed(spec, pods)
        return DisruptionBudget(metadata["namespace"], selector, max(healthy - needed, 0) if expected > 0 else 0)

    def _needed(self, spec: Mapping[str, Any], pods: Sequence[PodInfo]) -> tuple[int, int]:
        """How many pods there should be, and how many must stay."""
        least, most_missing = spec.get("minAvailable"), spec.get("maxUnavailable")
        if most_missing is None and (least is None or isinstance(least, int)):
            return len(pods) if least is not None else 0, least or 0
        expected = sum(self.replicas.get(owner, 0) for owner in {pod.shape.owner for pod in pods} if owner)
        if most_missing is not None:
            return expected, max(expected - _share(most_missing, expected), 0)
        return expected, _share(least, expected)

    def said(self, expect: Mapping[str, Any]) -> dict[str, Any]:
        """What the model says, in the words of the recording."""
        reasons = {name: decision.reasons for name, decision in self.refusals.items()}
        after = {
            name: decision.preemption.reasons or {}
            for name, decision in self.refusals.items()
            if decision.preemption is not None and decision.preemption.chosen is None
        }
        decided = [name for name, pod in self.pods.items() if not pod.shape.node_name]
        return {
            "allowed": {name: sorted(self.decisions[name].best) if name in self.decisions else [] for name in decided},
            "nodes": {name: self.placed.get(name) for name in self.pods},
            "pods_per_node_sorted": sorted(Counter(self.placed.values()).values()),
            "scores": {
                f"{name}/{node}": {**row, "final": sum(row.values())}
                for name, decision in self.decisions.items()
                for node, row in decision.scores.items()
            },
            "unschedulable": in_recorded_words(reasons, expect.get("unschedulable")),
            "preemption_message": in_recorded_words(after, expect.get("preemption_message")),
            "victims": sorted(self.victims),
            "nominated": self.nominated,
        }


def _node(written: Mapping[str, Any]) -> NodeInfo:
    """A node as the recording writes it: a kubelet adds the label of its name."""
    labels = {HOSTNAME: written["name"], **(written.get("labels") or {})}
    status = {"allocatable": node_sizes(written), "images": written.get("images") or ()}
    spec = {"taints": written.get("taints") or (), "unschedulable": written.get("unschedulable")}
    return node_info({"metadata": {"name": written["name"], "labels": labels}, "spec": spec, "status": status})


def _name(written: Any) -> str:
    """What a step is about: a name, a kind and a name, or an object with one."""
    if isinstance(written, list):
        return str(written[-1]) if written else ""
    if isinstance(written, Mapping):
        return str(written.get("name") or written.get("pod") or written.get("node") or "")
    return str(written).rpartition("/")[2]


def _share(written: Any, whole: int) -> int:
    """A number, or a percentage of a whole, rounded up."""
    return written if isinstance(written, int) else -(-int(str(written).rstrip("%")) * whole // 100)
