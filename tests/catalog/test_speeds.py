"""How fast hosts compute: recomputed from scores of single-threaded programs by the rule of docs/evidence-speeds.md."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from statistics import fmean, stdev
from typing import cast

import pytest

from sim.catalog import load
from sim.catalog.facts import facts
from sim.catalog.model import Host
from sim.catalog.number import Alone, Number
from sim.catalog.tables.workloads import workload
from sim.loading.inline import InlineHost, entry
from sim.outcome import Bound
from sim.platforms.overhead import OnHost

MIDDLE = 1.28
"""Standard deviations each way that hold four fifths of a normal distribution."""

_SCORE = re.compile(r"([A-Za-z][A-Za-z0-9 ]*) (\d+\.\d{3})\b")
_CORES = {"D0980": 1.0, "D0982": 1.0, "D1010": 1.0, "D1011": 1.36, "D1012": 1.36}
"""CoreMark's rows, and what it has by as many threads over one."""


def ratios(fact: str, scale: float = 1.0) -> dict[str, float]:
    """Score over m5d.metal's by program."""
    return {
        name.strip(): float(ratio) * scale
        for name, ratio in _SCORE.findall(facts()[fact].conditions.rpartition("; ")[2])
    }


def coremark(fact: str, clocks: float = 1.0) -> float:
    """CoreMark of one core at so many times the clock of the row's, over m5d.metal's at 3.5 GHz."""
    own = float(facts()[fact].value) / _CORES[fact] * clocks
    return own / (float(facts()["D1011"].value) / 1.36 * 3.5 / 3.7)


def passmark(fact: str) -> float:
    return float(facts()[fact].value) / 2060


STATED: Mapping[str, dict[str, float]] = {
    "haswell": ratios("D1231", 3.292)
    | {"PassMark": passmark("D1247") * 3.292 / 3.7, "CoreMark": coremark("D1010", 3.292 / 3.1), "kernel": 41.2 / 50.1},
    "c5d-metal": ratios("D1234") | {"CoreMark": coremark("D1011") * 35659 / 35925},
    "c5a-16xlarge": ratios("D1235") | {"CoreMark": coremark("D1012", 3.3 / 3.35)},
    "epyc-7542": ratios("D1236") | {"CoreMark": coremark("D1012", 3.4 / 3.35)},
    "epyc-7313p": ratios("D1237", 3.7 / 3.7317) | {"PassMark": passmark("D1251")},
    "ryzen-3950x": ratios("D1232", 4.7) | {"PassMark": passmark("D1252"), "CoreMark": coremark("D1012", 4.7 / 3.35)},
    "azure-d2s": ratios("D1238") | {"CoreMark": coremark("D0980")},
    "azure-d2s-hdd": ratios("D1238") | {"CoreMark": coremark("D0980")},
    "gce-n1": ratios("D1239") | {"CoreMark": coremark("D0982")},
}
"""Each host's programs over m5d.metal's, at the host's clock."""


def middle(programs: Mapping[str, float]) -> tuple[float, float, float]:
    """The geometric mean, and the ends of the middle four fifths."""
    logs = [math.log(ratio) for ratio in programs.values()]
    half = MIDDLE * stdev(logs)
    return math.exp(fmean(logs)), math.exp(fmean(logs) - half), math.exp(fmean(logs) + half)


@pytest.mark.parametrize("name", STATED)
def test_a_hosts_speed_is_the_mean_of_programs_and_its_range_their_middle_four_fifths(name: str) -> None:
    speed, anchor = load.host(name).cpu_speed, load.host("m5d-metal").cpu_speed.value
    assert len(STATED[name]) >= 15
    mean, low, high = middle(STATED[name])
    assert speed.value / anchor == pytest.approx(mean, rel=0.003)
    assert speed.at("low") / anchor == pytest.approx(high, rel=0.003)
    assert speed.at("high") / anchor == pytest.approx(low, rel=0.003)


def test_an_older_design_has_what_users_sent_in_and_no_more_for_each_ghz_than_the_next() -> None:
    """Guests that are named as it have more than a Haswell of the same clock, which its design cannot."""
    speed, anchor = load.host("xeon-e5-2665").cpu_speed, load.host("m5d-metal").cpu_speed.value
    haswell = load.host("haswell").cpu_speed.value / 3.292 * 3.1
    assert speed.value / anchor == pytest.approx(passmark("D1250"), rel=0.003)
    assert speed.at("low") == pytest.approx(haswell, rel=0.005)
    assert speed.at("high") == pytest.approx(0.9 * speed.value, rel=0.005)
    assert middle(ratios("D1233"))[0] * anchor > haswell


