"""Grace periods that go by their readers, against times by hand from srcutree.c. Ticks are at 0, 4, 8, ..."""

import pytest
from simpy import Environment

from sim.engine.graceperiods import GracePeriods


def told(*asked, first=0.5, tick=4.0):
    """When each is told who asks at a time for so many seconds."""
    env = Environment()
    periods, ends = GracePeriods(env, first, tick), {}

    def come(name, at, seconds):
        yield env.timeout(at)
        periods.ask(seconds, lambda name: ends.setdefault(name, env.now), name)

    for name, (at, seconds) in enumerate(asked):
        env.process(come(name, at, seconds))
    env.run()
    return [ends[name] for name in range(len(asked))]


def test_an_idle_domain_hurries_and_is_idle_again_at_once():
    assert told((1.0, 0.5), (1.625, 0.5), (3.0, 0.5)) == [1.5, 2.125, 3.5]


def test_who_asks_meanwhile_gets_the_next_period_and_is_told_by_a_timer_of_one_tick():
    """The first is over at 1.5, the next at 2. A timer set then goes off at 8: not at 4, as 4 may be less than a tick
    away. Who asks at 2.25 finds the domain idle, though others are not told yet."""
    assert told((1.0, 0.5), (1.25, 0.5), (1.375, 0.5), (2.25, 0.5)) == [1.5, 8.0, 8.0, 2.75]


def test_a_hurried_period_lasts_until_its_readers_are_gone():
    """The first reads from 1 to 3 and asks then. The other asks at 2, and waits until 3 for it, when that asks."""
    assert told((1.0, 2.5), (2.0, 0.5))[1] == 3.0


def test_a_period_that_does_not_hurry_looks_for_its_readers_again_by_ticks():
    """The first's is over at 1.5: nobody read when it began. The second gets the next. That looks at 2, where the third
    reads, from 1.125 to 3.125. So it looks again at 8, and its caller is told at 16. The third asks at 3.125 and gets
    the period from 8 to 8.5, so it is told at 16, too."""
    assert told((1.0, 0.5), (1.25, 0.5), (1.125, 2.5)) == [1.5, 16.0, 16.0]


def test_a_period_without_length_is_refused():
    with pytest.raises(ValueError, match=r"tick \(0\)"):
        GracePeriods(Environment(), 0.5, 0)
