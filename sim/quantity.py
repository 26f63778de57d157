"""Quantities as people write them, "512 MiB", "3.2 s", "25 Mbit/s", to SI numbers and back.

Inside the model a duration is a float of seconds. A size is an int or float of bytes. A rate is a float per second.
Only this module, and the readers of catalog and scenario files, know the written form.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Annotated, Any

from annotated_types import Ge, Gt

from sim.errors import InputError
from sim.reasons import Reason

_BINARY = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}
_DECIMAL = {"": 1, "k": 10**3, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_BYTES: dict[str, float] = {f"{prefix}B": factor for prefix, factor in (_DECIMAL | _BINARY).items()}
_SECONDS: dict[str, float] = {
    "ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0,
}  # fmt: skip
_BIT_RATES: dict[str, float] = {f"{prefix}bit/s": factor / 8 for prefix, factor in _DECIMAL.items()}

UNITS: dict[str, dict[str, float]] = {
    "s": _SECONDS,
    "B": _BYTES,
    "B/s": {f"{unit}/s": factor for unit, factor in _BYTES.items()} | _BIT_RATES,
    "1/s": {"/s": 1.0, "1/s": 1.0, "/min": 1 / 60, "/h": 1 / 3600},
    "1": {"": 1.0, "%": 0.01},
    "core": {"": 1.0, "m": 0.001},
}
"""The units that each dimension takes, with their factors. A dimension is named by its SI unit."""

LARGEST: dict[str, float] = {"s": 100 * 365.25 * 86400, "B": 2**50, "B/s": 2**50, "1/s": 1e9, "1": 1e9, "core": 1e9}
"""The largest value of a parameter, whatever its own bounds: a century, a pebibyte. More is a slip of the pen."""

_NUMBER = r"[-+]?[0-9][0-9_]*(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?"
_FORM = re.compile(rf"\s*({_NUMBER})\s*(\S*)\s*")


def parse(text: str | float, dimension: str) -> float:
    """The SI value of a written quantity.

    >>> parse("512 MiB", "B"), parse("25 Mbit/s", "B/s"), parse("40 %", "1"), parse(2, "1")
    (536870912.0, 3125000.0, 0.4, 2.0)
    >>> parse("500m", "core"), parse(0.5, "core")  # as Kubernetes and Docker write it
    (0.5, 0.5)

    Args:
        text: A number and its unit. A bare number is taken where the dimension is "1" or "core".
        dimension: A key of `UNITS`.

    Raises:
        InputError: Where it is no such quantity. The message names the text and the units that are allowed.
    """
    units = UNITS[dimension]
    allowed = ", ".join(repr(unit) for unit in units if unit)
    if isinstance(text, bool) or not isinstance(text, str | int | float):
        raise _no_quantity(text, allowed)
    if not isinstance(text, str):
        if "" not in units:
            raise InputError(f"{text!r} has no unit; expected one of {allowed}, as in '{text} {_example(dimension)}'")
        number, unit = float(text), ""
    else:
        match = _FORM.fullmatch(text)
        if match is None:
            raise _no_quantity(text, allowed)
        number, unit = float(match[1].replace("_", "")), match[2]
    if unit not in units:
        if not unit:
            raise InputError(
                Reason(
                    "without_unit",
                    "{value} without a unit does not fit; expected one of {allowed}",
                    value=repr(text),
                    allowed=allowed,
                )
            )
        raise InputError(
            Reason(
                "unit",
                "unit {unit} of {value} does not fit; expected one of {allowed}",
                unit=repr(unit),
                value=repr(text),
                allowed=allowed,
            )
        )
    value = number * units[unit]
    if not math.isfinite(value):
        raise InputError(Reason("too_large", "{value} is too large", value=repr(text)))
    whole = round(value)
    # "16.6 MB" are 16,600,000 bytes, which the product of two binary fractions misses by its last digit
    return float(whole) if dimension == "B" and abs(value - whole) <= math.ulp(value) else value


def _no_quantity(given: object, allowed: str) -> InputError:
    return InputError(
        Reason(
            "no_quantity",
            "{value} is not a quantity; expected a number with one of {allowed}",
            value=repr(given),
            allowed=allowed,
        )
    )


def _example(dimension: str) -> str:
    return {"s": "s", "B": "MiB", "B/s": "Mbit/s", "1/s": "/s"}[dimension]


def dimension_of(unit: str) -> str:
    """The SI unit that a published figure's unit comes to: "s", "B", "1/s", "B/s" or "1". Metrics have one of these.

    Raises `InputError` where it comes to none.
    """
    for dimension in ("s", "B", "1/s", "B/s", "1"):
        try:
            _one(unit, dimension)
        except InputError:
            continue
        return dimension
    raise InputError(f"no unit {unit!r}")


def factor_of(unit: str) -> float:
    """How many of its dimension's SI unit one of a published figure's unit is. Raises as `dimension_of` does."""
    return _one(unit, dimension_of(unit))


def _one(unit: str, dimension: str) -> float:
    return parse(f"1 {unit.removeprefix('1')}".strip(), dimension)


def pattern(dimension: str) -> str:
    """The regular expression of what `parse` takes as text, as JSON Schema writes it (ECMA 262)."""
    units = sorted((re.escape(unit) for unit in UNITS[dimension]), key=len, reverse=True)
    return rf"^\s*{_NUMBER}\s*({'|'.join(units)})\s*$"


def render(value: float, dimension: str) -> str:
    """The shortest written form that `parse` reads back to the same value, in a unit a person would choose.

    >>> render(536870912, "B"), render(0.25, "s"), render(3125000, "B/s")
    ('512 MiB', '250 ms', '25 Mbit/s')
    """
    choices = {
        "s": ["d", "h", "min", "s", "ms", "us", "ns"],
        "B": ["TiB", "GiB", "MiB", "KiB", "B"],
        "B/s": ["Gbit/s", "Mbit/s", "kbit/s", "bit/s"],
        "1/s": ["/s"],
        "1": [""],
        "core": [""],
    }[dimension]
    units = UNITS[dimension]
    for unit in choices:
        if abs(value) >= units[unit] and value / units[unit] < 10_000:
            break
    else:
        unit = choices[-1] if value else {"s": "s", "B": "B"}.get(dimension, choices[-1])
    return f"{value / units[unit]:.12g} {unit}".strip()


def rounded(size: float) -> float:
    """Bytes that were computed, at three significant digits of a unit a person would choose: for messages.

    >>> render(rounded(900.162109374 * 2**30), "B")
    '900 GiB'
    """
    unit = next(unit for unit in (2**40, 2**30, 2**20, 2**10, 1) if size >= unit or unit == 1)
    return float(f"{size / unit:.3g}") * unit


_BARE = {"1": ("a number, or a share in %", "40 %"), "core": ("cores, or thousandths in m", "500m")}
"""Dimensions that take a bare number too: what is said of them, and an example with a unit."""


@dataclass(frozen=True, slots=True)
class Unit:
    """Marks the dimension of a parameter. The reader of scenario files turns what is written into the SI value."""

    dimension: str

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        from pydantic_core import PydanticCustomError, core_schema

        def read(value: Any) -> Any:
            try:
                number = parse(value, self.dimension)
            except InputError as error:
                raise PydanticCustomError("quantity", "{reason}", {"reason": error.said}) from None
            if abs(number) > LARGEST[self.dimension]:
                most = render(LARGEST[self.dimension], self.dimension)
                raise PydanticCustomError(
                    "quantity",
                    "{reason}",
                    {"reason": Reason("over", "{value} is over {most}", value=repr(value), most=most)},
                )
            return int(number) if source is int and number == int(number) else number

        return core_schema.no_info_before_validator_function(read, handler(source))

    def __get_pydantic_json_schema__(self, schema: Any, handler: Any) -> dict[str, Any]:
        if self.dimension in _BARE:
            description, example = _BARE[self.dimension]
            return {
                "type": ["number", "string"],
                "pattern": pattern(self.dimension),
                "description": description,
                "examples": [example],
            }
        return {
            "type": "string",
            "pattern": pattern(self.dimension),
            "description": f"a quantity in one of {', '.join(unit for unit in UNITS[self.dimension] if unit)}",
            "examples": [f"1 {_example(self.dimension)}"],
        }


Seconds = Annotated[float, Unit("s"), Ge(0)]
Bytes = Annotated[int, Unit("B"), Ge(0)]
BytesPerSecond = Annotated[float, Unit("B/s"), Gt(0)]
CpuCores = Annotated[float, Unit("core"), Gt(0)]
PerSecond = Annotated[float, Unit("1/s"), Gt(0)]
