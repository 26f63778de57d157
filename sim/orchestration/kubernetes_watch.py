"""What becomes of a Deployment's pods, noted from what the API server is told of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sim.kubernetes.cluster import KubernetesCluster
from sim.kubernetes.kubelet import Kubelets
from sim.kubernetes.objects import (
    KubernetesObject,
    ObjectKey,
    condition_of,
    controller_of,
    is_deleting,
    spec_of,
    status_of,
    uid_of,
)
from sim.kubernetes.pods import is_ready, is_terminal, node_of, phase_of, restarts_of
from sim.kubernetes.scheduler.scheduler import Decision
from sim.never import NEVER
from sim.orchestration.kube_proxy import Endpoint, ServiceRules
from sim.orchestration.kubernetes_objects import first_container, is_bad, pre_stop
from sim.orchestration.lives import LifeNotes
from sim.orchestration.service import ReplicaBehaviour
from sim.orchestration.timeline import NodeLife

LEAST_GRACE = 2.0
"""Seconds that a container has from TERM to KILL at least, however long its preStop hook took. Source: Kubernetes 1.32,
pkg/kubelet/kuberuntime/kuberuntime_container.go, minimumGracePeriodInSeconds."""

_TOLD_NODES = 4
"""Nodes whose scores are told of a placement: the best."""
_REASONS = {
    "EvictionByEvictionAPI": "drained",
    "DeletionByTaintManager": "evicted",
    "PreemptionByScheduler": "preempted",
}


@dataclass(frozen=True, slots=True)
class Termination:
    """When a pod's first container is told to end and has ended, in seconds after the pod's deletion."""

    term: float
    dead: float


def termination_of(pod: KubernetesObject, behaviour: ReplicaBehaviour) -> Termination:
    """How a pod ends: its preStop hook, TERM, and KILL where it does not end by itself.

    The hook's time counts as grace, but two seconds remain.
    """
    given = spec_of(pod).get("terminationGracePeriodSeconds")
    grace = 30.0 if given is None else float(given)
    term = min(pre_stop(pod), grace)
    kill = max(grace, term + LEAST_GRACE)
    wished = {"finishes": behaviour.finishing, "dies": 0.0, "ignores": NEVER}[behaviour.on_term]
    return Termination(term, min(term + wished, kill))


class DeploymentWatch:
    """Notes the lives of one Deployment's pods, and of the nodes.

    Attributes:
        wanted: Pairs of a moment and the replicas wanted from then on.
        noticed: When the control plane knew of a node that it is down.
    """

    def __init__(self, cluster: KubernetesCluster, deployment: ObjectKey, behaviour: ReplicaBehaviour) -> None:
        self._cluster, self._key, self._behaviour = cluster, deployment, behaviour
        self._env, self._api = cluster.env, cluster.api
        self._versions: dict[str, int] = {}
        self._notes: dict[str, LifeNotes] = {}
        self._placed: dict[str, str] = {}
        self._failed: dict[str, float] = {}
        self.noticed: dict[str, float] = {}
        self.wanted: list[tuple[float, int]] = []
        self.rules = ServiceRules(cluster.env, cluster.settings.times, self._listed)
        cluster.scheduler.decided = self._decided
        for kind, handler in (
            ("Deployment", self._deployment_changed), ("ReplicaSet", self._set_changed),
            ("Pod", self._pod_changed), ("Node", self._node_changed),
        ):  # fmt: skip
            self._api.watch(kind, handler)

    @property
    def kubelets(self) -> Kubelets:
        """The nodes' agents."""
        return self._cluster.kubelets

    def lives(self) -> Iterable[LifeNotes]:
        """Of all pods, in the order of their making."""
        return self._notes.values()

    def pods_on(self, node: str) -> int:
        """How many pods a node has that are not gone."""
        return sum(one.node == node and not one.over for one in self._notes.values())

    def fail(self, node: str) -> None:
        """A node dies, and with it all that runs there."""
        self._failed[node] = self._env.now
        self.kubelets.stop(node)
        for one in self._notes.values():
            if one.node == node and not one.over:
                one.kill(self._env.now)
                one.at(self._env.now, "lost", "silent")

    def node_life(self, name: str, slots: int, zero: float) -> NodeLife:
        """A node's time since `zero`."""
        down, noticed = (since.get(name, NEVER) - zero for since in (self._failed, self.noticed))
        return NodeLife(name, slots, 0.0, down, noticed)

    # What is told

    def _deployment_changed(self, _: KubernetesObject | None, new: KubernetesObject | None) -> None:
        if new is None or new["metadata"]["name"] != self._key.name:
            return
        wanted = int(spec_of(new).get("replicas", 1))
        if not self.wanted or self.wanted[-1][1] != wanted:
            self.wanted.append((self._env.now, wanted))

    def _set_changed(self, _: KubernetesObject | None, new: KubernetesObject | None) -> None:
        if new is None:
            return
        owner = controller_of(new)
        if owner is not None and (owner["kind"], owner["name"]) == ("Deployment", self._key.name):
            self._versions.setdefault(uid_of(new), len(self._versions) + 1)

    def _node_changed(self, _: KubernetesObject | None, new: KubernetesObject | None) -> None:
        name = new["metadata"]["name"] if new is not None else ""
        if new is None or name not in self._failed or name in self.noticed:
            return
        condition = condition_of(new, "Ready")
        if condition is not None and condition["status"] == "Unknown":
            self.noticed[name] = self._env.now
            for one in self._notes.values():
                if one.node == name and one.state == "lost":
                    one.at(self._env.now, "lost", "tolerated")

    def _decided(self, pod: KubernetesObject, decision: Decision) -> None:
        if decision.node is not None:
            self._placed[uid_of(pod)] = told_scores(decision)

    def _pod_changed(self, old: KubernetesObject | None, new: KubernetesObject | None) -> None:
        pod = new if new is not None else old
        assert pod is not None
        notes = self._notes.get(uid_of(pod)) or self._new_notes(pod)
        if notes is None:
            return
        if new is None:
            notes.end(self._env.now)
            self.rules.tell(uid_of(pod), None)
            return
        self._note_process(notes, old, new)
        self._note_state(notes, old, new)
        endpoint = Endpoint(is_ready(new), is_deleting(new))
        if old is None or endpoint != Endpoint(is_ready(old), is_deleting(old)):
            self.rules.tell(uid_of(new), endpoint)

    def _new_notes(self, pod: KubernetesObject) -> LifeNotes | None:
        owner = controller_of(pod)
        version = self._versions.get(owner["uid"]) if owner is not None else None
        if version is None:
            return None
        notes = self._notes[uid_of(pod)] = LifeNotes(pod["metadata"]["name"], version)
        return notes

    # What it means

    def _note_process(self, notes: LifeNotes, old: KubernetesObject | None, new: KubernetesObject) -> None:
        now = self._env.now
        if is_deleting(new) and not (old is not None and is_deleting(old)) and self.kubelets.is_up(node_of(new)):
            end = termination_of(new, self._behaviour)
            told = now + self.kubelets.reaction
            notes.close(told + end.term if self._behaviour.on_term != "ignores" else told + end.dead, told + end.dead)
        if _is_up(new) and not (old is not None and _is_up(old) and restarts_of(old) == restarts_of(new)):
            notes.began(now, NEVER if is_bad(new) else now + self._behaviour.warm_up)
        if old is not None and _is_up(old) and not _is_up(new):
            notes.kill(now)

    def _note_state(self, notes: LifeNotes, old: KubernetesObject | None, new: KubernetesObject) -> None:
        now, node = self._env.now, node_of(new)
        notes.node = node
        if is_deleting(new):
            if not self.kubelets.is_up(node) and node:
                notes.at(now, "lost", "unconfirmed")
            elif not (old is not None and is_deleting(old)):
                notes.at(now, "leaving", self._why_leaving(notes, new))
        elif node in self._failed:
            return
        elif not node:
            refusal = condition_of(new, "PodScheduled") or {}
            message = str(refusal.get("message") or "")
            notes.at(now, "pending", "unschedulable" if message else "queued", message)
        elif is_ready(new):
            notes.at(now, "ready")
        elif _is_up(new):
            self._note_unready(notes, new)
        elif restarts_of(new) and any(restarts_of(new)):
            notes.at(now, "starting", "back_off")
        else:
            self._note_placed(notes, new)

    def _note_placed(self, notes: LifeNotes, pod: KubernetesObject) -> None:
        detail, pull = self._placed.get(uid_of(pod), ""), self._behaviour.pull
        if notes.state not in ("pending", None):
            return
        notes.at(self._env.now, "pulling" if pull else "starting", "placed", detail)
        if pull:
            self._later(pull, notes, "pulling", lambda: notes.at(self._env.now, "starting", "pulled"))

    def _note_unready(self, notes: LifeNotes, pod: KubernetesObject) -> None:
        """First it does not answer yet, then it waits for its next probe."""
        if notes.state == "ready":
            notes.at(self._env.now, "unready", "failing")
            return
        if notes.state == "unready":
            return
        every = ((first_container(pod).get("readinessProbe") or {}).get("periodSeconds")) or 10
        if is_bad(pod):
            notes.at(self._env.now, "unready", "never_answers")
        elif self._behaviour.warm_up:
            notes.at(self._env.now, "unready", "warming")
            probed = lambda: notes.at(self._env.now, "unready", "probe", f"{every}")  # noqa: E731 -- one line for one use
            self._later(self._behaviour.warm_up, notes, "unready", probed)
        else:
            notes.at(self._env.now, "unready", "probe", f"{every}")

    def _later(self, delay: float, notes: LifeNotes, state: str, note: Callable[[], None]) -> None:
        """Note something later, if it is still at what it is at now."""
        self.kubelets.after(delay, lambda: note() if notes.state == state and not notes.over else None)

    def _why_leaving(self, notes: LifeNotes, pod: KubernetesObject) -> str:
        mark = condition_of(pod, "DisruptionTarget")
        if mark is not None:
            return _REASONS.get(str(mark["reason"]), "scaled")
        return "replaced" if notes.version < len(self._versions) else "scaled"

    def _listed(self, uid: str, listed: bool) -> None:
        notes = self._notes[uid]
        if listed and not notes.over:
            notes.list_from(self._env.now)
        elif not listed:
            notes.delist(self._env.now)


def told_scores(decision: Decision) -> str:
    """The best nodes with their total scores, the chosen one first: "n2 214, n1 190". "" where none was scored."""
    totals = {name: sum(row.values()) for name, row in decision.scores.items()}
    order = sorted(totals, key=lambda name: (name != decision.node, -totals[name], name))
    return ", ".join(f"{name} {totals[name]}" for name in order[:_TOLD_NODES])


def _is_up(pod: KubernetesObject) -> bool:
    """Whether its containers run."""
    if phase_of(pod) != "Running" or is_terminal(pod):
        return False
    statuses = status_of(pod).get("containerStatuses") or ()
    return bool(statuses) and all("running" in one["state"] for one in statuses)
