"""Whatever ends a calibration, nothing that it made is left: processes, mounts, cgroups, links, files."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sim.laboratory.calibrate import calibrate, cgroups
from sim.laboratory.calibrate.workspace import PREFIX
from tests.watchdog import PATIENCE

ROOT = Path(__file__).parents[3]

RUN = """
import sys
from sim.laboratory.calibrate import calibrate
calibrate(None, seconds=60, only=[sys.argv[1]])
"""


class Running:
    """A calibration in a process of its own, with a directory for temporary files that nobody else uses."""

    def __init__(self, probe: str, folder: Path) -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            [sys.executable, "-c", RUN, probe],
            cwd=ROOT,
            env=os.environ | {"TMPDIR": str(folder)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.prefix = f"{PREFIX}{self.process.pid}-"

    def workers(self) -> list[str]:
        """Processes that carry the calibration's name in their environment or command line."""
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                text = (entry / "environ").read_bytes() + (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if self.prefix.encode() in text:
                found.append(entry.name)
        return found

    def cgroups(self) -> list[Path]:
        return cgroups.made_here(self.prefix)

    def files(self) -> list[Path]:
        return list(self.folder.rglob("*"))

    def left(self) -> dict[str, object]:
        """What there is of it, by kind; a process that was killed has a moment to be gone."""
        end = time.monotonic() + PATIENCE
        while self.workers() and time.monotonic() < end:
            time.sleep(0.02)
        return {
            "processes": self.workers(),
            "cgroups": self.cgroups(),
            "files": self.files(),
            "mounts": [line for line in Path("/proc/self/mounts").read_text().splitlines() if PREFIX in line],
            "links": {"here", "peer", "bridge"} & {path.name for path in Path("/sys/class/net").iterdir()},
        }

    def until(self, there: Callable[[], bool]) -> None:
        """Wait until it has made something; skip where it ends without."""
        end = time.monotonic() + PATIENCE
        while not there():
            if self.process.poll() is not None or time.monotonic() > end:
                pytest.skip(f"this host does not let it: {self.process.communicate()[1][-300:]!r}")
            time.sleep(0.002)

    def ended(self) -> str:
        """What it said by the time it ended."""
        return self.process.communicate(timeout=PATIENCE)[1].decode()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[str], Running]]:
    started: list[Running] = []

    def starter(probe: str) -> Running:
        started.append(Running(probe, tmp_path))
        return started[-1]

    yield starter
    for one in started:
        one.process.kill()
        one.process.communicate()


NOTHING = {"processes": [], "cgroups": [], "files": [], "mounts": [], "links": set()}


def test_a_calibration_that_ends_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    calibrate(None, seconds=1, only=["overlay", "veth"])
    assert list(tmp_path.iterdir()) == []
    assert cgroups.made_here(f"{PREFIX}{os.getpid()}-") == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_while_a_cgroup_holds_the_worker(start: Callable[[str], Running], number: signal.Signals) -> None:
    running = start("cgroup")
    running.until(lambda: bool(running.cgroups()))
    assert running.workers()
    running.process.send_signal(number)
    assert running.ended().rstrip().endswith("KeyboardInterrupt")
    assert running.left() == NOTHING


def test_a_signal_while_mounts_and_links_are_made_in_namespaces(start: Callable[[str], Running]) -> None:
    running = start("overlay")
    running.until(lambda: any(path.name == "overlay" for path in running.files()))
    running.process.send_signal(signal.SIGINT)
    assert running.ended().rstrip().endswith("KeyboardInterrupt")
    assert running.left() == NOTHING


def test_a_signal_while_a_container_is_starting(start: Callable[[str], Running]) -> None:
    running = start("runc")
    running.until(lambda: any(path.parent.name == "runc-state" for path in running.files()))
    running.process.send_signal(signal.SIGINT)
    assert running.ended().rstrip().endswith("KeyboardInterrupt")
    assert running.left() == NOTHING


def test_an_impatient_user_who_sends_the_signal_again_and_again(start: Callable[[str], Running]) -> None:
    running = start("cgroup")
    running.until(lambda: bool(running.cgroups()))
    for _ in range(20):
        running.process.send_signal(signal.SIGINT)
        time.sleep(0.001)
    running.ended()
    assert running.left() == NOTHING


def test_after_a_kill_that_nothing_can_clean_up_after_the_next_run_does(start: Callable[[str], Running]) -> None:
    """The kernel ends the worker with its parent; files and cgroups wait for the next calibration."""
    running = start("cgroup")
    running.until(lambda: bool(running.cgroups()))
    running.process.kill()
    running.ended()
    end = time.monotonic() + PATIENCE
    while running.workers() and time.monotonic() < end:
        time.sleep(0.02)
    assert running.workers() == []
    assert running.files()
    other = start("syscall")
    other.ended()
    assert running.left() == NOTHING
