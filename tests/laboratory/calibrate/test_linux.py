"""This host, measured for real: what physics and the kernel's rules say of any Linux host must hold."""

from __future__ import annotations

import itertools
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sim.catalog import load
from sim.laboratory import calibrate as calibration
from sim.laboratory.calibrate import PROBES, calibrate, workbench
from sim.laboratory.calibrate.probes import Probe
from sim.laboratory.calibrate.results import Calibration
from tests.watchdog import PATIENCE

pytestmark = pytest.mark.xdist_group("this-host")  # in one process, which measures the host once

PRIMITIVES = [name for name in PROBES if name not in ("qemu", "crun", "runc", "podman", "docker")]


@pytest.fixture(scope="module")
def profile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("profile") / "this-host.toml"


@pytest.fixture(scope="module")
def found(profile: Path) -> Iterator[Calibration]:
    """All but the starts of runtimes and monitors, in a few seconds."""
    told: list[tuple[str, int, int]] = []
    yield calibrate(profile, seconds=2, only=PRIMITIVES, progress=lambda *what: told.append(what))
    assert [done for _, done, _ in told] == list(range(len(PRIMITIVES) + 1))
    assert {of for _, _, of in told} == {len(PRIMITIVES)}


def fastest(found: Calibration, name: str) -> float:
    """The least disturbed sample. Skips where the measurement is explained to be impossible, fails where it is not."""
    one = found.measurement(name)
    if one is None:
        reasons = {each.probe: each.reason for each in found.skipped}
        assert name.partition(".")[0] in {each.partition(".")[0] for each in reasons}, (
            f"{name} neither made nor explained"
        )
        pytest.skip(f"{name} cannot be measured here: {reasons}")
    return one.minimum


def test_each_probe_has_either_measurements_or_a_reason(found: Calibration) -> None:
    told = {one.id.partition(".")[0] for one in found.measurements} | {
        one.probe.partition(".")[0] for one in found.skipped
    }
    assert told == set(PRIMITIVES)
    assert all(len(one.reason) > 10 and "Traceback" not in one.reason for one in found.skipped)
    assert not [one for one in found.skipped if one.reason.startswith("it failed")]


def test_statistics_are_in_order_and_of_three_samples_or_more(found: Calibration) -> None:
    for one in found.measurements:
        assert 0 <= one.minimum <= one.p10 <= one.median, one
        assert one.n >= 3, one


def test_what_the_probes_are_given_comes_to_the_time_that_was_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a made-up clock, on which each probe takes what it is given; by weight, so that the last has its share."""
    clock = 0.0
    given: dict[str, float] = {}

    def take(_space: object, probe: Probe, seconds: float) -> tuple[list[dict[str, Any]], str]:
        nonlocal clock
        clock += seconds
        given[probe.id] = seconds
        return [], ""

    monkeypatch.setattr(calibration, "_run", take)
    monkeypatch.setattr("sim.laboratory.calibrate.time.monotonic", lambda: clock)
    calibrate(None, seconds=30, only=PRIMITIVES)
    assert sum(given.values()) == pytest.approx(30)
    share = {name: seconds / PROBES[name].weight for name, seconds in given.items()}
    assert list(share.values()) == pytest.approx([share[PRIMITIVES[0]]] * len(PRIMITIVES))


def test_a_probe_counts_rounds_until_its_deadline_and_three_at_least(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a clock that goes on by a second when asked: twice at the start, then before each round from 4 on."""
    clock = itertools.count()
    monkeypatch.setattr("sim.laboratory.calibrate.workbench.time.monotonic", lambda: float(next(clock)))
    rounds = list(workbench.Workbench(Path("/nowhere"), "x", 11.0, -1).rounds(100))
    assert rounds == list(range(12))
    clock = itertools.count(100)
    assert list(workbench.Workbench(Path("/nowhere"), "x", 11.0, -1).rounds(100)) == [0, 1, 2]


@pytest.mark.parametrize(
    ("name", "least", "most"),
    [
        ("syscall", 10e-9, 20e-6),
        ("page_fault", 50e-9, 50e-6),
        ("process.exec_small", 10e-6, 20e-3),
        ("gunzip", 16e6 / 5e9, 16e6 / 5e6),
        ("seccomp.instruction", 1e-9, 100e-6),
    ],
)
def test_no_host_is_faster_or_slower_than_that(found: Calibration, name: str, least: float, most: float) -> None:
    assert least < fastest(found, name) < most


