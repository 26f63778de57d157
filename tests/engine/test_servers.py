"""First in, first out with known hold times, against queueing theory and against SimPy's own resource."""

import math
import random

import pytest
import simpy
from hypothesis import given
from hypothesis import strategies as st

from sim.engine.servers import GraceDomain, GraceLock, Servers


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


def test_a_grace_period_that_others_have_begun_is_too_early_for_who_comes_then():
    """One is from 1 to 1.5. Who comes at 1.25 gets the next, to 9.5, and goes on 4 later. Who comes while that is under
    way, from 1.5 on, gets the third, to 17.5; who comes at 9.5 the fourth, and at 17.5 the fifth."""
    domain = GraceDomain(first=0.5, period=8.0, lag=4.0)
    ends = [domain.hold(now, 0.5)[1] for now in (1.0, 1.25, 1.5, 9.25, 9.5, 17.5)]
    assert ends == [1.5, 13.5, 21.5, 21.5, 29.5, 37.5]


def test_who_waits_longer_than_an_idle_domain_is_busy_keeps_nobody_waiting():
    """As callers are told late from Linux 5.19 on: each takes 7.5, also a second one that comes when the first's
    grace period is over and its caller not yet told."""
    domain = GraceDomain(first=0.5, period=16.0, lag=4.0)
    assert [domain.hold(now, 7.5) for now in (0.0, 1.0, 1.25)] == [(0.0, 7.5), (1.0, 8.5), (1.25, 21.5)]


def test_the_more_ask_the_longer_all_of_them_wait_up_to_two_periods_and_the_lag():
    """Whoever asks waits for what is left of one period, for the next, and for the lag, and never for more."""
    waits = {}
    for gap in (20.0, 5.0, 2.0, 0.1):
        domain = GraceDomain(first=0.5, period=8.0, lag=4.0)
        waits[gap] = [domain.hold(at := gap * number, 0.5)[1] - at for number in range(200)]
    assert waits[20.0] == pytest.approx([0.5] * 200)
    assert max(max(each) for each in waits.values()) <= 8.0 + 8.0 + 4.0
    assert sum(waits[0.1][1:]) / 199 == pytest.approx(8.0 / 2 + 8.0 + 4.0, rel=0.1)
