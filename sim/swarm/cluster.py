"""A swarm: what one can ask of it, and what it then shows.

The managers are one: what their consensus costs, and what an election does, is not modelled.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import count

from simpy import Environment

from sim.engine import environment
from sim.swarm.agent import SwarmAgents
from sim.swarm.control import check_change, check_spec, refuse
from sim.swarm.everywhere import GlobalOrchestrator
from sim.swarm.history import SwarmHistory
from sim.swarm.housekeeping import ConstraintEnforcer, TaskReaper
from sim.swarm.jobs import JobOrchestrator
from sim.swarm.objects import SwarmNode, SwarmService, SwarmTask
from sim.swarm.processes import ImageBehaviour
from sim.swarm.replicated import ReplicatedOrchestrator
from sim.swarm.scheduler import SwarmScheduler
from sim.swarm.spec import ServiceSpec
from sim.swarm.starts import SwarmHosting, TaskTiming
from sim.swarm.states import Availability, TaskState
from sim.swarm.store import SwarmStore

TASK_HISTORY = 5
"""Tasks of a slot that are kept (`docker swarm init --task-history-limit`)."""

EVENTS_OF_A_RUN = 100_000_000
"""Events of one run, unless it is given another number: some minutes."""

DOCKER_STOP_GRACE = 10.0
"""Seconds from TERM to KILL of a plain `docker stop`."""


class TooManyEventsError(Exception):
    """A run took more events than it was given."""

    def __init__(self, most: int) -> None:
        super().__init__(f"the swarm took more than {most:,} events")


class SwarmCluster:
    """Managers, nodes and their agents.

    Attributes:
        env: The clock.
        store: What the managers know.
        history: What happened.
        agents: What the nodes do.
        reaper: How much of the past the managers keep.
    """

    def __init__(
        self,
        nodes: Iterable[SwarmNode],
        images: Mapping[str, ImageBehaviour],
        timing: TaskTiming | None = None,
        most_tasks: int = 100_000,
        env: Environment | None = None,
        hosting: SwarmHosting | None = None,
    ) -> None:
        """Form a swarm.

        Args:
            nodes: The machines.
            images: What the tasks of each image do. Other images do not exist.
            timing: What the nodes take.
            most_tasks: Tasks that are made; past it `TooManyTasksError` ends the run.
            env: The clock. None for one of its own that begins at 0.
            hosting: The hosts that create, start and remove containers. None where that takes the times of `timing`.
        """
        self.env: Environment = env or environment.Environment()
        self.store = SwarmStore(self.env, most_tasks)
        self.history = SwarmHistory(self.env, self.store)
        ConstraintEnforcer(self.store)
        ReplicatedOrchestrator(self.env, self.store)
        GlobalOrchestrator(self.env, self.store)
        JobOrchestrator(self.env, self.store)
        SwarmScheduler(self.env, self.store)
        self.reaper = TaskReaper(self.env, self.store, TASK_HISTORY)
        self.agents = SwarmAgents(self.env, self.store, self.history, images, timing or TaskTiming(), hosting)
        self._versions, self._numbers = count(1), count(1)
        self._ids: dict[str, str] = {}
        for node in nodes:
            self.store.put_node(node)

    def run(self, until: float, most_events: int = EVENTS_OF_A_RUN) -> int:
        """Let time pass up to a moment, with all that happens at it; the number of events that this took.

        Past so many events `TooManyEventsError` is raised.
        """
        events = 0
        # SimPy adds a difference to the time where it stops. So the present may be a little later than asked for.
        while self.env.peek() <= max(until, self.env.now):
            if events == most_events:
                raise TooManyEventsError(most_events)
            self.env.step()
            events += 1
        if until > self.env.now:
            self.env.run(until=until)
        return events

    def service(self, name: str) -> SwarmService:
        """A service. Raises `SwarmRefusalError` where there is none."""
        service = self.store.services.get(self._ids.get(name, ""))
        if service is None:
            raise refuse("no such service", f"no such service: {name}")
        return service

    def create(self, spec: ServiceSpec) -> None:
        """Create a service. Raises `SwarmRefusalError` where the engine does not."""
        check_spec(spec, self.store)
        if self._ids.get(spec.name) in self.store.services:
            raise refuse("name in use", f"name conflicts with an existing object: service {spec.name} already exists")
        self._ids[spec.name] = f"{spec.name}#{next(self._numbers)}"
        self.store.put_service(SwarmService(self._ids[spec.name], spec))

    def change(self, spec: ServiceSpec) -> None:
        """Give a service another description: an update, a scaling, both, or neither. Raises `SwarmRefusalError`."""
        service = self.service(spec.name)
        check_spec(spec, self.store)
        check_change(service.spec, spec)
        service.previous = (service.spec, service.version)
        service.spec, service.version, service.update = spec, next(self._versions), None
        self._changed(service)

    def scale(self, name: str, replicas: int) -> None:
        """Ask for so many replicas. Raises `SwarmRefusalError` of a service that has none."""
        service = self.service(name)
        if service.spec.mode not in ("replicated", "replicated-job"):
            raise refuse("not scalable", f"{name}: scale can only be used with replicated or replicated-job mode")
        self.change(replace(service.spec, replicas=replicas))

    def roll_back(self, name: str) -> None:
        """Go back to what was asked for before. Raises `SwarmRefusalError` where nothing was."""
        service = self.service(name)
        if service.previous is None:
            raise refuse("no previous spec", f"service {name} does not have a previous spec")
        current = (service.spec, service.version)
        (service.spec, service.version), service.previous = service.previous, current
        service.update = "rollback_started"
        self._changed(service)

    def remove(self, name: str) -> None:
        """Remove a service, and with it its tasks. Raises `SwarmRefusalError` where there is none."""
        self.store.remove_service(self.service(name).id)

    def set_availability(self, node: str, availability: Availability) -> None:
        """Let a node take tasks, take no new ones, or give its tasks away."""
        self.store.put_node(replace(self.store.nodes[node], availability=availability))

    def set_down(self, node: str, down: bool) -> None:
        """A node's heartbeats are missed, or there again. Meanwhile it hears nothing and is not heard."""
        self.store.put_node(replace(self.store.nodes[node], down=down))

    def set_labels(self, node: str, labels: Mapping[str, str]) -> None:
        """Give a node these labels and no others."""
        traits = replace(self.store.nodes[node].traits, labels=dict(labels))
        self.store.put_node(replace(self.store.nodes[node], traits=traits))

    def stop_container(self, name: str, grace: float = DOCKER_STOP_GRACE, kill: bool = False) -> None:
        """Stop the container of one running task, as `docker stop` does, behind the swarm's back."""
        for task in reversed(self.store.of_service(self.service(name).id)):
            run = self.agents.runs.get(task.id)
            if task.state == TaskState.RUNNING and run is not None and not run.exited.triggered:
                if kill:
                    run.kill()
                else:
                    run.stop(grace)
                return

    def replicas_shown(self, name: str) -> str:
        """The column REPLICAS of `docker service ls`: running, and wanted."""
        service = self.service(name)
        spec, tasks = service.spec, self.store.of_service(service.id)
        if spec.is_job:
            tasks = [task for task in tasks if task.iteration == service.iteration]
        running = sum(task.state == TaskState.RUNNING for task in tasks)
        wanted = sum(_is_wanted(task) for task in tasks)
        if spec.mode == "replicated":
            most = spec.task.placement.max_replicas
            return f"{running}/{spec.replicas}" + (f" (max {most} per node)" if most else "")
        complete = sum(task.state == TaskState.COMPLETE for task in tasks)
        if spec.mode == "replicated-job":
            return f"{running}/{spec.concurrent} ({complete}/{spec.replicas} completed)"
        if spec.mode == "global-job":
            return f"{running}/{wanted} ({complete}/{wanted + complete} completed)"
        return f"{running}/{wanted}"

    def _changed(self, service: SwarmService) -> None:
        if service.spec.is_job:
            service.iteration += 1
        self.store.put_service(service)


def _is_wanted(task: SwarmTask) -> bool:
    """Whether a task counts as wanted of a service that has no number of its own."""
    return task.desired == TaskState.RUNNING or (
        task.desired == TaskState.COMPLETE and task.state != TaskState.COMPLETE
    )
