"""What happened to tasks and services, kept after the managers have forgotten them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from simpy import Environment

from sim.swarm.objects import SwarmService, SwarmTask
from sim.swarm.spec import TaskPort, TaskSpec
from sim.swarm.states import TaskState, UpdateState
from sim.swarm.store import StoreChange, SwarmStore


@dataclass(slots=True)
class TaskRecord:
    """A task's life. Times are when the agent saw it, but for `made`.

    Attributes:
        id: Its number.
        service: Its service's name.
        slot: Its slot; 0 of a global service.
        node: Where it went; "" where it went nowhere.
        spec: What it was made from.
        ports: What it publishes.
        endpoint: How its service's name resolves.
        made: When the managers made it.
        state: How far it came, as the managers know.
        removed: Whether its slot, or its service, was taken away.
        over_when_removed: Whether it was over by then.
        runs: When it was running, and healthy where that is checked.
        ended: When it was over.
        exit: What its process exited with.
        asked_to_stop: Whether the swarm stopped it, rather than that it ended.
        term_at: When its process was sent TERM.
        kill_at: When it was sent KILL.
        reasons: Why it was pending, and what it failed of, in order.
    """

    id: int
    service: str
    slot: int
    node: str
    spec: TaskSpec
    ports: tuple[TaskPort, ...]
    endpoint: str
    made: float
    state: TaskState = TaskState.NEW
    removed: bool = False
    over_when_removed: bool = False
    runs: float | None = None
    ended: float | None = None
    exit: int | None = None
    asked_to_stop: bool = False
    term_at: float | None = None
    kill_at: float | None = None
    reasons: list[tuple[TaskState, str]] = field(default_factory=list)

    def same_description(self, other: TaskRecord) -> bool:
        """Whether another task was made from the same: then it replaces this one, and updates nothing."""
        return (self.spec, self.ports, self.endpoint) == (other.spec, other.ports, other.endpoint)


class SwarmHistory:
    """Every task that was made, and the update states of every service with their times."""

    def __init__(self, env: Environment, store: SwarmStore) -> None:
        self._env = env
        self.tasks: dict[int, TaskRecord] = {}
        self.updates: dict[str, list[tuple[float, UpdateState | None]]] = defaultdict(list)
        store.listen(self)

    def heard(self, change: StoreChange) -> None:
        """Note a change."""
        what = change.what
        if isinstance(what, SwarmTask):
            self._note_task(what)
        elif isinstance(what, SwarmService) and change.kind != "deleted":
            states = self.updates[what.spec.name]
            if not states or states[-1][1] != what.update:
                states.append((self._env.now, what.update))

    def settled(self) -> None:
        """Nothing."""

    def of_service(self, name: str) -> list[TaskRecord]:
        """A service's tasks, oldest first."""
        return [record for record in self.tasks.values() if record.service == name]

    def _note_task(self, task: SwarmTask) -> None:
        record = self.tasks.get(task.id)
        if record is None:
            record = TaskRecord(
                task.id, task.name, task.slot, task.node, task.spec, task.ports, task.endpoint, task.made
            )
            self.tasks[task.id] = record
        record.node, record.state = task.node, task.state
        if task.desired == TaskState.REMOVE and not record.removed:
            record.removed, record.over_when_removed = True, task.state > TaskState.RUNNING
        reason = (task.state, task.reason)
        if task.reason and (not record.reasons or record.reasons[-1] != reason):
            record.reasons.append(reason)
