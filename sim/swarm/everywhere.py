"""Global services: one task on every node that may have it (swarmkit, `manager/orchestrator/global`)."""

from __future__ import annotations

from collections import defaultdict

from simpy import Environment

from sim.swarm.objects import SwarmNode, SwarmService, SwarmTask
from sim.swarm.restarts import RestartSupervisor
from sim.swarm.states import TaskState
from sim.swarm.store import StoreChange, SwarmStore
from sim.swarm.updates import UpdateSupervisor


class GlobalOrchestrator:
    """Makes, replaces and takes away the tasks of global services."""

    def __init__(self, env: Environment, store: SwarmStore) -> None:
        self._store = store
        self._restarts = RestartSupervisor(env, store)
        self._updates = UpdateSupervisor(env, store, self._restarts)
        self._to_restart: dict[int, None] = {}
        store.listen(self)

    def heard(self, change: StoreChange) -> None:
        """Act on a service or a node at once; note tasks that ended."""
        what = change.what
        if isinstance(what, SwarmNode):
            self._heard_of_node(what, change.kind == "deleted")
        elif isinstance(what, SwarmTask):
            if change.kind == "updated" and self._is_mine(what) and what.desired <= TaskState.RUNNING < what.state:
                self._to_restart[what.id] = None
        elif what.spec.mode == "global":
            self._heard_of_service(what, change.kind == "deleted")

    def settled(self) -> None:
        """Replace the tasks that ended."""
        tasks, self._to_restart = self._to_restart, {}
        for task_id in tasks:
            self._restart(task_id)

    def _heard_of_service(self, service: SwarmService, gone: bool) -> None:
        if not gone:
            current = self._store.services.get(service.id)
            if current is not None:
                self._reconcile(current)
            return
        for task in self._store.of_service(service.id):
            self._store.want(task.id, TaskState.REMOVE)
        self._restarts.forget(service.id)

    def _heard_of_node(self, node: SwarmNode, gone: bool) -> None:
        if gone:
            for task in self._mine_on(node.id):
                self._store.delete_task(task.id)
        elif node.invalid:
            self._shut_down(self._mine_on(node.id))
        elif node.availability == "active":
            self._reconcile_node(node)

    def _is_mine(self, task: SwarmTask) -> bool:
        service = self._store.services.get(task.service)
        return service is not None and service.spec.mode == "global"

    def _mine_on(self, node: str) -> list[SwarmTask]:
        return [task for task in self._store.on_node(node) if self._is_mine(task)]

    def _restart(self, task_id: int) -> None:
        task = self._store.tasks.get(task_id)
        if task is None or task.desired > TaskState.RUNNING or not self._is_mine(task):
            return
        service, node = self._store.services[task.service], self._store.nodes.get(task.node)
        if node is None or node.invalid:
            return
        if node.availability == "pause" or not _takes(node, service):
            self._store.want(task.id, TaskState.SHUTDOWN)
        else:
            self._restarts.restart(task, service)

    def _reconcile(self, service: SwarmService) -> None:
        """One task on each node that may have it; those that may not lose theirs; the rest is updated."""
        on_node: dict[str, list[SwarmTask]] = defaultdict(list)
        for task in self._store.of_service(service.id):
            on_node[task.node].append(task)
        live = {node: self._restarts.updatable(tasks, service) for node, tasks in on_node.items()}
        slots = []
        for node in self._store.nodes.values():
            tasks = live.get(node.id, [])
            if node.invalid:
                continue
            live.pop(node.id, None)
            if not _takes(node, service):
                self._shut_down(tasks)
            elif node.availability == "active" and tasks:
                slots.append(tasks)
            elif node.availability == "active":
                self._store.make_task(service, 0, node.id, TaskState.RUNNING)
        for tasks in live.values():
            self._shut_down(tasks)
        if slots:
            self._updates.update(service, slots)

    def _reconcile_node(self, node: SwarmNode) -> None:
        """A node takes tasks again: it gets what it lacks, and at once what is newer, without an update."""
        for service in [one for one in self._store.services.values() if one.spec.mode == "global"]:
            if not _takes(node, service):
                continue
            tasks = [task for task in self._store.on_node(node.id) if task.service == service.id]
            live = self._restarts.updatable(tasks, service)
            clean = [task for task in live if not self._store.is_out_of_date(task, service)]
            if not clean:
                self._store.make_task(service, 0, node.id, TaskState.RUNNING)
            self._shut_down([task for task in live if task not in clean[:1]])

    def _shut_down(self, tasks: list[SwarmTask]) -> None:
        for task in tasks:
            self._store.want(task.id, TaskState.SHUTDOWN)


def _takes(node: SwarmNode, service: SwarmService) -> bool:
    return node.traits.satisfies(service.spec.task.placement.constraints)
