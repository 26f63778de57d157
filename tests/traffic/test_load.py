"""A load over time: its rate, and exactly how many requests it is."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim import limits
from sim.errors import InputError
from sim.traffic.load import DAY, Load, constant, daily, parse_load, read_load, spike

points = st.lists(st.tuples(st.integers(0, 100), st.integers(0, 50)), min_size=1, max_size=8).map(
    lambda found: tuple((float(time), float(rate)) for time, rate in sorted(found, key=lambda point: point[0]))
)


def test_a_constant_load_is_the_same_before_and_after_its_point() -> None:
    load = constant(7.0)
    assert [load.rate(time) for time in (-5, 0, 9)] == [7.0, 7.0, 7.0]
    assert load.offered(-2, 3) == 35.0


def test_a_spike_rises_holds_and_falls() -> None:
    load = spike(10, 40, start=100, rise=10, hold=60, fall=20)
    assert [load.rate(time) for time in (0, 105, 130, 180, 500)] == [10, 25, 40, 25, 10]
    assert load.offered(100, 190) == 10 * (10 + 40) / 2 + 60 * 40 + 20 * (40 + 10) / 2
    assert load.peak == 40


def test_a_jump_has_its_new_rate_from_its_time_on() -> None:
    load = spike(10, 40, start=5, rise=0, hold=5, fall=0)
    assert [load.rate(time) for time in (4.999, 5, 9.999, 10)] == [10, 40, 40, 10]
    assert load.offered(0, 15) == 50 + 200 + 50


def test_a_day_has_the_mean_of_its_two_rates() -> None:
    load = daily(20, 100, days=2)
    assert load.offered(0, 2 * DAY) == pytest.approx(2 * DAY * 60)
    assert (load.rate(0), load.rate(DAY / 2), load.peak) == (pytest.approx(20), pytest.approx(100), pytest.approx(100))
    truth = 60 - 40 * math.cos(2 * math.pi * 10_000 / DAY)
    assert load.rate(10_000) == pytest.approx(truth, rel=1e-3)


@given(points, st.floats(-10, 120), st.floats(-10, 120), st.floats(-10, 120))
def test_requests_of_two_times_add_up(found: tuple[tuple[float, float], ...], a: float, b: float, c: float) -> None:
    load = Load(found)
    assert load.offered(a, b) + load.offered(b, c) == pytest.approx(load.offered(a, c), abs=1e-6)


@given(points, st.integers(-10, 110))
def test_the_requests_are_the_area_under_the_rate(found: tuple[tuple[float, float], ...], second: int) -> None:
    """Points lie on whole seconds. So inside one the rate is a straight line, and its middle is its mean."""
    load = Load(found)
    assert load.offered(second, second + 1) == pytest.approx(load.rate(second + 0.5), abs=1e-9)


def test_a_csv_is_read(tmp_path: Path) -> None:
    file = tmp_path / "load.csv"
    file.write_text("seconds,rate\n0,10\n\n60, 30\n", encoding="utf-8")
    assert read_load(file) == Load(((0.0, 10.0), (60.0, 30.0)))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("time,rate\n0,1\n", "a.csv:1: the columns are 'time,rate'; expected 'seconds,rate'"),
        ("", "a.csv:1: the columns are ''; expected 'seconds,rate'"),
        ("seconds,rate\n", "a.csv:1: there is no point; a load has one at least"),
        ("seconds,rate\n0,1\n5,x\n", "a.csv:3: '5,x' is not two numbers, as in '60,200'"),
        ("seconds,rate\n0,1,2\n", "a.csv:2: '0,1,2' is not two numbers, as in '60,200'"),
        ("seconds,rate\n5,1\n4,1\n", "a.csv:3: the time 4.0 comes after 5.0; times never go down"),
        ("seconds,rate\n5,-1\n", "a.csv:2: the rate -1.0 is not between 0 and 1,000,000,000 requests a second"),
        ("seconds,rate\n5,nan\n", "a.csv:2: the rate nan is not between 0 and 1,000,000,000 requests a second"),
        ("seconds,rate\ninf,1\n", "a.csv:2: the time inf is no number of seconds"),
    ],
)
def test_what_is_wrong_with_a_csv_is_told_with_its_line(text: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_load(text, "a.csv")
    assert str(caught.value).splitlines()[0] == said


def test_all_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(InputError) as caught:
        parse_load("seconds,rate\n0,-1\nx,1\n5,-2\n", "a.csv")
    assert [problem.line for problem in caught.value.problems] == [2, 3, 4]


def test_a_load_of_too_many_points_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "LOAD_POINTS", 2)
    with pytest.raises(InputError, match="more than 2 points"):
        parse_load("seconds,rate\n0,1\n1,1\n2,1\n", "a.csv")


def test_a_hostile_csv_is_no_traceback() -> None:
    with pytest.raises(InputError):
        parse_load('seconds,rate\n"' + "a" * 200_000 + "\n", "a.csv")
