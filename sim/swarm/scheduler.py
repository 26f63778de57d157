"""Which node gets a task (swarmkit, `manager/scheduler`).

Tasks of one version are placed together. A node with fewer tasks of the service comes first, then one with fewer
tasks; one where the version failed five times in five minutes comes last. Spread preferences divide the nodes before
that. Where the engine takes any order of a map, here the order is that of making.
"""

from __future__ import annotations

import copy
from collections.abc import Generator

from simpy import Environment, Event

from sim.swarm.filters import NodeFilters
from sim.swarm.nodeinfo import NodeLoad
from sim.swarm.objects import SwarmNode, SwarmTask
from sim.swarm.spreading import place_tasks
from sim.swarm.states import TaskState
from sim.swarm.store import StoreChange, SwarmStore

DEBOUNCE = 0.05
"""Seconds from a change to the placing of tasks (swarmkit, `commitDebounceGap`)."""


class SwarmScheduler:
    """Places pending tasks, and looks again whenever room may have come."""

    def __init__(self, env: Environment, store: SwarmStore) -> None:
        self._env, self._store = env, store
        self._loads: dict[str, NodeLoad] = {}
        self._unassigned: dict[int, None] = {}
        self._preassigned: dict[int, None] = {}
        self._was_preassigned: set[int] = set()
        self._known: dict[int, SwarmTask] = {}
        self._look, self._waiting = False, False
        store.listen(self)

    def heard(self, change: StoreChange) -> None:
        """Note a node's, or a task's, change."""
        what = change.what
        if isinstance(what, SwarmTask):
            if change.kind == "deleted":
                self._look |= self._free(what)
            else:
                self._heard_of_task(what)
        elif isinstance(what, SwarmNode):
            self._heard_of_node(what, change.kind == "deleted")

    def settled(self) -> None:
        """Place tasks in a moment."""
        if not self._waiting:
            self._waiting = True
            self._env.process(self._later())

    def _heard_of_node(self, node: SwarmNode, gone: bool) -> None:
        if gone:
            self._loads.pop(node.id, None)
            return
        if node.id in self._loads:
            self._loads[node.id].replace(node)
        else:
            self._loads[node.id] = NodeLoad(node)
        self._look = True

    def _heard_of_task(self, task: SwarmTask) -> None:
        if task.state > TaskState.RUNNING:
            self._ended(task)
        elif not task.node:
            self._known[task.id] = task
            self._unassigned[task.id] = None
            self._look = True
        elif task.state == TaskState.PENDING:
            self._known[task.id] = task
            self._preassigned[task.id] = None
            self._was_preassigned.add(task.id)
        else:
            self._known[task.id] = task
            self._add(task)

    def _ended(self, task: SwarmTask) -> None:
        old = self._known.get(task.id)
        if old is None:
            return
        failed = task.state in (TaskState.FAILED, TaskState.REJECTED)
        load = self._loads.get(task.node)
        if failed and load is not None and task.id not in self._was_preassigned:
            load.failed(task, self._env.now)
        self._free(old)
        self._look = True

    def _free(self, task: SwarmTask) -> bool:
        self._known.pop(task.id, None)
        self._preassigned.pop(task.id, None)
        load = self._loads.get(task.node)
        return load is not None and load.remove(task.id)

    def _add(self, task: SwarmTask) -> None:
        load = self._loads.get(task.node)
        if load is not None:
            load.add(task)

    def _later(self) -> Generator[Event, None, None]:
        yield self._env.timeout(DEBOUNCE)
        self._waiting = False
        for task_id in list(self._preassigned):
            self._confirm(task_id)
        if self._look:
            self._look = False
            self._place_all()

    def _confirm(self, task_id: int) -> None:
        """A task that has its node already needs only to fit there."""
        task = self._store.tasks.get(task_id)
        load = self._loads.get(task.node) if task is not None else None
        if task is None or load is None:
            return
        filters = NodeFilters(task)
        if not filters.passes(load):
            self._store.report(task.id, TaskState.PENDING, filters.explain())
            return
        del self._preassigned[task_id]
        self._store.report(task.id, TaskState.ASSIGNED)
        self._add(copy.copy(task))

    def _place_all(self) -> None:
        groups: dict[tuple[str, int], list[SwarmTask]] = {}
        for task_id in self._unassigned:
            task = self._store.tasks.get(task_id)
            if task is not None and not task.node:
                groups.setdefault((task.service, task.version), []).append(task)
        self._unassigned = {}
        for group in groups.values():
            self._place(group)

    def _place(self, group: list[SwarmTask]) -> None:
        filters = NodeFilters(group[0])
        placed = place_tasks(group, list(self._loads.values()), filters, self._env.now)
        reason = filters.explain()
        for task in group:
            if task.id in placed:
                self._store.assign(task.id, placed[task.id])
            else:
                self._leave(task, f"no suitable node ({reason})" if reason else "no suitable node")

    def _leave(self, task: SwarmTask, reason: str) -> None:
        """A task that fits nowhere: it stays pending; one of an old version that is given up is over."""
        service = self._store.services.get(task.service)
        if service is None:
            return
        if service.version > task.version:
            if task.desired >= TaskState.SHUTDOWN:
                self._store.report(task.id, TaskState.SHUTDOWN)
            return
        self._unassigned[task.id] = None
        self._store.report(task.id, TaskState.PENDING, reason)
