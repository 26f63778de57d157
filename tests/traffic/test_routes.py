"""Requests through services that come and go: against hand arithmetic."""

from __future__ import annotations

from dataclasses import replace
from statistics import fmean

import pytest
from simpy import Environment

from sim.catalog import load
from sim.engine.seeds import SeedTree
from sim.machine.host import RunningHost
from sim.traffic.routes import RoutedLoad, RouteVisit, ServiceAway


def host() -> RunningHost:
    """Cores of the reference host's speed, more than a request ever waits for."""
    known = load.host("laptop")
    return RunningHost(Environment(), replace(known, cores=64, cpu_speed=replace(known.cpu_speed, value=1.0)))


ROUTES = {
    "read": (RouteVisit("front", 0.002), RouteVisit("data", 0.003, 0.001)),
    "page": (RouteVisit("front", 0.004),),
}


def requests(*away: ServiceAway, weights: dict[str, float] | None = None):
    weights = weights or {"read": 3.0, "page": 1.0}
    return RoutedLoad(host(), ROUTES, weights, away).run(50.0, 40.0, SeedTree(1))


def test_an_answer_takes_the_work_of_each_visit_and_the_waits_between():
    answered = requests()
    assert {round(one.end - one.start, 9) for one in answered if one.kind == "read"} == {0.006}
    assert {round(one.end - one.start, 9) for one in answered if one.kind == "page"} == {0.004}
    assert not any(one.lost for one in answered)


def test_requests_come_at_their_rate_and_kinds_by_their_weights():
    """2,000 are expected, with a standard deviation of 45; of reads 1,500, with 19 more from the choice."""
    answered = requests()
    assert abs(len(answered) - 2000) < 4 * 45
    assert abs(fmean(one.kind == "read" for one in answered) - 0.75) < 4 * (0.75 * 0.25 / 2000) ** 0.5
    assert [one.start for one in answered] == sorted(one.start for one in answered)


def test_what_visits_a_service_that_is_away_is_lost_and_nothing_else():
    """A read comes to data 3 ms after its start, and stays 3 ms."""
    found = requests(ServiceAway("data", 10.0, 20.0, "crash"))
    for one in found:
        reaches = one.start + 0.003
        hit = one.kind == "read" and reaches < 20.0 and reaches + 0.003 >= 10.0
        assert (one.lost == "crash") is hit
    assert sum(one.lost == "crash" for one in found) > 300


def test_one_that_computes_in_a_service_when_it_goes_is_lost_at_its_end():
    route = {"slow": (RouteVisit("a", 5.0),)}
    load_on = RoutedLoad(host(), route, {"slow": 1.0}, [ServiceAway("a", 3.0, 4.0, "change")])
    (*_, last) = found = load_on.run(1.0, 8.0, SeedTree(3))
    for one in found:
        assert (one.lost == "change") is (one.start < 4.0 and one.start + 5.0 >= 3.0)
    assert last.end > last.start


def test_many_at_once_share_the_cores():
    known = load.host("laptop")
    small = RunningHost(Environment(), replace(known, cores=1, cpu_speed=replace(known.cpu_speed, value=1.0)))
    found = RoutedLoad(small, {"page": (RouteVisit("front", 0.015),)}, {"page": 1.0}, ()).run(50.0, 40.0, SeedTree(1))
    mean = fmean(one.end - one.start for one in found)
    assert mean == pytest.approx(0.015 / (1 - 50 * 0.015), rel=0.25)  # M/D/1 with processor sharing, load 0.75