def test_a_program_with_libraries_takes_longer_than_one_of_a_page(found: Calibration) -> None:
    assert fastest(found, "process.exec_dynamic") > fastest(found, "process.exec_small")


def test_a_network_namespace_is_dearer_than_a_name(found: Calibration) -> None:
    assert fastest(found, "namespace.net") > 2 * fastest(found, "namespace.uts")


def test_moving_a_veth_end_takes_longer_than_making_it_in_place(found: Calibration) -> None:
    """Moving waits for readers everywhere to have let go of the old namespace's list (an RCU grace period)."""
    assert fastest(found, "veth.move") > fastest(found, "veth.in_place")


def test_an_attach_long_after_the_last_is_no_faster_than_one_right_after(found: Calibration) -> None:
    version = "v1" if found.measurement("cgroup.v1.attach_soon") else "v2"
    quiet, soon = fastest(found, f"cgroup.{version}.attach_quiet"), fastest(found, f"cgroup.{version}.attach_soon")
    assert quiet > 0.5 * soon


def test_host_facts_are_those_of_the_system(found: Calibration) -> None:
    assert found.host.threads == len(os.sched_getaffinity(0))
    assert 1 <= found.host.cores <= found.host.threads
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    assert found.host.memory == pytest.approx(pages, rel=0.05)
    assert found.host.kernel == ".".join(os.uname().release.split(".")[:2])


def test_the_written_profile_is_read_as_a_host_with_these_measurements(found: Calibration, profile: Path) -> None:
    host = load.host(str(profile))
    assert host.id == "this-host"
    assert host.cores == found.host.cores
    assert 0.05 < host.cpu_speed.value < 20
    if found.measurement("disk.read"):
        assert host.disk_read.value == pytest.approx(found.measurement("disk.read").rate, rel=1e-3)


def test_a_program_that_is_not_there_is_said_to_be_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    if any(shutil.which("podman", path=place) for place in ("/usr/sbin", "/sbin", "/usr/libexec")):
        pytest.skip("podman is where administrators' programs are")
    found = calibrate(None, seconds=1, only=["podman"])
    assert [(one.probe, one.reason) for one in found.skipped] == [("podman", "podman is not installed")]


def test_a_program_that_fails_is_told_with_what_it_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fake = tmp_path / "docker"
    fake.write_text("#!/bin/sh\necho 'the daemon is asleep' >&2\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    found = calibrate(None, seconds=1, only=["docker"])
    assert [one.reason for one in found.skipped] == ["Docker is installed but does not answer: the daemon is asleep"]


def test_a_probe_that_hangs_is_stopped_and_the_next_one_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Its worker and what the worker started are gone by then. Its time is up once it hangs, on a slow host too."""
    fake = tmp_path / "docker"
    fake.write_text(f"#!/bin/sh\necho $$ >> {tmp_path}/pids\nexec sleep 600\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    deadlines: list[float] = []
    until = calibration._all

    def read(reading: int, deadline: float) -> tuple[bytes, bool]:
        deadlines.append(deadline - time.monotonic())
        content = b""
        with os.fdopen(reading):
            while not (tmp_path / "pids").exists():
                piece, ended = until(os.dup(reading), time.monotonic() + 0.05)
                content += piece
                if ended:
                    return content, True
        return content, False

    monkeypatch.setattr(calibration, "_all", read)
    found = calibrate(None, seconds=1, only=["sha256", "docker"])
    assert [0 < left < 1 + 2 * calibration._GRACE for left in deadlines] == [True, True]
    assert [one.id for one in found.measurements] == ["sha256"]
    assert [one.probe for one in found.skipped] == ["docker"]
    assert "it was stopped" in found.skipped[0].reason
    pids = (tmp_path / "pids").read_text().split()
    end = time.monotonic() + PATIENCE
    while any(runs(pid) for pid in pids) and time.monotonic() < end:
        time.sleep(0.02)
    assert not any(runs(pid) for pid in pids)


def runs(pid: str) -> bool:
    """Whether a process is there and is no zombie, which a slow process 1 has not taken note of yet."""
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
