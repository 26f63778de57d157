"""How busy a host was, by hand: readings of /proc/stat that are made up here."""

from __future__ import annotations

import dataclasses
import time

import pytest

from sim.laboratory.calibrate.busyness import CpuTimes, busyness, sentences
from sim.laboratory.calibrate.results import Busyness, Measurement

BEFORE = CpuTimes(all=1000.0, idle=600.0, steal=10.0, own=5.0, load=2.0)


def measured(name: str, minimum: float, p10: float, median: float, n: int = 10) -> Measurement:
    return Measurement(name, name, minimum, p10, median, n)


def test_what_others_had_is_all_but_idle_stolen_and_own_time() -> None:
    """Of 100 s four cores idled 50, the hypervisor took 5, and this process 15. The other 30 were others'."""
    after = CpuTimes(all=1100.0, idle=650.0, steal=15.0, own=20.0, load=9.0)
    busy = busyness(BEFORE, after, [], threads=4)
    assert (busy.others, busy.steal, busy.load) == pytest.approx((0.3, 0.05, 0.5))
    assert busy.is_busy
    assert sentences(busy)[0].startswith("This host is busy. Other processes had 30% of the CPU time")


def test_a_quiet_host_is_not_called_busy() -> None:
    after = CpuTimes(all=1100.0, idle=690.0, steal=10.0, own=14.0, load=0.0)
    busy = busyness(dataclasses.replace(BEFORE, load=0.4), after, [], threads=4)
    assert busy.others == pytest.approx(0.01)
    assert not busy.is_busy
    assert sentences(busy)[0].startswith("Other processes had 1%")


def test_the_spread_is_that_of_measurements_with_enough_samples() -> None:
    """p10 10, 20 and 30 % above the minima, medians 50, 60 and 70 %. Three samples say nothing."""
    rows = [measured(str(n), 1.0, 1.0 + n / 10, 1.4 + n / 10) for n in (1, 2, 3)]
    busy = busyness(BEFORE, BEFORE, [*rows, measured("few", 1.0, 9.0, 99.0, n=3)], threads=4)
    assert (busy.p10_off, busy.median_off) == pytest.approx((0.2, 0.6))
    assert 0.2 < busy.p10_off_most <= 0.3
    assert "more than 60% higher" in sentences(busy)[1]


def test_the_kernels_numbers_are_read_and_time_passes() -> None:
    before = CpuTimes.now()
    end = time.process_time() + 0.05
    while time.process_time() < end:
        pass
    after = CpuTimes.now()
    assert after.own - before.own >= 0.04
    assert after.all >= before.all > 0
    assert 0 <= busyness(before, after, [], threads=1).others <= 1


def test_steal_alone_makes_a_host_busy() -> None:
    assert Busyness(others=0.0, steal=0.2, load=0.0, p10_off=0.0, p10_off_most=0.0, median_off=0.0).is_busy
