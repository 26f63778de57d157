"""When each step of a build starts and ends: tasks with inputs, run by discrete events on one host.

Tasks without work between them run side by side and share the host's cores, disk and link. Base images are pulled as
their client pulls. This module knows nothing of Dockerfiles and caches. What is to be done is given.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sim.catalog.model import Host
from sim.catalog.tables.registries import Registry
from sim.engine.alarm import Alarm
from sim.engine.environment import Environment
from sim.machine.host import RunningHost
from sim.outcome import Bound
from sim.registry.client import Client
from sim.registry.hostsite import HostSite
from sim.registry.nodepull import NodePull
from sim.registry.work import Work


@dataclass(frozen=True, slots=True)
class TaskPart:
    """One piece of a task's work. What it asks of the host it asks for at the same time.

    Attributes:
        wait: Seconds in which nothing shared is used.
        cpu: Seconds on `cores` cores, on the reference host.
        fetch: Bytes over the link, at most `rate` a second, where that is how long it takes alone.
        write: Bytes to the disk.
    """

    wait: float = 0.0
    cpu: float = 0.0
    cores: float = 1.0
    fetch: float = 0.0
    rate: float = math.inf
    write: float = 0.0

    @property
    def empty(self) -> bool:
        """Whether there is nothing to do."""
        return not (self.wait or self.cpu or self.fetch or self.write)


@dataclass(frozen=True, slots=True)
class BuildTask:
    """Something to be done once all its inputs are: a pull, then parts, one after another."""

    id: str
    inputs: tuple[str, ...] = ()
    parts: tuple[TaskPart, ...] = ()
    pull: Work | None = None

    @property
    def empty(self) -> bool:
        """Whether it takes no time."""
        return self.pull is None and all(part.empty for part in self.parts)


@dataclass(frozen=True, slots=True)
class Puller:
    """How base images come: what the client does, and what the registry gives."""

    client: Client
    registry: Registry


@dataclass(frozen=True, slots=True)
class Timeline:
    """When what was done.

    Attributes:
        spans: Seconds since the beginning, of tasks that took any.
        seconds: Until the last ended.
        critical: The tasks that kept the end waiting, in order.
        cancelled: Tasks that did not end, because one failed.
    """

    spans: Mapping[str, tuple[float, float]]
    seconds: float
    critical: tuple[str, ...]
    cancelled: frozenset[str] = field(default_factory=frozenset)


def timeline(
    tasks: Sequence[BuildTask],
    host: Host,
    bound: Bound = "value",
    *,
    serial: bool = False,
    limit: int = 0,
    puller: Puller | None = None,
    failing: str = "",
) -> Timeline:
    """Do tasks, each after its inputs, which stand before it.

    Args:
        serial: One after the other in the order given (the legacy builder).
        limit: How many at a time, 0 for no limit (BuildKit's max-parallelism).
        puller: Needed where a task pulls.
        failing: A task whose end is the end of all. What runs beside it is cancelled.
    """
    return _Run(tasks, host, bound, serial, limit, puller, failing).go()


class _Run:
    def __init__(
        self,
        tasks: Sequence[BuildTask],
        host: Host,
        bound: Bound,
        serial: bool,
        limit: int,
        puller: Puller | None,
        failing: str,
    ) -> None:
        if serial:
            before = ("", *(task.id for task in tasks))
            tasks = [BuildTask(t.id, (b,) if b else (), t.parts, t.pull) for t, b in zip(tasks, before, strict=False)]
        self.env = Environment()
        self.host = RunningHost(self.env, host, bound)
        # What a task takes is stated for the reference host. A faster host is faster by its own figure. That this
        # figure is a range says nothing about the task.
        self.scale = host.cpu_speed.at(bound) / host.cpu_speed.value
        self.link = host.network.at(bound)
        self.bound: Bound = bound
        self.limit = limit
        self.puller = puller
        self.failing = failing
        self.tasks = {task.id: task for task in tasks}
        self.left = {task.id: sum(name in self.tasks for name in set(task.inputs)) for task in tasks}
        self.users: dict[str, list[str]] = {task.id: [] for task in tasks}
        for task in tasks:
            for name in set(task.inputs) & self.tasks.keys():
                self.users[name].append(task.id)
        self.queue: deque[tuple[str, str]] = deque()
        self.running = 0
        self.begun: dict[str, float] = {}
        self.ended: dict[str, float] = {}
        self.waited_for: dict[str, str] = {}
        self.stopped = False

    def go(self) -> Timeline:
        for name in [name for name, left in self.left.items() if not left]:
            self._ready(name, "")
        while not self.stopped and self.env.peek() < math.inf:
            self.env.step()
        spans = {name: (self.begun[name], end) for name, end in self.ended.items() if end > self.begun[name]}
        cancelled = self.tasks.keys() - self.ended.keys()
        spans |= {name: (self.begun[name], self.env.now) for name in self.begun.keys() & cancelled}
        last = self.failing if self.stopped else max(self.ended, key=lambda name: self.ended[name], default="")
        return Timeline(spans, self.ended.get(last, 0.0), self._critical(last), frozenset(cancelled))

    def _critical(self, last: str) -> tuple[str, ...]:
        path = []
        while last:
            if self.ended[last] > self.begun[last]:
                path.append(last)
            last = self.waited_for[last]
        return tuple(reversed(path))

    def _ready(self, name: str, after: str) -> None:
        """A task's inputs are done, `after` the last of them. Those that take no time end at once."""
        ahead = deque([(name, after)])
        while ahead and not self.stopped:
            here, cause = ahead.popleft()
            if not self.tasks[here].empty:
                self.queue.append((here, cause))
                continue
            self.begun[here] = self.ended[here] = self.env.now
            self.waited_for[here] = cause
            ahead.extend(self._release(here))
            self.stopped = self.stopped or here == self.failing
        self._dispatch("")

    def _release(self, name: str) -> list[tuple[str, str]]:
        free = []
        for user in self.users[name]:
            self.left[user] -= 1
            if not self.left[user]:
                free.append((user, name))
        return free

    def _dispatch(self, freed: str) -> None:
        """Begin what is ready as far as the limit allows.

        Args:
            freed: The task that has just given its place back.
        """
        while self.queue and (not self.limit or self.running < self.limit):
            name, cause = self.queue.popleft()
            late = self.ended.get(cause, 0.0) < self.env.now
            self.waited_for[name] = freed if late and freed else cause
            self.running += 1
            self.begun[name] = self.env.now
            work = self.tasks[name].pull
            if work is not None and self.puller is not None:
                site = HostSite(self.host, self.puller.registry, self.bound)
                NodePull(work, self.puller.client, site, lambda _, name=name: self._part((name, 0))).start()  # type: ignore[misc]
            else:
                self._part((name, 0))

    def _part(self, at: tuple[str, int]) -> None:
        """Begin a part of a task, or end the task behind its last."""
        name, index = at
        parts = self.tasks[name].parts
        while index < len(parts) and parts[index].empty:
            index += 1
        if index == len(parts):
            self._end(name)
            return
        part = parts[index]
        asked = (part.wait > 0) + (part.cpu > 0) + (part.fetch > 0) + (part.write > 0)
        pending = [asked]

        def done(_: Any) -> None:
            pending[0] -= 1
            if not pending[0]:
                self._part((name, index + 1))

        if part.wait:
            Alarm(self.env, done).arm(part.wait)
        if part.cpu:
            self.host.compute(part.cpu * part.cores * self.scale, part.cores, done)
        if part.fetch:
            # A command's time is known and its bytes are guessed: where the link could not carry them, they are fewer.
            guessed_too_high = part.rate < math.inf and part.rate > self.link
            size = part.fetch * self.link / part.rate if guessed_too_high else part.fetch
            self.host.transfer(size, done, cap=part.rate)
        if part.write:
            self.host.write(part.write, done)

    def _end(self, name: str) -> None:
        self.ended[name] = self.env.now
        self.running -= 1
        if name == self.failing:
            self.stopped = True
            return
        for user, cause in self._release(name):
            self._ready(user, cause)
        self._dispatch(name)
