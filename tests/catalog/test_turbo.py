"""A processor's clock by its busy cores: Intel's own example, sockets, and tables that are refused."""

import pytest

from sim.catalog import load
from sim.catalog.read import Table
from sim.catalog.turbo import core_speeds, turbo_of
from tests.machine.byhand import number

BINS = {"1": 4.0, "2": 3.9, "3": 3.8, "4": 3.7, "5": 3.6, "8": 3.6}
"""Intel's example in GHz, by busy cores: a Xeon E5-2667 v2, 3/3/3/3/4/5/6/7 bins of 0.1 above 3.3 (D1104)."""

SHARES = {count: number(clock / 4.0) for count, clock in BINS.items()}


def test_intels_example():
    speeds = core_speeds(SHARES, cores=8, sockets=1)
    assert speeds[1:] == pytest.approx([clock / 4.0 for clock in (4.0, 3.9, 3.8, 3.7, 3.6, 3.6, 3.6, 3.6)])


def test_busy_cores_are_spread_over_sockets():
    """Two busy cores of two sockets are one of each, and a third one is the second of its socket."""
    speeds = core_speeds(SHARES, cores=16, sockets=2)
    assert [round(4.0 * speed, 9) for speed in speeds[:8]] == [4.0, 4.0, 4.0, 3.9, 3.9, 3.8, 3.8, 3.7]
    assert speeds[16] == pytest.approx(0.9)


def test_between_counts_the_clock_falls_evenly_and_beyond_the_last_it_stays():
    assert core_speeds({"5": number(0.8)}, cores=7, sockets=1) == pytest.approx([1, 1, 0.95, 0.9, 0.85, 0.8, 0.8, 0.8])


def test_a_host_without_a_table_is_always_at_full_speed():
    assert core_speeds(load.host("haswell").turbo, 4, 1) is None


def test_an_m5d_metal_is_at_the_clock_that_amazon_states_with_all_cores_busy():
    """Over one core's: a 24-core Skylake, the 8168, goes from 2.7 GHz to 3.7 (D1011). This goes from 2.5 (D1101)."""
    host = load.host("m5d-metal")
    speeds = core_speeds(host.turbo, host.cores, host.sockets)
    all_busy = float(load.facts()["D1101"].value)
    assert speeds[-1] == pytest.approx(all_busy / (2.5 + 3.7 - 2.7), abs=5e-4)  # the catalog has three digits
    assert speeds == sorted(speeds, reverse=True)


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ({"none": 0.9}, "'none' is no number of busy cores"),
        ({"0": 0.9}, "'0' is no number of busy cores"),
        ({"012": 0.9}, "'012' is no number of busy cores"),
        ({"9" * 5000: 0.9}, "is no number of busy cores"),
        ({"4": 0.0}, "0 is no share of the full clock"),
        ({"4": 1.1}, "1.1 is no share of the full clock"),
    ],
)
def test_what_is_no_table_is_refused(counts, said):
    shares = {
        count: {"value": share, "low": min(share, 0.5), "high": max(share, 1.0), "estimate": "by hand"}
        for count, share in counts.items()
    }
    assert [said in problem for problem in refused(shares)] == [True]


def test_an_end_of_a_range_that_is_no_share_is_named():
    shares = {"4": {"value": 0.9, "low": 0.8, "high": 1.25, "estimate": "by hand"}}
    assert ["1.25 is no share of the full clock" in problem for problem in refused(shares)] == [True]


def refused(shares):
    problems = []
    turbo_of(Table({"turbo": shares}, "hosts/x.toml", "", problems))
    return [str(problem) for problem in problems]
