"""How often a host's kernel balances the run queues of its cores."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from sim.catalog.files import read_toml, refuse
from sim.catalog.kernel import generation
from sim.catalog.number import COSTS, Number, Sensed
from sim.catalog.read import Table, positive
from sim.errors import Problem
from sim.outcome import Bound

FILE = Path(__file__).parent / "mechanisms" / "scheduler.toml"


@dataclass(frozen=True, slots=True)
class LoadBalancing(Sensed):
    """Periodic balancing of run queues.

    Attributes:
        interval: Seconds, for each core that a core balances with.
        busy, busy_before_5_10: How many times as long it is on a busy core, by the kernel.
    """

    interval: Number = field(metadata=COSTS)
    busy: Number = field(metadata=COSTS)
    busy_before_5_10: Number = field(metadata=COSTS)

    def seconds(self, kernel: str, cores: int, bound: Bound = "value") -> float:
        """From one balancing of a busy core to its next.

        >>> balancing().seconds("4.15", 4), balancing().seconds("6.12", 4)
        (0.128, 0.064)
        """
        busy = self.busy if generation(kernel) >= (5, 10) else self.busy_before_5_10
        return self.interval.at(bound) * cores * busy.at(bound)


def read(path: Path = FILE) -> LoadBalancing:
    """The numbers of one file. Raises `CatalogError` with the dotted path of every rule it breaks."""
    problems: list[Problem] = []
    file = f"mechanisms/{path.name}"
    table = Table(read_toml(path, file), file, "", problems)
    numbers = {
        "interval": table.number("interval", "s"),
        "busy": table.number("busy", "1"),
        "busy_before_5_10": table.number("busy_before_5_10", "1"),
    }
    positive(table, **numbers)
    table.done()
    refuse(problems, file, path)
    return LoadBalancing(**numbers)


@cache
def balancing() -> LoadBalancing:
    """The catalog's numbers, read once."""
    return read()
