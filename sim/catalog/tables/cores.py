"""What Linux does with cores: it balances run queues, lets a new task wait its turn, and brings up vCPUs."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from sim.catalog.kernel import generation
from sim.catalog.number import COSTS, Number, Sensed
from sim.catalog.read import Table, inner_numbers, read_whole
from sim.outcome import Bound

FILE = Path(__file__).parents[1] / "mechanisms" / "cores.toml"

_SCALED_TO = 8
"""Slices are no longer on hosts of more cores than that."""


@dataclass(frozen=True, slots=True)
class CoreNumbers(Sensed):
    """The numbers of one file.

    Attributes:
        interval: Seconds between two balancings of a core, for each core that it balances with.
        busy, busy_before_5_10: How many times as long that is on a busy core, by the kernel.
        vcpu: Core-seconds to bring up one vCPU more.
        slice: Seconds that a task runs before another does, on one core.
        slice_before_6_6, round_before_6_6: The least of that, and of a round of all tasks of a core.
        turns, turns_before_6_6: How many slices each task of a core runs before a new one does.
    """

    interval: Number = field(metadata=COSTS)
    busy: Number = field(metadata=COSTS)
    busy_before_5_10: Number = field(metadata=COSTS)
    vcpu: Number = field(metadata=COSTS)
    slice: Number = field(metadata=COSTS)
    slice_before_6_6: Number = field(metadata=COSTS)
    round_before_6_6: Number = field(metadata=COSTS)
    turns: Number = field(metadata=COSTS)
    turns_before_6_6: Number = field(metadata=COSTS)

    def balance_interval(self, kernel: str, cores: int, bound: Bound = "value") -> float:
        """Seconds from one balancing of a busy core to its next.

        >>> core_numbers().balance_interval("4.15", 4), core_numbers().balance_interval("6.12", 4)
        (0.128, 0.064)
        """
        busy = self.busy if generation(kernel) >= (5, 10) else self.busy_before_5_10
        return self.interval.at(bound) * cores * busy.at(bound)

    def turn(self, kernel: str, cores: int, bound: Bound = "value") -> tuple[float, float]:
        """Seconds that each task of a core runs before a new one does, at least, and all with the new one together.

        Slices are longer with more cores, up to eight of them (kernel/sched/fair.c, get_update_sysctl_factor).
        """
        scale = min(cores, _SCALED_TO).bit_length()
        if generation(kernel) >= (6, 6):
            return self.slice.at(bound) * scale * self.turns.at(bound), 0.0
        turns = self.turns_before_6_6.at(bound) * scale
        return self.slice_before_6_6.at(bound) * turns, self.round_before_6_6.at(bound) * turns


def read(path: Path = FILE) -> CoreNumbers:
    """The numbers of one file. Raises `CatalogError` with the dotted path of every rule it breaks."""
    return read_whole(path, "mechanisms", _core_numbers)


def _core_numbers(table: Table) -> CoreNumbers:
    balancing = inner_numbers(table, "balancing", interval="s", busy="1", busy_before_5_10="1")
    slices = dict.fromkeys(("slice", "slice_before_6_6", "round_before_6_6"), "s")
    turns = inner_numbers(table, "new_task", ("turns",), **slices, turns="1", turns_before_6_6="1")
    return CoreNumbers(**balancing, **inner_numbers(table, "bring_up", vcpu="s"), **turns)


@cache
def core_numbers() -> CoreNumbers:
    """The catalog's numbers, read once."""
    return read()
