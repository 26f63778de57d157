"""How a guest gives memory back that it does not use: a balloon that a manager inflates, or free pages it reports.

Both come with delay. What a guest has freed stays on the host until then, because the host cannot see it.
"""

from __future__ import annotations

import math

from simpy import Environment

from sim.catalog.tables.mechanisms import Balloon, Reporting
from sim.engine.alarm import Alarm
from sim.machine.holdings import Holding, Instance
from sim.machine.pressure import Pressure
from sim.outcome import Bound


def freed(instance: Instance) -> list[Holding]:
    """What a guest touched and freed, and the host still holds."""
    return [
        holding
        for holding in instance.holdings
        if holding.line.guest and holding.line.reclaimable and not holding.line.file
    ]


def page_cache(instance: Instance) -> list[Holding]:
    """A guest's page cache, which it gives up before it runs out of memory."""
    return [
        holding
        for holding in instance.holdings
        if holding.line.guest and holding.line.reclaimable and holding.line.file
    ]


def untouched(instance: Instance) -> int:
    """Bytes of its configured memory that a guest may still touch."""
    return max(instance.configured - instance.ballooned - instance.asked - instance.held, 0)


class Reporter:
    """Free page reporting: every guest's pass frees a share of the blocks that are free in it.

    A block that is part free cannot be reported, so a share of what was free at first stays.
    """

    def __init__(self, env: Environment, pressure: Pressure, reporting: Reporting, bound: Bound = "value") -> None:
        self.given = 0
        self._pressure = pressure
        self._delay = reporting.delay.value
        self._part = reporting.part.value
        self._kept = 1 - reporting.block.at(bound)
        self._most: dict[Holding, int] = {}
        self._alarm = Alarm(env, self._pass)

    def start(self) -> None:
        """The first pass comes after the delay."""
        self._alarm.arm(self._delay)

    def _pass(self, alarm: Alarm) -> None:
        pages = self._pressure.pages
        pages.catch_up(None)
        for instance in pages.instances.values():
            for holding in freed(instance):
                most = self._most[holding] = max(self._most.get(holding, 0), holding.bytes)
                size = math.ceil(max(holding.bytes - self._kept * most, 0) * self._part)
                self.given += pages.release(holding, min(size, holding.bytes))
        self._pressure.changed()
        self._pressure.serve()
        alarm.arm(self._delay)


class Manager:
    """A manager on the host that looks at it once a period, and has balloons inflated while it is too full.

    What is too much is asked of all guests in proportion to what they could give. They give what they have freed first,
    then page cache. A balloon is as large as asked one period later.

    Args:
        memory: Bytes of the host's RAM.
        own: Bytes of it that the host's own system holds.
    """

    def __init__(
        self, env: Environment, pressure: Pressure, balloon: Balloon, memory: int, own: int, bound: Bound = "value"
    ) -> None:
        self.given = 0
        self._pressure = pressure
        self._memory, self._own = memory, own
        self._above = balloon.above.value
        self._period = balloon.period.at(bound)
        self._most = int(balloon.speed.at(bound) * self._period)
        self._asked: dict[int, int] = {}
        self._spares: dict[int, tuple[int, list[Holding]]] = {}
        self._alarm = Alarm(env, self._check)

    def start(self) -> None:
        """The first check comes after one period."""
        self._alarm.arm(self._period)

    def _check(self, alarm: Alarm) -> None:
        pages = self._pressure.pages
        pages.catch_up(None)
        for number, size in self._asked.items():
            if number in pages.instances:
                self._inflate(pages.instances[number], size)
        self._pressure.changed()
        self._pressure.serve()
        excess = self._own + pages.used - int(self._above * self._memory)
        could = {
            instance.number: sum([holding.bytes for holding in self._spare(instance)])
            for instance in pages.instances.values()
        }
        total = sum(could.values())
        share = min(excess / total, 1.0) if total and excess > 0 else 0.0
        self._asked = {number: min(math.ceil(size * share), self._most) for number, size in could.items() if share}
        alarm.arm(self._period)

    def _spare(self, instance: Instance) -> list[Holding]:
        """What a guest can give, in its order. That is looked up anew only where the guest has a holding more."""
        count, spare = self._spares.get(instance.number, (0, []))
        if count != len(instance.holdings):
            spare = freed(instance) + page_cache(instance)
            self._spares[instance.number] = len(instance.holdings), spare
        return spare

    def _inflate(self, instance: Instance, size: int) -> None:
        for holding in self._spare(instance):
            part = min(size, holding.bytes)
            if part:
                self.given += self._pressure.pages.release(holding, part)
                instance.ballooned += part
                size -= part
