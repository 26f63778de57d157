"""A sweep on a Dask cluster: a scheduler and workers as processes of their own, one of which is killed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import sim
from sim.errors import InputError
from sim.sweeps.cluster import on_cluster
from sim.sweeps.plan import SweepPlan, plan
from sim.sweeps.reading import swept
from sim.sweeps.run import run_sweep

pytest.importorskip("distributed", reason="dask.distributed is not installed")
pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
HANG = 600
"""Seconds after which a scheduler that has neither started nor ended hangs. A start takes as long as it likes."""


class Cluster:
    """Processes of dask.distributed, on this machine."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.processes: list[subprocess.Popen[bytes]] = []
        file = folder / "scheduler.json"
        self.scheduler = self.start("dask_scheduler", "--port", "0", "--no-dashboard", "--scheduler-file", str(file))
        until = time.monotonic() + HANG
        while not file.exists() or not file.read_text():
            assert time.monotonic() < until, "the scheduler hangs"
            assert self.processes[0].poll() is None, "the scheduler ended before it had started"
            time.sleep(0.05)
        self.address: str = json.loads(file.read_text())["address"]

    def start(self, module: str, *options: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", f"distributed.cli.{module}", "--host", "127.0.0.1", *options]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
        process = subprocess.Popen(
            command, cwd=self.folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self.processes.append(process)
        return process

    def worker(self) -> subprocess.Popen[bytes]:
        return self.start("dask_worker", self.address, "--no-nanny", "--nthreads", "1", "--no-dashboard")


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    made = Cluster(tmp_path)
    yield made
    for process in made.processes:
        process.kill()
        process.wait()


@pytest.fixture
def made() -> SweepPlan:
    return plan(sim.load("memory-ledger"), ["instances=1..60", "host=laptop,server"], records=True)


def test_it_writes_the_same_bytes_though_a_worker_is_killed(cluster: Cluster, made: SweepPlan, tmp_path: Path) -> None:
    workers = [cluster.worker(), cluster.worker()]
    ran_when_killed = []

    def tell(ran: int, _whole: int) -> None:
        if ran >= 10 and not ran_when_killed:
            workers[0].kill()
            ran_when_killed.append(ran)

    summary = run_sweep(made, tmp_path / "there", on_cluster(cluster.address), tell=tell)
    assert (summary.ran, summary.failed) == (120, 0)
    assert 10 <= ran_when_killed[0] < 120
    run_sweep(made, tmp_path / "here")
    assert (tmp_path / "there").read_bytes() == (tmp_path / "here").read_bytes()


def test_where_the_scheduler_goes_away_what_had_finished_is_kept(
    cluster: Cluster, made: SweepPlan, tmp_path: Path
) -> None:
    cluster.worker()

    def tell(ran: int, _whole: int) -> None:
        if ran >= 5:
            cluster.scheduler.kill()

    with pytest.raises(InputError, match="went away; what had finished is kept"):
        run_sweep(made, tmp_path / "s", on_cluster(cluster.address), tell=tell)
    there = sum(1 for _ in swept(tmp_path / "s"))
    assert 5 <= there < 120
    assert run_sweep(made, tmp_path / "s").ran == 120 - there


def test_a_worker_of_another_version_is_refused(
    cluster: Cluster, made: SweepPlan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster.worker()
    monkeypatch.setattr("sim.sweeps.cluster.model", lambda: "99.0")
    with pytest.raises(InputError, match=r"a worker of tcp://\S+ has model 0\.1\.0\+\w+, and this is 99.0"):
        run_sweep(made, tmp_path / "s", on_cluster(cluster.address))


def test_a_scheduler_that_cannot_be_reached_or_has_no_worker_is_told(
    cluster: Cluster, made: SweepPlan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sim.sweeps.cluster.PATIENCE", 0.5)
    with pytest.raises(InputError, match=r"the scheduler tcp://127.0.0.1:1 cannot be reached: "):
        run_sweep(made, tmp_path / "s", on_cluster("tcp://127.0.0.1:1"))
    monkeypatch.setattr("sim.sweeps.cluster.PATIENCE", 4.0)  # a busy machine takes a second to answer
    with pytest.raises(InputError, match=r"the scheduler tcp://\S+ has no worker"):
        run_sweep(made, tmp_path / "s", on_cluster(cluster.address))
