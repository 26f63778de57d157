"""What a node does with its tasks (swarmkit, `agent`; moby, `daemon/cluster/executor/container/controller.go`)."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from typing import Any, Literal

from simpy import Environment, Event

from sim.swarm.health import watch_health
from sim.swarm.history import SwarmHistory, TaskRecord
from sim.swarm.objects import SwarmTask
from sim.swarm.processes import ImageBehaviour, ProcessRun
from sim.swarm.starts import HostedStart, SwarmHosting, TaskStart, TaskTiming, TimedStart
from sim.swarm.states import TaskState
from sim.swarm.store import StoreChange, SwarmStore

ASSIGNMENT_BATCH = 0.1
"""Seconds that changed assignments wait for more on their way to a node (swarmkit, dispatcher `batchingWaitTime`)."""

REPORT_BATCH = 0.1
"""Seconds between the moments at which reports reach the managers (swarmkit, dispatcher `maxBatchInterval`). Of a
task that changed twice in between, only the last change is known."""

GOSSIP_DELAY = 2.0
"""Seconds between taking a task off the routing and stopping it, where it is on a network, as with every port in
ingress mode (moby, `defaultGossipConvergeDelay`)."""

NO_SUCH_IMAGE = "No such image"
UNHEALTHY = "unhealthy container"

TaskMoment = Literal["started", "answers", "runs", "stopping", "exited"]
"""Of a task's process: it was started; its application answers, where its host says so; it runs, and is healthy where
that is checked; it is to end, and is taken off the routing where that is waited for; it has ended."""

_Steps = Generator[Event, Any, None]


class _Orders:
    """What a node knows of how far a task shall go."""

    def __init__(self, env: Environment) -> None:
        self.start, self.stop = env.event(), env.event()

    def set(self, desired: TaskState) -> None:
        if desired >= TaskState.SHUTDOWN:
            _once(self.stop)
        elif desired >= TaskState.RUNNING:
            _once(self.start)


class SwarmAgents:
    """The agents of all nodes: they run tasks and report how far these are.

    Attributes:
        runs: The processes that were started, by task.
        flags: Services whose flag is set, which their processes may look at.
        told: Who is told of the moments of every task's process.
    """

    def __init__(
        self,
        env: Environment,
        store: SwarmStore,
        history: SwarmHistory,
        images: Mapping[str, ImageBehaviour],
        timing: TaskTiming,
        hosting: SwarmHosting | None = None,
    ) -> None:
        self._env, self._store, self._history = env, store, history
        self._images, self._timing, self._hosting = images, timing, hosting
        self._orders: dict[int, _Orders] = {}
        self._reports: dict[int, tuple[TaskState, str]] = {}
        self._reporting = False
        self._starts: dict[int, TaskStart] = {}
        self.runs: dict[int, ProcessRun] = {}
        self.flags: set[str] = set()
        self.told: Callable[[TaskMoment, SwarmTask], None] | None = None
        store.listen(self)

    def heard(self, change: StoreChange) -> None:
        """Hand a task to its node, or tell the node of it."""
        what = change.what
        if isinstance(what, SwarmTask):
            if what.node and what.state >= TaskState.ASSIGNED:
                self._assign(what, TaskState.REMOVE if change.kind == "deleted" else what.desired)
        elif change.node is not None and not change.node.down:
            for task in self._store.on_node(change.node.id):
                if task.state >= TaskState.ASSIGNED:
                    self._assign(task, task.desired)
            self._report_soon()

    def settled(self) -> None:
        """Nothing."""

    def _assign(self, task: SwarmTask, desired: TaskState) -> None:
        if self._is_down(task):
            return
        orders = self._orders.get(task.id)
        if orders is None:
            if task.state >= TaskState.COMPLETE:
                return
            orders = self._orders[task.id] = _Orders(self._env)
            self._env.process(self._run(task, orders, self._history.tasks[task.id]))
        self._env.process(self._tell(orders, desired))

    def _tell(self, orders: _Orders, desired: TaskState) -> _Steps:
        yield self._env.timeout(ASSIGNMENT_BATCH)
        orders.set(desired)

    def _run(self, task: SwarmTask, orders: _Orders, record: TaskRecord) -> _Steps:
        yield self._env.timeout(ASSIGNMENT_BATCH)
        self._report(task, TaskState.PREPARING)
        known = task.spec.image in self._images
        start = self._starts[task.id] = self._start_of(task)
        yield (start.create() if known else self._env.timeout(self._timing.refuse)) | orders.stop
        if orders.stop.triggered:
            self._end(task, record, TaskState.SHUTDOWN)
        elif not known:
            self._end(task, record, TaskState.REJECTED, f"{NO_SUCH_IMAGE}: {task.spec.image}")
        else:
            self._report(task, TaskState.READY)
            yield orders.start | orders.stop
            yield from self._begin(task, orders, record, start)

    def _begin(self, task: SwarmTask, orders: _Orders, record: TaskRecord, start: TaskStart) -> _Steps:
        """From a created container to the start of its process."""
        killed = None
        if not orders.stop.triggered:
            self._report(task, TaskState.STARTING)
            runs = start.start()
            yield runs | orders.stop
            killed = runs.value if runs.triggered else None
        if orders.stop.triggered:
            self._end(task, record, TaskState.SHUTDOWN)
        elif killed is not None:
            self._end(task, record, TaskState.FAILED, f"task: non-zero exit ({killed})")
        else:
            yield from self._live(task, orders, record)

    def _start_of(self, task: SwarmTask) -> TaskStart:
        hosting = self._hosting
        if hosting is None or task.spec.image not in self._images:
            return TimedStart(self._env, self._timing)
        return HostedStart(self._env, hosting.hosts(task.node), hosting.application(task.spec.image))

    def _live(self, task: SwarmTask, orders: _Orders, record: TaskRecord) -> _Steps:
        """From the start of the process to its end. With a health check it runs once it is healthy."""
        behaviour = self._images[task.spec.image].of(task.slot, task.name in self.flags)
        run = ProcessRun(self._env, behaviour, self._starts[task.id].answers)
        self.runs[task.id] = run
        self._tell_of("started", task)
        self._tell_when(self._starts[task.id].answers, "answers", task)
        self._tell_when(run.exited, "exited", task)
        sick = self._env.event()
        if task.spec.health is None:
            self._now_runs(task, record)
        else:
            ready = self._env.event()
            watch_health(self._env, task.spec.health, run, self._timing.probe, ready, sick)
            yield ready | sick | run.exited | orders.stop
            if ready.triggered:
                self._now_runs(task, record)
        yield sick | run.exited | orders.stop
        by_itself = run.exited.triggered and not sick.triggered
        if not by_itself and not orders.stop.triggered:
            yield from self._shut_down(task, run)
        if orders.stop.triggered:
            yield from self._stopped(task, run, record)
        else:
            yield from self._ended(task, run, record, orders, by_itself)

    def _ended(self, task: SwarmTask, run: ProcessRun, record: TaskRecord, orders: _Orders, by_itself: bool) -> _Steps:
        """The process ended without the swarm's asking, but for its health's sake."""
        yield self._starts[task.id].end(by_itself) | orders.stop
        if orders.stop.triggered:
            yield from self._stopped(task, run, record)
            return
        code = run.exited.value
        cause = "" if by_itself else f": {UNHEALTHY}"
        reason = f"task: non-zero exit ({code}){cause}" if code else ""
        self._end(task, record, TaskState.FAILED if code else TaskState.COMPLETE, reason)

    def _stopped(self, task: SwarmTask, run: ProcessRun, record: TaskRecord) -> _Steps:
        record.asked_to_stop = True
        if not run.exited.triggered:
            yield from self._shut_down(task, run)
            yield self._starts[task.id].end(by_itself=False)
        self._end(task, record, TaskState.SHUTDOWN)

    def _shut_down(self, task: SwarmTask, run: ProcessRun) -> _Steps:
        self._tell_of("stopping", task)
        if task.spec.networks or any(port.mode == "ingress" for port in task.ports):
            yield self._env.timeout(GOSSIP_DELAY)
        run.stop(float(int(task.spec.stop_grace)))
        yield run.exited

    def _now_runs(self, task: SwarmTask, record: TaskRecord) -> None:
        record.runs = self._env.now
        self._tell_of("runs", task)
        self._report(task, TaskState.RUNNING)

    def _tell_when(self, event: Event | None, moment: TaskMoment, task: SwarmTask) -> None:
        if event is None:
            return
        if event.callbacks is None:
            self._tell_of(moment, task)
        else:
            event.callbacks.append(lambda _: self._tell_of(moment, task))

    def _tell_of(self, moment: TaskMoment, task: SwarmTask) -> None:
        if self.told is not None:
            self.told(moment, task)

    def _end(self, task: SwarmTask, record: TaskRecord, state: TaskState, reason: str = "") -> None:
        record.ended = self._env.now
        start = self._starts.pop(task.id, None)
        if start is not None:
            start.discard()
        run = self.runs.get(task.id)
        if run is not None:
            record.term_at, record.kill_at = run.term_at, run.kill_at
            record.exit = run.exited.value if run.exited.triggered else None
        self._report(task, state, reason)

    def _report(self, task: SwarmTask, state: TaskState, reason: str = "") -> None:
        self._reports[task.id] = (state, reason)
        self._report_soon()

    def _report_soon(self) -> None:
        if self._reports and not self._reporting:
            self._reporting = True
            self._env.process(self._deliver())

    def _deliver(self) -> _Steps:
        wait = REPORT_BATCH - self._env.now % REPORT_BATCH
        yield self._env.timeout(wait if wait > 1e-9 else REPORT_BATCH)
        self._reporting = False
        reports, self._reports = self._reports, {}
        for task_id, (state, reason) in reports.items():
            task = self._store.tasks.get(task_id)
            if task is not None and self._is_down(task):
                self._reports[task_id] = (state, reason)
            else:
                self._store.report(task_id, state, reason)

    def _is_down(self, task: SwarmTask) -> bool:
        node = self._store.nodes.get(task.node)
        return node is None or node.down


def _once(event: Event) -> None:
    if not event.triggered:
        event.succeed()
