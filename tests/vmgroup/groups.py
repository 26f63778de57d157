"""Groups to try, and the little arithmetic that their times are held against."""

from __future__ import annotations

from simpy import Environment

from sim.catalog import load
from sim.engine.seeds import SeedTree
from sim.vmgroup.group import MachineGroup
from sim.vmgroup.machines import PROVISIONING, MachineKind
from sim.vmgroup.settings import GroupSettings

HEALTHY = PROVISIONING + 30.0
"""When a machine is healthy that is asked for at 0: its first check, when it runs, fails; it passes the second."""


def kind(warm_up: float = 5.0, bad_version: int = 0) -> MachineKind:
    """Machines that boot in some ten seconds, with five for the application."""
    return MachineKind(
        load.host("laptop"),
        load.technology("qemu-kvm"),
        load.application("web"),
        warm_up=warm_up,
        bad_version=bad_version,
    )


def group(settings: GroupSettings, machines: MachineKind | None = None, until: float | None = None) -> MachineGroup:
    """A group, run until a time."""
    made = MachineGroup(Environment(), settings, machines or kind(), SeedTree(1))
    if until is not None:
        made.env.run(until)
    return made


def healthy(made: MachineGroup) -> int:
    """How many machines are healthy."""
    return sum(machine.health == "healthy" for machine in made.present())
