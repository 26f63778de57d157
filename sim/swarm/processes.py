"""What the process of a task does by itself: how long it runs, what it exits with, what it answers to a stop."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from simpy import Environment, Event

KILLED = 137
"""The exit code of a process that KILL ended: 128 + 9."""

REACTION = 0.01
"""Seconds that a process takes to hear of a signal: an estimate. So a grace period of 0 kills it."""


@dataclass(frozen=True, slots=True)
class ProcessBehaviour:
    """One process. Times are seconds after its start.

    Attributes:
        runs: When it ends by itself; None where it never does.
        exit: What it then exits with.
        on_term: Seconds from TERM to its exit, and what it exits with; None where TERM does nothing to it, as to a
            first process that does not ask for it.
        ready_after: When a health check begins to succeed; None where it never does.
        unready_after: When it begins to fail again.
    """

    runs: float | None = None
    exit: int = 0
    on_term: tuple[float, int] | None = (0.0, 0)
    ready_after: float | None = None
    unready_after: float | None = None

    def is_ready(self, age: float) -> bool:
        """What a health check finds that long after the start."""
        ready = self.ready_after is not None and age >= self.ready_after
        return ready and (self.unready_after is None or age < self.unready_after)


@dataclass(frozen=True, slots=True)
class ImageBehaviour:
    """What the tasks of an image do.

    Attributes:
        default: All others.
        by_slot: Those of a slot.
        if_flag: Those that start while the service's flag is set: a file that is mounted, say.
    """

    default: ProcessBehaviour = ProcessBehaviour()
    by_slot: Mapping[int, ProcessBehaviour] = field(default_factory=dict)
    if_flag: ProcessBehaviour | None = None

    def of(self, slot: int, flag: bool) -> ProcessBehaviour:
        """What a task of that slot does that starts now."""
        if flag and self.if_flag is not None:
            return self.if_flag
        return self.by_slot.get(slot, self.default)


class ProcessRun:
    """A process that runs.

    Attributes:
        behaviour: What it does by itself.
        started: When it was started.
        exited: Happens at its end; its value is the exit code.
        term_at: When it was first sent TERM; None where it was not.
        kill_at: When it was sent KILL; None where it was not.
    """

    def __init__(self, env: Environment, behaviour: ProcessBehaviour, answers: Event | None = None) -> None:
        """Start it.

        Args:
            env: The clock.
            behaviour: What it does by itself.
            answers: Happens once its application answers. Then `ready_after` may be left out, or counts beside it.
        """
        self._env = env
        self._answers = answers
        self.behaviour = behaviour
        self.started: float = env.now
        self.exited = env.event()
        self.term_at: float | None = None
        self.kill_at: float | None = None
        if behaviour.runs is not None:
            env.process(self._end(behaviour.runs, behaviour.exit))

    def is_ready(self) -> bool:
        """What a health check finds now."""
        age = self._env.now - self.started
        if self._answers is None:
            return self.behaviour.is_ready(age)
        return self._answers.triggered and replace(
            self.behaviour, ready_after=self.behaviour.ready_after or 0.0
        ).is_ready(age)

    def stop(self, grace: float) -> None:
        """TERM, and KILL after the grace period. A second stop begins another one."""
        if self.exited.triggered:
            return
        if self.term_at is None:
            self.term_at = self._env.now
            if self.behaviour.on_term is not None:
                after, code = self.behaviour.on_term
                self._env.process(self._end(REACTION + after, code))
        self._env.process(self._kill(grace))

    def kill(self) -> None:
        """KILL."""
        if not self.exited.triggered:
            self.kill_at = self._env.now
            self.exited.succeed(KILLED)

    def _end(self, after: float, code: int) -> Generator[Event, Any, None]:
        yield self._env.timeout(after)
        if not self.exited.triggered:
            self.exited.succeed(code)

    def _kill(self, grace: float) -> Generator[Event, Any, None]:
        yield self._env.timeout(grace)
        self.kill()
