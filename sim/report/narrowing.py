"""What makes ranges wide, and which measurement would narrow them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from sim.report.style import Language
from sim.report.texts import tr

_KINDS = (
    (r"^hosts/.*\.cpu_speed$", "cpu"),
    (r"(^disks/|^hosts/.*disk_).*flush$", "flush"),
    (r"^disks/|^hosts/.*\.disk_", "disk"),
    (r"^locks/", "lock"),
    (r"^registries/", "registry"),
    (r"\.memory\.|memory$|working_set$|\.use$", "memory"),
    (r"\.phases\..*\.cpu$", "step"),
    (r"\.phases\.", "wait"),
    (r"^workloads/|\.costs\.", "event"),
)
"""What the ids of numbers tell of how they are measured. The first that fits counts."""


class Wide(Protocol):
    """What has a range, and names the input that makes it wide: a row of the accuracy."""

    @property
    def wide(self) -> bool:
        """Whether the range is wide."""

    @property
    def widest(self) -> str:
        """The id of the input that makes it wide."""

    @property
    def alone(self) -> float:
        """How many times its low end the range's high end were, if that input alone were not known."""


@dataclass(frozen=True, slots=True)
class WideInput:
    """An input that makes ranges wide.

    Attributes:
        id: As the ledger calls it.
        ranges: How many ranges it makes wide.
        alone: The largest width that it gives one of them alone.
        measure: The measurement that would narrow them.
    """

    id: str
    ranges: int
    alone: float
    measure: str


def measurement(number: str, language: Language = "en") -> str:
    """The measurement that tells a number of the catalog, by its id, for any host."""
    kind = next((kind for pattern, kind in _KINDS if re.search(pattern, number)), "number")
    return tr(f"figure.accuracy.narrow.{kind}", language)


def wide_inputs(rows: Iterable[Wide], language: Language = "en") -> list[WideInput]:
    """The inputs that make ranges wide, that of most ranges first."""
    alone: dict[str, list[float]] = defaultdict(list)
    for row in rows:
        if row.wide:
            alone[row.widest].append(row.alone)
    found = [WideInput(name, len(widths), max(widths), measurement(name, language)) for name, widths in alone.items()]
    return sorted(found, key=lambda each: (-each.ranges, -each.alone, each.id))
