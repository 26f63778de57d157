"""Replacing tasks that ended, and starting tasks late (swarmkit, `manager/orchestrator/restart`)."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from typing import Any

from simpy import Environment, Event

from sim.swarm.objects import SwarmService, SwarmTask
from sim.swarm.states import TaskState
from sim.swarm.store import SlotKey, SwarmStore

OLD_TASK_TIMEOUT = 60.0
"""Seconds that a new task waits for the end of the one it replaces (`defaultOldTaskTimeout`)."""


@dataclass(slots=True)
class _SlotHistory:
    """Restarts of a slot since its version last changed, and their times where a window is looked back over."""

    version: int = 0
    total: int = 0
    times: list[float] = field(default_factory=list)


@dataclass(slots=True)
class _LateStart:
    """A task that is not yet wanted to run. `over` happens when it is, or when that is called off."""

    over: Event
    off: Event
    waited_for: bool = False


class RestartSupervisor:
    """Decides whether a task that ended is replaced, and when the new one may start.

    Each kind of orchestrator has its own.
    """

    def __init__(self, env: Environment, store: SwarmStore) -> None:
        self._env, self._store = env, store
        self._late: dict[int, _LateStart] = {}
        self._history: dict[str, dict[SlotKey, _SlotHistory]] = {}

    def restart(self, task: SwarmTask, service: SwarmService) -> None:
        """Give up a task, and replace it where its policy says so.

        A task that ends before its own delay is over is looked at again when it is: so that what fails at once does
        not turn in circles.
        """
        late = self._late.get(task.id)
        if late is not None:
            if not late.waited_for:
                late.waited_for = True
                self._env.process(self._again(late, task.id))
            return
        if not self._store.want(task.id, TaskState.SHUTDOWN) or not self.should_restart(task, service):
            return
        node = self._store.nodes.get(task.node)
        on_node = service.spec.mode in ("global", "global-job")
        slot, where = (0, task.node) if on_node else (task.slot, "")
        new = self._store.make_task(service, slot, where, TaskState.READY)
        self._record((service.id, slot, where), new)
        delay = 0.0 if node is not None and node.availability == "drain" else task.spec.restart.delay
        gone = (node is not None and node.down) or task.state > TaskState.RUNNING
        self.start_late(new.id, task, delay, wait=not gone)

    def should_restart(self, task: SwarmTask, service: SwarmService) -> bool:
        """What the restart policy says of a task that ended."""
        policy = task.spec.restart
        if policy.condition == "none":
            return False
        only_failed = policy.condition == "on-failure" or service.spec.is_job
        if only_failed and task.state == TaskState.COMPLETE:
            return False
        if policy.max_attempts == 0:
            return True
        # Upstream keys a global job's history by node where it records, and not where it asks. So its attempts
        # are never counted.
        key = (task.service, task.slot, task.node if service.spec.mode == "global" else "")
        history = self._history.get(task.service, {}).get(key)
        if history is None or history.version != task.version:
            return True
        return self._attempts(history, task) < policy.max_attempts

    def updatable(self, slot: Sequence[SwarmTask], service: SwarmService) -> list[SwarmTask]:
        """The tasks of a slot that an update cares for.

        Those that are to run; else the last one where it is not to be replaced, for a new version revives it. In a
        rollback it does not.
        """
        wanted = [task for task in slot if task.desired <= TaskState.RUNNING]
        if wanted or not slot or service.update == "rollback_started":
            return wanted
        newest = slot[0]
        for task in slot[1:]:
            if task.reported > newest.reported:
                newest = task
        return [] if self.should_restart(newest, service) else [newest]

    def start_late(self, new: int, old: SwarmTask | None, delay: float, wait: bool) -> Event:
        """Let a task run after a delay and, with `wait`, after the end of the old one; the event says it is over."""
        self.call_off(new)
        late = self._late[new] = _LateStart(self._env.event(), self._env.event())
        ended = None
        if wait and old is not None and old.state <= TaskState.RUNNING:
            ended = self._ended(old)
        self._env.process(self._start(new, late, ended, delay))
        return late.over

    def call_off(self, task_id: int) -> None:
        """Forget a delayed start."""
        late = self._late.pop(task_id, None)
        if late is not None and not late.off.triggered:
            late.off.succeed()

    def forget(self, service: str) -> None:
        """Forget a service's restarts."""
        self._history.pop(service, None)

    def _ended(self, old: SwarmTask) -> Event:
        """The old task's end, or its node's. A task that is forgotten never ends."""
        current = self._store.tasks.get(old.id)
        if current is None:
            return self._env.event()
        if current.state > TaskState.RUNNING:
            return self._env.timeout(0)
        ended = self._store.when(old.id, lambda task: task.state > TaskState.RUNNING)
        return ended | self._store.when_down(current.node) if current.node else ended

    def _start(self, new: int, late: _LateStart, ended: Event | None, delay: float) -> Generator[Event, Any, None]:
        give_up = self._env.timeout(OLD_TASK_TIMEOUT) if ended is not None else None
        if delay:
            yield self._env.timeout(delay) | late.off
        if ended is not None and give_up is not None and not late.off.triggered:
            yield ended | give_up | late.off
        if self._late.get(new) is late:
            del self._late[new]
        if not late.off.triggered:
            self._now(new)
        late.over.succeed()

    def _now(self, task_id: int) -> None:
        task = self._store.tasks.get(task_id)
        if task is not None:
            running = TaskState.RUNNING if task.iteration is None else TaskState.COMPLETE
            if task.desired < TaskState.RUNNING:
                self._store.want(task_id, running)

    def _again(self, late: _LateStart, task_id: int) -> Generator[Event, Any, None]:
        yield late.over
        task = self._store.tasks.get(task_id)
        service = self._store.services.get(task.service) if task is not None else None
        if task is not None and service is not None and task.desired <= TaskState.RUNNING:
            self.restart(task, service)

    def _record(self, key: SlotKey, new: SwarmTask) -> None:
        policy = new.spec.restart
        if policy.max_attempts == 0:
            return
        slots = self._history.setdefault(key[0], {})
        history = slots.setdefault(key, _SlotHistory())
        if history.version != new.version:
            history = slots[key] = _SlotHistory(new.version)
        history.total += 1
        if policy.window:
            history.times.append(new.made)

    @staticmethod
    def _attempts(history: _SlotHistory, task: SwarmTask) -> int:
        """Restarts that count: all of them, or those in the window before the task's end."""
        window = task.spec.restart.window
        if not window:
            return history.total
        history.times = [time for time in history.times if time > task.reported - window]
        return sum(time < task.reported for time in history.times)
