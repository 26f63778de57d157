"""An alarm is an event that can be armed again, in the queue of SimPy's."""

import pytest
from simpy import Environment

from sim.engine.alarm import Alarm


def test_goes_off_after_its_delay_each_time_it_is_armed():
    env = Environment()
    log = []

    def ring(alarm):
        log.append(env.now)
        if len(log) < 3:
            alarm.arm(2.0)

    Alarm(env, ring).arm(0.5)
    env.run()
    assert log == [0.5, 2.5, 4.5]


def test_hands_itself_to_its_handler():
    env = Environment()
    log = []
    alarm = Alarm(env, log.append)
    alarm.arm(1.0)
    env.run()
    assert log == [alarm]


def test_mixes_with_processes_in_the_order_of_scheduling():
    env = Environment()
    log = []

    def process(name):
        yield env.timeout(1.0)
        log.append((name, env.now))

    env.process(process("first"))
    env.run(until=0.5)
    Alarm(env, lambda _: log.append(("alarm", env.now))).arm(0.5)
    env.process(process("last"))
    env.run()
    assert log == [("first", 1.0), ("alarm", 1.0), ("last", 1.5)]


def test_survives_a_run_that_stops_before_it():
    env = Environment()
    log = []
    Alarm(env, lambda _: log.append(env.now)).arm(5.0)
    env.run(until=3.0)
    assert log == []
    env.run()
    assert log == [5.0]


def test_an_error_in_a_handler_reaches_the_caller():
    env = Environment()

    def fail(_):
        raise LookupError("lost")

    Alarm(env, fail).arm(1.0)
    with pytest.raises(LookupError, match="lost"):
        env.run()
