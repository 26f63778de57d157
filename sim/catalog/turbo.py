"""How a processor's clock falls with the cores of it that are busy.

Intel's processors say how far each of so many busy cores may go above the base clock (turbo bins, D1104). A host's
`cpu_speed` is that of one busy core. `[turbo]` says what share of it each has when more of a socket are busy.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from sim.catalog.number import Number
from sim.catalog.read import Table
from sim.outcome import Bound

_COUNT = re.compile(r"[1-9][0-9]{0,3}")


def turbo_of(table: Table) -> dict[str, Number]:
    """A host's table: the share of the full clock by how many cores of a socket are busy. Empty where it has none."""
    shares = table.numbers("turbo", "1")
    for name, number in shares.items():
        if not _COUNT.fullmatch(name):
            table.problem(f"{name!r} is no number of busy cores, a whole one from 1 to 9999", f"turbo.{name}")
        wrong = [end for end in (number.at("low"), number.value, number.at("high")) if not 0 < end <= 1]
        if wrong:
            table.problem(f"{wrong[0]:g} is no share of the full clock, above 0 and at most 1", f"turbo.{name}")
    return dict(sorted(shares.items(), key=lambda item: (len(item[0]), item[0])))


def core_speeds(turbo: Mapping[str, Number], cores: int, sockets: int, bound: Bound = "value") -> list[float] | None:
    """The share of the full clock with so many cores busy, from none to all of a host's. None where it says nothing.

    Busy cores are taken to be spread over the sockets, as Linux spreads tasks. Between two counts of the table the
    clock falls evenly. One core alone has the full clock. Beyond the last count it is as there.
    """
    if not turbo:
        return None
    points = [(1.0, 1.0), *((float(count), number.at(bound)) for count, number in turbo.items())]
    return [_at(max(1.0, math.ceil(busy / sockets)), points) for busy in range(cores + 1)]


def _at(count: float, points: list[tuple[float, float]]) -> float:
    """What a line through points has at a count. The last of equal counts is right."""
    before = points[0]
    for point in points:
        if point[0] > count:
            share = (count - before[0]) / (point[0] - before[0])
            return before[1] + share * (point[1] - before[1])
        before = point
    return before[1]
