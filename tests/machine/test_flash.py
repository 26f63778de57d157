"""Dies of a flash drive, against closed forms."""

from __future__ import annotations

import math
import random
from statistics import NormalDist

import pytest

from sim.engine.seeds import SeedTree
from sim.machine.flash import factors, mean_slowest, slowest
from sim.machine.requesttimes import RequestTimes
from sim.machine.service import LoadedHost, RequestLoad

SEEDS = SeedTree(4).child("it", 0)


@pytest.mark.parametrize("sigma", [0.1, 0.26, 0.8])
def test_the_greater_of_two_has_the_mean_of_clark(sigma: float) -> None:
    """E max(X, Y) = 2 E[X] Phi(sigma / sqrt 2) of independent equal lognormals."""
    clark = 2 * NormalDist().cdf(sigma / math.sqrt(2))
    assert mean_slowest(2, sigma) == pytest.approx(clark, rel=2e-3)
    draw = slowest(2, sigma, random.Random(1))
    assert math.fsum(draw() for _ in range(20_000)) / 20_000 == pytest.approx(clark, rel=0.02)


def test_the_slowest_of_eight_is_the_greatest_of_eight_draws() -> None:
    one, eight = factors(0.26, random.Random(2)), slowest(8, 0.26, random.Random(3))
    greatest = sorted(max(one() for _ in range(8)) for _ in range(4000))
    drawn = sorted(eight() for _ in range(4000))
    for share in (0.1, 0.5, 0.9):
        assert drawn[int(share * 4000)] == pytest.approx(greatest[int(share * 4000)], rel=0.03)


def test_operations_wait_for_their_die_as_pollaczek_and_khinchine_have_it() -> None:
    """Each of eight dies is a queue of its own with an eighth of the operations: W = rho s / (2 (1 - rho))."""
    die, dies, rho = 50e-6, 8, 0.6
    times = RequestTimes(thread=1e-9, disk_operations=1, disk_time=60e-6, disk_die=die, disk_dies=dies)
    load = RequestLoad(rate=rho * dies / die, requests=60_000)
    found = LoadedHost(times, load, 1, 64, SEEDS).serve()
    mean = math.fsum(found.latencies) / len(found.latencies)
    assert mean == pytest.approx(60e-6 + rho * die / (2 * (1 - rho)), rel=0.03)


def test_alone_an_operation_takes_the_disks_time_on_however_many_dies() -> None:
    for parts in (1, 8):
        times = RequestTimes(
            thread=1e-9, disk_operations=1, disk_time=2e-4, disk_gap=1e-5, disk_spread=0.26, disk_die=5e-5,
            disk_dies=32, disk_parts=parts,
        )  # fmt: skip
        found = LoadedHost(times, RequestLoad(clients=1, requests=4000), 1, 64, SEEDS).serve()
        assert math.fsum(found.latencies) / 4000 == pytest.approx(2e-4, rel=0.005)


def test_a_relay_that_is_not_there_does_not_wait_for_the_disk() -> None:
    times = RequestTimes(thread=1e-6, disk_operations=1, disk_time=2e-4, disk_waits=True)
    found = LoadedHost(times, RequestLoad(clients=1, requests=10), 1, 8, SEEDS).serve()
    assert found.latencies == pytest.approx([2.01e-4] * 10)
