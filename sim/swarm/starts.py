"""How a node creates, starts and removes a task's container: in given times, or by its host's one start process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from simpy import Environment, Event

from sim.catalog.model import Application
from sim.platforms.hosting import NodeHost, NoRoomError

OUT_OF_MEMORY = 137
"""What a process that the kernel killed for want of memory exits with: 128, and the number of SIGKILL."""


@dataclass(frozen=True, slots=True)
class TaskTiming:
    """Seconds that a node takes. Medians of the recorded swarm, a two-core machine that had more to do; estimates.

    Attributes:
        create: From an assignment to a created container.
        start: From its start to a running process.
        stop: From the end of a process that was stopped to the report of it.
        notice: From the end of a process by itself to the report of it.
        refuse: Until a missing image is known to be missing.
        probe: One run of a health check.
    """

    create: float = 0.25
    start: float = 0.3
    stop: float = 1.2
    notice: float = 0.1
    refuse: float = 0.1
    probe: float = 0.1


@dataclass(frozen=True, slots=True)
class SwarmHosting:
    """Where tasks run.

    Attributes:
        hosts: The host of each node, by the node's id.
        application: What an image is, by its name.
    """

    hosts: Callable[[str], NodeHost]
    application: Callable[[str], Application]


class TaskStart(Protocol):
    """The container of one task."""

    @property
    def answers(self) -> Event | None:
        """Happens once its application answers. None where that is up to the behaviour of its process."""

    def create(self) -> Event:
        """Pull and create; happens when the container is there."""

    def start(self) -> Event:
        """Start it; happens when its process runs. Its value is an exit code where it was killed at once, or None."""

    def end(self, by_itself: bool) -> Event:
        """Its process has ended; happens when that can be told."""

    def discard(self) -> None:
        """It is not started any more, or its start is not waited for."""


class TimedStart:
    """A container that takes given times."""

    answers: Event | None = None

    def __init__(self, env: Environment, timing: TaskTiming) -> None:
        self._env = env
        self._timing = timing

    def create(self) -> Event:
        """Happens after the time that this takes."""
        return self._env.timeout(self._timing.create)

    def start(self) -> Event:
        """Happens after the time that this takes."""
        return self._env.timeout(self._timing.start)

    def end(self, by_itself: bool) -> Event:
        """Happens after the time that this takes."""
        return self._env.timeout(self._timing.notice if by_itself else self._timing.stop)

    def discard(self) -> None:
        """Nothing is left of it."""


class HostedStart:
    """A container on a node's host. One that the host has no memory for is killed as it starts."""

    def __init__(self, env: Environment, host: NodeHost, application: Application) -> None:
        self._env = env
        self._host = host
        self._application = application
        self._created, self._runs, self.answers = env.event(), env.event(), env.event()
        self._instance: int | None = None

    def create(self) -> Event:
        """Happens once the image is there and the engine has created the container."""
        try:
            self._instance = self._host.start(
                self._application, self._runs.succeed, answers=self.answers.succeed, created=self._created.succeed
            )
        except NoRoomError:
            self._created.succeed()
        return self._created

    def start(self) -> Event:
        """Happens once the engine has started the process."""
        if self._instance is None:
            self._runs.succeed(OUT_OF_MEMORY)
        else:
            self._host.go_on(self._instance)
        return self._runs

    def end(self, by_itself: bool) -> Event:  # noqa: ARG002 (the engine does the same)
        """Happens once the engine has removed what belongs to the container's run."""
        gone = self._env.event()
        instance, self._instance = self._instance, None
        if instance is None:
            gone.succeed()
        else:
            self._host.stop(instance, gone.succeed)
        return gone

    def discard(self) -> None:
        """Let the engine remove it."""
        self.end(by_itself=False)
