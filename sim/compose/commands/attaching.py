"""`up` without -d: it stays until the containers that it watches have ended, or it is interrupted.

Source: pkg/compose/up.go, printer.go and `watchContainers` in start.go of docker compose v2.26.1.
"""

from __future__ import annotations

from collections.abc import Iterable

from simpy.events import AnyOf, Process

from sim.compose.commands.cancelling import CommandContext, CommandError, CommandWork
from sim.compose.commands.members import ProjectMember
from sim.lifecycle.engine import Engine


class Attached:
    """What an attached command sees of its containers.

    Attributes:
        code: The exit code that the command will have.
        aborting: Whether it stops them all.
    """

    def __init__(self, engine: Engine, members: Iterable[ProjectMember], code_from: str = "") -> None:
        self.engine, self.env = engine, engine.env
        self.members = list(members)
        self.code_from = code_from
        self.code = 0
        self.aborting = False
        self._seen = {id(member): len(member.container.exits) for member in self.members}
        self._started = False

    def run(self, context: CommandContext, start: CommandWork, stop: CommandWork, aborts: bool) -> CommandWork:
        """Start, watch, and stop where one ends and `aborts`, or it is called off. Raises what starting raises."""
        started = self.env.process(self._guarded(start))
        stopping: Process | None = None
        while not self._over(started):
            changes = [member.container.changed for member in self.members]
            waiting = [*changes, *([context.over] if not context.called_off else [])]
            waiting += [event for event in (started, stopping) if event is not None and not event.triggered]
            yield AnyOf(self.env, waiting)
            if started.triggered and started.value is not None and not context.called_off:
                raise started.value
            ended = self._look(aborts)
            if stopping is None and (context.called_off or (aborts and ended)):
                self.aborting = True
                stopping = self.env.process(self._guarded(stop))
            if context.called_off and stopping is not None and stopping.triggered:
                break
        for left in (stopping, started):
            if left is not None and not left.triggered:
                yield left
        return self.code

    def _guarded(self, work: CommandWork) -> CommandWork:
        try:
            yield from work
        except CommandError as failure:
            return failure
        return None

    def _look(self, aborts: bool) -> bool:
        """Whether any ended since the last look; the exit code of the first, or of the one that counts, is kept."""
        ended = False
        for member in self.members:
            exits = member.container.exits
            for one in exits[self._seen[id(member)] :]:
                ended = True
                if aborts:
                    self.code_from = self.code_from or member.service.name
                    if member.service.name == self.code_from:
                        self.code = one.code
            self._seen[id(member)] = len(exits)
        return ended

    def _over(self, started: Process) -> bool:
        return bool(started.triggered) and not any(member.container.running for member in self.members)
