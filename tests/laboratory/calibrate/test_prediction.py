"""Measure this host, then predict how long a container takes to start here, and hold that against real starts.

The profile is made without the runtimes' own starts, so that the prediction cannot contain what it predicts.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from sim.laboratory.calibrate import calibrate
from sim.laboratory.calibrate.check import CheckedStart, predicted
from sim.laboratory.calibrate.results import Measurement

PRIMITIVES = ("syscall", "page_fault", "process", "namespace", "mount_table", "cgroup", "gunzip")


pytestmark = pytest.mark.xdist_group("this-host")  # in one process, which measures the host once

TRIES = 3
"""Other work on a shared host adds to a start, and another's attach takes from it: then all is measured again.

The 10th percentile is compared, as the profile's figures are: a busy host disturbs most starts, but not all."""


@pytest.fixture(scope="module")
def measure(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Path]:
    """Measures this host, without its runtimes, and gives its profile."""

    def measured() -> Path:
        path = tmp_path_factory.mktemp("profile") / "this-host.toml"
        calibrate(path, seconds=4, only=PRIMITIVES)
        return path

    return measured


@pytest.fixture(scope="module")
def first(measure: Callable[[], Path]) -> Path:
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


@pytest.mark.parametrize("technology", ["crun", "runc"])
def test_a_runtimes_start_is_predicted_within_a_factor_of_two(
    technology: str, first: Path, measure: Callable[[], Path]
) -> None:
    if not shutil.which(technology):
        pytest.skip(f"{technology} is not installed")
    assert technology not in PRIMITIVES
    profile = first
    told = []
    for _ in range(TRIES):
        start = CheckedStart(technology, predicted(technology, str(profile)), first_byte(technology))
        told.append(f"predicted {start.predicted:.4f} s, measured {start.measured}")
        if 0.5 < start.predicted / start.measured.p10 < 2.0:
            assert start.held
            return
        profile = measure()
    pytest.fail("\n".join(told))
