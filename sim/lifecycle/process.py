"""What a container's processes do, as a description: when they end, what signals do to them, what they need.

A description knows no engine and no time of day. `sim.lifecycle.tree` lets it run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

StartError = Literal[
    "not found",
    "not executable",
    "is a directory",
    "exec format",
    "interpreter missing",
    "unknown user",
    "image missing",
    "no command",
    "workdir is a file",
    "no such directory",
]
"""Why a command cannot be started.

"exec format": the kernel does not know what it is, a script without a first line `#!` or another machine's program.
"interpreter missing": the program that its first line names is not there; so it is with a carriage return behind it.
"""

MemoryOwner = Literal["main", "child", "tmpfs", "page cache"]

FileAction = tuple[str, ...]
"""What a process does with a file: ("write", path, text), ("append", path), or read, count, list, remove and a path."""


@dataclass(frozen=True, slots=True)
class SignalHandling:
    """A handler: the process ends with `exit` after that many seconds, or goes on where `ends` is false."""

    after: float = 0.0
    exit: int = 0
    ends: bool = True


IGNORED = SignalHandling(ends=False)
"""A signal that is ignored, or handled without ending."""


@dataclass(frozen=True, slots=True)
class MemoryUse:
    """Memory that is taken some seconds after the start: MB, without bound where None."""

    of: MemoryOwner = "main"
    mb: float | None = None
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class ChildProcesses:
    """Children that the main process starts at once.

    Attributes:
        count: How many of them.
        runs: Seconds until each ends; None for ever.
        exit: Their exit code.
        orphan: Whether their parent is gone, so that process 1 is their parent.
        prints: What each prints when it ends.
        on: What signals do to them.
    """

    count: int = 1
    runs: float | None = None
    exit: int = 0
    orphan: bool = False
    prints: str = ""
    on: Mapping[str, SignalHandling] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ProbePiece:
    """What health probes find, from some seconds after the start or from the n-th probe on.

    Attributes:
        since: Seconds since the container's last start.
        from_probe: The number of the first such probe, counted over restarts; 1 is the first of all.
        ok: Whether the probe's command succeeds.
        takes: Seconds that the command runs; None for ever.
    """

    since: float = 0.0
    from_probe: int = 1
    ok: bool = True
    takes: float | None = 0.0


@dataclass(frozen=True, slots=True)
class ProcessSpec:
    """A main process, or one that `exec` starts.

    Attributes:
        runs: Seconds until it ends by itself; None until it is told.
        exit: Its exit code then; the low 8 bits count.
        on: What signals do that it handles, by name.
        start_error: Why it cannot be started.
        as_script: What it does if a shell runs it after all.
        children: What it starts.
        reaps: Whether it collects children that ended, adopted ones too.
        if_fork_fails: What it does once it cannot start a child; None: the same as ever.
        memory: The memory it takes.
        signals_itself: Signals it sends to itself at its start.
        signals_main: Signals that it sends to process 1 at its start, from inside the container.
        probe: What health probes find; later pieces win.
        files: What it does with files, in order. It exits with 1 at the first that fails.
        by_start: A description for each start; the last holds on.
    """

    runs: float | None = None
    exit: int = 0
    on: Mapping[str, SignalHandling] = field(default_factory=dict)
    start_error: StartError | None = None
    as_script: ProcessSpec | None = None
    children: tuple[ChildProcesses, ...] = ()
    reaps: bool = True
    if_fork_fails: ProcessSpec | None = None
    memory: tuple[MemoryUse, ...] = ()
    signals_itself: tuple[str, ...] = ()
    signals_main: tuple[str, ...] = ()
    probe: tuple[ProbePiece, ...] = ()
    files: tuple[FileAction, ...] = ()
    by_start: tuple[ProcessSpec, ...] = ()

    def at_start(self, number: int) -> ProcessSpec:
        """What it does at that start; 0 is the first."""
        return self.by_start[min(number, len(self.by_start) - 1)] if self.by_start else self

    def found_by_probe(self, number: int, since: float) -> ProbePiece:
        """What the n-th probe finds, that many seconds after the start. It succeeds at once where nothing is said."""
        found = ProbePiece()
        for piece in self.probe:
            if number >= piece.from_probe and since >= piece.since:
                found = piece
        return found

    def run_by_shell(self) -> ProcessSpec:
        """What it does if a shell runs a file that the kernel does not know; 1 where nothing is said."""
        return self.as_script or replace(self, start_error=None, runs=0.0, exit=1)


def server(*, stops: bool = True, exit_code: int = 0) -> ProcessSpec:
    """A server in the foreground: it handles TERM within 0.05 s, or has no handler for it.

    >>> server().on["TERM"].exit
    0
    """
    return ProcessSpec(on={"TERM": SignalHandling(0.05, exit_code)} if stops else {})


def job(runs: float = 0.0, exit_code: int = 0) -> ProcessSpec:
    """A process that ends by itself.

    >>> job(2, exit_code=1).runs
    2
    """
    return ProcessSpec(runs=runs, exit=exit_code)
