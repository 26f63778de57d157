"""Whether a host has memory for the instances that are to be on it at the same time, by the density study's rules."""

from __future__ import annotations

from dataclasses import dataclass

from sim.catalog import load
from sim.quantity import render, rounded
from sim.reasons import Reason
from sim.studies.density import MOST, Constraint, Density, constraints

_OF = {
    "memory_touched": Reason("capacity.touched", "touched memory"),
    "memory_reserved": Reason("capacity.reserved", "configured memory"),
    "shared_memory": Reason("capacity.shared", "guest memory in /dev/shm"),
}
"""The constraints that stop instances from being held, and what they are of."""


@dataclass(frozen=True, slots=True)
class HostCapacity:
    """What a host has room for.

    Attributes:
        host: Its id.
        existing: How many instances it holds already.
        tightest: The constraint that stops the next instance. None where none does.
    """

    host: str
    existing: int
    tightest: Constraint | None

    @property
    def left(self) -> int:
        """How many instances can be added. It is negative where there are too many already."""
        limit = None if self.tightest is None else self.tightest.limit
        return (MOST if limit is None else limit) - self.existing

    def refusal(self, count: int) -> str:
        """Why so many more instances cannot be there at the same time. "" where they can."""
        if self.tightest is None or count <= self.left:
            return ""
        needed, there = (render(rounded(size), "B") for size in (self.tightest.demand, self.tightest.capacity))
        most, beside = max(self.left, 0), self.existing
        if self.left < 0:
            count, most, beside = self.existing, self.tightest.limit or 0, 0
        fit = Reason("capacity.fit", "at most {most} fit", most=most)
        if beside:
            fit = Reason("capacity.beside", "at most {most} fit beside the {there} that exist", most=most, there=beside)
        return Reason(
            "capacity",
            "{count} at the same time are too many: {host} has {there} for instances, and one more takes {needed} of "
            "{of} ({constraint}), so {fit}",
            count=count,
            host=self.host,
            there=there,
            needed=needed,
            of=_OF[self.tightest.name],
            constraint=self.tightest.name,
            fit=fit,
        )


def host_capacity(instances: Density, existing: int = 0) -> HostCapacity:
    """What a host has room for.

    Args:
        instances: The instances and their host.
        existing: How many of them are there already.

    Raises:
        InputError: Where the guest's memory cannot hold guest and application.
    """
    limits = [
        constraint for constraint in constraints(instances) if constraint.name in _OF and constraint.limit is not None
    ]
    return HostCapacity(
        load.host(instances.host).id, existing, min(limits, key=lambda constraint: constraint.limit or 0, default=None)
    )
