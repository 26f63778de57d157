"""First in, first out with known hold times, against queueing theory and against SimPy's own resource."""

import math
import random

import pytest
import simpy
from hypothesis import given
from hypothesis import strategies as st

from sim.engine.servers import GraceLock, Servers


def erlang_c(servers, load):
    """The probability that an arrival waits in M/M/c (Erlang, 1917); load: arrivals times mean service."""
    top = load**servers / math.factorial(servers) * servers / (servers - load)
    return top / (sum(load**k / math.factorial(k) for k in range(servers)) + top)


@pytest.mark.parametrize(("servers", "utilization"), [(1, 0.7), (4, 0.8), (10, 0.9)])
def test_mean_wait_is_erlangs(servers, utilization):
    stream = random.Random(7)
    queue = Servers(servers)
    count, now, waited = 300_000, 0.0, 0.0
    for _ in range(count):
        now += stream.expovariate(servers * utilization)
        service = stream.expovariate(1.0)
        waited += queue.hold(now, service) - service - now
    expected = erlang_c(servers, servers * utilization) / (servers - servers * utilization)
    assert waited / count == pytest.approx(expected, rel=0.05)


@given(
    st.integers(1, 4),
    st.lists(st.tuples(st.floats(0.0, 5.0), st.floats(0.001, 5.0)), min_size=1, max_size=40),
)
def test_ends_are_those_of_a_simpy_resource(servers, customers):
    env = simpy.Environment()
    resource = simpy.Resource(env, servers)
    queue = Servers(servers)
    expected, found = {}, {}

    def customer(index, hold):
        found[index] = queue.hold(env.now, hold)
        with resource.request() as request:
            yield request
            yield env.timeout(hold)
        expected[index] = env.now

    def source():
        for index, (gap, hold) in enumerate(customers):
            yield env.timeout(gap)
            env.process(customer(index, hold))

    env.process(source())
    env.run()
    assert found == pytest.approx(expected)


def test_the_kth_of_equal_holds_ends_after_k_of_them():
    lock = Servers()
    assert [lock.hold(1.0, 0.25) for _ in range(4)] == [1.25, 1.5, 1.75, 2.0]


def test_no_server_is_refused():
    with pytest.raises(ValueError, match=r"count \(0\)"):
        Servers(0)


def test_a_grace_period_is_paid_after_a_quiet_time_only():
    lock = GraceLock(quick=0.0001, recent=0.01, stale=0.02)
    assert lock.hold(5.0, 0.008) == (5.0, 5.008)
    assert lock.hold(5.018, 0.008) == (5.018, pytest.approx(5.0181))
    start, end = lock.hold(5.0331, 0.008)
    assert (start, end - start) == (5.0331, pytest.approx(0.0001 + 0.5 * 0.0079))
    assert lock.hold(6.0, 0.008) == (6.0, pytest.approx(6.008))


def test_those_who_queue_behind_a_grace_period_do_not_pay_another():
    lock = GraceLock(quick=0.0001, recent=0.01, stale=0.02)
    ends = [lock.hold(0.0, 0.008)[1] for _ in range(3)]
    assert ends == pytest.approx([0.008, 0.0081, 0.0082])


def test_a_hold_shorter_than_a_quick_one_takes_its_own_time_whenever_it_comes():
    lock = GraceLock(quick=0.5, recent=10.0, stale=20.0)
    assert lock.hold(0.0, 0.25) == (0.0, 0.25)
    assert lock.hold(1.0, 0.25) == (1.0, 1.25)
    assert lock.hold(16.25, 0.25) == (16.25, 16.5)


def test_a_lock_may_have_no_recent_time_at_all():
    """Asked for as the last hold ends, it takes a quick one; after half of the time to a full one, half of that."""
    lock = GraceLock(quick=0.0, recent=0.0, stale=20.0)
    assert [lock.hold(now, 8.0) for now in (0.0, 8.0, 18.0)] == [(0.0, 8.0), (8.0, 8.0), (18.0, 22.0)]
    with pytest.raises(ValueError, match=r"recent \(-1\) must be at least 0"):
        GraceLock(0.1, -1, 20.0)


def test_thresholds_out_of_order_are_refused():
    with pytest.raises(ValueError, match=r"recent \(0.2\)"):
        GraceLock(0.1, 0.2, 0.2)
