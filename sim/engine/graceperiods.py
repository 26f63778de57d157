"""Grace periods of a domain of sleepable RCU that all who ask share, with the readers that they wait for.

By kernel/rcu/srcutree.c from Linux 4.12 to 5.18. How long one takes hangs on who reads meanwhile, which is not known
when somebody asks. `sim.engine.servers` has what is known then.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from simpy import Environment

from sim.engine.alarm import Alarm

_TICKS = 2
"""A timer of one tick goes off at the tick after the next one (kernel/time/timer.c, `calc_index`)."""

_Caller = tuple[Callable[[Any], Any], Any]
"""Whom to call, and with what."""


class GracePeriods:
    """Grace periods of one domain: nobody is kept out, and everybody waits for readers that were there before.

    In an idle domain one begins at once and is hurried: it is over after `first` seconds, or once its last reader is
    gone. Its caller goes on then. Who asks while one is under way gets the next, which begins where that one ends. It
    looks for its readers after `first` seconds, and while there are some again by a timer of one tick. Its callers go
    on by a timer of one tick, too.

    Left out: that a period is not hurried either where the last one ended less than 25 us ago.

    Args:
        env: The simulation.
        first: Seconds of a period without readers.
        tick: Seconds between two ticks of the kernel's clock.

    >>> env = Environment()
    >>> periods = GracePeriods(env, first=0.5, tick=4.0)
    >>> alone = [periods.ask(0.5, lambda name: print(name, env.now), name) for name in "abc"]
    >>> env.run()  # a's is hurried; that of b and c is over at 1, and they are told at the tick after the next one
    a 0.5
    b 8.0
    c 8.0
    """

    __slots__ = ("_alarm", "_asked", "_callers", "_env", "_first", "_hurried", "_readers", "_tick")

    def __init__(self, env: Environment, first: float, tick: float) -> None:
        if not (first > 0 and tick > 0):
            raise ValueError(f"first ({first}) and tick ({tick}) must be positive")
        self._env = env
        self._first, self._tick = first, tick
        self._readers: list[float] = []
        self._callers: list[_Caller] = []
        self._asked: list[_Caller] = []
        self._hurried = True
        self._alarm = Alarm(env, self._over)

    def ask(self, seconds: float, done: Callable[[Any], Any], argument: Any = None) -> float:
        """Read, then wait for a period that begins from then on, and call `done(argument)`.

        Args:
            seconds: What both take in an idle domain. What is beyond `first` is the reading.
            done: Called at the end.
            argument: Given to `done`.

        Gives those seconds.
        """
        period = min(self._first, seconds)
        if seconds > period:
            reads = seconds - period
            self._readers.append(self._env.now + reads)
            Alarm(self._env, lambda _: self._wait(period, (done, argument))).arm(reads)
        else:
            self._wait(period, (done, argument))
        return seconds

    def _wait(self, period: float, caller: _Caller) -> None:
        if self._callers:
            self._asked.append(caller)
        else:
            now = self._env.now
            self._callers, self._hurried = [caller], True
            self._alarm.arm(max(period, self._last_reader(now) - now))

    def _last_reader(self, now: float) -> float:
        """When the last of those who read now is gone."""
        self._readers = [end for end in self._readers if end > now]
        return max(self._readers, default=now)

    def _later(self, now: float) -> float:
        """When a timer of one tick goes off."""
        return (now // self._tick + _TICKS) * self._tick

    def _over(self, _: Alarm) -> float | None:
        """A period is over: the next one begins, if somebody has asked for it, and its callers go on."""
        now, callers, hurried = self._env.now, self._callers, self._hurried
        self._callers, self._asked, self._hurried = self._asked, [], False
        looks = self._finds_none(now) - now if self._callers else None
        if hurried:
            _tell(callers)
        else:
            Alarm(self._env, partial(_tell, callers)).arm(self._later(now) - now)
        return looks

    def _finds_none(self, now: float) -> float:
        """When a period that begins now, and is not hurried, finds its readers gone."""
        looks, last = now + self._first, self._last_reader(now)
        while looks < last:
            looks = self._later(looks)
        return looks


def _tell(callers: list[_Caller], _: Any = None) -> None:
    for done, argument in callers:
        done(argument)
