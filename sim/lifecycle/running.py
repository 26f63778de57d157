"""One process that runs: when it ends, and what signals do to it.

Process 1 of a PID namespace is special twice (pid_namespaces(7)): a signal that it has no handler for does nothing to
it, and from inside its namespace neither KILL nor STOP does. A process that is stopped or frozen keeps what it would
do until it goes on. Its own timers run meanwhile: one that slept past its end ends as soon as it goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from simpy import Environment

from sim.lifecycle.pending import Pending
from sim.lifecycle.process import SignalHandling
from sim.lifecycle.signals import NOT_FORWARDED, default_action, killed_by

Ended = Callable[[int], None]


class RunningProcess:
    """A process from its start to its end.

    Attributes:
        env: The simulated time.
        on: The signals that it handles.
        first: Whether it is process 1 of its namespace.
        code: Its exit code; None while it lives.
        stopped: Whether a signal stopped it.
        frozen: Whether its cgroup is frozen (`docker pause`).
    """

    __slots__ = ("_ended", "_held", "_late", "code", "env", "first", "frozen", "on", "stopped")

    def __init__(
        self, env: Environment, on: Mapping[str, SignalHandling], ended: Ended, *, first: bool = False
    ) -> None:
        self.env, self.on, self.first = env, on, first
        self.code: int | None = None
        self.stopped = self.frozen = False
        self._ended = ended
        self._held: list[str] = []
        self._late: int | None = None

    @property
    def halted(self) -> bool:
        """Whether it is stopped or frozen."""
        return self.stopped or self.frozen

    def end_in(self, seconds: float, code: int) -> None:
        """Let it end by itself."""
        Pending(self.env, seconds, lambda: self._end_when_going(code))

    def end(self, code: int) -> None:
        """End it now."""
        if self.code is None:
            self.code = code & 0xFF
            self._ended(self.code)

    def signal(self, name: str, *, inside: bool = False) -> None:
        """Send it a signal; `inside`: the sender is in its own PID namespace."""
        if self.code is not None:
            return
        if name in ("KILL", "STOP"):
            self._forced(name, inside)
            return
        if name == "CONT":
            self.stopped = False
            self._go_on()
        if self._matters(name):
            if self.halted:
                self._held.append(name)
            else:
                self._act(name)

    def freeze(self) -> None:
        """Freeze it with its cgroup."""
        self.frozen = True

    def thaw(self) -> None:
        """Let it go on, unless a signal stopped it too."""
        self.frozen = False
        self._go_on()

    def _forced(self, name: str, inside: bool) -> None:
        if inside and self.first:
            return
        if name == "STOP":
            self.stopped = True
        elif self.frozen:
            self._held.insert(0, name)  # under cgroup v1, where this was recorded, a frozen process dies once thawed
        else:
            self.end(killed_by(name))

    def _matters(self, name: str) -> bool:
        handling = self.on.get(name)
        if handling is not None:
            return handling.ends
        return not self.first and default_action(name) in ("terminate", "stop")

    def _act(self, name: str) -> None:
        handling = self.on.get(name)
        if handling is not None:
            self.end_in(handling.after, handling.exit)
        elif default_action(name) == "stop":
            self.stopped = True
        else:
            self.end(killed_by(name))

    def _end_when_going(self, code: int) -> None:
        if not self.halted:
            self.end(code)
        elif self._late is None:
            self._late = code

    def _go_on(self) -> None:
        while self._held and self.code is None and (not self.halted or (self._held[0] == "KILL" and not self.frozen)):
            name = self._held.pop(0)
            if name == "KILL":
                self.end(killed_by(name))
            else:
                self._act(name)
        if self._late is not None and not self.halted:
            self.end(self._late)


class InitProcess(RunningProcess):
    """tini, the engine's `--init`: process 1, which passes signals on, collects orphans and ends with its child."""

    __slots__ = ("child",)

    child: RunningProcess

    def _matters(self, name: str) -> bool:
        return name not in NOT_FORWARDED

    def _act(self, name: str) -> None:
        self.child.signal(name, inside=True)

    def child_ended(self, code: int) -> None:
        """End with the child's code, as soon as it goes on itself."""
        self._end_when_going(code)
