"""Health checks by hand: a start takes 0.2 s, and a probe whose command takes no time 0.05 s."""

import pytest

from sim.lifecycle.health import HealthCheck
from sim.lifecycle.process import ProbePiece, ProcessSpec, job
from tests.lifecycle.lives import live

FAILS = ProbePiece(ok=False)


def changes(engine):
    return [(event.at, event.detail) for event in engine.events if event.kind == "health"]


def probed(*pieces, until=60.0, actions=(), runs=None, code=0, restart="no", **check):
    spec = ProcessSpec(runs=runs, exit=code, probe=pieces)
    container, engine, _ = live(spec, *actions, until=until, restart=restart, health=HealthCheck(**check))
    return container, changes(engine)


@pytest.mark.parametrize(
    ("interval", "retries", "at"),
    [(2, 3, 0.2 + 3 * 2.05), (2, 1, 0.2 + 2.05), (5, 2, 0.2 + 2 * 5.05), (1, 5, 0.2 + 5 * 1.05), (0, 1, 0.2 + 30.05)],
)
def test_it_is_unhealthy_after_so_many_failures_an_interval_after_each_end(interval, retries, at):
    container, seen = probed(FAILS, interval=interval, retries=retries)
    assert seen == [(pytest.approx(at), "unhealthy")]
    assert container.monitor.first_probe == (interval or 30)


def test_no_retries_are_three():
    assert probed(FAILS, interval=1, retries=0)[1] == [(pytest.approx(0.2 + 3 * 1.05), "unhealthy")]


@pytest.mark.parametrize(("period", "counted_from"), [(0, 1), (2, 1), (2.1, 2), (6, 3), (6.1, 3), (6.2, 4)])
def test_failures_that_began_in_the_start_period_are_not_counted(period, counted_from):
    """Probes begin 2, 4.05, 6.1, ... s after the start."""
    container, seen = probed(FAILS, interval=2, retries=1, start_period=period)
    assert seen == [(pytest.approx(0.2 + counted_from * 2.05), "unhealthy")]
    assert container.monitor.failing_streak == container.monitor.probes - (counted_from - 1) - in_flight(container)


def in_flight(container):
    """A probe that has begun by the end of the run and is not over."""
    since = 60 - 0.2 - container.monitor.probes * 2.05 + 0.05
    return int(since < 0.05 - 1e-9)


def test_one_success_ends_the_start_period():
    ok, then = ProbePiece(ok=True), ProbePiece(from_probe=2, ok=False)
    _, seen = probed(ok, then, interval=2, retries=2, start_period=100)
    assert seen == [(pytest.approx(0.2 + 2.05), "healthy"), (pytest.approx(0.2 + 3 * 2.05), "unhealthy")]


def test_the_start_interval_holds_while_it_is_starting_in_the_start_period():
    spec = (FAILS, ProbePiece(from_probe=3, ok=True))
    container, seen = probed(*spec, until=20, interval=5, start_period=10, start_interval=1)
    assert seen == [(pytest.approx(0.2 + 3 * 1.05), "healthy")]
    assert container.monitor.probes == 3 + 3  # at 3.1 + 5, + 5.05, + 5.05; the next would begin at 23.35
    late, _ = probed(FAILS, until=12, interval=5, start_period=3, start_interval=1)
    assert late.monitor.probes == 3 + 1  # begun 1, 2.05, 3.1 and, with the interval again, 8.15 s after the start


def test_without_a_start_interval_the_interval_holds():
    assert probed(FAILS, interval=4, start_period=30)[0].monitor.first_probe == 4


@pytest.mark.parametrize(("takes", "at"), [(0.9, 0.2 + 1 + 0.95), (1.1, None), (None, None)])
def test_a_probe_that_takes_too_long_has_failed(takes, at):
    container, seen = probed(ProbePiece(ok=True, takes=takes), until=10, interval=1, timeout=1, retries=2)
    if at is not None:
        assert seen == [(pytest.approx(at), "healthy")]
    else:
        assert seen == [(pytest.approx(0.2 + 2 * (1 + 0.05 + 1)), "unhealthy")]
        assert container.monitor.failing_streak == 4


def test_a_container_that_ended_or_is_paused_is_unhealthy_without_a_word():
    container, seen = probed(ProbePiece(), interval=5, runs=2)
    assert (container.health, container.monitor.probes, seen) == ("unhealthy", 0, [])
    pause = (3, lambda e: e.pause("c"))
    container, seen = probed(ProbePiece(), interval=1, actions=[pause], until=5)
    assert (container.health, len(seen)) == ("unhealthy", 1)


def test_after_a_pause_it_is_probed_an_interval_later():
    actions = [(3, lambda e: e.pause("c")), (7, lambda e: e.unpause("c"))]
    _, seen = probed(ProbePiece(), interval=1, actions=actions, until=10)
    assert seen == [(pytest.approx(1.25), "healthy"), (pytest.approx(8.05), "healthy")]


def test_every_start_begins_at_starting_and_probes_are_counted_on():
    """It ends 5 s after each start; the fourth probe of all is the second of the second start."""
    pieces = (FAILS, ProbePiece(from_probe=4, ok=True))
    container, seen = probed(*pieces, interval=2, retries=3, runs=5, code=1, restart="always", until=12)
    assert seen == [(pytest.approx(0.2 + 5 + 0.1 + 0.2 + 2 * 2.05), "healthy")]
    assert container.health == "starting"  # the third start, at 10.9 s
    assert container.monitor.first_probe == 2


def test_what_probes_find_follows_the_time_since_the_start():
    flaps = (ProbePiece(ok=True), ProbePiece(since=4, ok=False), ProbePiece(since=9, ok=True))
    _, seen = probed(*flaps, interval=1, retries=2, until=15)
    assert [status for _, status in seen] == ["healthy", "unhealthy", "healthy"]


def test_a_health_check_that_is_switched_off_as_well_is_a_conflict():
    _, _, (ran,) = live(job(), health=HealthCheck(), no_health=True)
    assert (ran.code, ran.error) == (125, "conflicting options")
