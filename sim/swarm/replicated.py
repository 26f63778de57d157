"""Replicated services: as many tasks as asked for, each in a slot (swarmkit, `manager/orchestrator/replicated`)."""

from __future__ import annotations

from collections import defaultdict

from simpy import Environment

from sim.swarm.objects import SwarmNode, SwarmService, SwarmTask
from sim.swarm.restarts import RestartSupervisor
from sim.swarm.states import TaskState
from sim.swarm.store import StoreChange, SwarmStore
from sim.swarm.updates import UpdateSupervisor

_Slots = dict[int, list[SwarmTask]]


class ReplicatedOrchestrator:
    """Makes, replaces and takes away the tasks of replicated services."""

    def __init__(self, env: Environment, store: SwarmStore) -> None:
        self._store = store
        self._restarts = RestartSupervisor(env, store)
        self._updates = UpdateSupervisor(env, store, self._restarts)
        self._to_restart: dict[int, None] = {}
        self._to_reconcile: dict[str, None] = {}
        store.listen(self)

    def heard(self, change: StoreChange) -> None:
        """Note what is to be done."""
        what = change.what
        if isinstance(what, SwarmNode):
            self._heard_of_node(what, change.kind == "deleted")
        elif isinstance(what, SwarmTask):
            self._heard_of_task(what, change.kind == "deleted")
        elif what.spec.mode == "replicated":
            self._heard_of_service(what, change.kind == "deleted")

    def settled(self) -> None:
        """Do it: tasks first, so that a reconciliation sees those that replace them."""
        tasks, self._to_restart = self._to_restart, {}
        services, self._to_reconcile = self._to_reconcile, {}
        for task_id in tasks:
            self._restart(task_id)
        for name in services:
            service = self._store.services.get(name)
            if service is not None:
                self._reconcile(service)

    def _heard_of_service(self, service: SwarmService, gone: bool) -> None:
        if not gone:
            self._to_reconcile[service.id] = None
            return
        for task in self._store.of_service(service.id):
            self._store.want(task.id, TaskState.REMOVE)
        self._restarts.forget(service.id)
        self._to_reconcile.pop(service.id, None)

    def _heard_of_node(self, node: SwarmNode, gone: bool) -> None:
        if gone or node.invalid:
            for task in self._store.on_node(node.id):
                if task.desired <= TaskState.RUNNING and self._is_mine(task):
                    self._to_restart[task.id] = None

    def _heard_of_task(self, task: SwarmTask, gone: bool) -> None:
        if not self._is_mine(task):
            return
        if gone:
            if task.desired <= TaskState.RUNNING:
                self._to_reconcile[task.service] = None
            self._restarts.call_off(task.id)
        elif task.desired <= TaskState.RUNNING:
            node = self._store.nodes.get(task.node)
            lost = task.node != "" and (node is None or node.invalid)
            if task.state > TaskState.RUNNING or lost:
                self._to_restart[task.id] = None

    def _is_mine(self, task: SwarmTask) -> bool:
        service = self._store.services.get(task.service)
        return service is not None and service.spec.mode == "replicated"

    def _restart(self, task_id: int) -> None:
        task = self._store.tasks.get(task_id)
        if task is not None and task.desired <= TaskState.RUNNING and self._is_mine(task):
            self._restarts.restart(task, self._store.services[task.service])

    def _reconcile(self, service: SwarmService) -> None:
        live, dead = self._slots(service)
        slots, wanted = [live[number] for number in sorted(live)], service.spec.replicas
        if wanted > len(slots):
            self._updates.update(service, slots)
            self._add(service, live, dead, wanted - len(slots))
            self._forget(dead)
        elif wanted < len(slots):
            slots = _in_order_of_keeping(slots)
            self._updates.update(service, slots[:wanted])
            self._forget(dead)
            for slot in slots[wanted:]:
                for task in slot:
                    self._store.want(task.id, TaskState.REMOVE)
        else:
            self._forget(dead)
            self._updates.update(service, slots)

    def _slots(self, service: SwarmService) -> tuple[_Slots, _Slots]:
        """Slots that count, with the tasks that an update cares for, and slots whose tasks are all past."""
        slots: _Slots = defaultdict(list)
        for task in self._store.of_service(service.id):
            slots[task.slot].append(task)
        live = {number: self._restarts.updatable(slot, service) for number, slot in slots.items()}
        dead = {number: slot for number, slot in slots.items() if not live[number]}
        return {number: slot for number, slot in live.items() if slot}, dead

    def _add(self, service: SwarmService, live: _Slots, dead: _Slots, count: int) -> None:
        number = 0
        for _ in range(count):
            number += 1
            while number in live:
                number += 1
            dead.pop(number, None)
            self._store.make_task(service, number, "", TaskState.RUNNING)

    def _forget(self, slots: _Slots) -> None:
        for slot in slots.values():
            for task in slot:
                self._store.delete_task(task.id)


def _in_order_of_keeping(slots: list[list[SwarmTask]]) -> list[list[SwarmTask]]:
    """Slots as they are kept when a service gets fewer of them.

    Nodes shall be left with equally many. Then those that run are kept, and those of low numbers. Slots that stand on
    no one node go first.
    """
    running = sorted(slots, key=lambda slot: (all(task.state != TaskState.RUNNING for task in slot), slot[0].slot))
    on_node: dict[str, int] = defaultdict(int)
    nth: dict[int, float] = {}
    for slot in running:
        node = slot[0].node if len(slot) == 1 else ""
        if node:
            on_node[node] += 1
        nth[id(slot)] = on_node[node] if node else float("inf")
    return sorted(running, key=lambda slot: nth[id(slot)])