def test_the_anchors_speed_is_that_of_programs_on_cores_like_the_reference_hosts() -> None:
    """A GHz of Zen 5 against the whole of m5d.metal's core, times the clock that was measured."""
    clock = float(facts()["R1230"].value)
    programs = {name: 1 / (ratio * clock) for name, ratio in ratios("D1230").items()}
    programs["CoreMark"] = float(facts()["D1011"].value) / 1.36 * 3.5 / 3.7 / float(facts()["R0970"].value)
    mean, low, high = middle(programs)
    speed = load.host("m5d-metal").cpu_speed
    assert (speed.value, speed.low, speed.high) == pytest.approx((mean, low, high), rel=0.005)


def test_a_rows_value_is_the_geometric_mean_of_its_programs() -> None:
    for number in range(1230, 1247):
        found = ratios(f"D{number}")
        assert len(found) >= 14
        assert math.exp(fmean(map(math.log, found.values()))) == pytest.approx(
            float(facts()[f"D{number}"].value), rel=2e-3
        )


def one(value: float, **more: object) -> Number:
    return Number(value, "1", more="helps", **more)  # type: ignore[arg-type]


def test_what_was_timed_on_a_host_takes_as_long_there_whatever_its_speed() -> None:
    """Ten seconds on a host of half the speed are five of the reference host's. At 0.25 they are 2.5, and ten there."""
    there = one(0.5, low=0.25, high=1.0, estimate="guess")
    timed = Number(5.0, "s", low=4.0, high=6.0, sources=("F0001",), on="there", speed=there)
    slow = Alone(there, "high")
    assert timed.at(slow) / there.at(slow) == 10.0
    assert timed.at(slow) == 2.5
    longest = Alone(timed, "high")
    assert timed.at(longest) / there.at(longest) == 12.0
    noting = Alone()
    assert timed.at(noting) == 5.0
    assert set(noting.asked) == {timed, there}
    assert timed.at("high") == 6.0


def test_a_speed_that_is_a_multiple_of_anothers_errs_with_it() -> None:
    """So what was timed on one of two hosts depends, on the other, on their ratio alone."""
    anchor = one(0.5, low=0.25, high=1.0, estimate="guess")
    other = one(0.6, low=0.5, high=0.75, estimate="1.2 of it", on="anchor", speed=anchor)
    timed = Number(1.0, "s", sources=("F0001",), on="other", speed=other)
    slow = Alone(anchor, "high")
    assert (other.at(slow), timed.at(slow) / anchor.at(slow)) == pytest.approx((0.3, 2.0))
    ratio = Alone(other, "high")
    assert (anchor.at(ratio), timed.at(ratio) / anchor.at(ratio)) == pytest.approx((0.5, 1.6667), rel=1e-3)


def test_stated_hosts_are_multiples_of_one_machines_speed() -> None:
    anchor = load.host("m5d-metal").cpu_speed
    half = Alone(anchor, "high")
    for name in (*STATED, "lightvm", "nehalem"):
        speed = load.host(name).cpu_speed
        assert speed.at(half) / speed.value == pytest.approx(0.53 / 0.63)


def test_a_speed_that_a_scenario_says_errs_as_that_of_the_host_it_is_like() -> None:
    anchor = load.host("m5d-metal").cpu_speed
    said = entry(InlineHost(like="haswell", cpu_speed=0.4), "laptop")
    assert isinstance(said, Host)
    assert said.cpu_speed.at(Alone(anchor, "high")) == pytest.approx(0.4 * 0.53 / 0.63)
    assert said.cpu_speed.at("high") == 0.4


def test_a_request_that_was_timed_on_a_host_takes_as_long_there_whatever_its_speed() -> None:
    """The range of the host's own speed is in no end of all inputs together, and in that of the speed alone."""
    host, tap = load.host("m5d-metal"), workload("iperf-tap")
    bounds: tuple[Bound, ...] = ("value", "high", cast("Bound", Alone(host.cpu_speed, "high")))
    technology = load.technology("firecracker")
    for bound in bounds:
        assert technology.costs is not None
        there = OnHost(tap, technology.costs, technology.cpu_efficiency, host, bound)
        assert there.cpu(tap.cpu) == pytest.approx(11.88e-6)
