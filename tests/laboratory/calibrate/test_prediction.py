"""Measure this host, then predict how long a container takes to start here, and hold that against real starts.

The profile is made without the runtimes' own starts, so that the prediction cannot contain what it predicts.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable

import pytest

from sim.catalog import load
from sim.catalog.model import Host
from sim.engine.seeds import SeedTree
from sim.laboratory.calibrate import calibrate
from sim.laboratory.calibrate.results import Measurement
from sim.studies.base import Context, statistic
from sim.studies.startup import Startup, run

PRIMITIVES = ("syscall", "page_fault", "process", "namespace", "mount_table", "cgroup", "gunzip")


TRIES = 3
"""Other work on a shared host adds to a start, and another's attach takes from it: then all is measured again.

The 10th percentile is compared, as the profile's figures are: a busy host disturbs most starts, but not all."""


@pytest.fixture(scope="module")
def measure(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Host]:
    """Measures this host, without its runtimes."""

    def measured() -> Host:
        path = tmp_path_factory.mktemp("profile") / "this-host.toml"
        calibrate(path, seconds=4, only=PRIMITIVES)
        return load.host(str(path))

    return measured


@pytest.fixture(scope="module")
def first(measure: Callable[[], Host]) -> Host:
    return measure()


def first_byte(technology: str) -> Measurement:
    """Sparse starts, each 60 ms after the last: request to the first byte that the container's process writes."""
    found = calibrate(None, seconds=2, only=[technology])
    measured = found.measurement(f"{technology}.quiet.first_byte")
    if measured is None:
        pytest.skip(f"{technology} cannot start a container here: {found.skipped}")
    if "cgroup of its own" not in measured.conditions:
        pytest.skip("without a cgroup of its own, which the technology's start has")
    return measured


def predicted(technology: str, host: Host, monkeypatch: pytest.MonkeyPatch) -> float:
    known = load.host
    with monkeypatch.context() as patched:
        patched.setattr(load, "host", lambda name: host if name == host.id else known(name))
        parameters = Startup(technology=technology, host=host.id, application="hello")
        runs = [run(parameters, Context("it", SeedTree(1).child("replication", index))) for index in range(20)]
    return statistic("p50", [value for each in runs for value in each.samples["startup_time"]])


@pytest.mark.parametrize("technology", ["crun", "runc"])
def test_a_runtimes_start_is_predicted_within_a_factor_of_two(
    technology: str, first: Host, measure: Callable[[], Host], monkeypatch: pytest.MonkeyPatch
) -> None:
    if not shutil.which(technology):
        pytest.skip(f"{technology} is not installed")
    assert technology not in PRIMITIVES
    host = first
    told = []
    for _ in range(TRIES):
        measured, expected = first_byte(technology), predicted(technology, host, monkeypatch)
        told.append(f"predicted {expected:.4f} s, measured {measured}")
        if 0.5 < expected / measured.p10 < 2.0:
            return
        host = measure()
    pytest.fail("\n".join(told))
