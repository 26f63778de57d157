"""Queues of journeys against queueing theory: waits, a sleeping server, and machines that wait for repair."""

import math
import random
from functools import partial

import pytest
from simpy import Environment

from sim.engine.stations import Journey, Station, Step, TimedStation

from .test_servers import erlang_c


def open_queue(servers, rate, draw, count, wake=0.0, seed=3):
    """Mean seconds from arrival to departure of `count` random arrivals at one station."""
    env, stream, spent = Environment(), random.Random(seed), []
    desk = Station(env, servers)

    def arrive():
        for _ in range(count):
            yield env.timeout(stream.expovariate(rate))
            steps: list[Step] = [
                ("take", desk, 0.0, None),
                ("found_idle", desk, wake, None),
                ("stay", None, draw(stream), None),
                ("give", desk, 0.0, None),
            ]
            Journey(env, lambda journey: spent.append(env.now - journey.began)).begin(steps)

    env.process(arrive())
    env.run()
    assert len(spent) == count
    return math.fsum(spent) / count, desk.busy_seconds() / env.now


def exponential(stream):
    return stream.expovariate(1.0)


@pytest.mark.parametrize(("servers", "utilization"), [(1, 0.5), (2, 0.7), (8, 0.8)])
def test_mean_time_in_the_system_is_erlangs(servers, utilization):
    spent, busy = open_queue(servers, servers * utilization, exponential, 200_000)
    expected = 1 + erlang_c(servers, servers * utilization) / (servers - servers * utilization)
    assert spent == pytest.approx(expected, rel=0.03)
    assert busy == pytest.approx(servers * utilization, rel=0.02)


def test_known_times_wait_half_as_long_as_random_ones():
    """Pollaczek and Khinchine: a wait of rho / (2 (1 - rho)) for one unit of work, where it is always the same."""
    spent, _ = open_queue(1, 0.6, lambda _: 1.0, 200_000)
    assert spent == pytest.approx(1 + 0.6 / (2 * 0.4), rel=0.03)


def test_a_server_that_has_to_wake_up_is_welchs():
    """Welch (1964): the first of a busy period takes D longer.

    The mean wait grows by (2 D + rate D^2) / (2 (1 + rate D)), and the mean service by the share of those that come to
    an idle server.
    """
    rate, wake = 0.4, 2.0
    spent, _ = open_queue(1, rate, exponential, 300_000, wake=wake)
    expected = 1 + rate * 2 / (2 * (1 - rate)) + (2 * wake + rate * wake**2) / (2 * (1 + rate * wake))
    assert spent == pytest.approx(expected, rel=0.03)


def test_machines_that_wait_for_one_repairman():
    """The machine-repair model M/M/1//N: the share of time that the repairman is busy, from the balance equations."""
    machines, think, repair, rounds = 5, 4.0, 1.0, 200_000
    env, stream = Environment(), random.Random(5)
    desk, ended = Station(env, 1), []

    def again(journey):
        ended.append(env.now)
        if len(ended) < rounds:
            works, mended = stream.expovariate(1 / think), stream.expovariate(1 / repair)
            steps: list[Step] = [
                ("stay", None, works, None),
                ("take", desk, 0.0, None),
                ("stay", None, mended, None),
                ("give", desk, 0.0, None),
            ]
            journey.begin(steps)

    for _ in range(machines):
        again(Journey(env, again))
    env.run()
    weights = [math.perm(machines, waiting) * (repair / think) ** waiting for waiting in range(machines + 1)]
    busy = 1 - weights[0] / math.fsum(weights)
    assert desk.busy_seconds() / env.now == pytest.approx(busy, rel=0.02)
    assert rounds / env.now == pytest.approx(busy / repair, rel=0.02)


def test_a_journey_may_hold_two_servers():
    """Two threads and one core: the second thread is taken at once, and waits for the core."""
    env, log = Environment(), []
    threads, core = Station(env, 2, "threads"), Station(env, 1, "core")
    steps: list[Step] = [
        ("take", threads, 0.0, None), ("take", core, 0.0, None), ("stay", None, 1.0, None), ("give", core, 0.0, None),
        ("stay", None, 5.0, None), ("give", threads, 0.0, None),
    ]  # fmt: skip
    for name in "abc":
        Journey(env, partial(lambda name, _: log.append((name, env.now)), name)).begin(steps)
    env.run()
    assert log == [("a", 6.0), ("b", 7.0), ("c", 12.0)]
    assert core.busy_seconds() == 3.0


def test_an_answer_wakes_a_desk_that_is_idle_then_and_no_other():
    """a is back at 5 and finds nobody at the desk. b is back at 6, while c is there from 5.5 to 6.5."""
    env, log = Environment(), []
    desk = Station(env, 1)

    def journey(name, before, away, wakes):
        steps: list[Step] = [
            ("stay", None, before, None), ("take", desk, 1.0, None), ("give", desk, 0.0, None),
            ("stay", None, away, None), ("now_idle", desk, wakes, None),
        ]  # fmt: skip
        Journey(env, lambda _: log.append((name, env.now))).begin(steps)

    journey("a", 0.0, 4.0, 0.25)
    journey("b", 1.0, 4.0, 0.25)
    journey("c", 5.5, 0.0, 0.0)
    env.run()
    assert log == [("a", 5.25), ("b", 6.0), ("c", 6.5)]


def by_lines(threads, cores, seconds):
    return [("take", threads, 0.0, None), ("take", cores, seconds, None), ("give", cores, 0.0, None)]


def by_known_ends(threads, cores, seconds):
    return [("enter", threads, seconds, cores)]


@pytest.mark.parametrize(("count", "until"), [(1, 30.0), (3, 12.0)])
def test_known_ends_are_those_of_a_line(count, until):
    """40 journeys through threads that share cores, and through a link, with and without lines at the last two."""

    def ends(station, on_core, through_link):
        env, stream, log = Environment(), random.Random(4), []
        threads, cores, link = [Station(env, 1) for _ in range(5)], station(env, count), station(env, 1)
        for place in range(40):
            thread = threads[place % 5]
            steps: list[Step] = [("stay", None, stream.random(), None)]
            for _ in range(4):
                steps += [*on_core(thread, cores, stream.expovariate(5.0)), ("give", thread, 0.0, None)]
                steps += through_link(link, 0.05, 0.3)
            Journey(env, partial(lambda place, _: log.append((place, env.now)), place)).begin(steps)
        env.run(until=until)
        return log, cores.busy_seconds(), link.busy_seconds()

    def lined(link, seconds, then):
        return [("take", link, seconds, None), ("give", link, 0.0, None), ("stay", None, then, None)]

    slow = ends(Station, by_lines, lined)
    fast = ends(TimedStation, by_known_ends, lambda link, seconds, then: [("serve", link, seconds, then)])
    assert [place for place, _ in fast[0]] == [place for place, _ in slow[0]]
    assert [at for _, at in fast[0]] == pytest.approx([at for _, at in slow[0]], rel=1e-12)
    assert len(fast[0]) > 5
    assert fast[1:] == pytest.approx(slow[1:], rel=1e-12)


@pytest.mark.parametrize("station", [Station, TimedStation])
def test_a_station_has_a_server(station):
    with pytest.raises(ValueError, match=r"count \(0\) must be at least 1"):
        station(Environment(), 0)
