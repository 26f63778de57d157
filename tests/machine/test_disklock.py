"""A lock whose holders flush the disk while they have it."""

import pytest
from simpy import Environment

from sim.machine.host import RunningHost
from tests.machine.byhand import host_with, number

FLUSH = 0.01


def make(flush=FLUSH):
    env = Environment()
    host = host_with(
        disk_flush=number(flush, "s"),
    )
    return env, RunningHost(env, host)


def log_of(env, *calls):
    """When each of the calls is served, and how long each said that it takes alone."""
    log, alone = {}, []
    for index, (at, call) in enumerate(calls):
        env.run(until=at) if at else None
        alone.append(call(lambda index: log.__setitem__(index, env.now), index))
    env.run()
    return [log[index] for index in range(len(calls))], alone


def test_the_kth_waits_for_all_flushes_of_those_before_it():
    """Each has the lock for 2 ms and three flushes of 10 ms."""
    env, host = make()
    ends, alone = log_of(env, *[(0, lambda *to: host.hold_and_flush("store", 0.002, 3.0, *to))] * 4)
    assert ends == pytest.approx([0.032, 0.064, 0.096, 0.128])
    assert alone == pytest.approx([0.032] * 4)


def test_one_database_does_not_wait_for_another():
    """Their flushes go into the same commits. The first commit has begun when the second asks, who so is one later."""
    env, host = make()
    calls = [(0, lambda *to, lock=lock: host.hold_and_flush(lock, 0.0, 5.0, *to)) for lock in ("network", "metadata")]
    assert log_of(env, *calls)[0] == pytest.approx([0.05, 0.06])


def test_a_flush_under_the_lock_waits_for_the_commit_that_is_under_way():
    """A file's two flushes are from 0 to 20 ms. One that holds the lock from 4 ms on flushes from 10 ms on."""
    env, host = make()
    ends, _ = log_of(
        env,
        (0, lambda *to: host.flush(2.0, *to)),
        (0.004, lambda *to: host.hold_and_flush("store", 0.0, 1.0, *to)),
    )
    assert ends == pytest.approx([0.02, 0.02])


def test_without_a_time_for_a_flush_only_the_hold_is_left():
    env, host = make(flush=0.0)
    ends, _ = log_of(env, *[(0, lambda *to: host.hold_and_flush("store", 0.002, 3.0, *to))] * 2)
    assert ends == pytest.approx([0.002, 0.004])


def test_those_in_the_queue_are_counted_with_the_holder():
    env, host = make()
    for _ in range(3):
        host.hold_and_flush("store", 0.0, 1.0, lambda _: None)
    counts = [host.queued("store")]
    for until in (0.015, 0.025, 0.035):
        env.run(until=until)
        counts.append(host.queued("store"))
    assert counts == [3, 2, 1, 0]
