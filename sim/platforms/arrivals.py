"""How requests come: all at once, at random at a mean rate, or each as soon as an earlier one is through."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from simpy import Environment

from sim.engine.alarm import Alarm
from sim.machine.host import RunningHost


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


class SerialClient:
    """A process of a host that asks for one start after another, and computes before each.

    It is one thread among those that it starts. Where they leave it little of the cores, it cannot ask as fast as it is
    to, as `xargs -P` cannot keep as many scripts running as it is told.

    Args:
        host: What it runs on.
        work: Core-seconds of the reference host before each request.
        request: Asks for a start.
        forks: Whether it does so in a process that it has just forked, for whose exec it waits.
    """

    def __init__(self, host: RunningHost, work: float, request: Callable[[], None], *, forks: bool = False) -> None:
        self._host, self._work, self._request, self._forks = host, work, request, forks
        self._left = 0

    def ask(self) -> None:
        """Ask for one start more, once those before are asked for."""
        self._left += 1
        if self._left == 1:
            self._compute()

    def _compute(self) -> None:
        self._host.compute(self._work, 1.0, self._computed, new=self._forks)

    def _computed(self, _: Any) -> None:
        self._left -= 1
        if self._left:
            self._compute()
        self._request()


def after_computing(host: RunningHost, work: float, then: Callable[[], None]) -> Callable[[], None]:
    """What computes on the host, beside all else there, and then does that. Nothing is computed for no work.

    Args:
        work: Core-seconds of the reference host.
    """
    if not work:
        return then

    def computed(_: Any) -> None:
        then()

    def compute() -> None:
        host.compute(work, 1.0, computed)

    return compute
