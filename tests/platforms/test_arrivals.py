"""How requests come."""

import itertools
import random
import statistics

import pytest
from simpy import Environment

from sim.platforms.arrivals import at_random, together


def times(count, rate, seed=1):
    env = Environment()
    log = []
    at_random(env, count, rate, random.Random(seed), lambda: log.append(env.now))
    env.run()
    return log


def test_together_means_now():
    log = []
    together(3, lambda: log.append("request"))
    assert log == ["request"] * 3


def test_gaps_are_exponential_with_the_rates_mean():
    """Mean and standard deviation of an exponential are equal; 20,000 gaps put both within 4 standard errors."""
    asked = times(20_001, 50.0)
    gaps = [later - earlier for earlier, later in itertools.pairwise(asked)]
    assert statistics.mean(gaps) == pytest.approx(0.02, rel=4 / 20_000**0.5)
    assert statistics.stdev(gaps) == pytest.approx(0.02, rel=4 * (2 / 20_000) ** 0.5)


def test_the_first_request_comes_at_once_and_there_are_as_many_as_asked_for():
    assert times(1, 1.0) == [0.0]
    assert times(5, 1.0)[0] == 0.0
    assert len(times(5, 1.0)) == 5


def test_arrivals_are_those_of_their_stream():
    assert times(5, 1.0) == times(5, 1.0)
    assert times(5, 1.0) != times(5, 1.0, seed=2)
