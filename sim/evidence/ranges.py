"""How far a prediction may be off: what its inputs' ranges allow, and what the model misses where inputs are known.

Inputs err independently of each other. So the effects of all of them are added as their squares, in logarithms (JCGM
100:2008, Guide to the expression of uncertainty in measurement, section 5.1.2), and not as if each were at its worst
end at once. The model's own discrepancy is one more term of the sum. The range is thus as sure as the range of one
input.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from sim.batch.inputs import InputEffect
from sim.catalog import ledger
from sim.catalog.number import Number

DISCREPANCY = 0.13
"""What the model misses where its inputs are known: |ln(predicted / published)|.

It is the largest of the `calibrate` figures that set no number themselves (`Accuracy.discrepancy`): the 90th
percentile of QEMU's serial boots on 48 cores. They are of five sources, too few for a percentile of sources. No `check`
figure has a part in it.
"""

WIDE = 1.5
"""A range whose high end is more times its low end than this names the input that makes it wide."""


@dataclass(frozen=True, slots=True)
class Spread:
    """How far a prediction may be off.

    Attributes:
        down, up: By how much its logarithm may fall and rise.
        widest: The id of the input that does most of it, as the ledger has it. "" where no input has a range.
        alone: How many times its smallest the prediction's largest value is, were this input the only one.
    """

    down: float
    up: float
    widest: str = ""
    alone: float = 1.0


def spread(effects: Sequence[InputEffect]) -> Spread:
    """All inputs together, with the model's discrepancy."""
    down, up = _together(effect.down for effect in effects), _together(effect.up for effect in effects)
    widest = max(effects, key=lambda effect: effect.width, default=None)
    if widest is None or widest.width == 1.0:
        return Spread(down, up)
    return Spread(down, up, named(widest.number), widest.width)


def _together(moved: Iterable[float]) -> float:
    return math.hypot(DISCREPANCY, *moved)


def named(number: Number) -> str:
    """What the ledger calls a number: "hosts/azure-d2s.cpu_speed". Its source where no file of the catalog has it."""
    return _ids().get((number.sources, number.estimate, number.derivation), number.source)


@cache
def _ids() -> dict[tuple[tuple[str, ...], str, str], str]:
    """The first number of the ledger with the same provenance. A number that was scaled keeps its provenance."""
    ids: dict[tuple[tuple[str, ...], str, str], str] = {}
    for number in ledger.numbers():
        if number.low or number.high:
            ids.setdefault((number.sources, number.estimate, number.derivation), number.id)
    return ids
