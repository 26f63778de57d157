"""Quotas of CPU time against closed forms, and against groups whose threads are served one by one."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from simpy import Environment

from sim.catalog.model import Host
from sim.catalog.number import Number
from sim.machine.cpugroups import PERIOD, CpuGroup, GroupedCores
from sim.machine.host import RunningHost
from sim.machine.quota import CpuQuota, SpentQuota
from sim.scenario import Text


def number(value, unit="1"):
    return Number(value, unit, None, None, ("by hand",))


def make(cores=8, speed=1.0):
    env = Environment()
    size = number(2**33, "B")
    host = Host("h", Text(en="h", ja="h"), cores, number(speed), size, size, size, size, "6.1")
    return env, RunningHost(env, host)


def end_of(quota, work, threads, **host):
    env, running = make(**host)
    ended = []
    CpuQuota(running, quota).compute(work, threads, lambda _: ended.append(env.now))
    env.run()
    return ended[0]


def end_in_a_group(quota, work, threads):
    """The same with threads of a group on cores, each served until the group's quota is used up."""
    env = Environment()
    group = CpuGroup(quota=quota)
    shared = GroupedCores(env, 8, [group])
    ended = []
    for _ in range(threads):
        shared.start(group, work / threads, lambda _: ended.append(env.now))
    env.run(until=1000.0)
    return max(ended)


@given(
    quota=st.floats(0.05, 8, allow_subnormal=False),
    work=st.floats(0.001, 2, allow_subnormal=False),
    threads=st.integers(1, 8),
)
def test_alone_a_quota_is_what_a_group_gets(quota, work, threads):
    assert end_of(quota, work, float(threads)) == pytest.approx(end_in_a_group(quota, work, threads), abs=1e-6)


def test_half_a_core_makes_a_tenth_of_a_second_last_150_milliseconds():
    assert end_of(0.5, 0.1, 1.0) == pytest.approx(0.15)


def test_a_burst_of_two_threads_is_throttled_sooner():
    """0.2 s on two threads under one core: 100 ms are used up after 50 ms, and again in the next period."""
    assert end_of(1.0, 0.2, 2.0) == pytest.approx(0.15)
    assert end_of(2.0, 0.2, 2.0) == pytest.approx(0.1)


def test_a_quota_is_of_the_hosts_own_seconds():
    """0.2 s of the reference host are 0.1 s on one that is twice as fast."""
    assert end_of(0.5, 0.2, 1.0, speed=2.0) == pytest.approx(0.15)


def test_a_group_that_gets_less_than_its_quota_anyway_is_not_throttled():
    env, host = make(cores=1)
    ended = []
    host.compute(10.0, 1.0, print)
    quota = CpuQuota(host, 0.6)
    quota.compute(1.0, 1.0, lambda _: ended.append(env.now))
    env.run(until=5.0)
    assert ended == [pytest.approx(2.0)]
    assert quota.throttled == 0.0


def test_its_periods_begin_when_it_first_runs_and_what_was_left_is_not_kept():
    env, host = make()
    quota = CpuQuota(host, 0.5)
    ended = []
    env.timeout(0.03).callbacks.append(lambda _: quota.compute(0.04, 1.0, lambda _: ended.append(env.now)))
    env.timeout(0.16).callbacks.append(lambda _: quota.compute(0.07, 1.0, lambda _: ended.append(env.now)))
    env.run()
    # Its periods begin at 30, 130 and 230 ms. From 160 ms on it has 50 ms, and the last 20 ms from 230 ms on.
    assert ended == pytest.approx([0.07, 0.25])
    assert quota.throttled == pytest.approx(0.02)


@given(st.floats(0.05, 1.0), st.floats(0.001, 2.0))
def test_threads_one_after_another_are_delayed_as_a_group_is(quota, work):
    spent = SpentQuota(quota)
    assert work + spent.delay(0.0, work) == pytest.approx(end_in_a_group(quota, work, 1), abs=1e-6)


@given(st.floats(0.05, 4.0), st.lists(st.tuples(st.floats(0.0, 0.2), st.floats(0.001, 0.3)), min_size=1, max_size=30))
def test_no_more_is_spent_than_the_quota_of_the_periods_there_were(quota, asked):
    spent, now, total, last = SpentQuota(quota), 0.0, 0.0, 0.0
    for gap, seconds in asked:
        now += gap
        total += seconds
        last = max(last, now + spent.delay(now, seconds) + seconds)
        assert total <= quota * PERIOD * (math.floor(last / PERIOD + 1e-9) + 1) + 1e-6
