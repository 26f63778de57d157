"""A calibration made up here, with figures that are easy to reckon with."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from sim.laboratory import calibrate as calibration
from sim.laboratory.calibrate.results import Busyness, Calibration, HostFacts, Measurement, Skipped
from tests.watchdog import PATIENCE

if sys.platform != "linux":
    collect_ignore_glob = ["test_*.py"]


@pytest.fixture(autouse=True, scope="session")
def patience() -> Iterator[None]:
    """A worker may start as slowly as a busy host makes it: the limit is against hanging, and no test waits for it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(calibration, "_GRACE", PATIENCE)
        yield


FACTS = HostFacts(
    processor="Example 9000",
    cores=4,
    threads=8,
    memory=16 * 2**30,
    own_memory=2**30,
    swap=0,
    kernel="6.12",
    virtualized=False,
    cgroups="v2",
    pid_max=4194304,
    network=125e6,
)


def made(
    name: str, p10: float, *, size: int = 0, minimum: float | None = None, median: float | None = None
) -> Measurement:
    """A measurement whose three statistics are the same unless said otherwise."""
    return Measurement(name, f"the {name}", minimum or p10, p10, median or p10, 9, size)


@pytest.fixture
def found() -> Calibration:
    """A host twice as fast as the reference host at what it was measured at."""
    return Calibration(
        id="my-host",
        taken="2026-01-31",
        seconds=30.0,
        host=FACTS,
        measurements=(
            made("syscall", 82e-9),
            made("page_fault", 0.6e-6),
            made("namespace.none", 8.25e-6),
            made("namespace.net", 172e-6),
            made("gunzip", 0.044, size=16_720_000),
            made("cgroup.v2.attach_quiet", 5e-3, minimum=4e-3, median=6e-3),
            made("disk.read", 0.1, size=2 * 10**8, minimum=0.08),
            made("crun.quiet.first_byte", 12e-3),
        ),
        skipped=(Skipped("docker", "docker is not installed"),),
        busy=Busyness(others=0.02, steal=0.0, load=0.1, p10_off=0.03, p10_off_most=0.1, median_off=0.05),
    )
