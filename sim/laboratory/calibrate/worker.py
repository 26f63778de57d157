"""Runs one probe in a process of its own.

It is started as `python -m sim.laboratory.calibrate.worker PROBE SECONDS SCRATCH NAME RESULTS`.

Its parent can kill it at any time. The kernel kills it where the parent is gone.
"""

from __future__ import annotations

import importlib
import signal
import sys
import time
from pathlib import Path

from sim.laboratory.calibrate import isolation, linux
from sim.laboratory.calibrate.probes import PROBES
from sim.laboratory.calibrate.workbench import CannotRun, Workbench


def main(arguments: list[str]) -> None:
    """Run the probe. Its results go to the file descriptor RESULTS."""
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    linux.die_with_parent()
    name, seconds, scratch, public_name, results = arguments
    probe = PROBES[name]
    module = importlib.import_module(f"sim.laboratory.calibrate.probes.{probe.module}")
    workbench = Workbench(Path(scratch), public_name, time.monotonic() + float(seconds), int(results))
    try:
        if probe.isolation:
            isolation.enter()
        getattr(module, probe.function)(workbench)
    except (CannotRun, OSError) as reason:
        workbench.cannot(name, str(reason))


if __name__ == "__main__":
    main(sys.argv[1:])
