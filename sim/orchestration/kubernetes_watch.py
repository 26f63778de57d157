"""What becomes of a Deployment's pods, noted from what the API server is told of them."""

from __future__ import annotations

from collections.abc import Iterable

from sim.kubernetes.cluster import KubernetesCluster
from sim.kubernetes.hosted_container import Moment
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
from sim.orchestration.kubernetes_objects import first_container, is_bad, pod_of
from sim.orchestration.lives import LifeNotes
from sim.orchestration.service import ReplicaBehaviour
from sim.orchestration.timeline import NodeLife

_TOLD_NODES = 4
"""Nodes whose scores are told of a placement: the best."""
_REASONS = {
    "EvictionByEvictionAPI": "drained",
    "DeletionByTaintManager": "evicted",
    "PreemptionByScheduler": "preempted",
}


class DeploymentWatch:
    """Notes the lives of one Deployment's pods, and of the nodes.

    Attributes:
        wanted: Pairs of a moment and the replicas wanted from then on.
        noticed: When the control plane knew of a node that it is down.
    """

    def __init__(self, cluster: KubernetesCluster, deployment: ObjectKey, behaviour: ReplicaBehaviour) -> None:
        self._cluster, self._key, self._behaviour = cluster, deployment, behaviour
        self._env, self._api = cluster.env, cluster.api
        self._answering = ""
        self._versions: dict[str, int] = {}
        self._notes: dict[str, LifeNotes] = {}
        self._by_name: dict[str, LifeNotes] = {}
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
        self._answering = str(first_container(pod_of(new)).get("name", ""))
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
        self._note_state(notes, old, new)
        endpoint = Endpoint(is_ready(new), is_deleting(new))
        if old is None or endpoint != Endpoint(is_ready(old), is_deleting(old)):
            self.rules.tell(uid_of(new), endpoint)

    def _new_notes(self, pod: KubernetesObject) -> LifeNotes | None:
        owner = controller_of(pod)
        version = self._versions.get(owner["uid"]) if owner is not None else None
        if version is None:
            return None
        name = pod["metadata"]["name"]
        notes = self._notes[uid_of(pod)] = self._by_name[name] = LifeNotes(name, version)
        return notes

    # What it means

    def note(self, key: ObjectKey, container: str, moment: Moment) -> None:
        """A moment of a pod's container, which its node alone knows. Only that counts which answers requests."""
        notes, now = self._by_name.get(key.name), self._env.now
        if notes is None or notes.over or notes.node in self._failed or container != self._answering:
            return
        alive = bool(notes.processes) and notes.processes[-1].dead > now
        if moment == "runs" and not alive:
            notes.began(now, NEVER)
            if notes.state != "leaving":
                notes.at(now, "unready", self._warms(key))
        elif moment == "answers" and notes.processes:
            notes.processes[-1].answers = now
            if notes.state == "unready":
                self._note_answering(notes, key)
        elif moment == "term" and self._behaviour.on_term != "ignores":
            notes.close(now, NEVER)
        elif moment in ("silent", "dead"):
            notes.kill(now)

    def _warms(self, key: ObjectKey) -> str:
        pod = self._api.get("Pod", key)
        return "never_answers" if pod is not None and is_bad(pod) else "warming"

    def _note_answering(self, notes: LifeNotes, key: ObjectKey) -> None:
        pod = self._api.get("Pod", key)
        probe = first_container(pod).get("readinessProbe") if pod is not None else None
        every = f"{(probe or {}).get('periodSeconds') or 10}"
        notes.at(self._env.now, "unready", *(("probe", every) if probe else ("told",)))

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
        elif notes.state == "ready":
            notes.at(now, "unready", "failing")
        elif notes.state in ("pending", None):
            self._note_placed(notes, new)
        elif not _is_up(new) and any(restarts_of(new)):
            notes.at(now, "starting", "back_off")

    def _note_placed(self, notes: LifeNotes, pod: KubernetesObject) -> None:
        hosting = self._cluster.settings.hosting
        there = hosting is None or hosting.hosts(node_of(pod)).has_image(
            hosting.work(pod, first_container(pod)).application
        )
        notes.at(self._env.now, "starting" if there else "pulling", "placed", self._placed.get(uid_of(pod), ""))

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
