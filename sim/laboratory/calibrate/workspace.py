"""What a calibration makes on the host, and how all of it is gone afterwards, whatever happens in between.

Everything carries one name: the scratch directory, cgroups, containers. A run that was killed outright could not clean
up. The next run of the same user does it.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, Self

from sim.laboratory.calibrate import cgroups
from sim.laboratory.calibrate.workbench import UNDO

PREFIX = "sim-calibrate-"
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_PATIENCE = 5.0
"""Seconds a cgroup may take to become empty once its processes were killed."""


class _Interrupts:
    """Turns the first of these signals into `KeyboardInterrupt`, and holds those that come while all is cleaned up."""

    def __init__(self) -> None:
        self.closing = False
        self._came = False
        self._raised = False
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        for number in _SIGNALS:
            # Only a program's main thread may set handlers. Elsewhere whoever holds the thread handles signals.
            with contextlib.suppress(ValueError):
                self._before[number] = signal.signal(number, self._handle)
        return self

    def _handle(self, _number: int, _frame: FrameType | None) -> None:
        self._came = True
        if not (self.closing or self._raised):
            self._raised = True
            raise KeyboardInterrupt

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        if self._came and not self._raised:
            raise KeyboardInterrupt


@dataclass(slots=True)
class Workspace:
    """A running calibration's name, its scratch directory, and the worker it has just now."""

    name: str
    scratch: Path
    worker: subprocess.Popen[bytes] | None = None

    def start(self, command: list[str], **options: Any) -> subprocess.Popen[bytes]:
        """Start the worker, in a session of its own so that it can be killed with all it started."""
        # A signal between the start and the assignment would leave a worker that nobody knows of.
        blocked = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        try:
            self.worker = subprocess.Popen(command, start_new_session=True, **options)  # noqa: S603 - this interpreter
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        return self.worker

    def stop(self) -> None:
        """Kill the worker and its process group, if there is one still, and take note of its end."""
        worker, self.worker = self.worker, None
        if worker is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()

    def clean(self) -> None:
        """Take back all that was made."""
        self.stop()
        _clean(self.name, self.scratch)


@contextlib.contextmanager
def workspace() -> Iterator[Workspace]:
    """A workspace that is gone afterwards. Raises `KeyboardInterrupt` at SIGINT, SIGTERM and SIGHUP, after cleaning."""
    with _Interrupts() as interrupts:
        name = f"{PREFIX}{os.getpid()}-{secrets.token_hex(3)}"
        space = Workspace(name, Path(tempfile.gettempdir(), name))
        try:
            try:
                sweep()
                space.scratch.mkdir(mode=0o700)
                yield space
            finally:
                interrupts.closing = True
        finally:
            # A signal may have come before `closing` was set. Only one is ever raised, so that nothing stops this.
            interrupts.closing = True
            space.clean()


def sweep() -> None:
    """Clean up after calibrations of this user whose process is gone."""
    folder = Path(tempfile.gettempdir())
    for left in folder.glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError, ValueError):
            owner = int(left.name.removeprefix(PREFIX).partition("-")[0])
            if left.stat().st_uid == os.getuid() and not left.is_symlink() and not Path(f"/proc/{owner}").exists():
                _clean(left.name, left)


def _clean(name: str, scratch: Path) -> None:
    for command in sorted((scratch / UNDO).glob("*.json"), reverse=True):
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            subprocess.run(  # noqa: S603 - written by a worker of this user
                json.loads(command.read_text(encoding="utf-8")), capture_output=True, timeout=30, check=False
            )
    for place in cgroups.made_here(name):
        _remove_cgroup(place)
    _unmount(scratch)
    for folder, _, _ in os.walk(scratch):
        # An engine's storage has directories that not even their owner may write.
        with contextlib.suppress(OSError):
            Path(folder).chmod(0o700)
    shutil.rmtree(scratch, ignore_errors=True)


def _remove_cgroup(place: Path) -> None:
    """Kill what is in a cgroup and those below it, and remove them, innermost first."""
    folders = [Path(folder) for folder, _, _ in os.walk(place, topdown=False)]
    end = time.monotonic() + _PATIENCE
    while folders and time.monotonic() < end:
        left = []
        for folder in folders:
            try:
                for process in (folder / "cgroup.procs").read_text(encoding="ascii").split():
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(int(process), signal.SIGKILL)
                folder.rmdir()
            except FileNotFoundError:
                continue
            except OSError:
                left.append(folder)
        folders = left
        if folders:
            time.sleep(0.02)


def _unmount(scratch: Path) -> None:
    """Take out mounts under the scratch directory: an engine's storage may have some in this mount namespace."""
    try:
        lines = Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines()
    except OSError:
        return
    for text in reversed(lines):
        mounted = text.split()[1]
        if mounted.startswith(f"{scratch}/"):
            from sim.laboratory.calibrate import linux

            with contextlib.suppress(OSError):
                linux.umount(mounted)
