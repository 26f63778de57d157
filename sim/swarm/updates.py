"""Rolling updates and rollbacks (swarmkit, `manager/orchestrator/update`)."""

from __future__ import annotations

import copy
import struct
from collections import deque
from collections.abc import Generator, Sequence
from typing import Any

from simpy import Environment, Event, Resource

from sim.swarm.objects import SwarmService, SwarmTask
from sim.swarm.restarts import RestartSupervisor
from sim.swarm.states import TaskState, UpdateState
from sim.swarm.store import StoreChange, SwarmStore

PAST_THE_DELAY = 1.0
"""Seconds that the last monitoring outlasts a delay that is as long as the monitor time, or longer."""

TaskSlot = list[SwarmTask]
"""The tasks of one slot, or of one node, as they were when the update was asked for."""

_Steps = Generator[Event, Any, None]


class ServiceUpdate:
    """One update, from the first slot to the end of the last monitoring.

    Attributes:
        target: The service as it was when the update was asked for.
        over: Happens when the update has ended, however it did.
    """

    def __init__(self, env: Environment, store: SwarmStore, restarts: RestartSupervisor, service: SwarmService) -> None:
        self._env, self._store, self._restarts = env, store, restarts
        self.target = copy.copy(service)
        self.over = env.event()
        self._cancelled = env.event()
        self._stopped = False
        self._ran: dict[int, float | None] = {}
        self._failures: deque[SwarmTask] = deque()
        self._failed: set[int] = set()
        self._news = env.event()
        self._slots = 0
        self._watching = False
        self._rolls_back = service.update == "rollback_started"
        self._config = service.spec.rollback if self._rolls_back else service.spec.update
        self._monitor = self._config.monitor

    def cancel(self) -> None:
        """Stop it: the newer one goes on from here."""
        if not self._cancelled.triggered:
            self._cancelled.succeed()

    def saw(self, task: SwarmTask) -> None:
        """A task of the service has ended, as the managers know."""
        if self._watching:
            self._failures.append(task)
            if not self._news.triggered:
                self._news.succeed()

    def run(self, slots: Sequence[TaskSlot]) -> _Steps:
        """Update those slots that are out of date."""
        if self.target.update not in ("paused", "rollback_paused"):
            dirty = [slot for slot in slots if self._dirty(slot)]
            if dirty:
                yield from self._roll(dirty)
            elif self.target.update in ("updating", "rollback_started"):
                self._complete()
        self._watching = False
        self.over.succeed()

    def _roll(self, dirty: list[TaskSlot]) -> _Steps:
        if self.target.update is None:
            self._set("updating", unless=True)
        self._slots = len(dirty)
        self._watching = self._config.failure_action != "continue"
        workers = Resource(self._env, self._config.parallelism or len(dirty))
        begun: list[Event] = []
        for slot in dirty:
            turn = workers.request()
            if not (yield from self._wait(turn)):
                turn.cancel()
                break
            begun.append(self._env.process(self._work(slot, workers, turn)))
        yield self._env.all_of(begun)
        if not self._stopped:
            # The delay of the last slot is over by then, and yet the monitoring must outlast a delay.
            if self._config.delay >= self._monitor:
                self._monitor = self._config.delay + PAST_THE_DELAY
            yield from self._wait(self._env.timeout(self._monitor))
        if not self._stopped:
            self._complete()

    def _wait(self, what: Event) -> Generator[Event, Any, bool]:
        """Wait for that, and look at the tasks that end meanwhile; False where the update stops.

        The engine chooses by chance where both are there. Here the tasks that ended come first.
        """
        while True:
            if self._cancelled.triggered:
                self._stopped = True
            while self._failures and not self._stopped:
                if self._fails_by(self._failures.popleft()):
                    return False
            if self._stopped or what.processed:
                return not self._stopped
            if self._news.triggered:
                self._news = self._env.event()
            yield what | self._news | self._cancelled

    def _work(self, slot: TaskSlot, workers: Resource, turn: Any) -> _Steps:
        yield from self._bring_up(slot)
        if self._config.delay and not self._cancelled.triggered:
            yield self._env.timeout(self._config.delay) | self._cancelled
        workers.release(turn)

    def _bring_up(self, slot: TaskSlot) -> _Steps:
        clean = [task for task in slot if not self._store.is_out_of_date(task, self.target)]
        running = [task for task in clean if task.desired == TaskState.RUNNING]
        waiting = [task for task in clean if task.desired < TaskState.RUNNING]
        if running:
            yield from self._keep(running[0], slot)
        elif waiting:
            yield from self._keep(waiting[-1], slot)
        else:
            yield from self._replace(slot)

    def _keep(self, task: SwarmTask, slot: TaskSlot) -> _Steps:
        """The slot has a task of the new version: it shall run, and the others shall not."""
        others = [other for other in slot if other is not task]
        removed = self._remove(others)
        if others and removed is None and any(other.desired <= TaskState.RUNNING for other in others):
            return
        if task.desired != TaskState.RUNNING:
            started = self._restarts.start_late(task.id, removed, 0.0, wait=True)
            yield started | self._cancelled

    def _replace(self, slot: TaskSlot) -> _Steps:
        if self.target.id not in self._store.services:
            return
        start_first = self._config.order == "start-first"
        if not start_first and not self._removable(slot):
            return
        node = slot[0].node if self.target.spec.mode == "global" else ""
        task = self._store.make_task(self.target, slot[0].slot, node, TaskState.READY)
        self._ran[task.id] = None
        up = self._store.when(task.id, lambda task: task.state >= TaskState.RUNNING)
        old = None if start_first else self._remove(slot)
        started = self._restarts.start_late(task.id, old, 0.0, wait=not start_first)
        yield started | self._cancelled
        if not self._cancelled.triggered:
            yield up | self._cancelled
        if up.triggered:
            self._ran[task.id] = self._env.now
            if start_first and _was_running(up):
                self._remove(slot)

    def _removable(self, slot: TaskSlot) -> bool:
        """Whether the old tasks can be shut down. Where another has done so, the engine gives up the slot."""
        wanted = [task for task in slot if task.desired <= TaskState.RUNNING]
        now = [self._store.tasks.get(task.id) for task in wanted]
        return not wanted or any(task is not None and task.desired <= TaskState.RUNNING for task in now)

    def _remove(self, tasks: Sequence[SwarmTask]) -> SwarmTask | None:
        """Shut those down that are to run; the last of them."""
        removed = None
        for task in tasks:
            current = self._store.tasks.get(task.id)
            if task.desired > TaskState.RUNNING or current is None or current.desired > TaskState.RUNNING:
                continue
            self._store.want(task.id, TaskState.SHUTDOWN)
            removed = task
        return removed

    def _fails_by(self, task: SwarmTask) -> bool:
        """Count a task that ended; whether the update stops by it."""
        if task.id in self._failed or task.id not in self._ran:
            return False
        ran = self._ran[task.id]
        if ran is not None and self._env.now - ran > self._monitor:
            return False
        self._failed.add(task.id)
        if _float32(len(self._failed) / self._slots) <= _float32(self._config.max_failure_ratio):
            return False
        if self._config.failure_action == "pause":
            self._stopped = True
            self._pause()
        elif self._rolls_back:
            # A rollback never rolls back. Upstream goes on to monitor, and calls the service updated in the end.
            self._pause()
        else:
            self._stopped = True
            self._roll_back()
        return True

    def _pause(self) -> None:
        service = self._store.services.get(self.target.id)
        rolls = service is not None and service.update == "rollback_started"
        self._set("rollback_paused" if rolls else "paused")

    def _roll_back(self) -> None:
        service = self._store.services.get(self.target.id)
        if service is None or service.update is None or service.previous is None:
            return
        service.update = "rollback_started"
        (service.spec, service.version), service.previous = service.previous, None
        self._store.put_service(service)

    def _complete(self) -> None:
        service = self._store.services.get(self.target.id)
        rolled = service is not None and service.update == "rollback_started"
        self._set("rollback_completed" if rolled else "completed")

    def _set(self, state: UpdateState, unless: bool = False) -> None:
        """Set the service's update state; after any other change of the service it has none, and gets none."""
        service = self._store.services.get(self.target.id)
        if service is None or (service.update is None) != unless:
            return
        service.update = state
        self._store.put_service(service)

    def _dirty(self, slot: TaskSlot) -> bool:
        return len(slot) > 1 or self._store.is_out_of_date(slot[0], self.target)


