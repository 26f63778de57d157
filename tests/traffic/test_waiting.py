"""A replica as a queue, held against sums over all its states and against Erlang's formulas."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.traffic.latency import longer
from sim.traffic.waiting import QueueState, StationaryQueue, stationary


def by_summing(workers: int, room: int, offered: float) -> QueueState:
    """The states of the birth and death process, one by one."""
    weights = [1.0]
    for there in range(1, workers + room + 1):
        weights.append(weights[-1] * offered / min(there, workers))
    shares = [weight / math.fsum(weights) for weight in weights]
    mean = math.fsum(there * share for there, share in enumerate(shares))
    waiting = shares[workers : workers + room]
    queued = math.fsum(waiting)
    turns = math.fsum((place + 1) * share for place, share in enumerate(waiting)) / queued if room else 1.0
    squares = math.fsum((place + 1) ** 2 * share for place, share in enumerate(waiting)) / queued if room else 1.0
    return QueueState(
        there=mean,
        busy=math.fsum(min(there, workers) * share for there, share in enumerate(shares)),
        full=shares[-1],
        waits=queued / (1 - shares[-1]),
        turns=turns,
        turns_variance=squares - turns**2,
        variance=math.fsum(there**2 * share for there, share in enumerate(shares)) - mean**2,
    )


@given(st.integers(1, 12), st.integers(0, 40), st.floats(0.05, 3.0))
def test_the_closed_form_is_the_sum_over_all_states(workers: int, room: int, load: float) -> None:
    found, truth = stationary(workers, room, load * workers), by_summing(workers, room, load * workers)
    for name in ("there", "busy", "full", "waits", "turns", "turns_variance", "variance"):
        assert getattr(found, name) == pytest.approx(getattr(truth, name), rel=1e-6, abs=1e-9), name


def erlang_b(workers: int, offered: float) -> float:
    """The recursion that every textbook has."""
    blocked = 1.0
    for servers in range(1, workers + 1):
        blocked = offered * blocked / (servers + offered * blocked)
    return blocked


@pytest.mark.parametrize(("workers", "offered"), [(1, 0.5), (4, 3.0), (4, 3.9), (16, 15.5), (200, 190.0)])
def test_a_long_queue_waits_as_erlang_c_says(workers: int, offered: float) -> None:
    blocked, load = erlang_b(workers, offered), offered / workers
    waits = blocked / (1 - load * (1 - blocked))
    found = stationary(workers, 100_000, offered)
    assert found.waits == pytest.approx(waits, rel=1e-9)
    assert found.there == pytest.approx(offered + waits * load / (1 - load), rel=1e-9)


@pytest.mark.parametrize(("workers", "offered"), [(1, 0.5), (4, 3.0), (4, 40.0), (300, 280.0)])
def test_without_a_queue_requests_are_refused_as_erlang_b_says(workers: int, offered: float) -> None:
    assert stationary(workers, 0, offered).full == pytest.approx(erlang_b(workers, offered), rel=1e-9)


@pytest.mark.parametrize(("workers", "room"), [(1, 0), (1, 100_000), (8, 100), (1024, 100_000)])
def test_a_table_goes_from_an_empty_replica_to_a_full_one(workers: int, room: int) -> None:
    queue = StationaryQueue(workers, room)
    assert queue.levels == sorted(set(queue.levels))
    assert queue.levels[0] == 0
    assert queue.levels[-1] == pytest.approx(workers + room, rel=0.02)
    assert len(queue.levels) < 2000


def test_the_latency_of_one_worker_is_exponential() -> None:
    """M/M/1 with services of 1 s at a load of 0.8: the time in it is exponential with a mean of 5 s."""
    for time in (0.1, 1.0, 5.0, 30.0):
        assert longer(time, 1.0, (0.8, 0.0, 5.0)) == pytest.approx(math.exp(-time / 5))


def test_the_latency_of_two_like_exponential_times_is_erlangs() -> None:
    assert longer(3.0, 1.0, (1.0, 0.0, 1.0)) == pytest.approx(4 * math.exp(-3))
    assert longer(3.0, 1.0, (1.0, 2.0, 0.0)) == pytest.approx(math.exp(-1))
