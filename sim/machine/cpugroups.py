"""Cores shared by control groups: weights, and quotas that are given anew each period.

A group gets the share of the cores that its weight is of all that have something to run, and its tasks share that
equally. A group with a quota runs until the quota of its period is used up, and is then throttled until the next one
(Linux, Documentation/scheduler/sched-bwc.rst). Periods of all groups begin together.

Left out are time slices, the place of a task on one core, and that a core takes quota in slices of 5 ms.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from simpy import Environment

from sim.engine.alarm import Alarm
from sim.engine.fluid import Flow, FlowClass, Fluid

PERIOD = 0.1
"""Seconds of a quota's period: the kernel's default, 100 ms (Linux, sched-bwc.rst), and Docker's for --cpus."""

_NANOSECOND = 1e-9
"""The kernel counts quotas in nanoseconds: less than one left is none."""


class CpuTask:
    """One runnable thread of a group, and the core-seconds that it still needs. They may be infinite."""

    __slots__ = ("argument", "done", "flow", "group", "kind", "work")

    def __init__(self, group: CpuGroup, work: float, done: Callable[[Any], Any], argument: Any) -> None:
        self.group, self.work, self.done, self.argument = group, work, done, argument
        self.kind: FlowClass | None = None
        self.flow: Flow = (0.0, 0, done, self)


class CpuGroup:
    """A control group.

    Attributes:
        weight: As cpu.weight has it. Only its ratio to the other groups' matters.
        quota: Cores that it may use in the mean of a period. Infinite where it has no quota.
        tasks: Those that are runnable.
        used: Core-seconds so far.
        throttled: Whether it waits for its next period.
        throttled_periods: Periods in which it was, and had something to run.
    """

    __slots__ = ("left", "quota", "rate", "tasks", "throttled", "throttled_periods", "used", "weight")

    def __init__(self, weight: float = 100.0, quota: float = math.inf) -> None:
        if not (weight > 0 and quota > 0):
            raise ValueError(f"weight ({weight}) and quota ({quota}) must be positive")
        self.weight, self.quota = weight, quota
        self.left = quota * PERIOD
        self.rate = self.used = 0.0
        self.tasks: dict[CpuTask, None] = {}
        self.throttled = False
        self.throttled_periods = 0


class GroupedCores(Fluid):
    """Cores that groups share.

    >>> env = Environment()
    >>> group = CpuGroup(quota=0.2)
    >>> cores = GroupedCores(env, 4, [group])
    >>> cores.start(group, 0.05, lambda name: print(name, round(env.now, 9)), "three periods of 20, 20 and 10 ms")
    >>> env.run(until=1)
    three periods of 20, 20 and 10 ms 0.21
    """

    __slots__ = ("_groups",)

    def __init__(self, env: Environment, cores: float, groups: Sequence[CpuGroup]) -> None:
        super().__init__(env, cores)
        self._groups = groups
        if any(group.quota < math.inf for group in groups):
            Alarm(env, self._refill).arm(PERIOD)

    def start(self, group: CpuGroup, work: float, done: Callable[[Any], Any], argument: Any = None) -> None:
        """Run a thread of a group until it had `work` core-seconds, then call `done(argument)`."""
        if not work > 0:
            raise ValueError(f"work ({work}) must be positive")
        self._settle()
        task = CpuTask(group, work, done, argument)
        group.tasks[task] = None
        self._rejoin([group], [task])
        self._rearm()

    def _settle(self) -> None:
        self._charge()
        super()._settle()

    def _charge(self) -> None:
        """Count what each group used since clocks were settled."""
        elapsed = self._env.now - self._last
        for group in self._groups:
            used = group.rate * elapsed
            group.used += used
            group.left -= used

    def _rejoin(self, groups: Iterable[CpuGroup], came: Iterable[CpuTask] = ()) -> None:
        """Give each task its part of its group's weight. Clocks must be settled.

        Where there is one group, only its tasks' equality counts. Then none has to move but those that came.
        """
        for group in groups:
            if group.throttled:
                continue
            alone = len(self._groups) == 1
            weight = group.weight if alone else group.weight / max(1, len(group.tasks))
            for task in came if alone else group.tasks:
                self._take_off(task)
                task.kind, task.flow = self._join(weight, 1 / weight, task.work / weight, task.done, task)

    def _leave(self, group: CpuGroup) -> None:
        for task in group.tasks:
            self._take_off(task)

    def _take_off(self, task: CpuTask) -> None:
        """Take a task off the cores, with the work that is left."""
        if task.kind:
            task.work = self._withdraw(task.kind, task.flow) * task.kind.weight
            task.kind = None

    def _rearm(self) -> None:
        """Set all speeds, and arm the timer for the next end of a task or of a quota."""
        delay = self._share() if self._active else math.inf
        for group in self._groups:
            kind = next(iter(group.tasks)).kind if group.tasks else None
            group.rate = kind.speed * kind.weight * len(group.tasks) if kind else 0.0
            if group.rate:
                delay = min(delay, max(0.0, group.left) / group.rate)
        self._timer = None
        if delay < math.inf:
            self._timer = Alarm(self._env, self._expire)
            self._timer.arm(delay)

    def _expire(self, timer: Alarm) -> None:
        if timer is not self._timer:
            return
        self._charge()
        done: list[CpuTask] = [flow[3] for flow in self._ended()]
        for task in done:
            task.kind = None
            del task.group.tasks[task]
        spent = [group for group in self._groups if group.left <= _NANOSECOND and not group.throttled]
        for group in spent:
            self._leave(group)
        last = [task for group in spent for task in group.tasks if task.work <= _NANOSECOND]
        for task in last:
            del task.group.tasks[task]
        done += last
        for group in spent:
            group.throttled = True
            group.throttled_periods += bool(group.tasks)
        self._rejoin(dict.fromkeys(task.group for task in done))
        self._rearm()
        for task in done:
            task.done(task.argument)

    def _refill(self, alarm: Alarm) -> None:
        """Begin a period: every quota is whole again."""
        self._settle()
        for group in self._groups:
            group.left = group.quota * PERIOD
        woken = [group for group in self._groups if group.throttled]
        for group in woken:
            group.throttled = False
            self._rejoin([group], group.tasks)
        self._rearm()
        alarm.arm(PERIOD)