class UpdateSupervisor:
    """Runs one update a service at a time."""

    def __init__(self, env: Environment, store: SwarmStore, restarts: RestartSupervisor) -> None:
        self._env, self._store, self._restarts = env, store, restarts
        self._running: dict[str, ServiceUpdate] = {}
        store.listen(self)

    def update(self, service: SwarmService, slots: Sequence[Sequence[SwarmTask]]) -> None:
        """Bring those slots to what the service asks for, unless that is already being done."""
        before = self._running.get(service.id)
        if before is not None:
            if before.target.spec == service.spec:
                return
            before.cancel()
        new = ServiceUpdate(self._env, self._store, self._restarts, service)
        self._running[service.id] = new
        snapshot = [[copy.copy(task) for task in slot] for slot in slots]
        self._env.process(self._run(before, new, snapshot))

    def heard(self, change: StoreChange) -> None:
        """Tell a service's update of its tasks that ended."""
        task = change.task
        if task is not None and change.kind == "updated" and task.state > TaskState.RUNNING:
            update = self._running.get(task.service)
            if update is not None:
                update.saw(task)

    def settled(self) -> None:
        """Nothing: an update goes on by itself."""

    def _run(self, before: ServiceUpdate | None, new: ServiceUpdate, slots: list[TaskSlot]) -> _Steps:
        if before is not None and not before.over.triggered:
            yield before.over
        yield from new.run(slots)
        if self._running.get(new.target.id) is new:
            del self._running[new.target.id]


def _float32(number: float) -> float:
    """Ratios are compared in single precision."""
    single: float = struct.unpack("f", struct.pack("f", number))[0]
    return single


def _was_running(change: Event) -> bool:
    """Whether a task was running at a change, rather than over already."""
    task = change.value
    return isinstance(task, SwarmTask) and task.state == TaskState.RUNNING
