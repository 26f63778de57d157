"""What a virtual machine costs on a host that is a virtual machine itself: slow exits and page faults, little else."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from sim.catalog.number import COSTS, Number, Sensed
from sim.catalog.read import Table, positive, read_whole
from sim.outcome import Bound
from sim.records.instances import Owner

FILE = Path(__file__).parents[1] / "mechanisms" / "nesting.toml"


@dataclass(frozen=True, slots=True)
class Nesting(Sensed):
    """What a virtual machine costs inside a virtual machine.

    Attributes:
        computing, exit: How many times as long the guest's computing takes, and its exits and page faults.
        machine, kernel, userland: What share of an owner's CPU is exits and page faults.
    """

    computing: Number = field(metadata=COSTS)
    exit: Number = field(metadata=COSTS)
    machine: Number = field(metadata=COSTS)
    kernel: Number = field(metadata=COSTS)
    userland: Number = field(metadata=COSTS)

    def share(self, owner: Owner) -> Number:
        """What share of an owner's CPU is exits and page faults. All but machine and kernel is user space."""
        return {"machine": self.machine, "kernel": self.kernel}.get(owner, self.userland)

    def slowdown(self, owner: Owner, bound: Bound = "value", *, inside: bool, faults: bool = False) -> float:
        """How many times as long an owner's CPU takes.

        Args:
            inside: Whether it is the guest's. The monitor is a process of the host, whose computing loses nothing.
            faults: Whether all of it is page faults.
        """
        share = 1.0 if faults else self.share(owner).at(bound)
        computing = self.computing.at(bound) if inside else 1.0
        return (1 - share) * computing + share * self.exit.at(bound)

    def numbers(self, owner: Owner, *, inside: bool, faults: bool = False) -> tuple[Number, ...]:
        """The numbers that went into `slowdown`."""
        if faults:
            return (self.exit,)
        return (self.exit, self.share(owner), *((self.computing,) if inside else ()))


def read(path: Path = FILE) -> Nesting:
    """The numbers of one file. Raises `CatalogError` with the dotted path of every rule it breaks."""
    return read_whole(path, "mechanisms", _nesting)


def _nesting(table: Table) -> Nesting:
    slow = {name: table.number(name, "1") for name in ("computing", "exit")}
    positive(table, **slow)
    inner = table.table("share")
    nothing = Number(0.0, "1")
    shares = {name: inner.number(name, "1") if inner else nothing for name in ("machine", "kernel", "userland")}
    if inner:
        for name, number in shares.items():
            if number.at("high") > 1 or number.at("low") < 0:
                inner.problem("is no share; expected 0 to 100 % at every end of its range", name)
        inner.done()
    return Nesting(**slow, **shares)


@cache
def nesting() -> Nesting:
    """The catalog's numbers, read once."""
    return read()
