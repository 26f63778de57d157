"""How requests come."""

import itertools
import random
import statistics

import pytest
from simpy import Environment

from sim.machine.host import RunningHost
from sim.platforms.arrivals import SerialClient, at_random, together


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


@pytest.mark.parametrize(("busy", "asked"), [(0, [0.1, 0.2, 0.3]), (1, [0.2, 0.4, 0.6])])
def test_a_client_computes_before_each_request_and_shares_its_core(host, busy, asked):
    """Three requests of 0.1 s each on one core, alone or beside a thread that takes half of it."""
    env = Environment()
    running = RunningHost(env, host(cores=1))
    for _ in range(busy):
        running.compute(100.0, 1.0, print)
    log = []
    client = SerialClient(running, 0.1, lambda: log.append(env.now))
    together(3, client.ask)
    env.run(until=1.0)
    assert log == pytest.approx(asked)


def test_a_closed_load_stays_at_what_its_client_can_keep_running(host):
    """One core, children of C = 0.1 s and a client of c = 0.02 s for each: C / c = 5 run, of 20 that are asked for.

    The client gets a core's share of N + 1 threads, so it asks 1 / ((N + 1) c) times a second; the children get the
    rest, and end N / ((N + 1) C) times a second. Both are equal where N = C / c.
    """
    env = Environment()
    running = RunningHost(env, host(cores=1))
    ends, there, seen = [], 0, []

    def request():
        nonlocal there
        there += 1
        seen.append(there)
        running.compute(0.1, 1.0, ended)

    def ended(_):
        nonlocal there
        there -= 1
        ends.append(env.now)
        client.ask()

    client = SerialClient(running, 0.02, request)
    together(20, client.ask)
    env.run(until=60.0)
    settled = seen[len(seen) // 2 :]
    assert statistics.mean(settled) == pytest.approx(5.0, abs=1.0)
    assert len(ends) == pytest.approx(60.0 / 0.12, rel=0.02)
