"""Cores shared by control groups: weights, and quotas that are given anew each period.

A group gets the share of the cores that its weight is of all that have something to run, and its tasks share that
equally. A group with a quota runs until the quota of its period is used up, and is then throttled until the next one
(Linux, Documentation/scheduler/sched-bwc.rst). Periods of all groups begin together.

A group has one virtual clock, which shows the core-seconds that each of its tasks had. So whoever comes or goes changes
a few clocks' speeds, and a throttled group's clock stands.

Left out are time slices, the place of a task on one core, and that a core takes quota in slices of 5 ms.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from heapq import heappop, heappush
from typing import Any

from simpy import Environment

from sim.engine.alarm import Alarm

PERIOD = 0.1
"""Seconds of a quota's period: the kernel's default, 100 ms (Linux, sched-bwc.rst), and Docker's for --cpus."""

_NANOSECOND = 1e-9
"""The kernel counts quotas in nanoseconds: less than one left is none."""


_ULP = 2.0**-52
"""The spacing of doubles, relative to the value: at most this."""

CpuTask = tuple[float, int, Callable[[Any], Any], Any]
"""A runnable thread: when it ends by the clock of its group, its number, and what is called then with what argument."""


class CpuGroup:
    """A control group.

    Attributes:
        weight: As cpu.weight has it. Only its ratio to the other groups' matters.
        quota: Cores that it may use in the mean of a period. Infinite where it has no quota.
        tasks: The heap of those that are runnable.
        clock: Core-seconds that each of them had since the first came.
        speed: How fast that runs: the cores that each of them has.
        used: Core-seconds so far.
        throttled: Whether it waits for its next period.
        throttled_periods: Periods in which it was, and had something to run.
    """

    __slots__ = ("clock", "left", "quota", "speed", "tasks", "throttled", "throttled_periods", "used", "weight")

    def __init__(self, weight: float = 100.0, quota: float = math.inf) -> None:
        if not (weight > 0 and quota > 0):
            raise ValueError(f"weight ({weight}) and quota ({quota}) must be positive")
        self.weight, self.quota = weight, quota
        self.left = quota * PERIOD
        self.clock = self.speed = self.used = 0.0
        self.tasks: list[CpuTask] = []
        self.throttled = False
        self.throttled_periods = 0

    def due(self, now: float) -> list[CpuTask]:
        """Take out the tasks that are done, and be throttled where the quota is used up."""
        # Nearer than the clocks can tell apart is done, as in `sim.engine.fluid`.
        reach = self.clock + (self.speed * now + self.clock) * _ULP
        if self.left <= _NANOSECOND:
            reach = max(reach, self.clock + _NANOSECOND)
        done, tasks = [], self.tasks
        while tasks and tasks[0][0] <= reach:
            done.append(heappop(tasks))
        if self.left <= _NANOSECOND:
            self.throttled = True
            self.throttled_periods += bool(tasks)
        return done


class GroupedCores:
    """Cores that groups share.

    >>> env = Environment()
    >>> group = CpuGroup(quota=0.2)
    >>> cores = GroupedCores(env, 4, [group])
    >>> cores.start(group, 0.05, lambda name: print(name, round(env.now, 9)), "three periods of 20, 20 and 10 ms")
    >>> env.run(until=1)
    three periods of 20, 20 and 10 ms 0.21
    """

    __slots__ = ("_at", "_cores", "_due", "_env", "_groups", "_last", "_number", "_timer")

    def __init__(self, env: Environment, cores: float, groups: Sequence[CpuGroup]) -> None:
        if not 0 < cores < math.inf:
            raise ValueError(f"cores ({cores}) must be positive and finite")
        self._env, self._cores, self._groups = env, cores, groups
        self._last, self._number = env.now, 0
        self._timer = Alarm(env, self._expire)
        self._at = self._due = math.inf  # when the timer goes off, and when it has to
        if any(group.quota < math.inf for group in groups):
            Alarm(env, self._refill).arm(PERIOD)

    def start(self, group: CpuGroup, work: float, done: Callable[[Any], Any], argument: Any = None) -> None:
        """Run a thread of a group until it had `work` core-seconds, then call `done(argument)`."""
        if not work > 0:
            raise ValueError(f"work ({work}) must be positive")
        self._settle()
        if not group.tasks:
            group.clock = 0.0
        self._number += 1
        heappush(group.tasks, (group.clock + work, self._number, done, argument))
        self._share()

    def _settle(self) -> None:
        """Bring every group's clock to now, and count what it used."""
        now = self._env.now
        elapsed = now - self._last
        self._last = now
        for group in self._groups:
            if group.speed:
                had = group.speed * elapsed
                used = had * len(group.tasks)
                group.clock += had
                group.used += used
                group.left -= used

    def _share(self) -> None:
        """Set all speeds, and see to it that the timer goes off at the next end of a task or of a quota.

        Groups share by weight (water filling, as in `sim.engine.fluid`), each with a core a task at most.
        """
        running, weight = [], 0.0
        for group in self._groups:
            if group.tasks and not group.throttled:
                running.append(group)
                weight += group.weight
            else:
                group.speed = 0.0
        if len(running) > 1:
            running.sort(key=_most)
        cores, delay = self._cores, math.inf
        for group in running:
            count = len(group.tasks)
            part = cores * group.weight / weight
            if part >= count:
                speed = 1.0
                cores -= count
                weight -= group.weight
            else:
                speed = part / count
            group.speed = speed
            ahead, lasts = (group.tasks[0][0] - group.clock) / speed, group.left / (speed * count)
            if lasts < ahead:
                ahead = lasts
            if ahead < delay:
                delay = ahead if ahead > 0.0 else 0.0
        self._due = due = self._last + delay
        if due < self._at:
            if self._at < math.inf:  # it goes off later, and is no longer the timer
                self._timer = Alarm(self._env, self._expire)
            self._timer.arm(delay)
            self._at = due

    def _expire(self, timer: Alarm) -> float | None:
        if timer is not self._timer:
            return None
        now = self._env.now
        self._at = self._due
        if self._due > now:
            return self._due - now if self._due < math.inf else None
        self._at = math.inf
        self._settle()
        done: list[CpuTask] = []
        for group in self._groups:
            if group.speed:
                done += group.due(now)
        self._share()
        for task in done:
            task[2](task[3])
        return None

    def _refill(self, alarm: Alarm) -> None:
        """Begin a period: every quota is whole again."""
        self._settle()
        for group in self._groups:
            group.left = group.quota * PERIOD
            group.throttled = False
        self._share()
        alarm.arm(PERIOD)


def _most(group: CpuGroup) -> float:
    """The cores that it can use, for each unit of its weight."""
    return len(group.tasks) / group.weight
