"""Processor sharing: one capacity divided among the flows that are there, by max-min fairness with weights and caps.

A flow is an amount of work: core-seconds on a host's cores, bytes on a link or a disk. Flows of one weight and cap form
a class. A class has one virtual clock, which runs at the rate a flow of weight one is served at. A flow is done when
its class's clock has advanced by work / weight. So an arrival or a departure changes a few clock rates and touches no
other flow. There is one heap a class, and one armed timer in all.

A flow can be withdrawn and join another class. A transfer whose cap changes does so (`sim.registry.link`).

Max-min fairness with caps is water filling (Bertsekas and Gallager, Data Networks, 1992, section 6.5.2): classes are
visited from the lowest cap per weight up. Those below the water level are served at their cap.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from heapq import heappop, heappush
from typing import Any

from simpy import Environment

from sim.engine.alarm import Alarm

_ULP = 2.0**-52
"""The spacing of doubles, relative to the value: at most this."""

Flow = tuple[float, int, Callable[[Any], Any], Any]
"""When it ends by the clock of its class, its number, and what is called then with what argument."""


class FlowClass:
    """Flows of one weight and cap.

    Attributes:
        clock: Its virtual time.
        speed: How fast that runs.
        count: Flows that are there.
        flows: The heap of their ends. It may hold some that were withdrawn, but never as its first.
        limit: The most it may.
    """

    __slots__ = ("clock", "count", "flows", "limit", "speed", "weight", "withdrawn")

    def __init__(self, weight: float, limit: float) -> None:
        self.weight = weight
        self.limit = limit
        self.speed = 0.0
        self.clock = 0.0
        self.count = 0
        self.flows: list[Flow] = []
        self.withdrawn: set[int] = set()

    def clear_top(self) -> None:
        """Forget withdrawn flows until the first is one that is there."""
        flows, withdrawn = self.flows, self.withdrawn
        while flows and flows[0][1] in withdrawn:
            withdrawn.discard(heappop(flows)[1])


class Fluid:
    """A capacity shared by flows.

    Attributes:
        capacity: Work a second, in all. A flow gets its weight's share of it, and never more than its cap.

    >>> env = Environment()
    >>> cores = Fluid(env, 2.0)
    >>> for name, work in (("a", 1.0), ("b", 1.0), ("c", 1.0)):
    ...     cores.submit(work, lambda name: print(name, env.now), name, cap=1.0)
    >>> env.run()
    a 1.5
    b 1.5
    c 1.5
    """

    __slots__ = ("_active", "_capacity", "_due", "_env", "_kinds", "_last", "_sequence", "_timer")

    def __init__(self, env: Environment, capacity: float) -> None:
        if not 0 < capacity < math.inf:
            raise ValueError(f"capacity ({capacity}) must be positive and finite")
        self._env = env
        self._capacity = capacity
        self._kinds: dict[tuple[float, float], FlowClass] = {}
        self._active: list[FlowClass] = []
        self._last = env.now
        self._due = math.inf
        self._timer: Alarm | None = None
        self._sequence = 0

    @property
    def capacity(self) -> float:
        """Work a second, in all."""
        return self._capacity

    def __len__(self) -> int:
        """How many flows are being served."""
        return sum(flow_class.count for flow_class in self._active)

    def __bool__(self) -> bool:
        """Whether any is."""
        return bool(self._active)

    def submit(
        self,
        work: float,
        done: Callable[[Any], Any],
        argument: Any = None,
        cap: float = math.inf,
        weight: float = 1.0,
    ) -> None:
        """Serve a flow of `work`, and call `done(argument)` when it is finished.

        Args:
            cap: The most work a second it can take. A process waits for its flow by submitting `event.succeed` as
                `done`.
        """
        if not (work >= 0 and cap > 0 and weight > 0):
            raise ValueError(f"work ({work}) must not be negative, cap ({cap}) and weight ({weight}) must be positive")
        now = self._env._now  # noqa: SLF001 - as `now`, without its call
        if now != self._last:
            self._settle()
        self._join(weight, cap / weight, work / weight, done, argument)
        delay = self._share()
        due = now + delay
        if due < self._due:
            # An earlier end than expected. The timer that is armed goes off later and is then no longer the timer.
            self._due = due
            self._timer = Alarm(self._env, self._expire)
            self._timer.arm(delay)

    def submit_since(self, since: float, work: float, done: Callable[[Any], Any], timer: Alarm) -> None:
        """Serve a flow that has been the only one since an earlier moment.

        Args:
            timer: What is armed for the moment at which it is done if it stays the only one. It means that from now on.
        """
        if self._active:
            raise ValueError("there are other flows")
        self._last = since
        self._join(1.0, math.inf, work, done, None)
        self._due = since + self._share()
        self._timer = timer
        timer.handler = self._expire

    def _settle(self) -> None:
        """Bring every class's clock to now."""
        now = self._env._now  # noqa: SLF001 - as `now`, without its call
        elapsed = now - self._last
        if elapsed:
            self._last = now
            for flow_class in self._active:
                flow_class.clock += flow_class.speed * elapsed

    def _join(
        self, weight: float, limit: float, work: float, done: Callable[[Any], Any], argument: Any
    ) -> tuple[FlowClass, Flow]:
        """Put a flow into its class.

        Args:
            limit, work: Of each unit of its weight. Clocks must be settled.
        """
        kind = self._kinds.get((weight, limit))
        if kind is None:
            kind = self._kinds[weight, limit] = FlowClass(weight, limit)
        if not kind.count:
            kind.clock = 0.0
            self._active.append(kind)
            if len(self._active) > 1:
                self._active.sort(key=_limit)
        kind.count += 1
        self._sequence += 1
        flow = (kind.clock + work, self._sequence, done, argument)
        heappush(kind.flows, flow)
        return kind, flow

    def _withdraw(self, kind: FlowClass, flow: Flow) -> float:
        """Take a flow out of its class before it is done, and give what is left of each unit of its weight."""
        kind.count -= 1
        kind.withdrawn.add(flow[1])
        if kind.flows[0][1] in kind.withdrawn:
            kind.clear_top()
        if not kind.count:
            self._active.remove(kind)
        left = flow[0] - kind.clock
        return left if left > 0.0 else 0.0

    def _share(self) -> float:
        """Set every class's speed to its share of the capacity, and give the seconds until the next flow is done."""
        active = self._active
        capacity = self._capacity
        if len(active) == 1:
            flow_class = active[0]
            weight = flow_class.weight * flow_class.count
            flow_class.speed = speed = flow_class.limit if flow_class.limit * weight <= capacity else capacity / weight
            delay = (flow_class.flows[0][0] - flow_class.clock) / speed
            return delay if delay > 0.0 else 0.0
        weight = 0.0
        for flow_class in active:
            weight += flow_class.weight * flow_class.count
        delay = math.inf
        level = 0.0
        for flow_class in active:
            if level:
                flow_class.speed = level
            elif flow_class.limit * weight <= capacity:
                taken = flow_class.weight * flow_class.count
                flow_class.speed = flow_class.limit
                capacity -= flow_class.limit * taken
                weight -= taken
            else:
                flow_class.speed = level = capacity / weight
            ahead = (flow_class.flows[0][0] - flow_class.clock) / flow_class.speed
            delay = ahead if ahead < delay else delay
        return delay if delay > 0.0 else 0.0

    def _expire(self, timer: Alarm) -> None:
        if timer is not self._timer:
            return
        done = self._ended()
        if self._active:
            delay = self._share()
            self._due = self._last + delay
            timer.arm(delay)
        else:
            self._due = math.inf
            self._timer = None
        for flow in done:
            flow[2](flow[3])

    def _ended(self) -> list[Flow]:
        """Bring every class's clock to now, and take out the flows that are done."""
        now = self._env._now  # noqa: SLF001 - as `now`, without its call
        elapsed = now - self._last
        self._last = now
        done: list[Flow] = []
        emptied = False
        for flow_class in self._active:
            flow_class.clock = clock = flow_class.clock + flow_class.speed * elapsed
            # Nearer than the clocks can tell apart is done: below one spacing of `now`, now + delay == now, and the
            # timer would go off for ever.
            reach = clock + (flow_class.speed * now + clock) * _ULP
            flows = flow_class.flows
            while flows and flows[0][0] <= reach:
                done.append(heappop(flows))
                flow_class.count -= 1
                if flow_class.withdrawn:
                    flow_class.clear_top()
            emptied = emptied or not flows
        if emptied:
            self._active = [flow_class for flow_class in self._active if flow_class.count]
        return done


def _limit(kind: FlowClass) -> float:
    return kind.limit
