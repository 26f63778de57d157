"""What a probe is given: time, a directory, and a way to report. Used in a worker process."""

from __future__ import annotations

import errno
import json
import os
import struct
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sim.laboratory.calibrate.results import summary

UNDO = "undo"
"""Folder of the scratch directory with what must be run to take back what outlives its process, a JSON list each."""

FEWEST = 3
"""Samples a measurement has at least, whatever the time."""


class CannotRun(Exception):  # noqa: N818 - it is an answer, and no error
    """Why a probe cannot run on this host, in one sentence."""


@dataclass
class Workbench:
    """What a probe works with.

    Attributes:
        scratch: A directory that is gone afterwards.
        name: What to call what others can see (cgroups, containers).
        deadline: Of `time.monotonic()`.
        results: An open file descriptor. One JSON object a line.
    """

    scratch: Path
    name: str
    deadline: float
    results: int

    def _send(self, row: dict[str, object]) -> None:
        os.write(self.results, f"{json.dumps(row)}\n".encode())

    def add(self, name: str, text: str, samples: Sequence[float], size: int = 0, conditions: str = "") -> None:
        """Report a measurement from its samples, in seconds."""
        self.add_summary(name, text, summary(samples), len(samples), size, conditions)

    def add_summary(
        self, name: str, text: str, spread: tuple[float, float, float], n: int, size: int = 0, conditions: str = ""
    ) -> None:
        """Report a measurement from its minimum, p10 and median."""
        minimum, p10, median = spread
        self._send(
            {"id": name, "text": text, "minimum": minimum, "p10": p10, "median": median, "n": n}
            | ({"bytes": size} if size else {})
            | ({"conditions": conditions} if conditions else {})
        )

    def cannot(self, name: str, reason: str) -> None:
        """Report that one of the probe's measurements cannot be made."""
        self._send({"skipped": name, "reason": reason})

    def rounds(self, most: int, share: float = 1.0) -> Iterator[int]:
        """Count rounds, up to `most` and for this share of the time that is left, but at least three."""
        end = time.monotonic() + share * (self.deadline - time.monotonic())
        for index in range(most):
            if index >= FEWEST and time.monotonic() > end:
                return
            yield index

    def undo(self, *command: str) -> None:
        """Have this command run once all is over, whatever happens until then. Call it before there is what to undo."""
        folder = self.scratch / UNDO
        folder.mkdir(exist_ok=True)
        partial = folder / f".{os.getpid()}"
        partial.write_text(json.dumps(command), encoding="utf-8")
        partial.rename(folder / f"{len(list(folder.glob('*.json'))):03}.json")


def seconds(operation: Callable[[], object]) -> float:
    """How long a call takes."""
    start = time.perf_counter_ns()
    operation()
    return (time.perf_counter_ns() - start) * 1e-9


def in_child(work: Callable[[], float]) -> float:
    """What `work` answers in a forked child, so that what it changes ends with the child.

    Raises the `OSError` that it raised there.
    """
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            try:
                answer = struct.pack("=di", work(), 0)
            except OSError as error:
                answer = struct.pack("=di", 0.0, error.errno or errno.EIO)
            os.write(writing, answer)
        finally:
            os._exit(0)
    os.close(writing)
    try:
        answer = os.read(reading, 12)
    finally:
        os.close(reading)
        os.waitpid(pid, 0)
    if len(answer) != 12:
        raise OSError(errno.ECHILD, "the child ended without an answer")
    value, number = struct.unpack("=di", answer)
    if number:
        raise OSError(number, os.strerror(number))
    return float(value)
