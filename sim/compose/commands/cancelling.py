"""What a docker compose command does in simulated time: groups that end at the first failure, and interruptions.

It is Go's `errgroup` and `context`: the first of a group that fails calls the others off, and its failure is that of
the group. What is called off gives up at its next wait; what it asked of the engine goes on there.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from typing import Any

from simpy import Environment
from simpy.events import AllOf, AnyOf, Event, Process

from sim.lifecycle.container import CommandResult
from sim.lifecycle.engine import Engine, EngineCommand

CommandWork = Generator[Event, Any, Any]
"""Part of a command; it raises `CommandError` where it fails."""


ComposeCommand = Callable[["CommandContext"], CommandWork]
"""A command: what it does, once it is told how it may be called off."""


class CommandError(Exception):
    """A command that fails. category: what is wrong. code: the exit code of the command."""

    def __init__(self, category: str, code: int = 1) -> None:
        super().__init__(category)
        self.category, self.code = category, code


class CalledOffError(CommandError):
    """Work that was called off."""

    def __init__(self) -> None:
        super().__init__("interrupted", 130)


class CommandContext:
    """Whether work goes on. Calling it off calls off all that was derived from it.

    Attributes:
        forward: What a signal to the command does instead, where it is set.
    """

    forward: Callable[[str], None] | None = None

    def __init__(self, env: Environment, above: CommandContext | None = None) -> None:
        self.env = env
        self.over = env.event()
        self.below: list[CommandContext] = []
        if above is not None:
            above.below.append(self)
            if above.called_off:
                self.call_off()

    @property
    def called_off(self) -> bool:
        """Whether it was."""
        return bool(self.over.triggered)

    def derive(self) -> CommandContext:
        """One below it."""
        return CommandContext(self.env, self)

    def call_off(self) -> None:
        """Call it off, and all below it."""
        if not self.called_off:
            self.over.succeed()
        for below in self.below:
            below.call_off()

    def check(self) -> None:
        """Raises `CalledOffError` where it was called off."""
        if self.called_off:
            raise CalledOffError

    def wait(self, event: Event) -> CommandWork:
        """Wait for an event. Raises `CalledOffError` where the work is called off before."""
        self.check()
        yield AnyOf(self.env, [event, self.over])
        if not event.triggered:
            raise CalledOffError
        return event.value

    def ask(self, engine: Engine, command: EngineCommand) -> CommandWork:
        """Ask something of the engine. Raises `CommandError` where it refuses."""
        self.check()
        result: CommandResult = yield from self.wait(engine.perform(command))
        if result.code:
            raise CommandError(result.error or "refused")
        return result


class WorkGroup:
    """Parts of work at the same time. After the first failure no more are added."""

    def __init__(self, context: CommandContext, *, calls_off: bool = True) -> None:
        self.context = context.derive() if calls_off else context
        self._calls_off = calls_off
        self._env = context.env
        self._parts: list[Process] = []
        self.failure: CommandError | None = None

    def add(self, work: CommandWork) -> None:
        """Begin another part."""
        self._parts.append(self._env.process(self._guarded(work)))

    def join(self) -> CommandWork:
        """Wait for all of them, also for those that are added meanwhile. Raises the first failure."""
        while waiting := [part for part in self._parts if part.is_alive]:
            yield AllOf(self._env, waiting)
        if self.failure is not None:
            raise self.failure

    def _guarded(self, work: CommandWork) -> CommandWork:
        try:
            yield from work
        except CommandError as failure:
            if self.failure is None:
                self.failure = failure
            if self._calls_off:
                self.context.call_off()


def together(context: CommandContext, parts: Iterable[CommandWork], *, calls_off: bool = True) -> CommandWork:
    """Parts of work at the same time, to their end. Raises the first failure."""
    group = WorkGroup(context, calls_off=calls_off)
    for part in parts:
        group.add(part)
    yield from group.join()
