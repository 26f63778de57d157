"""What `--vary PATH=VALUES` means: one axis of a sweep, as the values that it takes.

VALUES is a list with commas, as it would stand in a scenario file between brackets. An item may be a range, which
becomes its values. A range has the same units as a value has:

    1..10               whole numbers, both ends among them
    1..100:10           from the first on, so far apart
    even:0..1:11        so many, equally far apart
    log:1..1000:7       so many, each the same multiple of the one before
    uniform:0..1:50     so many, drawn by the sweep's seed, each value equally likely
    loguniform:1..9:50  the same of the logarithm

The values are whole numbers where the parameter takes no others. Ends and steps are reckoned with exactly.
"""

from __future__ import annotations

import math
import random
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sim import limits
from sim.engine.seeds import SeedTree
from sim.errors import InputError, Problem
from sim.loading.assignments import divided, written_value
from sim.quantity import UNITS, parse, render
from sim.wording import shown

SPACINGS = ("even", "log", "uniform", "loguniform")
_DRAWN = ("uniform", "loguniform")
_LOGARITHMIC = ("log", "loguniform")

_END = r"([-+]?[0-9]{1,18}(?:\.[0-9]{1,18})?(?:[eE][-+]?[0-9]{1,3})?)[ ]?([A-Za-zµ%/][A-Za-z0-9µ/]{0,9})?"
_RANGE = re.compile(rf"(?:([a-z]{{1,20}}):)?{_END}\.\.{_END}(?::{_END})?")

_DIGITS = 12
"""Significant digits of what a logarithm or a sample gives, as of a result: the last ones differ by platform."""

_FARTHEST = 10**30
"""The largest end of a range. No parameter takes as much."""


@dataclass(frozen=True)
class Axis:
    """A path of the scenario, and the values that it takes, as a file would have them."""

    path: str
    values: tuple[Any, ...]


@dataclass(frozen=True)
class _End:
    """A number and the dimension of its unit. "" where there is none."""

    value: Fraction
    whole: bool
    dimension: str


def axis(text: str, seed: int = 1, whole: Callable[[str], bool | None] = lambda _: None) -> Axis:
    """The axis that a text means, as "instances=1,10,100".

    Args:
        seed: Where a drawn range has its values from.
        whole: Whether the parameter of a path takes whole numbers alone. None where that is not known: then a value of
            a range between whole numbers is one where it is whole.

    Raises `InputError` where it is none.
    """
    path, written = divided(text, "--vary")
    items = written_value(f"[{written}]", path)
    if not isinstance(items, list) or not items:
        raise InputError(Problem(f"has no values; expected some with commas between, as in {path}=1,10,100", path=path))
    stream = SeedTree(seed).child("sweep").stream(path)
    values: list[Any] = []
    for item in items:
        try:
            values += expanded(item, stream, whole(path))
        except InputError as error:
            raise InputError([Problem(problem.message, path=path) for problem in error.problems]) from None
        if len(values) > limits.POINTS:
            raise InputError(Problem(f"more than {limits.POINTS:,} values", path=path))
    return Axis(path, tuple(values))


def expanded(item: Any, stream: random.Random, whole: bool | None = None) -> list[Any]:
    """The values of a range, or the item itself where it is none. Raises `InputError`."""
    found = _RANGE.fullmatch(item) if isinstance(item, str) else None
    if found is None:
        return [item]
    spacing = found[1] or ""
    if spacing and spacing not in SPACINGS:
        raise InputError(f"no spacing {shown(spacing)} of {shown(item)}; there are {', '.join(SPACINGS)}")
    first, last = _end(found[2], found[3], item), _end(found[4], found[5], item)
    if first.dimension != last.dimension:
        raise InputError(f"{shown(item)} does not fit; expected the same kind of unit at both ends")
    ends_whole = first.whole and last.whole
    if first.dimension:
        whole = ends_whole
    if spacing:
        if found[6] is None or found[7] or not found[6].isdigit():
            raise InputError(f"{shown(item)} does not fit; expected how many values, as in {spacing}:1..1000:7")
        numbers: Iterable[Fraction | float] = _spaced(spacing, first, last, _count(int(found[6]), item), stream, item)
    else:
        step = _end(found[6], found[7], item) if found[6] else None
        numbers, ends_whole = _stepped(first, last, step, item), ends_whole and (step is None or step.whole)
    values = [_value(number, first.dimension, whole, ends_whole) for number in numbers]
    # Neighbours of a regular range may become the same whole number, and are one point then.
    return values if spacing in _DRAWN else list(dict.fromkeys(values))


def _end(number: str, unit: str | None, item: str) -> _End:
    whole, value = re.fullmatch("[-+]?[0-9]+", number) is not None, Fraction(number)
    if abs(value) > _FARTHEST:
        raise InputError(f"an end of {shown(item)} is out of range; expected at most {float(_FARTHEST):g}")
    if not unit:
        return _End(value, whole, "")
    for dimension, units in UNITS.items():
        if unit in units:
            return _End(value * Fraction(repr(units[unit])), dimension == "B", dimension)
    known = ", ".join(unit for units in UNITS.values() for unit in units if unit)
    raise InputError(f"unit {shown(unit)} of {shown(item)} does not fit; expected one of {known}")


def _count(count: int, item: str) -> int:
    if not 1 <= count <= limits.POINTS:
        asked = str(count) if count < 10**_DIGITS else f"over {float(10**_DIGITS):g}"
        raise InputError(f"{shown(item)} asks for {asked} values; expected 1 to {limits.POINTS:,}")
    return count


def _stepped(first: _End, last: _End, step: _End | None, item: str) -> list[Fraction]:
    if step is None and first.dimension:
        raise InputError(f"{shown(item)} does not fit; expected a step, as in 64 MiB..512 MiB:64 MiB")
    if step is not None and step.dimension != first.dimension:
        raise InputError(f"{shown(item)} does not fit; expected a step with the same kind of unit")
    size = step.value if step else Fraction(1)
    if size <= 0 or last.value < first.value:
        raise InputError(f"{shown(item)} does not fit; expected the smaller end first, and a step of more than 0")
    count = _count(math.floor((last.value - first.value) / size) + 1, item)
    return [first.value + number * size for number in range(count)]


def _spaced(
    spacing: str, first: _End, last: _End, count: int, stream: random.Random, item: str
) -> Iterator[Fraction | float]:
    if spacing == "even":
        span = last.value - first.value
        return (first.value + span * number / max(count - 1, 1) for number in range(count))
    low, high = float(first.value), float(last.value)
    if spacing in _LOGARITHMIC:
        if low <= 0 or high <= 0:
            raise InputError(f"{shown(item)} does not fit; a logarithm needs ends of more than 0")
        low, high = math.log(low), math.log(high)
    if spacing == "log":
        shares = (number / max(count - 1, 1) for number in range(count))
    else:
        shares = (stream.random() for _ in range(count))
    places = (low + (high - low) * share for share in shares)
    return (float(f"{math.exp(place) if spacing in _LOGARITHMIC else place:.{_DIGITS}g}") for place in places)


def _value(number: Fraction | float, dimension: str, whole: bool | None, ends_whole: bool) -> Any:
    """As a file would have it.

    Args:
        whole: Whether only whole numbers are taken. None where that is not known.
        ends_whole: Whether the range was written with whole numbers.
    """
    is_whole = number == round(number)
    made = round(number) if whole or (is_whole and ends_whole and whole is None) else float(number)
    if dimension in ("", "1"):
        return made
    text = render(made, dimension)
    return text if dimension != "B" or parse(text, "B") == made else f"{made} B"
