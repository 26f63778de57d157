"""W2: virtual machines started on 64 shared cores, each boot using one core at most. Each way gives the mean end.

So many boots are under way at any time, of exponential core-seconds with mean 1. Each that ends is followed by another.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import simpy

from sim.engine.environment import Environment
from sim.engine.runqueues import RunQueues

CORES = 64.0


class NaiveSharing:
    """The textbook's way: every arrival and departure serves every flow, and arms a new timeout."""

    def __init__(self, env: simpy.Environment, capacity: float) -> None:
        self._env, self._capacity = env, capacity
        self._flows: dict[int, list[Any]] = {}
        self._cap = 1.0
        self._last = 0.0
        self._version = 0

    def _rate(self) -> float:
        return min(self._cap, self._capacity / len(self._flows))

    def _serve(self) -> None:
        elapsed = self._env.now - self._last
        if self._flows and elapsed:
            served = self._rate() * elapsed
            for flow in self._flows.values():
                flow[0] -= served
        self._last = self._env.now

    def _arm(self) -> None:
        self._version += 1
        if self._flows:
            version = self._version
            first = min(self._flows, key=lambda key: self._flows[key][0])
            timeout = self._env.timeout(max(0.0, self._flows[first][0] / self._rate()))
            timeout.callbacks.append(lambda _: self._expire(version, first))

    def submit(self, work: float, done: Callable[[Any], Any], argument: Any, cap: float) -> None:
        """As `Fluid.submit`, where all flows have the same cap."""
        self._cap = cap
        self._serve()
        self._flows[argument] = [work, done]
        self._arm()

    def _expire(self, version: int, first: int) -> None:
        if version == self._version:
            self._serve()
            done = self._flows.pop(first)[1]
            self._arm()
            done(first)


def run_queues(env: simpy.Environment, cores: float) -> RunQueues:
    """Cores with a run queue each, balanced as a host's on Linux 6."""
    return RunQueues(env, int(cores), random.Random(2), 0.016 * cores)


def boots(kind: Callable[[simpy.Environment, float], Any], under_way: int, count: int) -> Callable[[], float]:
    """Boots that are under way, and what runs until `count` have ended and gives the mean end.

    Args:
        kind: `Fluid`, or what is like it.
    """
    stream = random.Random(1)
    env = Environment()
    cores = kind(env, CORES)
    enough = env.event()
    ends = 0.0
    asked = ended = 0

    def start() -> None:
        nonlocal asked
        cores.submit(stream.expovariate(1.0), end, asked, 1.0)
        asked += 1

    def end(_: int) -> None:
        nonlocal ends, ended
        ends += env.now
        ended += 1
        if ended < count:
            start()
        elif ended == count:
            enough.succeed()

    for _ in range(under_way):
        start()

    def run() -> float:
        env.run(enough)
        return ends / count

    return run
