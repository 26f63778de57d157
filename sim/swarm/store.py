"""The managers' memory: what there is, and who hears of a change.

A change is kept at once. What was changed at a moment is told as one batch, in order, to one listener after the
other; what they change on that is the next batch. So a run is the same every time, where the engine's goroutines
race.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Literal, Protocol

from simpy import Environment, Event

from sim.swarm.objects import SwarmNode, SwarmService, SwarmTask, out_of_date
from sim.swarm.states import TaskState

ChangeKind = Literal["created", "updated", "deleted"]

SlotKey = tuple[str, int, str]
"""Service, slot (0 of a global service), and the node that tasks are made for ("" of a replicated service)."""


@dataclass(frozen=True, slots=True)
class StoreChange:
    """One change; `what` is a copy as it was then."""

    kind: ChangeKind
    what: SwarmNode | SwarmService | SwarmTask

    @property
    def task(self) -> SwarmTask | None:
        """The task that was created or updated."""
        return self.what if isinstance(self.what, SwarmTask) and self.kind != "deleted" else None

    @property
    def node(self) -> SwarmNode | None:
        """The node that was created or updated."""
        return self.what if isinstance(self.what, SwarmNode) and self.kind != "deleted" else None


class StoreListener(Protocol):
    """Who hears of changes."""

    def heard(self, change: StoreChange) -> None:
        """One change of a batch."""

    def settled(self) -> None:
        """The batch has ended."""


class TooManyTasksError(Exception):
    """More tasks were made than the store takes. SimPy makes such an error again from its argument: the number."""

    def __str__(self) -> str:
        return f"the swarm made more than {self.args[0]:,} tasks"


class SwarmStore:
    """Nodes, services and tasks of a swarm.

    Attributes:
        env: The clock.
        nodes: By id.
        services: By id, in the order they were made.
        tasks: By number, in the order they were made.
        made: Tasks made so far.
        most: Tasks it makes; past it `TooManyTasksError` is raised.
    """

    def __init__(self, env: Environment, most: int) -> None:
        self.env = env
        self.most = most
        self.made = 0
        self.nodes: dict[str, SwarmNode] = {}
        self.services: dict[str, SwarmService] = {}
        self.tasks: dict[int, SwarmTask] = {}
        self._listeners: list[StoreListener] = []
        self._pending: list[StoreChange] = []
        self._telling = False
        self._waits: dict[int, list[tuple[Callable[[SwarmTask], bool], Event]]] = {}
        self._downs: dict[str, Event] = {}
        self._by_service: dict[str, dict[int, SwarmTask]] = {}
        self._by_slot: dict[SlotKey, dict[int, SwarmTask]] = {}

    def listen(self, listener: StoreListener) -> None:
        """Tell it of every change from now on, after those who asked before."""
        self._listeners.append(listener)

    def changed(self, kind: ChangeKind, what: SwarmNode | SwarmService | SwarmTask) -> None:
        """Say that a node, a service or a task was changed."""
        self._pending.append(StoreChange(kind, copy.copy(what)))
        if not self._telling:
            self._telling = True
            self.env.process(self._tell())

    def put_node(self, node: SwarmNode) -> None:
        """Add a node, or replace it."""
        kind: ChangeKind = "updated" if node.id in self.nodes else "created"
        self.nodes[node.id] = node
        self.changed(kind, node)

    def put_service(self, service: SwarmService) -> None:
        """Add a service, or say that it was changed."""
        kind: ChangeKind = "updated" if service.id in self.services else "created"
        self.services[service.id] = service
        self.changed(kind, service)

    def remove_service(self, service: str) -> None:
        """Take a service away. Its tasks are the orchestrators' business."""
        self.changed("deleted", self.services.pop(service))

    def make_task(self, service: SwarmService, slot: int, node: str, desired: TaskState) -> SwarmTask:
        """A new task of what the service asks for now. It has its networks at once, so it begins pending."""
        if self.made >= self.most:
            raise TooManyTasksError(self.most)
        self.made += 1
        spec, now = service.spec, self.env.now
        task = SwarmTask(
            id=self.made,
            service=service.id,
            name=spec.name,
            slot=slot,
            spec=spec.task,
            ports=spec.ports,
            endpoint=spec.endpoint,
            version=service.version,
            made=now,
            home=node,
            node=node,
            desired=desired,
            reported=now,
            iteration=service.iteration if spec.is_job else None,
        )
        self.tasks[task.id] = task
        self._by_service.setdefault(service.id, {})[task.id] = task
        self._by_slot.setdefault((service.id, slot, node), {})[task.id] = task
        self.changed("created", task)
        return task

    def want(self, task_id: int, desired: TaskState) -> bool:
        """Set how far a task shall go; it is never set back. Says whether that changed anything."""
        task = self.tasks.get(task_id)
        if task is None or task.desired >= desired:
            return False
        task.desired = desired
        self.changed("updated", task)
        return True

    def report(self, task_id: int, state: TaskState, reason: str = "") -> None:
        """Set how far a task is; what would set it back is ignored."""
        task = self.tasks.get(task_id)
        if task is None or task.state > state or (task.state, task.reason) == (state, reason):
            return
        task.state, task.reason, task.reported = state, reason, self.env.now
        self.changed("updated", task)

    def assign(self, task_id: int, node: str) -> None:
        """Give a pending task to a node."""
        task = self.tasks.get(task_id)
        if task is not None and task.state == TaskState.PENDING:
            task.node = node
            self.report(task_id, TaskState.ASSIGNED)

    def delete_task(self, task_id: int) -> None:
        """Forget a task."""
        task = self.tasks.pop(task_id, None)
        if task is not None:
            del self._by_service[task.service][task_id]
            del self._by_slot[task.service, task.slot, task.home][task_id]
            self.changed("deleted", task)

    def of_service(self, service: str) -> list[SwarmTask]:
        """A service's tasks, oldest first."""
        return list(self._by_service.get(service, {}).values())

    def of_slot(self, key: SlotKey) -> list[SwarmTask]:
        """A slot's tasks, oldest first."""
        return list(self._by_slot.get(key, {}).values())

    def on_node(self, node: str) -> list[SwarmTask]:
        """A node's tasks, oldest first."""
        return [task for task in self.tasks.values() if task.node == node]

    def is_out_of_date(self, task: SwarmTask, service: SwarmService) -> bool:
        """Whether a task is not what its service asks for now."""
        return out_of_date(task, service, self.nodes.get(task.node))

    def when(self, task_id: int, holds: Callable[[SwarmTask], bool]) -> Event:
        """An event of the first change after which that holds for a task; its value is the task as it was then."""
        event = self.env.event()
        self._waits.setdefault(task_id, []).append((holds, event))
        return event

    def when_down(self, node: str) -> Event:
        """An event of that node's next being down."""
        return self._downs.setdefault(node, self.env.event())

    def _tell(self) -> Generator[Event, None, None]:
        yield self.env.timeout(0)
        while self._pending:
            batch, self._pending = self._pending, []
            for listener in self._listeners:
                for change in batch:
                    listener.heard(change)
                listener.settled()
            for change in batch:
                self._wake(change)
        self._telling = False

    def _wake(self, change: StoreChange) -> None:
        node, task = change.node, change.task
        if node is not None and node.down and node.id in self._downs:
            self._downs.pop(node.id).succeed()
        if task is None or task.id not in self._waits:
            return
        waits = self._waits.pop(task.id)
        for holds, event in waits:
            if holds(task):
                event.succeed(task)
            else:
                self._waits.setdefault(task.id, []).append((holds, event))
