"""A balancer's target group: it checks machines, and sends requests to those that it takes for healthy.

It costs nothing itself, and what it decides holds at once. Source: as for `sim.vmgroup.settings`.
"""

from __future__ import annotations

from collections.abc import Callable

from simpy import Environment

from sim.engine.alarm import Alarm
from sim.vmgroup.machines import GroupMachine, Health
from sim.vmgroup.settings import TargetHealthCheck


class TargetGroup:
    """Machines that a balancer may send requests to.

    Args:
        env: The simulation.
        check: How it asks them.
        changed: Called when a machine is taken for something else.

    Attributes:
        live: Whether the balancer sends this group requests at all.
        targets: The machines that are registered.
    """

    def __init__(
        self, env: Environment, check: TargetHealthCheck, changed: Callable[[], None], *, live: bool = True
    ) -> None:
        self._env, self._check, self._changed = env, check, changed
        self.live = live
        self.targets: list[GroupMachine] = []

    def register(self, machine: GroupMachine) -> None:
        """Check a machine from now on."""
        self.targets.append(machine)
        _Checking(self._env, self._check, machine, self)

    def deregister(self, machine: GroupMachine) -> None:
        """Send a machine no more requests."""
        if machine in self.targets:
            self.targets.remove(machine)
            machine.serve(self._env.now, sent=False)
            self.route()

    def switch(self, *, live: bool) -> None:
        """Send this group requests from now on, or no more."""
        self.live = live
        self.route()

    def take_for(self, machine: GroupMachine, health: Health) -> None:
        """A machine is taken for something."""
        machine.health = health
        machine.told.append((self._env.now, health))
        self.route()
        self._changed()

    def route(self) -> None:
        """Send requests to the healthy; to all where all are unhealthy."""
        open_to_all = all(machine.health == "unhealthy" for machine in self.targets)
        for machine in self.targets:
            machine.serve(self._env.now, sent=self.live and (open_to_all or machine.health == "healthy"))


class _Checking:
    """The checks of one machine, for as long as it is registered."""

    def __init__(self, env: Environment, check: TargetHealthCheck, machine: GroupMachine, group: TargetGroup) -> None:
        self._env, self._check, self._machine, self._group = env, check, machine, group
        self._passed = self._failed = 0
        Alarm(env, self._ask).arm(0.0)

    def _ask(self, alarm: Alarm) -> None:
        """Make a check, and the next one an interval later. One that nobody answers fails at its time-out."""
        if self._machine not in self._group.targets:
            return
        if self._machine.well(self._env.now):
            self._heard(passed=True)
        elif self._machine.booted <= self._env.now < self._machine.failed:
            self._heard(passed=False)  # the system answers that nobody listens
        else:
            Alarm(self._env, lambda _: self._heard(passed=False)).arm(self._check.timeout)
        alarm.arm(self._check.interval)

    def _heard(self, *, passed: bool) -> None:
        machine = self._machine
        if machine not in self._group.targets:
            return
        self._passed, self._failed = (self._passed + 1, 0) if passed else (0, self._failed + 1)
        needed = 1 if machine.health == "initial" else self._check.healthy
        if passed and machine.health != "healthy" and self._passed >= needed:
            self._group.take_for(machine, "healthy")
        elif not passed and machine.health != "unhealthy" and self._failed >= self._check.unhealthy:
            self._group.take_for(machine, "unhealthy")
