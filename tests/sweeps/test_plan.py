"""What a sweep runs, and what is refused before anything runs."""

from __future__ import annotations

import pytest

from sim import studies
from sim.errors import InputError
from sim.loading import load, load_text
from sim.scenario import Scenario
from sim.sweeps.plan import SweepPlan, plan


@pytest.fixture
def scenario(counter: str) -> Scenario:
    return load_text(counter)


def points(made: SweepPlan) -> list[tuple[object, ...]]:
    return [made.values(point) for point in range(len(made))]


def test_a_grid_has_each_value_with_each_and_the_last_axis_changes_first(scenario: Scenario) -> None:
    made = plan(scenario, ["count=1,2", "order=first,last", "seed=5"])
    assert points(made) == [(1, "first", 5), (1, "last", 5), (2, "first", 5), (2, "last", 5)]


def test_zipped_axes_go_along_together(scenario: Scenario) -> None:
    made = plan(scenario, ["count=1..3", "seed=7..9"], zipped=True)
    assert points(made) == [(1, 7), (2, 8), (3, 9)]
    with pytest.raises(InputError, match="count has 3, seed has 2"):
        plan(scenario, ["count=1..3", "seed=7..8"], zipped=True)


def test_a_parameter_of_fractions_takes_them_from_whole_ends(scenario: Scenario) -> None:
    assert points(plan(scenario, ["factor=even:0..1:3"])) == [(0.0,), (0.5,), (1.0,)]
    assert points(plan(scenario, ["count=even:1..3:5"])) == [(1,), (2,), (3,)]


def test_every_number_that_a_point_may_have_is_known_before(scenario: Scenario) -> None:
    names = ["slow.time.p50", "slow.time.max", "slow.total.value", "fast.time.p50", "fast.time.max", "fast.total.value"]
    assert [series.name for series in plan(scenario, ["count=1"]).series] == names


@pytest.mark.parametrize(
    ("axes", "message"),
    [
        ([], "a sweep needs an axis"),
        (["cuont=1"], "cuont: no parameter 'cuont', did you mean 'count'"),
        (["count=1", "count=2"], "count: is varied twice"),
        (["compare=1"], "compare: is no parameter; an axis varies parameters"),
        (["study=fixed"], "study: is no parameter"),
        (["count=1,x"], "count: 'x' does not fit; expected a whole number"),
        (["seed=1,-1"], "seed: -1 is out of range"),
        (["replications=0"], "replications: 0 is out of range"),
        (["service=1 s,2 MiB"], "service: unit 'MiB'"),
        (["count=1..1000", "seed=1..2000"], "2,000,000 points are too many; expected at most 1,000,000"),
    ],
)
def test_what_fits_no_point_is_refused(scenario: Scenario, axes: list[str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        plan(scenario, axes)


def test_a_value_that_fits_no_point_is_named_where_its_reason_does_not() -> None:
    """1 GiB is less than a laptop's own system holds, which the reason is of."""
    with pytest.raises(InputError) as caught:
        plan(load("taxonomy"), ["host.memory=8 GiB,1 GiB"])
    assert {problem.path for problem in caught.value.problems} == {"host.memory"}
    assert all(problem.message.endswith("(value 2 of 2: '1 GiB')") for problem in caught.value.problems)


def test_a_number_is_not_named_by_a_part_of_another_word() -> None:
    """The key that there is not has a 4 in its name, and a bound may be 64 GiB. At the beginning it is the value."""
    with pytest.raises(InputError, match=r"unknown key 'cores64'.* \(value 2 of 2: 4\)$"):
        plan(load("taxonomy"), ["host.cores64=8,4"])
    with pytest.raises(InputError, match=r"host\.cores: 0 is out of range; expected at least 1$"):
        plan(load("taxonomy"), ["host.cores=4,0"])


def test_every_bad_axis_is_told(scenario: Scenario) -> None:
    with pytest.raises(InputError) as caught:
        plan(scenario, ["count=0,x", "order=frist"])
    assert [problem.path for problem in caught.value.problems] == ["count", "count", "order"]


class TestUntil:
    def test_a_share_or_a_width_in_the_metric_s_unit(self, scenario: Scenario) -> None:
        share, width = plan(
            scenario, ["count=1"], until=["slow.time.p50 within 5%", "slow.time.max within 20 ms"]
        ).job.until
        assert (share.name, share.share) == ("slow.time.p50", 0.05)
        assert (width.share, width.width) == (None, 0.02)

    def test_half_of_the_interval_is_held_against_it(self, scenario: Scenario) -> None:
        share, width = plan(
            scenario, ["count=1"], until=["slow.time.p50 within 5%", "slow.time.max within 20 ms"]
        ).job.until
        assert share.holds(10.0, 9.5, 10.5)
        assert not share.holds(10.0, 9.4, 10.6)
        assert width.holds(10.0, 9.99, 10.02)
        assert not width.holds(10.0, 9.9, 10.0)
        assert share.holds(0.0, 0.0, 0.0)
        assert share.holds(float("inf"), float("inf"), float("inf"))

    @pytest.mark.parametrize(
        ("condition", "message"),
        [
            ("slow.time.p50 < 3", "expected METRIC within WIDTH"),
            ("slow.tim.p50 within 5%", "no metric 'slow.tim.p50' in .* did you mean 'slow.time.p50'"),
            ("slow.time.p50 within 5", "5.* without a unit"),
            ("slow.time.p50 within 5 MiB", "unit 'MiB'"),
            ("slow.time.p50 within 0%", "out of range; expected more than 0"),
            ("slow.time.p50 within x%", "is not a quantity"),
        ],
    )
    def test_what_is_no_condition_is_refused(self, scenario: Scenario, condition: str, message: str) -> None:
        with pytest.raises(InputError, match=message):
            plan(scenario, ["count=1"], until=[condition])

    def test_a_study_without_randomness_has_no_interval_to_wait_for(self, counter: str) -> None:
        fixed = load_text(counter.replace("study: counter", "study: fixed"))
        assert not studies.study("fixed").random
        with pytest.raises(InputError, match="fixed has no randomness"):
            plan(fixed, ["count=1"], until=["slow.time.p50 within 5%"])
