"""How requests come: all at once, at random at a mean rate, or each as soon as an earlier one is through."""

from __future__ import annotations

import random
from collections.abc import Callable

from simpy import Environment

from sim.engine.alarm import Alarm


def together(count: int, request: Callable[[], None]) -> None:
    """All requests now. A closed load of `count` in flight begins like this, too."""
    for _ in range(count):
        request()


def at_random(env: Environment, count: int, rate: float, stream: random.Random, request: Callable[[], None]) -> None:
    """The first request now, the others with exponential gaps, `rate` a second: a Poisson process.

    Each arrival arms the next, so that requests yet to come take no place. Gaps are rounded to whole nanoseconds.
    """
    left = count

    def arrive(alarm: Alarm) -> None:
        nonlocal left
        left -= 1
        if left:
            alarm.arm(round(stream.expovariate(rate), 9))
        request()

    Alarm(env, arrive).arm(0.0)
