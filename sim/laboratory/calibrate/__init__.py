"""Measures the user's own host in under a minute, and writes a host profile that any scenario can name.

Each probe runs in a process of its own, the risky ones in namespaces of their own. So a probe that hangs or fails costs
only its own numbers, and nothing of it stays. Linux only. Everything else in this package runs anywhere.
"""

from __future__ import annotations

import datetime as dt
import difflib
import json
import os
import re
import selectors
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.errors import InputError, Problem
from sim.inputfile import is_folder
from sim.laboratory.calibrate.probes import PROBES, Probe
from sim.laboratory.calibrate.profile import written
from sim.laboratory.calibrate.results import Calibration, HostFacts, Measurement, Skipped
from sim.outputfile import write_text

if TYPE_CHECKING:
    from sim.laboratory.calibrate.workspace import Workspace

__all__ = ["PROBES", "Calibration", "HostFacts", "Measurement", "Skipped", "calibrate"]

Progress = Callable[[str, int, int], None]
"""Told what is measured now, how many probes are done, and how many there are."""

_WORKER = "sim.laboratory.calibrate.worker"

_GRACE = 4.0
"""Seconds beyond its time that a probe has to finish what it began. Then it is stopped."""


def _no_progress(_what: str, _done: int, _of: int) -> None:
    """Progress that nobody watches."""


def calibrate(
    out: Path | None, *, seconds: float = 45, only: Sequence[str] = (), progress: Progress = _no_progress
) -> Calibration:
    """Measure this host.

    Args:
        out: Where the host profile is written, named by its file: "my-host.toml". None to write none.
        seconds: About how long it may take.
        only: Ids of the probes to run, all where it is empty.

    Raises `InputError` where this is not Linux, a probe is unknown or the file cannot be written. `KeyboardInterrupt`
    at SIGINT, SIGTERM and SIGHUP. All that it made on the host is gone when it returns or raises.
    """
    if sys.platform != "linux":
        raise InputError(f"calibrate measures Linux hosts, and this is {sys.platform}; every other command runs here")
    if not 1 <= seconds <= 3600:
        raise InputError(f"{seconds:g} seconds are not between 1 and 3600")
    chosen = _chosen(only)
    name = _profile_id(out)
    from sim.laboratory.calibrate.busyness import CpuTimes, busyness
    from sim.laboratory.calibrate.hostfacts import host_facts
    from sim.laboratory.calibrate.workspace import workspace

    start = time.monotonic()
    facts = host_facts()
    before = CpuTimes.now()
    measurements: list[Measurement] = []
    skipped: list[Skipped] = []
    with workspace() as space:
        for index, probe in enumerate(chosen):
            progress(probe.text, index, len(chosen))
            left = max(seconds - (time.monotonic() - start), 0.0)
            share = left * probe.weight / sum(other.weight for other in chosen[index:])
            rows, reason = _run(space, probe, share)
            for row in rows:
                if "skipped" in row:
                    skipped.append(Skipped(row["skipped"], row["reason"]))
                else:
                    measurements.append(Measurement(**row))
            if reason:
                skipped.append(Skipped(probe.id, reason))
        progress("", len(chosen), len(chosen))
    taken = dt.datetime.now(tz=dt.UTC).date().isoformat()
    busy = busyness(before, CpuTimes.now(), measurements, os.cpu_count() or 1)
    took = time.monotonic() - start
    calibration = Calibration(name, taken, took, facts, tuple(measurements), tuple(skipped), busy)
    if out is not None:
        write_text(out, written(calibration))
    return calibration


def _chosen(only: Sequence[str]) -> list[Probe]:
    problems = []
    for name in only:
        if name not in PROBES:
            near = difflib.get_close_matches(name, PROBES, 1)
            hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(PROBES)}"
            problems.append(Problem(f"no probe {name!r}; {hint}"))
    if problems:
        raise InputError(problems)
    return [probe for probe in PROBES.values() if not only or probe.id in only]


def _profile_id(out: Path | None) -> str:
    if out is None:
        return "this-host"
    if out.suffix != ".toml" or not re.fullmatch(r"[a-z0-9][a-z0-9-]*", out.stem):
        raise InputError(
            Problem("the profile's file is named by lower-case letters, digits and hyphens, as my-host.toml", str(out))
        )
    try:
        out.lstat()
    except FileNotFoundError:
        pass
    except OSError as error:  # a name that is too long: said now, and not after a minute of measuring
        raise InputError(Problem(f"cannot be written: {(error.strerror or str(error)).lower()}", str(out))) from None
    if not os.access(out.parent, os.W_OK) or is_folder(out):
        raise InputError(Problem("cannot be written: there is no such directory that this user may write", str(out)))
    return out.stem


def _run(space: Workspace, probe: Probe, seconds: float) -> tuple[list[dict[str, Any]], str]:
    """The rows of one probe in a worker, and why it ended early, "" where it did not."""
    reading, writing = os.pipe()
    limit = seconds + max(_GRACE, seconds)
    errors = space.scratch / f"{probe.id}.worker"
    with errors.open("wb") as said:
        try:
            worker = space.start(
                [
                    sys.executable,
                    "-m",
                    _WORKER,
                    probe.id,
                    f"{seconds:.3f}",
                    str(space.scratch),
                    space.name,
                    str(writing),
                ],
                pass_fds=(writing,),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=said,
                env=os.environ | {"PYTHONPATH": _python_path(), "LC_ALL": "C", "SIM_CALIBRATE": space.name},
            )
        finally:
            os.close(writing)
        content, in_time = _all(reading, time.monotonic() + limit)
        code = worker.wait() if in_time else 0
        space.stop()
    rows = [json.loads(line) for line in content.splitlines() if line.endswith(b"}")]
    if not in_time:
        return rows, f"it was stopped, since it had not finished after {limit:.0f} s"
    if code:
        lines = errors.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return rows, f"it failed: {lines[-1] if lines else f'exit code {code}'}"
    return rows, ""


def _all(reading: int, deadline: float) -> tuple[bytes, bool]:
    """What comes through a pipe until its writers are gone, and whether they were by the deadline."""
    content = b""
    with os.fdopen(reading, "rb", buffering=0) as pipe, selectors.DefaultSelector() as selector:
        selector.register(pipe, selectors.EVENT_READ)
        while (left := deadline - time.monotonic()) > 0:
            if selector.select(left):
                piece = pipe.read(65536)
                if not piece:
                    return content, True
                content += piece
    return content, False


def _python_path() -> str:
    """Where a worker finds this package: where it was found here."""
    root = str(Path(__file__).parents[3])
    before = os.environ.get("PYTHONPATH")
    return f"{root}{os.pathsep}{before}" if before else root
