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


def test_a_database_is_had_for_each_write_so_that_others_write_in_between():
    """Two with three writes of two flushes, 10 ms each, and 3 ms of work: by turns, 21 ms a write.

    The first has the 1st, 4th and 6th write, the second the 2nd, 5th and 7th. One with a single write has the third.
    """
    env, host = make()
    asked = ((6.0, 0.003), (6.0, 0.003), (2.0, 0.001))
    calls = [(0, lambda *to, one=one: host.hold_and_flush("network_store", one[1], one[0], *to)) for one in asked]
    ends, alone = log_of(env, *calls)
    assert ends == pytest.approx([6 * 0.021, 7 * 0.021, 3 * 0.021])
    assert alone == pytest.approx([0.063, 0.063, 0.021])


def test_an_odd_flush_is_a_write_of_its_own():
    env, host = make()
    ends, _ = log_of(env, *[(0, lambda *to: host.hold_and_flush("network_store", 0.0, 5.0, *to))] * 2)
    assert ends == pytest.approx([0.09, 0.1])


def test_a_lock_that_is_kept_is_got_in_the_order_of_asking_and_given_back_by_its_holder_alone():
    _, host = make()
    told = []
    assert host.take("network_lock", told.append, "first")
    assert not host.take("network_lock", told.append, "second")
    assert not host.take("network_lock", told.append, "third")
    host.give_back("network_lock", "third")
    assert told == []
    host.give_back("network_lock", "first")
    host.give_back("network_lock", "first")
    assert told == ["second"]
    host.give_back("network_lock", "second")
    host.give_back("network_lock", "third")
    assert told == ["second", "third"]
    assert host.take("network_lock", told.append, "fourth")
