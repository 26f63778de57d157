"""Replications become medians with intervals."""

import math
import random

import pytest

from sim.engine.seeds import SeedTree
from sim.outcome import MetricSpec
from sim.studies.base import Run, Study, median_interval, statistic, summarise

SPEC = MetricSpec("time", "s", "start to end", "how long it takes", ("p50", "max"))
STUDY = Study("fake", object, (SPEC,), run=lambda parameters, context: Run({}))


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


def test_the_interval_covers_the_true_median_about_as_often_as_it_says():
    draw = random.Random(7)
    hits = 0
    for _ in range(2000):
        low, high = median_interval([draw.expovariate(1.0) for _ in range(20)])
        hits += low <= math.log(2) <= high
    assert 0.945 <= hits / 2000 <= 0.975


def test_a_metric_is_the_median_over_replications_of_its_statistic():
    runs = [Run({"time": (float(k), float(k + 2))}) for k in range(7)]
    p50, largest = summarise(STUDY, "a", runs)
    assert (p50.value, largest.value) == (4.0, 5.0)
    assert (p50.low, p50.high) == (1.0, 7.0)


def test_the_range_spans_the_runs_at_the_ends_of_the_inputs():
    run = Run({"time": (1.0,)}, estimates=frozenset({"time"}), ranged=True)
    p50 = summarise(STUDY, "a", [run], low=Run({"time": (0.5,)}), high=Run({"time": (3.0,)}))[0]
    assert p50.range == (0.5, 3.0)
    assert p50.estimate


def test_streams_of_one_cause_agree_and_of_different_causes_differ():
    place = SeedTree(1).child("race", 0)
    assert place.stream("kernel").random() == place.stream("kernel").random()
    assert place.stream("kernel").random() != place.stream("arrivals").random()
    assert place.stream("kernel").random() != SeedTree(1).child("race", 1).stream("kernel").random()


def test_a_stream_is_the_same_on_every_platform():
    """A golden value: the generator is seeded with an integer, which Python promises to keep."""
    assert SeedTree(1).stream("arrivals").random() == pytest.approx(GOLDEN, abs=0)


GOLDEN = 0.045784901275548906
