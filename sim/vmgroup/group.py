"""A group of virtual machines that keeps its size: it launches, replaces, scales, and gives another version.

Rules and defaults are those of Amazon EC2 Auto Scaling (`sim.vmgroup.settings`). Left out: availability zones,
lifecycle hooks, warm pools, spot instances, simple scaling with its cooldown, several policies at once, alarms of a
refresh, and the seconds that the control plane itself takes between two steps.
"""

from __future__ import annotations

import math

from simpy import Environment

from sim.engine.alarm import Alarm
from sim.engine.seeds import SeedTree
from sim.never import NEVER
from sim.traffic.load import Load
from sim.vmgroup.balancer import TargetGroup
from sim.vmgroup.machines import EndReason, GroupMachine, Launcher, MachineKind
from sim.vmgroup.settings import GroupSettings


class MachineGroup:
    """A group, from its making on.

    Args:
        env: The simulation.
        settings: What it is told.
        kind: What its machines are.
        seeds: Where durations are drawn from.

    Attributes:
        machines: All that it ever had, in the order of making.
        wanted: Pairs of a time and how many machines were wanted from then on.
        desired: How many are wanted now.
        version: The newest version.
        settled_since: Since when all is as wanted; `sim.never.NEVER` while it is not.
    """

    def __init__(self, env: Environment, settings: GroupSettings, kind: MachineKind, seeds: SeedTree) -> None:
        self.env, self.settings, self.kind = env, settings, kind
        self._launcher = Launcher(env, kind, seeds)
        self._targets = TargetGroup(env, settings.check, self._look)
        self._second: TargetGroup | None = None
        self.machines: list[GroupMachine] = []
        self.wanted: list[tuple[float, int]] = []
        self.desired, self.version = 0, 1
        self.settled_since = NEVER
        self._replacing = False
        self.resize(settings.desired)

    # What people do

    def resize(self, desired: int) -> None:
        """Want so many machines, whatever the limits that scaling has."""
        self.desired = desired
        self.wanted.append((self.env.now, desired))
        self._look()

    def update(self) -> None:
        """Give all machines another version."""
        self.version += 1
        if self.settings.replacement == "blue_green":
            self._second = TargetGroup(self.env, self.settings.check, self._look, live=False)
            for _ in range(self.desired):
                self._launch()
        else:
            self._replacing = True
        self._look()

    def fail(self, count: int) -> list[GroupMachine]:
        """So many machines die at once, the oldest that are healthy first. The group does not know yet."""
        found = [machine for machine in self.present() if machine.health == "healthy"][:count]
        for machine in found:
            machine.failed = self.env.now
        self._look()
        return found

    def empty(self, count: int) -> None:
        """Take so many machines away in good order, as before maintenance of what is below them."""
        for machine in [machine for machine in self.present() if machine.health == "healthy"][:count]:
            self._end(machine, "drained")
        self._look()

    # What it has

    def present(self) -> list[GroupMachine]:
        """Its machines but those on their way out."""
        return [machine for machine in self.machines if machine.counts]

    def warm(self, warm_up: float) -> list[GroupMachine]:
        """Those that are healthy and ran for so many seconds."""
        since = self.env.now - warm_up + 1e-9
        return [machine for machine in self.present() if machine.health == "healthy" and machine.running <= since]

    def _settled(self) -> bool:
        """Whether all is as wanted, and no machine is on its way in or out."""
        present = self.present()
        return (
            len(present) == self.desired
            and all(machine.version == self.version and machine.health == "healthy" for machine in present)
            and all(machine.dead <= self.env.now for machine in self.machines if not machine.counts)
            and all(machine.failed == NEVER for machine in present)
        )

    # What it does by itself

    def _look(self) -> None:
        """Do what is due. It is called whenever something may be."""
        self._replace_unhealthy()
        if self._second is not None:
            self._switch_over(self._second)
        elif self._replacing:
            self._refresh()
        self._keep_size()
        if not self._settled():
            self.settled_since = NEVER
        elif self.settled_since == NEVER:
            self.settled_since = self.env.now

    def _look_at(self, time: float) -> None:
        """Look again at a time."""
        Alarm(self.env, lambda _: self._look()).arm(max(time - self.env.now, 0.0))

    def _replace_unhealthy(self) -> None:
        graced = self.env.now - self.settings.grace + 1e-9
        for machine in self.present():
            if machine.health == "unhealthy" and machine.running <= graced:
                self._end(machine, "unhealthy")

    def _keep_size(self) -> None:
        """Launch what is missing; end what is too much, old versions first, and of those the oldest."""
        own = [machine for machine in self.present() if self._second is None or machine.version < self.version]
        for _ in range(self.desired - len(own)):
            self._launch(self.version - 1 if self._second is not None else self.version)
        if not self._replacing:
            by_age = sorted(own, key=lambda machine: (machine.version, machine.number))
            for machine in by_age[: max(len(own) - self.desired, 0)]:
                self._end(machine, "scaled")

    def _launch(self, version: int | None = None) -> None:
        machine = GroupMachine(len(self.machines) + 1, version or self.version, self.env.now)
        self.machines.append(machine)
        targets = self._targets if self._second is None or machine.version < self.version else self._second

        def runs() -> None:
            targets.register(machine)
            for warm_up in {self.settings.grace, self.settings.replacing_warm_up}:
                self._look_at(machine.running + warm_up)

        self._launcher.launch(machine, runs)

    def _end(self, machine: GroupMachine, why: EndReason) -> None:
        """Take a machine off the balancer, and end it when its requests have, or may wait no longer."""
        now = self.env.now
        machine.leaving, machine.why = now, why
        for targets in (self._targets, self._second):
            if targets is not None:
                targets.deregister(machine)
        machine.serve(now, sent=False)
        machine.closing = now
        machine.dead = min(now + min(self.kind.finishing, self.settings.draining), machine.failed)
        if machine.running == NEVER or machine.failed < now:
            machine.dead = min(machine.failed, now)
        self._look_at(max(machine.dead, now))

    def _refresh(self) -> None:
        """Replace machines of an old version, as many at a time as may be missing or added."""
        old = [machine for machine in self.present() if machine.version < self.version]
        if not old:
            self._replacing = False
            return
        settings, present = self.settings, len(self.present())
        least = math.ceil(settings.min_healthy * self.desired - 1e-9)
        most = math.floor(settings.max_healthy * self.desired + 1e-9)
        working = [machine for machine in old if machine.health == "healthy"]
        working += [one for one in self.warm(settings.replacing_warm_up) if one.version == self.version]
        spare = len(working) - least
        if not spare and most <= self.desired and len(working) == present:
            spare = 1  # too few machines for that share: one at a time
        idle = [machine for machine in old if machine not in working]
        for machine in [*idle, *(machine for machine in old if machine in working)][: max(spare, 0) + len(idle)]:
            self._end(machine, "replaced")
            old.remove(machine)
        new = len(self.present()) - len(old)
        for _ in range(min(most - len(self.present()), self.desired - new)):
            self._launch()

    def _switch_over(self, second: TargetGroup) -> None:
        """Send all requests to the second group once it is as large as the first and healthy."""
        new = [machine for machine in self.present() if machine.version == self.version]
        if len(new) < self.desired:
            for _ in range(self.desired - len(new)):
                self._launch()
            return
        if not all(machine.health == "healthy" for machine in new):
            return
        first, self._targets, self._second = self._targets, second, None
        second.switch(live=True)
        first.switch(live=False)
        for machine in [machine for machine in self.present() if machine.version < self.version]:
            first.deregister(machine)
            self._end(machine, "replaced")


