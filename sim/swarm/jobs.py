"""Jobs: tasks that are wanted to complete, so many or one a node (swarmkit, `manager/orchestrator/jobs`)."""

from __future__ import annotations

from simpy import Environment

from sim.swarm.objects import SwarmService, SwarmTask
from sim.swarm.restarts import RestartSupervisor
from sim.swarm.states import TaskState
from sim.swarm.store import StoreChange, SwarmStore

_WRAP = 2**64


class JobOrchestrator:
    """Makes and replaces the tasks of jobs.

    It looks at a job when that is changed and when one of its tasks ends, and never at nodes. So a drained node goes
    on with a job's tasks.
    """

    def __init__(self, env: Environment, store: SwarmStore) -> None:
        self._store = store
        self._restarts = RestartSupervisor(env, store)
        store.listen(self)

    def heard(self, change: StoreChange) -> None:
        """Reconcile the job that a change is about."""
        what = change.what
        name = None
        if isinstance(what, SwarmService) and what.spec.is_job:
            if change.kind == "deleted":
                self._remove_all(what)
            else:
                name = what.id
        elif isinstance(what, SwarmTask) and change.kind == "updated" and _ended_unasked(what):
            name = what.service
        service = self._store.services.get(name) if name is not None else None
        if service is not None:
            self._reconcile(service)

    def settled(self) -> None:
        """Nothing: each change was acted on."""

    def _remove_all(self, service: SwarmService) -> None:
        for task in self._store.of_service(service.id):
            self._store.want(task.id, TaskState.REMOVE)
        self._restarts.forget(service.id)

    def _reconcile(self, service: SwarmService) -> None:
        tasks = self._store.of_service(service.id)
        current = [task for task in tasks if task.iteration == service.iteration]
        if service.spec.mode == "global-job":
            self._fill_nodes(service, current)
        elif not self._fill_slots(service, current):
            return
        for task in current:
            if task.state > TaskState.COMPLETE and task.desired <= TaskState.COMPLETE:
                self._restarts.restart(task, service)
        for task in tasks:
            past = task.iteration != service.iteration
            if past and (task.state <= TaskState.RUNNING or service.spec.mode == "global-job"):
                self._store.want(task.id, TaskState.REMOVE)
        if service.spec.mode == "global-job":
            self._leave_nodes(current)

    def _fill_slots(self, service: SwarmService, current: list[SwarmTask]) -> bool:
        """As many tasks as may run at a time, and as are missing; each in a slot of its own, from 0.

        Says whether the numbers made sense.
        """
        complete = [task for task in current if task.state == TaskState.COMPLETE]
        under_way = [
            task for task in current if task.state != TaskState.COMPLETE and task.desired <= TaskState.COMPLETE
        ]
        spec = service.spec
        # Upstream subtracts unsigned numbers, and makes nothing where the result wrapped around.
        room = (spec.concurrent - len(under_way)) % _WRAP
        missing = (spec.replicas - len(complete) - len(under_way)) % _WRAP
        if min(room, missing) > spec.replicas:
            return False
        taken = {task.slot for task in complete + under_way}
        free = (slot for slot in range(spec.replicas) if slot not in taken)
        for _ in range(min(room, missing)):
            self._store.make_task(service, next(free, 0), "", TaskState.COMPLETE)
        return True

    def _fill_nodes(self, service: SwarmService, current: list[SwarmTask]) -> None:
        """A task on every active node that has none."""
        served = {task.node for task in current if task.desired <= TaskState.COMPLETE}
        constraints = service.spec.task.placement.constraints
        for node in self._store.nodes.values():
            active = node.availability == "active" and not node.down
            if active and node.id not in served and node.traits.satisfies(constraints):
                self._store.make_task(service, 0, node.id, TaskState.COMPLETE)

    def _leave_nodes(self, current: list[SwarmTask]) -> None:
        for task in current:
            node = self._store.nodes.get(task.node)
            if node is not None and node.invalid and task.state <= TaskState.RUNNING:
                self._store.want(task.id, TaskState.SHUTDOWN)


def _ended_unasked(task: SwarmTask) -> bool:
    return task.iteration is not None and task.state > TaskState.RUNNING and task.desired <= TaskState.COMPLETE
