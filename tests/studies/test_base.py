"""Replications become medians with intervals."""

import math
import random
from fractions import Fraction

import pytest

from bench.measure import growth
from sim.engine.seeds import SeedTree
from sim.outcome import MetricSpec
from sim.studies.base import Study, StudyRun, median_interval, paired_ratios, replicated, statistic, summarise

SPEC = MetricSpec("time", "s", "start to end", "how long it takes", ("p50", "max"), headline=True)
STUDY = Study("fake", object, (SPEC,), run=lambda parameters, context: StudyRun({}))


def test_percentiles_interpolate_between_order_statistics():
    """Hand-computed: the 95th percentile of 1..5 lies at position 3.8, 80 % of the way from 4 to 5."""
    assert statistic("p50", [5, 1, 3, 2, 4]) == 3
    assert statistic("p95", [5, 1, 3, 2, 4]) == pytest.approx(4.8)


def test_totals_are_exact_sums():
    assert statistic("total", [0.1] * 10) == math.fsum([0.1] * 10) == 1.0


def test_fewer_than_six_replications_have_no_interval():
    assert median_interval([1, 2, 3, 4, 5]) is None
    assert median_interval([1, 2, 3, 4, 5, 6]) == (1, 6)


def test_the_interval_of_twenty_is_the_sixth_and_fifteenth():
    """The standard table of order-statistic intervals for the median: n = 20 gives ranks 6 and 15 (95.9 %)."""
    assert median_interval(list(range(1, 21))) == (6, 15)


@pytest.mark.parametrize("n", [6, 7, 50, 101, 999])
def test_the_interval_s_ends_are_the_binomial_s(n):
    """At most 2.5 % lies beyond either end, and more would with one value less; summed exactly."""
    low, high = map(int, median_interval(list(range(n))))
    assert low + high == n - 1
    tails = [Fraction(sum(math.comb(n, i) for i in range(end + 1)), 2**n) for end in (low, low + 1)]
    assert tails[0] <= Fraction(25, 1000) < tails[1]


def test_many_replications_cost_in_proportion():
    """The rank of the interval's ends is found once for each number of replications."""

    def ready(size):
        return lambda: [median_interval(range(size)) for _ in range(20)]

    assert growth(ready, 1000) < 4 * 2


def test_the_interval_covers_the_true_median_about_as_often_as_it_says():
    draw = random.Random(7)
    hits = 0
    for _ in range(2000):
        low, high = median_interval([draw.expovariate(1.0) for _ in range(20)])
        hits += low <= math.log(2) <= high
    assert 0.945 <= hits / 2000 <= 0.975


def test_a_metric_is_the_median_over_replications_of_its_statistic():
    runs = [StudyRun({"time": (float(k), float(k + 2))}) for k in range(7)]
    p50, largest = summarise(STUDY, "a", runs)
    assert (p50.value, largest.value) == (4.0, 5.0)
    assert (p50.low, p50.high) == (1.0, 7.0)


NEVER = math.inf


@pytest.mark.parametrize(
    ("times", "middle", "low", "high"),
    [
        ((10.0, 20.0, 30.0, 40.0, NEVER, NEVER, NEVER), 40.0, 10.0, NEVER),
        ((10.0, 20.0, 30.0, NEVER, NEVER, NEVER, NEVER), NEVER, 10.0, NEVER),
        ((10.0, 20.0, 30.0, NEVER, NEVER, NEVER), NEVER, 10.0, NEVER),
        ((NEVER,) * 6, NEVER, NEVER, NEVER),
    ],
    ids=("three of seven", "four of seven", "three of six", "all"),
)
def test_the_median_over_replications_of_which_some_never_happened(times, middle, low, high):
    """By hand: the middle of the sorted list; of an even number the mean of the middle two, 30 s and never."""
    study = Study("fake", object, (MetricSpec("time", "s", "", ""),), run=lambda parameters, context: StudyRun({}))
    (found,) = summarise(study, "a", [StudyRun({"time": (time,)}) for time in times])
    assert (found.value, found.low, found.high) == (middle, low, high)


@pytest.mark.parametrize(
    ("name", "samples", "expected"),
    [
        ("p50", (5.0, NEVER, 1.0), 5.0),
        ("p50", (5.0, NEVER), NEVER),
        ("p50", (NEVER, NEVER), NEVER),
        ("p95", (1.0, 2.0, NEVER), NEVER),
        ("mean", (1.0, NEVER), NEVER),
        ("min", (NEVER, 3.0), 3.0),
        ("max", (NEVER, 3.0), NEVER),
    ],
)
def test_a_statistic_over_samples_of_which_some_never_happened(name, samples, expected):
    assert statistic(name, samples) == expected


@pytest.mark.parametrize(
    ("times", "at_low", "at_high", "expected"),
    [
        ((100.0,), 80.0, NEVER, (80.0, NEVER)),
        ((NEVER,), 80.0, NEVER, (80.0, NEVER)),
        ((NEVER,), NEVER, NEVER, (NEVER, NEVER)),
        ((100.0, NEVER, NEVER), 80.0, NEVER, (80.0, NEVER)),
        ((NEVER, 100.0, 100.0), 80.0, NEVER, (80.0, NEVER)),
    ],
)
def test_a_range_may_end_at_never(times, at_low, at_high, expected):
    runs = [StudyRun({"time": (time,)}) for time in times]
    p50 = summarise(STUDY, "a", runs, [StudyRun({"time": (at_low,)})], [StudyRun({"time": (at_high,)})])[0]
    assert p50.range == expected