class GroupScaling:
    """Follows a load: a point of the metric each period, and what the rule makes of it.

    Args:
        group: The group. Its settings have a rule.
        load: What is sent to it.
        work: Core-seconds of one request.
        cores: Cores of one machine.
        start: When the first period begins.
    """

    def __init__(self, group: MachineGroup, load: Load, work: float, cores: float, start: float) -> None:
        rule = group.settings.scaling
        if rule is None:
            raise ValueError("the group's settings have no rule for scaling")
        self._group, self._rule = group, rule
        self._load, self._work, self._cores, self._start = load, work, cores, start
        self._high = self._low = 0
        Alarm(group.env, self._point).arm(start + rule.period - group.env.now)

    def _point(self, alarm: Alarm) -> None:
        alarm.arm(self._rule.period)
        now, group = self._group.env.now, self._group
        serving = [machine for machine in group.present() if machine.health == "healthy"]
        warm = group.warm(group.settings.scaling_warm_up)
        if not warm:
            return
        first = now - self._rule.period - self._start
        cores = self._load.offered(first, now - self._start) * self._work / self._rule.period
        metric = min(cores / (len(serving) * self._cores), 1.0)
        self._high = self._high + 1 if self._rule.is_high(metric) else 0
        self._low = self._low + 1 if self._rule.is_low(metric) else 0
        wanted = self._rule.wanted(metric, len(warm), self._high, self._low)
        if wanted is not None:
            self._scale(wanted, warming=len(warm) < len(group.present()))

    def _scale(self, wanted: int, *, warming: bool) -> None:
        group = self._group
        within = min(max(wanted, group.settings.fewest), group.settings.largest)
        if within > group.desired or (within < group.desired and self._low and not warming):
            self._low = 0
            group.resize(within)
