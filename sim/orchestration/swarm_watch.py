"""What becomes of a swarm service's tasks, noted from what the managers and the nodes' agents know of them.

Requests come by the routing mesh. A node's own word puts a task on it and takes it off: when its container runs, and
is healthy where that is checked, and two seconds before it is told to end.
"""

from __future__ import annotations

from collections.abc import Iterable

from simpy import Environment

from sim.kubernetes.controllers.base import call_in
from sim.never import NEVER
from sim.orchestration.lives import LifeNotes
from sim.orchestration.service import ReplicaBehaviour
from sim.orchestration.timeline import NodeLife
from sim.swarm.agent import TaskMoment
from sim.swarm.cluster import SwarmCluster
from sim.swarm.objects import SwarmNode, SwarmTask
from sim.swarm.processes import ProcessRun
from sim.swarm.starts import SwarmHosting
from sim.swarm.states import TaskState
from sim.swarm.store import StoreChange

GOSSIP = 0.4
"""Seconds until all nodes' mesh knows of a task: an estimate, two rounds of memberlist's gossip (200 ms)."""
MESH_NOTICES = 6.0
"""Seconds until the mesh leaves a dead node out: an estimate from memberlist's defaults for a local network, a probe a
second, and four seconds of suspicion (docker/libnetwork, networkdb/cluster.go; hashicorp/memberlist, config.go)."""


_INTERVAL = 30.0
"""Seconds between two health checks where none is said."""


class ServiceWatch:
    """Notes the lives of one service's tasks, and of the nodes.

    Attributes:
        wanted: Pairs of a moment and the replicas wanted from then on.
        noticed: When the managers knew of a node that it is down.
    """

    def __init__(
        self, cluster: SwarmCluster, hosting: SwarmHosting, bad_image: str, behaviour: ReplicaBehaviour
    ) -> None:
        self._cluster, self._hosting, self._bad, self._behaviour = cluster, hosting, bad_image, behaviour
        self._env: Environment = cluster.env
        self._notes: dict[int, LifeNotes] = {}
        self._images: dict[str, int] = {}
        self._failed: dict[str, float] = {}
        self.noticed: dict[str, float] = {}
        self.wanted: list[tuple[float, int]] = []
        cluster.store.listen(self)
        cluster.agents.told = self._process_changed

    def lives(self) -> Iterable[LifeNotes]:
        """Of all tasks, in the order of their making."""
        return self._notes.values()

    def tasks_on(self, node: str) -> int:
        """How many tasks a node has that are not gone."""
        return sum(one.node == node and not one.over for one in self._notes.values())

    def want(self, replicas: int) -> None:
        """So many replicas are wanted from now on."""
        self.wanted.append((self._env.now, replicas))

    def fail(self, node: str) -> None:
        """A node dies, and with it all that runs there. The mesh leaves it out after a while."""
        now = self._failed[node] = self._env.now
        for one in self._notes.values():
            if one.node == node and not one.over:
                one.kill(now)
                one.at(now, "lost", "silent")
                call_in(self._env, MESH_NOTICES, lambda one=one: one.delist(self._env.now))  # type: ignore[misc]

    def node_life(self, name: str, slots: int, zero: float) -> NodeLife:
        """A node's time since `zero`."""
        down, noticed = (since.get(name, NEVER) - zero for since in (self._failed, self.noticed))
        return NodeLife(name, slots, 0.0, down, noticed)

    # What is told

    def heard(self, change: StoreChange) -> None:
        """Note a change that the managers know of."""
        what = change.what
        if isinstance(what, SwarmTask):
            self._task_changed(what, deleted=change.kind == "deleted")
        elif isinstance(what, SwarmNode) and what.down and what.id not in self.noticed:
            self.noticed[what.id] = self._env.now

    def settled(self) -> None:
        """Nothing."""

    def _task_changed(self, task: SwarmTask, *, deleted: bool) -> None:
        version = self._images.setdefault(task.spec.image, len(self._images) + 1)
        notes = self._notes.get(task.id)
        if notes is None:
            notes = self._notes[task.id] = LifeNotes(f"{task.name}.{task.slot}.{task.id}", version)
        notes.node = task.node or notes.node
        if deleted or task.state > TaskState.RUNNING:
            notes.end(self._env.now)
        elif task.node in self._failed:
            self._note_lost(notes, task)
        elif task.desired >= TaskState.SHUTDOWN:
            self._note_leaving(notes, task)
        else:
            self._note_progress(notes, task)

    def _note_lost(self, notes: LifeNotes, task: SwarmTask) -> None:
        notes.at(self._env.now, "lost", "unconfirmed" if task.desired >= TaskState.SHUTDOWN else "silent")

    def _note_progress(self, notes: LifeNotes, task: SwarmTask) -> None:
        now = self._env.now
        if task.state == TaskState.PENDING:
            notes.at(now, "pending", "unschedulable" if task.reason else "queued", task.reason)
        elif task.state < TaskState.READY:
            if notes.state in ("pending", None):
                there = self._hosting.hosts(task.node).has_image(self._hosting.application(task.spec.image))
                notes.at(now, "starting" if there else "pulling", "spread")
        elif task.state == TaskState.READY:
            notes.at(now, "starting", "turn" if task.desired < TaskState.RUNNING else "created")
        elif task.state == TaskState.RUNNING:
            notes.at(now, "ready")

    def _note_leaving(self, notes: LifeNotes, task: SwarmTask) -> None:
        if notes.state == "leaving":
            return
        node = self._cluster.store.nodes.get(task.node)
        why = "drained" if node is not None and node.availability == "drain" else "scaled"
        newest = max(self._images.values())
        notes.at(self._env.now, "leaving", "replaced" if notes.version < newest else why)

    # The task's process

    def _process_changed(self, moment: TaskMoment, task: SwarmTask) -> None:
        notes = self._notes.get(task.id)
        if notes is None or task.node in self._failed:
            return
        run, now = self._cluster.agents.runs[task.id], self._env.now
        if moment == "started":
            notes.began(now, NEVER)
            if task.spec.health is not None:
                notes.at(now, "unready", "never_answers" if task.spec.image == self._bad else "warming")
        elif moment == "answers":
            if task.spec.image != self._bad:
                warm = max(now, run.started + self._behaviour.warm_up)
                call_in(self._env, warm - now, lambda: self._note_answering(notes, task, run))
        elif moment == "runs":
            call_in(self._env, GOSSIP, lambda: self._list(notes, run))
        elif moment == "stopping":
            call_in(self._env, GOSSIP, lambda: notes.delist(self._env.now))
        else:
            closes = run.term_at is not None and self._behaviour.on_term == "finishes"
            notes.close(run.term_at if closes and run.term_at is not None else now, now)
            call_in(self._env, GOSSIP, lambda: notes.delist(self._env.now))

    def _note_answering(self, notes: LifeNotes, task: SwarmTask, run: ProcessRun) -> None:
        now = self._env.now
        if run.exited.triggered or notes.over or not notes.processes:
            return
        notes.processes[-1].answers = now
        if notes.state == "unready" and task.spec.health is not None:
            notes.at(now, "unready", "probe", f"{task.spec.health.interval or _INTERVAL:g}")

    def _list(self, notes: LifeNotes, run: ProcessRun) -> None:
        if not run.exited.triggered and notes.node not in self._failed and notes.state != "leaving":
            notes.list_from(self._env.now)