def test_what_once_never_ended_is_not_held_against_and_ratios_to_others_are_never():
    measured = {
        "sure": {("time", "p50"): (2.0, 4.0, 8.0), ("time", "max"): (2.0, 4.0, 8.0)},
        "quick": {("time", "p50"): (1.0, 1.0, NEVER), ("time", "max"): (1.0, 1.0, NEVER)},
        "slow": {("time", "p50"): (NEVER, 8.0, NEVER), ("time", "max"): (8.0, 8.0, 8.0)},
    }
    found = {(each.of, each.statistic): (each.to, each.value) for each in paired_ratios(STUDY, measured)}
    assert found == {
        ("quick", "p50"): ("sure", 0.5),
        ("slow", "p50"): ("sure", NEVER),
        ("quick", "max"): ("sure", 0.5),
        ("slow", "max"): ("sure", 2.0),
    }


def test_the_range_spans_the_runs_at_the_ends_of_the_inputs():
    run = StudyRun({"time": (1.0,)}, estimates=frozenset({"time"}), ranged=True)
    p50 = summarise(STUDY, "a", [run], low=[StudyRun({"time": (0.5,)})], high=[StudyRun({"time": (3.0,)})])[0]
    assert p50.range == (0.5, 3.0)
    assert p50.estimate


def test_the_luck_of_the_few_that_run_at_the_ends_is_no_part_of_the_range():
    """Inputs from half to double: whichever three replications run at the ends, the range is half to double."""
    luck = [1.3, 1.2, 1.1, 0.9, 1.0, 0.8, 1.0, 0.7, 1.05, 0.95]
    for few in (luck[:3], luck[5:8]):
        others = [value for value in luck if value not in few]
        runs = [StudyRun({"time": (value,)}) for value in (*few, *others)]
        low, high = ([StudyRun({"time": (value * end,)}) for value in few] for end in (0.5, 2.0))
        p50 = summarise(STUDY, "a", runs, low, high)[0]
        assert p50.range == pytest.approx((p50.value / 2, p50.value * 2))


def test_a_range_takes_the_median_at_each_end_and_holds_the_value():
    runs = [StudyRun({"time": (value,)}) for value in (1.0, 2.0, 3.0)]
    low, high = ([StudyRun({"time": (value,)}) for value in values] for values in ((0.1, 9.0, 1.0), (5.0, 4.0, 90.0)))
    assert summarise(STUDY, "a", runs, low, high)[0].range == (1.0, 5.0)
    assert summarise(STUDY, "a", runs, high, high)[0].range == (2.0, 5.0)


def of(*values):
    return replicated(STUDY, [StudyRun({"time": (value,)}) for value in values])


def test_a_ratio_is_the_median_of_paired_ratios_with_an_interval_of_order_statistics():
    """Six replications that swing by a factor of six while the ratio stays near two: the interval is the ratios'."""
    fast = (1.0, 2.0, 3.0, 4.0, 5.0, 6.0)
    slow = (2.0, 4.2, 5.7, 8.4, 9.5, 13.2)
    ratios = paired_ratios(STUDY, {"slow": of(*slow), "fast": of(*fast)})
    assert [(r.metric, r.statistic, r.of, r.to) for r in ratios] == [
        ("time", "p50", "slow", "fast"),
        ("time", "max", "slow", "fast"),
    ]
    assert (ratios[0].value, ratios[0].low, ratios[0].high) == pytest.approx((2.05, 1.9, 2.2))


def test_ratios_are_to_the_least_and_to_the_first_of_equal_ones():
    ratios = paired_ratios(STUDY, {"a": of(3.0), "b": of(1.5), "c": of(1.5)})
    assert [(r.of, r.to, r.value, r.low) for r in ratios if r.statistic == "p50"] == [
        ("a", "b", 2.0, None),
        ("c", "b", 1.0, None),
    ]


def test_nothing_is_held_against_what_takes_no_time_at_all():
    assert {r.to for r in paired_ratios(STUDY, {"a": of(0.0, 1.0), "b": of(2.0, 2.0), "c": of(3.0, 3.0)})} == {"b"}
    assert paired_ratios(STUDY, {"a": of(0.0), "b": of(0.0)}) == []


def test_a_ratio_rests_on_the_estimates_of_either_side():
    measured = {"a": of(3.0), "b": of(1.0), "c": of(2.0)}
    guessed = {r.of for r in paired_ratios(STUDY, measured, {("c", "time")}) if r.estimate}
    assert guessed == {"c"}
    assert all(r.estimate for r in paired_ratios(STUDY, measured, {("b", "time")}))


def test_streams_of_one_cause_agree_and_of_different_causes_differ():
    place = SeedTree(1).child("race", 0)
    assert place.stream("kernel").random() == place.stream("kernel").random()
    assert place.stream("kernel").random() != place.stream("arrivals").random()
    assert place.stream("kernel").random() != SeedTree(1).child("race", 1).stream("kernel").random()


def test_a_stream_is_the_same_on_every_platform():
    """A golden value: the generator is seeded with an integer, which Python promises to keep."""
    assert SeedTree(1).stream("arrivals").random() == pytest.approx(GOLDEN, abs=0)


GOLDEN = 0.045784901275548906
