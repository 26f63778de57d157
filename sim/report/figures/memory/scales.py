"""How large the ledger's panels are drawn: equal areas are equal bytes, but for a power of ten."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from sim.report.figures.memory.columns import Group, Ruler, area

BESIDE = 10
"""Pixels before what stands beside the columns."""
_THINNEST = 0.7
"""Columns are narrowed to this share before they are made lower."""
_MIB = 2**20


@dataclass(frozen=True, slots=True)
class Panel:
    """One label's columns with their scale.

    Attributes:
        power: It is drawn at a tenth to this power of the scale.
        per_byte: Square pixels of a byte.
        width, height: Pixels of the columns, above and below zero together.
    """

    found: Group
    power: int
    per_byte: float
    width: float
    height: float

    @property
    def pitch(self) -> float:
        """Pixels from one column to the next."""
        return self.width / self.found.columns

    @property
    def unit(self) -> float:
        """Pixels of height of a byte an instance."""
        return self.per_byte * self.found.instances / self.width


def scaled(groups: Sequence[Group], ruler: Ruler, width: float, height: float) -> list[Panel]:
    """The panels of all groups: equal areas are equal bytes, but for a stated power of ten.

    A power is the one nearest to the ratio of a panel's area to the smallest one's.

    Args:
        width, height: Pixels that columns and what stands beside them may take.
    """
    areas = [max(area(found, ruler), 1.0) for found in groups]
    powers = [max(round(math.log10(each / min(areas))), 0) for each in areas]
    room = width - 2 * BESIDE
    least = min(areas)
    possible = []
    for found, power in zip(groups, powers, strict=True):
        host = sum(record.bytes for record in found.host)
        columns = (found.top + found.bottom) * found.instances
        again = least if power else 0.0
        possible.append(height * room / max(host + columns + again, 1.0) * 10**power)
    base = min(possible, default=1.0)
    panels = []
    for found, power, most in zip(groups, powers, possible, strict=True):
        per_byte, share = base / 10**power, base / most
        narrowed = max(share, _THINNEST)
        columns = (found.top + found.bottom) * found.instances * per_byte
        high = height * share / narrowed
        panels.append(Panel(found, power, per_byte, columns / high, high))
    return panels


def square(panel: Panel) -> float:
    """Bytes of a square that is seen well: 1, 10 or 100 MiB and so on at the smallest scale, more in the others."""
    size = float(_MIB) * 1e-3
    while math.sqrt(size * 10 * panel.per_byte * 10**panel.power) < 36:
        size *= 10
    return size * 10.0**panel.power
