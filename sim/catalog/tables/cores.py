"""What Linux does with cores: how often it balances their run queues, and what one vCPU more takes a guest to boot."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from sim.catalog.kernel import generation
from sim.catalog.number import COSTS, Number, Sensed
from sim.catalog.read import Table, group, read_whole
from sim.outcome import Bound

FILE = Path(__file__).parents[1] / "mechanisms" / "cores.toml"


@dataclass(frozen=True, slots=True)
class CoreNumbers(Sensed):
    """The numbers of one file.

    Attributes:
        interval: Seconds between two balancings of a core, for each core that it balances with.
        busy, busy_before_5_10: How many times as long that is on a busy core, by the kernel.
        vcpu: Core-seconds to bring up one vCPU more.
    """

    interval: Number = field(metadata=COSTS)
    busy: Number = field(metadata=COSTS)
    busy_before_5_10: Number = field(metadata=COSTS)
    vcpu: Number = field(metadata=COSTS)

    def balance_interval(self, kernel: str, cores: int, bound: Bound = "value") -> float:
        """Seconds from one balancing of a busy core to its next.

        >>> core_numbers().balance_interval("4.15", 4), core_numbers().balance_interval("6.12", 4)
        (0.128, 0.064)
        """
        busy = self.busy if generation(kernel) >= (5, 10) else self.busy_before_5_10
        return self.interval.at(bound) * cores * busy.at(bound)


def read(path: Path = FILE) -> CoreNumbers:
    """The numbers of one file. Raises `CatalogError` with the dotted path of every rule it breaks."""
    return read_whole(path, "mechanisms", _core_numbers)


def _core_numbers(table: Table) -> CoreNumbers:
    balancing = group(table, "balancing", interval="s", busy="1", busy_before_5_10="1")
    return CoreNumbers(**balancing, **group(table, "bring_up", vcpu="s"))


@cache
def core_numbers() -> CoreNumbers:
    """The catalog's numbers, read once."""
    return read()
