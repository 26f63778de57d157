"""What the scheduler knows of a node: its tasks, what is left of it, and what failed there lately."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from sim.swarm.objects import SwarmNode, SwarmTask
from sim.swarm.states import TaskState

MONITOR_FAILURES = 300.0
"""Seconds in which failures of a version on a node count (swarmkit, `monitorFailures`)."""

FAILING_OFTEN = 5
"""Failures from which on other nodes are preferred (swarmkit, `maxFailures`)."""


class NodeLoad:
    """One node's load.

    Attributes:
        node: The node.
        active: Tasks that are to run or complete here.
        by_service: The same, by service.
        cpus: Cores not set aside.
        memory: Bytes not set aside.
        generic: What is left of other resources.
        ports: Protocol and number of ports in host mode.
    """

    def __init__(self, node: SwarmNode) -> None:
        self.node = node
        self.active = 0
        self.by_service: dict[str, int] = defaultdict(int)
        self.ports: set[tuple[str, int]] = set()
        self._tasks: dict[int, SwarmTask] = {}
        self._failures: dict[tuple[str, int], list[float]] = defaultdict(list)
        self.cpus, self.memory, self.generic = node.cpus, node.memory, dict(node.generic)

    def replace(self, node: SwarmNode) -> None:
        """The node was changed."""
        self.node = node
        self.cpus, self.memory, self.generic = node.cpus, node.memory, dict(node.generic)
        for task in self._tasks.values():
            self._take(task, 1)

    def add(self, task: SwarmTask) -> None:
        """Add a task, or note that it is no longer to run."""
        old = self._tasks.get(task.id)
        self._tasks[task.id] = task
        if old is None:
            self._take(task, 1)
            self.ports |= set(host_ports(task))
        self._count(task, _is_active(task) - (old is not None and _is_active(old)))

    def remove(self, task_id: int) -> bool:
        """Take a task away; whether it was here."""
        task = self._tasks.pop(task_id, None)
        if task is None:
            return False
        self._take(task, -1)
        self.ports -= set(host_ports(task))
        self._count(task, -_is_active(task))
        return True

    def failed(self, task: SwarmTask, now: float) -> None:
        """A task failed here."""
        times = self._failures[task.service, task.version]
        times[:] = [time for time in times if now - time < MONITOR_FAILURES] + [now]

    def recent_failures(self, task: SwarmTask, now: float) -> int:
        """How often the task's version failed here lately."""
        times = self._failures.get((task.service, task.version), [])
        return sum(now - time <= MONITOR_FAILURES for time in times)

    def _count(self, task: SwarmTask, by: int) -> None:
        self.active += by
        self.by_service[task.service] += by

    def _take(self, task: SwarmTask, sign: int) -> None:
        needed = task.spec.reservations
        self.cpus -= sign * needed.cpus
        self.memory -= sign * needed.memory
        for kind, amount in needed.generic:
            self.generic[kind] = self.generic.get(kind, 0) - sign * amount


def host_ports(task: SwarmTask) -> Iterator[tuple[str, int]]:
    """Protocol and number of what a task publishes on its node itself."""
    for port in task.ports:
        if port.mode == "host" and port.published:
            yield port.protocol, port.published


def _is_active(task: SwarmTask) -> bool:
    return task.desired <= TaskState.COMPLETE
