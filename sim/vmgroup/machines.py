"""One machine of a group: asked for, booted by the one start process, ended. It knows no group and no balancer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from simpy import Environment

from sim.catalog.model import Application, Guest, Host, Technology
from sim.engine.alarm import Alarm
from sim.engine.seeds import SeedTree
from sim.never import NEVER
from sim.outcome import Bound
from sim.platforms.hosting import HostingOptions, NodeHost, Recipes

PROVISIONING = 6.4
"""Seconds from asking a cloud for a machine until it is said to run: 1.5 for the call, 4.9 pending (F0585, F0586)."""

Health = Literal["initial", "healthy", "unhealthy"]
"""What the balancer takes a machine for."""

EndReason = Literal["", "replaced", "scaled", "unhealthy", "drained"]


@dataclass
class GroupMachine:
    """A machine. Times are in seconds, `sim.never.NEVER` for what has not happened.

    Attributes:
        number: Its place in the order of making, from 1.
        version: Of the service, from 1.
        asked: When it was asked for.
        running: From when on the cloud says that it runs, and takes money for it.
        booted: When its system has started and its application begins.
        answers: From when on its application answers.
        failed: When it died.
        leaving: When the group decided to end it.
        closing: When its system tells the application to end.
        dead: When its processes are gone.
        why: Why it was ended.
        health: What the balancer takes it for now.
        told: Pairs of a time and what the balancer took it for from then on.
        listed: Pairs of when the balancer began to send it requests, and when it stopped.
    """

    number: int
    version: int
    asked: float
    running: float = NEVER
    booted: float = NEVER
    answers: float = NEVER
    failed: float = NEVER
    leaving: float = NEVER
    closing: float = NEVER
    dead: float = NEVER
    why: EndReason = ""
    health: Health = "initial"
    told: list[tuple[float, Health]] = field(default_factory=list)
    listed: list[tuple[float, float]] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Its name."""
        return f"machine-{self.number}"

    @property
    def counts(self) -> bool:
        """Whether the group has it: it was asked for, and is not on its way out."""
        return self.leaving == NEVER

    def well(self, now: float) -> bool:
        """Whether it answers at a time."""
        return self.answers <= now < min(self.closing, self.dead, self.failed)

    def serve(self, now: float, *, sent: bool) -> None:
        """The balancer sends it requests from now on, or no more."""
        being = bool(self.listed) and self.listed[-1][1] == NEVER
        if sent and not being:
            self.listed.append((now, NEVER))
        elif being and not sent:
            self.listed[-1] = (self.listed[-1][0], now)


@dataclass(frozen=True, slots=True)
class MachineKind:
    """What every machine of a group is.

    Attributes:
        host: The hardware below it. Each machine has one to itself.
        technology: What makes it a machine.
        guest: Its system. None for the technology's first.
        application: What it serves with.
        provisioning: Seconds until the cloud says that it runs.
        warm_up: Seconds that the application takes until it answers, beside what the catalog says.
        finishing: Seconds that its requests under way take to end.
        bad_version: The version that never answers. 0 for none.
        bound: Which end of the result the numbers are taken for.
    """

    host: Host
    technology: Technology
    application: Application
    guest: Guest | None = None
    provisioning: float = PROVISIONING
    warm_up: float = 0.0
    finishing: float = 1.0
    bad_version: int = 0
    bound: Bound = "value"


class Launcher:
    """Boots machines of one kind, each on hardware of its own, from a disk that nobody has read yet.

    Args:
        env: The simulation.
        kind: What they are.
        seeds: Where durations are drawn from.
    """

    def __init__(self, env: Environment, kind: MachineKind, seeds: SeedTree) -> None:
        self._env, self._kind, self._seeds = env, kind, seeds
        self._options = HostingOptions(pull=False, cold=True, bound=kind.bound)
        self._recipes = Recipes(kind.host, kind.technology, self._options)

    def launch(self, machine: GroupMachine, runs: Callable[[], None]) -> None:
        """Have a machine made. `runs` is called once the cloud says that it runs."""
        seeds = self._seeds.child("machine", machine.number)

        def provided(_: Alarm) -> None:
            if machine.counts:
                machine.running = self._env.now
                self._boot(machine, seeds)
                runs()

        Alarm(self._env, provided).arm(self._kind.provisioning)

    def _boot(self, machine: GroupMachine, seeds: SeedTree) -> None:
        kind, env = self._kind, self._env
        node = NodeHost(env, kind.host, kind.technology, seeds, self._options, self._recipes)

        def booted() -> None:
            machine.booted = env.now

        def answers() -> None:
            if machine.version != kind.bad_version:
                machine.answers = env.now + kind.warm_up

        node.start(kind.application, booted, kind.guest, answers)
