"""What happens beside the orchestrators: tasks whose node changed are rejected, and old tasks are forgotten."""

from __future__ import annotations

from collections.abc import Generator

from simpy import Environment, Event

from sim.swarm.objects import SwarmNode, SwarmTask
from sim.swarm.states import TaskState
from sim.swarm.store import SlotKey, StoreChange, SwarmStore

NO_LONGER_FITS = "assigned node no longer meets constraints"
REAPER_INTERVAL = 0.25
"""Seconds from a change to the reaper's next look (swarmkit, `reaperBatchingInterval`)."""


class ConstraintEnforcer:
    """Rejects tasks that a changed node may no longer have (swarmkit, `constraintenforcer`)."""

    def __init__(self, store: SwarmStore) -> None:
        self._store = store
        store.listen(self)

    def heard(self, change: StoreChange) -> None:
        """Look at a node that was changed. A paused one keeps what it has, a drained one loses it anyway."""
        node = change.node
        if node is not None and change.kind == "updated" and node.availability == "active":
            self._reject(node)

    def settled(self) -> None:
        """Nothing."""

    def _reject(self, node: SwarmNode) -> None:
        cpus, memory = node.cpus, node.memory
        for task in self._store.on_node(node.id):
            if not TaskState.ASSIGNED <= task.desired <= TaskState.COMPLETE or task.state >= TaskState.COMPLETE:
                continue
            service = self._store.services.get(task.service)
            placement = service.spec.task.placement if service is not None else task.spec.placement
            needed = task.spec.reservations
            if not node.traits.satisfies(placement.constraints) or needed.memory > memory or needed.cpus > cpus:
                self._store.report(task.id, TaskState.REJECTED, NO_LONGER_FITS)
                continue
            cpus, memory = cpus - needed.cpus, memory - needed.memory


class TaskReaper:
    """Forgets tasks that were removed, and those of a slot past the history that is kept (swarmkit, `taskreaper`).

    Attributes:
        kept: Tasks of a slot that are kept, the running one among them; below 0 all are.
    """

    def __init__(self, env: Environment, store: SwarmStore, kept: int) -> None:
        self._env, self._store, self.kept = env, store, kept
        self._slots: dict[SlotKey, None] = {}
        self._removed: dict[int, None] = {}
        self._waiting = False
        store.listen(self)

    def heard(self, change: StoreChange) -> None:
        """Note slots with a new task, and tasks to remove that are over."""
        task = change.task
        if task is None:
            return
        if change.kind == "created":
            self._slots[task.service, task.slot, task.home] = None
        elif task.desired == TaskState.REMOVE and not TaskState.ASSIGNED <= task.state < TaskState.COMPLETE:
            self._removed[task.id] = None

    def settled(self) -> None:
        """Look at them in a moment."""
        if (self._slots or self._removed) and not self._waiting:
            self._waiting = True
            self._env.process(self._later())

    def _later(self) -> Generator[Event, None, None]:
        yield self._env.timeout(REAPER_INTERVAL)
        self._waiting = False
        removed, self._removed = self._removed, {}
        for key in list(self._slots):
            past, busy = self._past(key)
            removed |= dict.fromkeys(past)
            if not busy:
                del self._slots[key]
        for task_id in removed:
            self._store.delete_task(task_id)

    def _past(self, key: SlotKey) -> tuple[list[int], bool]:
        """Tasks of a slot that are past the history, and whether it must be looked at again."""
        service = self._store.services.get(key[0])
        if service is None or service.spec.is_job:
            return [], False
        kept = self.kept
        attempts = service.spec.task.restart.max_attempts
        if attempts > 0:
            kept = attempts + 1
        tasks = self._store.of_slot(key)
        if kept < 0 or len(tasks) <= kept:
            return [], False
        over = [task for task in sorted(tasks, key=lambda task: task.reported) if _is_over(task)]
        return [task.id for task in over[: len(tasks) - kept]], len(tasks) - len(over) > 1


def _is_over(task: SwarmTask) -> bool:
    never_ran = task.state < TaskState.ASSIGNED and task.desired > TaskState.RUNNING
    return task.state > TaskState.RUNNING or never_ran
