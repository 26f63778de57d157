"""Commands begun, interrupted and ended: what comes of one, whatever it does."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from functools import partial

from simpy import Environment
from simpy.events import AnyOf, Event, Process

from sim.compose.commands.cancelling import CalledOffError, CommandContext, CommandError, CommandWork, ComposeCommand
from sim.lifecycle.container import CommandResult
from sim.lifecycle.engine import EngineCommand

INTERRUPTED, _KILLED = 130, 137

_HANDLED = ("INT", "TERM")
"""Signals that docker compose handles; any other ends it at once, and its containers go on."""


class CommandRunner:
    """Lets commands work in simulated time."""

    def __init__(self, env: Environment) -> None:
        self.env = env

    def perform(self, command: ComposeCommand, signals: Collection[tuple[float, str]] = ()) -> Process:
        """Begin a command now; the process's value is its `CommandResult`.

        Args:
            signals: What the command gets, each after so many seconds. INT and TERM call it off, any other ends it at
                once.
        """
        return self.env.process(self._performed(command, signals))

    def _performed(self, command: ComposeCommand, signals: Collection[tuple[float, str]]) -> EngineCommand:
        begun, context = self.env.now, CommandContext(self.env)
        killed = self.env.event()
        for after, signal in signals:
            self.env.process(self.after_a_while(after, partial(self._signal, context, signal, killed)))
        work = self.env.process(self._ended(command(context), context))
        yield AnyOf(self.env, [work, killed])
        result = work.value if work.triggered else CommandResult(_KILLED, "killed")
        assert isinstance(result, CommandResult)
        return replace(result, seconds=self.env.now - begun)

    def _signal(self, context: CommandContext, signal: str, killed: Event) -> None:
        if signal not in _HANDLED:
            killed.succeed()
        elif context.forward is not None:
            context.forward(signal)
        else:
            context.call_off()

    def after_a_while(self, after: float, act: Callable[[], object]) -> CommandWork:
        """Do something later."""
        yield self.env.timeout(after)
        act()

    def _ended(self, work: CommandWork, context: CommandContext) -> EngineCommand:
        try:
            code = yield from work
        except CommandError as failure:
            if context.called_off or isinstance(failure, CalledOffError):
                return CommandResult(INTERRUPTED, "interrupted")
            return CommandResult(failure.code, failure.category)
        if context.called_off:
            return CommandResult(INTERRUPTED, "interrupted")
        return CommandResult(int(code or 0))
