"""A number of the catalog with its provenance, and whether more of it costs or helps.

Every number has a source, or is an estimate with a range and a reason.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cache
from operator import is_
from typing import Any, Literal, Self

from sim.outcome import Bound

Sense = Literal["costs", "helps"]
"""What more of a number does: a run takes more time or memory, or less."""

_OPPOSITE: dict[Bound, Bound] = {"low": "high", "value": "value", "high": "low"}


class Alone(str):
    """A bound that takes one number to an end and leaves all others at their value: "value" to whoever else reads it.

    So a run shows what that number alone does. Without a number it takes none to an end, and notes those it is asked
    for that have a range. Equal numbers are one: what two places took from the same source errs in both alike.

    Attributes:
        number: The number.
        end: Its end.
        asked: The numbers with a range that were asked for, in order.
    """

    number: Number | None
    end: Bound
    asked: dict[Number, None]

    def __new__(cls, number: Number | None = None, end: Bound = "high") -> Self:
        """A bound for one number."""
        made = super().__new__(cls, "value")
        made.number, made.end, made.asked = number, end, {}
        return made

    def of(self, number: Number) -> Bound:
        """Where this number is taken."""
        if number.ranged:
            self.asked[number] = None
        return self.end if number == self.number else "value"


@dataclass(frozen=True, slots=True)
class Number:
    """A number with its provenance.

    Attributes:
        value: In the SI base of its unit.
        unit: "s", "B", "B/s" or "1".
        low: The low end of its sources' range, or of the estimate's.
        high: The high end.
        sources: Ids of facts in the catalog's measurements. It is ("definition",) for what this project chose itself,
            such as the memory of the lessons' laptop.
        estimate: The reasoning. "" where the number is sourced. An estimate may still name the facts it leans on.
        derivation: How the number follows from its sources, where it is not one of them.
        on: The host whose core-seconds the source counted, or whose speed it is a multiple of. The number itself is
            already in the reference host's.
        more: Whether more of it costs or helps. The field that holds the number says so (`Sensed`).
        speed: The speed of the host `on`, by which it was converted.

    >>> speed = Number(10.0, "B/s", low=5.0, high=20.0, more="helps")
    >>> speed.at("high")
    5.0
    """

    value: float
    unit: str
    low: float | None = None
    high: float | None = None
    sources: tuple[str, ...] = ()
    estimate: str = ""
    derivation: str = ""
    on: str = ""
    more: Sense = field(default="costs", compare=False)
    speed: Number | None = field(default=None, compare=False, repr=False)

    def at(self, bound: Bound | Alone) -> float:
        """The value that takes a run to that end of its result: "high" is where it takes the most time or memory.

        That is the high end of what costs, and the low end of what helps. Without such an end it is the value. Alone,
        a host's speed takes with it what was timed on that host: it is as many seconds there as it was, whatever the
        host's speed is.
        """
        if isinstance(bound, Alone):
            moved = 1.0 if self.speed is None else self.speed.at(bound) / self.speed.value
            return self._end(bound.of(self)) * moved
        return self._end(bound)

    def _end(self, bound: Bound) -> float:
        own = bound if self.more == "costs" else _OPPOSITE[bound]
        end = {"low": self.low, "value": None, "high": self.high}[own]
        return self.value if end is None else end

    @property
    def ranged(self) -> bool:
        """Whether it has a range."""
        return self.low is not None or self.high is not None

    @property
    def source(self) -> str:
        """How a record names it: fact ids, or "estimate: reasoning"."""
        return f"estimate: {self.estimate}" if self.estimate else ", ".join(self.sources)


def moved_alone(number: Number, bound: Bound | Alone) -> float:
    """A number whose range counts only where it is the one that is moved: its value at every end of all inputs."""
    return number.at(bound) if isinstance(bound, Alone) else number.value


HELPS = {"more": "helps"}
"""Metadata of a field: more of its number helps."""


def costs_but(*helping: str) -> dict[str, Any]:
    """Metadata of a field that holds a table of numbers: more of them costs, but for those named, which help."""
    return {"more": "costs", "helping": helping}


COSTS = costs_but()
"""Metadata of a field: more of its number costs."""


NO_TIME = Number(0.0, "s", sources=("definition",))
"""What takes no time."""


class Sensed:
    """A dataclass whose fields say what more of their numbers does, in their metadata (`COSTS`, `HELPS`).

    Numbers take their sense from the field that they are put into, whoever makes the object. So neither a reader nor
    a program can forget it.
    """

    __slots__ = ()

    def __post_init__(self) -> None:
        for name, sense, helping in _senses(type(self)):  # type: ignore[arg-type]  # mypy: a class has a hash
            value = getattr(self, name)
            sensed = _sensed(value, sense, helping)
            if sensed is not value:
                object.__setattr__(self, name, sensed)


@cache
def _senses(of: type) -> tuple[tuple[str, Sense, Collection[str]], ...]:
    """The fields of a dataclass that say what more of them does, with what they say."""
    return tuple(
        (member.name, member.metadata["more"], member.metadata.get("helping", ()))
        for member in fields(of)  # what inherits from `Sensed` is a dataclass
        if "more" in member.metadata
    )


def _sensed(value: Any, sense: Sense, helping: Collection[str]) -> Any:
    """A number, or a tuple or table of some, with its sense. One that has it already comes back itself."""
    if isinstance(value, Number):
        return value if value.more == sense else replace(value, more=sense)
    if isinstance(value, tuple):
        numbers = tuple(_sensed(inner, sense, ()) for inner in value)
        return value if all(map(is_, numbers, value)) else numbers
    if isinstance(value, Mapping):
        table = {key: _sensed(inner, "helps" if key in helping else sense, ()) for key, inner in value.items()}
        return value if all(map(is_, table.values(), value.values())) else table
    return value
