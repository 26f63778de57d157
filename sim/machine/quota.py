"""A group's quota of CPU time (cpu.max): what it may use in each period, and when it is throttled.

Linux gives a group its quota anew each period, from the moment on at which it first runs. A group that has used it up
waits for the next period (Documentation/scheduler/sched-bwc.rst). That cores take a quota in slices of 5 ms is left
out.

`CpuQuota` is for a group whose cores are shared with others, as in a start. `SpentQuota` is for threads that have a
core each, and are asked one after another.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sim.engine.alarm import Alarm
from sim.machine.cpugroups import PERIOD
from sim.machine.host import RunningHost

_NANOSECOND = 1e-9
"""The kernel counts quotas in nanoseconds: less than one left is none."""


class CpuQuota:
    """The quota of one group on a running host, which computes one thing at a time.

    Args:
        host: What it runs on.
        cores: So many core-seconds a second it may use, in the mean of a period.

    Attributes:
        throttled: Seconds that it has waited for a next period.
    """

    __slots__ = ("_asked", "_began", "_host", "_left", "_period", "_quota", "_work", "throttled")

    def __init__(self, host: RunningHost, cores: float) -> None:
        self._host = host
        self._quota = self._left = cores * PERIOD
        self._period = -1.0
        self._began = self._work = self.throttled = 0.0
        self._asked: tuple[float, Callable[[Any], Any], Any] = (1.0, print, None)

    def compute(
        self, core_seconds: float, parallelism: float, done: Callable[[Any], Any], argument: Any = None
    ) -> float:
        """As `RunningHost.compute`. The seconds that it gives back are those without a quota."""
        if self._period < 0:
            self._period = self._host.env.now
        self._work = core_seconds
        self._asked = (parallelism, done, argument)
        self._go_on()
        return core_seconds / self._host.speed / min(parallelism, self._host.host.cores)

    def _go_on(self, _: Any = None) -> None:
        """Use what is left of the period, or wait for the next one."""
        now = self._host.env.now
        self._renew(now)
        if self._left <= _NANOSECOND:
            wait = self._period + PERIOD - now
            self.throttled += wait
            Alarm(self._host.env, self._go_on).arm(wait)
            return
        self._began = now
        part = min(self._work, self._left * self._host.speed)
        self._host.compute(part, self._asked[0], self._used, part)

    def _renew(self, now: float) -> bool:
        """Begin the period that now is in. Whether it is another one."""
        passed = int((now - self._period) / PERIOD + _NANOSECOND)
        if passed:
            self._period += passed * PERIOD
            self._left = self._quota
        return passed > 0

    def _used(self, part: float) -> None:
        """A part is done. It ran at an even rate: of a part that took longer than its period, the rest counts."""
        now = self._host.env.now
        took = now - self._began
        if self._renew(now) and took > 0:
            self._left -= part / self._host.speed * (now - self._period) / took
        else:
            self._left -= part / self._host.speed
        self._work -= part
        if self._work / self._host.speed > _NANOSECOND:
            self._go_on()
        else:
            self._asked[1](self._asked[2])


class SpentQuota:
    """The quota of threads that have a core each. Who asks first uses it first.

    >>> quota = SpentQuota(0.5)
    >>> [round(quota.delay(*asked), 9) for asked in ((0.0, 0.04), (0.04, 0.04), (0.2, 0.05), (0.25, 0.01))]
    [0.0, 0.05, 0.0, 0.05]
    """

    __slots__ = ("_left", "_period", "_quota")

    def __init__(self, cores: float) -> None:
        self._quota = self._left = cores * PERIOD
        self._period = 0

    def delay(self, now: float, seconds: float) -> float:
        """How long a thread is throttled that begins now to compute for so many seconds."""
        at, left = now, seconds
        while True:
            self._renew(at)
            until = (self._period + 1) * PERIOD
            part = min(left, self._left, max(until - at, 0.0))
            self._left -= part
            left -= part
            if left <= _NANOSECOND:
                return max(at + part - now - seconds, 0.0)
            at = until

    def _renew(self, at: float) -> None:
        period = int(at / PERIOD + _NANOSECOND)
        if period > self._period:
            self._period, self._left = period, self._quota
