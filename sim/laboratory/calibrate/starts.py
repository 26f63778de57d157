"""Starts a program and times its first byte of output, its return, and the CPU it takes with its children."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sim.laboratory.calibrate.oci import MESSAGE
from sim.laboratory.calibrate.workbench import CannotRun, Workbench

QUIET = 0.06
"""Seconds between starts after which the last cgroup attach is long ago (see the probe "cgroup")."""


def found(*names: str) -> str:
    """The first of these programs there is, on the path or where administrators' programs are."""
    places = [*os.environ.get("PATH", os.defpath).split(os.pathsep), "/usr/sbin", "/sbin", "/usr/libexec"]
    for name in names:
        for place in places:
            path = Path(place, name)
            if os.access(path, os.X_OK) and not path.is_dir():
                return str(path)
    raise CannotRun(f"{' or '.join(names)} is not installed")


def last_line(path: Path) -> str:
    """The last line of a file that says anything, for a reason."""
    lines = path.read_text(encoding="utf-8", errors="replace").split("\n") if path.exists() else []
    return next((text.strip()[:300] for text in reversed(lines) if text.strip()), "it says nothing")


@dataclass(slots=True)
class Starts:
    """Samples of one program's starts, in seconds."""

    first_byte: list[float] = field(default_factory=list)
    returned: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def add(self, command: list[str], errors: Path, environment: Mapping[str, str] | None = None) -> None:
        """Run the command once, which must write `MESSAGE` and succeed.

        Args:
            errors: The file its standard error goes to.

        Raises `CannotRun` with the last it said.
        """
        reading, writing = os.pipe()
        actions = [
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_DUP2, writing, 1),
            (os.POSIX_SPAWN_OPEN, 2, str(errors), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
        ]
        start = time.perf_counter_ns()
        pid = os.posix_spawn(command[0], command, environment or os.environ, file_actions=actions)
        os.close(writing)
        output = os.read(reading, 4096)
        first = time.perf_counter_ns()
        _, status, used = os.wait4(pid, 0)
        end = time.perf_counter_ns()
        os.close(reading)
        if status or output != MESSAGE:
            raise CannotRun(f"{Path(command[0]).name} cannot start a container here: {last_line(errors)}")
        self.first_byte.append((first - start) * 1e-9)
        self.returned.append((end - start) * 1e-9)
        self.cpu.append(used.ru_utime + used.ru_stime)


def reap() -> None:
    """Take note of the end of adopted processes that have ended."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def report(workbench: Workbench, name: str, text: str, starts: Starts, conditions: str, *, cpu: bool) -> None:
    """Report the three times of a program's starts."""
    workbench.add(
        f"{name}.first_byte", f"{text}, to its first byte of output", starts.first_byte, conditions=conditions
    )
    workbench.add(f"{name}.return", f"{text}, until the command returns", starts.returned, conditions=conditions)
    if cpu:
        workbench.add(f"{name}.cpu", f"{text}, CPU of the command and its children", starts.cpu, conditions=conditions)


def quietly(workbench: Workbench, most: int, share: float = 1.0) -> Iterator[int]:
    """Rounds, each after a pause long enough for the kernel to have gone quiet."""
    for index in workbench.rounds(most, share):
        time.sleep(QUIET)
        yield index
