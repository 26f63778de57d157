"""Alarms in line go off when and in the order in which they would if each were in the queue."""

from hypothesis import given
from hypothesis import strategies as st
from simpy import Environment as SimpyEnvironment

from sim.engine.alarm import Alarm
from sim.engine.environment import Environment
from sim.engine.line import AlarmLine

DELAYS = st.lists(st.tuples(st.integers(0, 2), st.sampled_from([0.0, 0.5, 1.0, 7.5])), min_size=1, max_size=200)
"""For each alarm: in which line it stands, with 0 for none, and how often a half or so: much happens at once."""


def told(env, delays, *, in_line):
    """What goes off when, where alarms are armed one after another, and again as they go off."""
    lines, log = {1: AlarmLine(env), 2: AlarmLine(env)}, []

    def ring(name, line, delay):
        left = iter((delay, 0.5, None))

        def go_on(alarm):
            log.append((name, env.now, alarm.at))
            again = next(left)
            if again is not None and line and in_line:
                lines[line].join(alarm, again)
                return None
            return again

        return go_on

    for name, (line, delay) in enumerate(delays):
        alarm = Alarm(env, ring(name, line, delay))
        if line and in_line:
            lines[line].join(alarm, name // 3 + delay)
        else:
            alarm.arm(name // 3 + delay)
    env.run()
    return log


@given(DELAYS)
def test_they_go_off_as_if_each_were_in_the_queue(delays):
    alone = told(SimpyEnvironment(), delays, in_line=False)
    assert told(Environment(), delays, in_line=True) == alone
    assert told(SimpyEnvironment(), delays, in_line=True) == alone


def test_only_the_first_is_in_the_queue_and_places_are_given_back():
    env = Environment()
    line = AlarmLine(env)
    for number in range(1000):
        line.join(Alarm(env, lambda _: None), float(number))
    assert len(env._queue) == 1
    env.run(until=899.5)
    assert len(line._alarms) < 250
    assert sum(entry[3] is line for entry in env._queue) == 1
    env.run()
    assert (len(line._alarms), env.now) == (0, 999.0)
