"""The environment's own run loop does what SimPy's does, in the same order."""

import random

import pytest
import simpy
from hypothesis import given
from hypothesis import strategies as st

from sim.engine.alarm import Alarm
from sim.engine.environment import Environment

GAPS = st.lists(st.sampled_from([0.0, 0.5, 1.0, 1.5]), min_size=1, max_size=6)
"""Few values, so that much happens at the same time."""


def told(env, alarms, processes, until=None):
    """What happens where alarms go off after such gaps, half of them by arming themselves, and processes wait so."""
    log: list[object] = []

    def ring(name, gaps):
        rest = iter(gaps)

        def go_on(alarm):
            log.append((name, env.now, alarm.at))
            if name % 3 == 0:
                env.event().succeed().callbacks.append(lambda _: log.append((name, "event", env.now)))
            gap = next(rest, None)
            if gap is None or name % 2:
                return gap
            alarm.arm(gap)
            return None

        return go_on

    def process(name, gaps):
        for gap in gaps:
            yield env.timeout(gap)
            log.append((name, env.now))

    for name, gaps in enumerate(alarms):
        Alarm(env, ring(name, gaps)).arm(gaps[0])
    for name, gaps in enumerate(processes, 100):
        env.process(process(name, gaps))
    env.run(until)
    log.append(env.now)
    return log


@given(st.lists(GAPS, max_size=5), st.lists(GAPS, max_size=3), st.sampled_from([None, 0.5, 2.0]))
def test_alarms_and_processes_happen_in_the_order_of_simpys_own_environment(alarms, processes, until):
    assert told(Environment(), alarms, processes, until) == told(simpy.Environment(), alarms, processes, until)


def test_an_alarm_goes_off_again_after_what_its_handler_gives():
    for env in (Environment(), simpy.Environment()):
        log = []

        def ring(alarm, log=log):
            log.append(alarm.at)
            return 2.0 if len(log) < 3 else None

        Alarm(env, ring).arm(0.5)
        env.run()
        assert log == [0.5, 2.5, 4.5]
        assert env.now == 4.5


def test_an_alarm_gives_way_to_what_comes_before_it_and_to_what_was_there_first_at_its_time():
    env, log = Environment(), []

    def ring(alarm):
        log.append(("alarm", alarm.at))
        return 2.0 if alarm.at < 5 else None

    for delay in (1.5, 3.0):
        Alarm(env, lambda one: log.append(("other", one.at))).arm(delay)
    Alarm(env, ring).arm(1.0)
    env.run()
    assert log == [("alarm", 1.0), ("other", 1.5), ("other", 3.0), ("alarm", 3.0), ("alarm", 5.0)]


def test_one_step_is_one_event():
    env, log = Environment(), []
    Alarm(env, lambda alarm: log.append(alarm.at)).arm(1.0)
    Alarm(env, lambda alarm: log.append(alarm.at)).arm(2.0)
    env.step()
    assert (log, env.now, env.peek()) == ([1.0], 1.0, 2.0)
    env.step()
    with pytest.raises(simpy.core.EmptySchedule):
        env.step()


def test_a_run_gives_the_value_of_the_event_it_waited_for_and_goes_on_from_there():
    env, log = Environment(5.0), []
    stop = env.timeout(2.0, "there")
    Alarm(env, lambda alarm: log.append(alarm.at)).arm(3.0)
    assert env.run(stop) == "there"
    assert (env.now, log) == (7.0, [])
    env.run(until=8.5)
    assert (env.now, log) == (8.5, [8.0])
    with pytest.raises(RuntimeError, match="No scheduled events left"):
        env.run(env.event())


def test_an_event_that_failed_and_that_nobody_waited_for_ends_the_run():
    env = Environment()

    def fail(_):
        env.event().fail(LookupError("lost"))

    Alarm(env, fail).arm(1.0)
    with pytest.raises(LookupError, match="lost"):
        env.run()


def test_a_handler_that_fails_leaves_the_others_in_the_queue():
    env, log = Environment(), []
    stream = random.Random(1)

    def fail(_):
        raise LookupError("lost")

    for _ in range(20):
        Alarm(env, lambda alarm: log.append(alarm.at)).arm(stream.random())
    Alarm(env, fail).arm(0.5)
    with pytest.raises(LookupError, match="lost"):
        env.run()
    env.run()
    assert log == sorted(log)
    assert len(log) == 20
