"""Loading a seccomp filter: the kernel's cost for each instruction, in fresh processes."""

from __future__ import annotations

import os
import struct

from sim.laboratory.calibrate import linux
from sim.laboratory.calibrate.results import line
from sim.laboratory.calibrate.workbench import CannotRun, Workbench, in_child, seconds

_LOAD, _JUMP_IF_EQUAL, _RETURN = 0x20, 0x15, 0x06
_ALLOW = 0x7FFF0000
_UNUSED = 10_000
"""System call numbers from here on are none, so every call walks the whole filter."""


def _filter(instructions: int) -> bytes:
    """Load the call's number, compare it with one number after another, allow."""
    compared = instructions - 2
    jumps = (struct.pack("=HBBI", _JUMP_IF_EQUAL, 0, 0, _UNUSED + index) for index in range(compared))
    return struct.pack("=HBBI", _LOAD, 0, 0, 0) + b"".join(jumps) + struct.pack("=HBBI", _RETURN, 0, 0, _ALLOW)


def _loaded(program: linux.SeccompFilter) -> float:
    if os.geteuid() != 0:
        linux.no_new_privileges()
    return seconds(program.load)


def seccomp(workbench: Workbench) -> None:
    """The slope over filters of 16 to 1024 instructions."""
    points = {}
    for size in (16, 256, 1024):
        program = linux.SeccompFilter(_filter(size))
        try:
            points[size] = [in_child(lambda program=program: _loaded(program)) for _ in workbench.rounds(60, 0.5)]  # type: ignore[misc]
        except OSError as error:
            raise CannotRun(f"this kernel or sandbox takes no seccomp filter: {error}") from None
    _, slope = line(points)
    n = min(len(samples) for samples in points.values())
    workbench.add_summary("seccomp.instruction", "seccomp filter load, for each instruction", slope, n)
