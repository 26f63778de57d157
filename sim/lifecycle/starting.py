"""What comes of starting a command: whether it starts at all, which codes say so, and what runs in the end.

Recorded with Docker 26.1 on runc 1.1 and Podman 5.4. The codes for what cannot start are the engine's
(`setExitCodeFromError` of moby's daemon, and of its command line). tini ends with 127 where it finds no program, with
126 where it may not run it, and lets a shell run a file of unknown format (`execvp`).
"""

from __future__ import annotations

from sim.lifecycle.process import ProcessSpec, StartError

NEVER_MADE: frozenset[StartError] = frozenset({"image missing", "no command", "workdir is a file"})
"""What is refused when the container is created."""

_STATUS: dict[StartError, tuple[int, int]] = {
    "not found": (127, 127),
    "no such directory": (127, 127),
    "not executable": (126, 126),
    "is a directory": (126, 126),
    "unknown user": (128, 125),
}
"""The exit code that `inspect` tells of a container that could not start, and the command's own."""

_BY_INIT: dict[StartError, int] = {
    "not found": 127,
    "interpreter missing": 127,
    "not executable": 126,
    "is a directory": 126,
}
"""What tini, which was started, ends with."""


def refused_start(spec: ProcessSpec, *, init: bool) -> tuple[int, int] | None:
    """Exit codes of the container and of the command where the engine cannot start it; None where something starts."""
    error = spec.start_error
    if error is None or (init and error in _BY_INIT):
        return None
    return _STATUS.get(error)


def what_runs(spec: ProcessSpec, *, init: bool) -> ProcessSpec:
    """What a start that is not refused lets run: the process, or whatever fails in its place."""
    if spec.start_error is None:
        return spec
    if not init:
        return ProcessSpec(runs=0.0, exit=1)
    if spec.start_error == "exec format":
        return spec.run_by_shell()
    return ProcessSpec(runs=0.0, exit=_BY_INIT[spec.start_error])
