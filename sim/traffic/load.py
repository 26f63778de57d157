"""Requests a second that are sent to a service, as a piecewise linear function of time.

It knows nothing of who answers them (`sim.traffic.serving`), nor when single requests come.
"""

from __future__ import annotations

import csv
import math
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from pathlib import Path

from sim import limits
from sim.errors import InputError, Problem
from sim.inputfile import read_text

DAY = 86_400.0
"""Seconds."""

DAILY_POINTS = 96
"""Points that a daily curve has, one every quarter of an hour. Between two of them it is less than 0.1 % off."""

COLUMNS = ["seconds", "rate"]
"""The columns of a load's CSV."""


@dataclass(frozen=True, slots=True)
class Load:
    """A rate over time. Before the first point it is that point's, after the last one the last one's.

    Attributes:
        points: Pairs of a time in seconds and a rate in requests a second, with times that never go down. Where two
            points have one time the rate jumps.

    Raises `InputError` where there is no point, a time goes down, or a number is negative or no number.

    >>> load = Load(((0, 10), (10, 30)))
    >>> load.rate(5), load.offered(0, 10), load.offered(10, 12), load.peak
    (20.0, 200.0, 60.0, 30.0)
    """

    points: tuple[tuple[float, float], ...]
    _times: tuple[float, ...] = field(init=False, repr=False, compare=False)
    _sums: tuple[float, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for number, problem in _wrong(self.points):
            raise InputError(Problem(problem, path=f"points.{number}"))
        areas = ((later - sooner) * (low + high) / 2 for (sooner, low), (later, high) in pairwise(self.points))
        object.__setattr__(self, "_times", tuple(float(time) for time, _ in self.points))
        object.__setattr__(self, "_sums", tuple(accumulate(areas, initial=0.0)))

    @property
    def times(self) -> tuple[float, ...]:
        """The times of its points."""
        return self._times

    @property
    def peak(self) -> float:
        """The highest rate."""
        return float(max(rate for _, rate in self.points))

    def rate(self, time: float) -> float:
        """Requests a second at a time. Where the rate jumps, the one from then on."""
        place = bisect_right(self._times, time)
        if place == 0 or place == len(self.points):
            return float(self.points[max(place - 1, 0)][1])
        (sooner, low), (later, high) = self.points[place - 1 : place + 1]
        return low + (high - low) * (time - sooner) / (later - sooner)

    def offered(self, start: float, end: float) -> float:
        """Requests that are sent between two times."""
        return self._sent(end) - self._sent(start)

    def _sent(self, time: float) -> float:
        """Requests since the first point, below 0 before it."""
        place = bisect_right(self._times, time) - 1
        if place < 0:
            return self.points[0][1] * (time - self._times[0])
        sooner, rate = self.points[place]
        return self._sums[place] + (time - sooner) * (rate + self.rate(time)) / 2


def _wrong(points: Sequence[tuple[float, float]]) -> Iterator[tuple[int, str]]:
    """What is wrong with points, each with its index."""
    if not points:
        yield 0, "there is no point; a load has one at least"
    before = -math.inf
    for number, (time, rate) in enumerate(points):
        if not math.isfinite(time):
            yield number, f"the time {time!r} is no number of seconds"
        elif time < before:
            yield number, f"the time {time!r} comes after {before!r}; times never go down"
        if not 0 <= rate <= limits.LOAD_RATE:
            yield number, f"the rate {rate!r} is not between 0 and {limits.LOAD_RATE:,} requests a second"
        before = time if math.isfinite(time) else before


def constant(rate: float) -> Load:
    """The same rate at all times."""
    return Load(((0.0, rate),))


def spike(base: float, top: float, start: float, rise: float, hold: float, fall: float) -> Load:
    """A rate that rises from `base` to `top`, holds, and falls back. Durations are in seconds; 0 jumps."""
    risen = start + rise
    return Load(((start, base), (risen, top), (risen + hold, top), (risen + hold + fall, base)))


def daily(low: float, high: float, days: int = 1, busiest: float = 0.5) -> Load:
    """A day's curve, again and again: a cosine between two rates, which is an idealisation.

    Args:
        low, high: The rates of the quietest and of the busiest moment. They are half a day apart.
        days: How many.
        busiest: The busiest moment, as a share of the day.
    """
    middle, swing = (low + high) / 2, (high - low) / 2
    angles = (2 * math.pi * (index / DAILY_POINTS - busiest) for index in range(days * DAILY_POINTS + 1))
    rates = (middle + swing * math.cos(angle) for angle in angles)
    return Load(tuple((index * DAY / DAILY_POINTS, max(rate, 0.0)) for index, rate in enumerate(rates)))


def read_load(path: Path) -> Load:
    """A load from a CSV file with the columns `seconds` and `rate`, a point in each row.

    Raises `InputError` with every problem and its line.
    """
    return parse_load(read_text(path, limits.LOAD_FILE), str(path))


def parse_load(text: str, file: str) -> Load:
    """A load from CSV, as `read_load` reads it."""
    reader = csv.reader(text.splitlines())
    points: list[tuple[float, float]] = []
    lines: list[int] = []
    problems: list[Problem] = []
    try:
        header = [name.strip() for name in next(reader, [])]
        if header != COLUMNS:
            raise InputError(Problem(f"the columns are {','.join(header)!r}; expected 'seconds,rate'", file, 1))
        for row in reader:
            if not row:
                continue
            if len(points) == limits.LOAD_POINTS:
                raise InputError(Problem(f"more than {limits.LOAD_POINTS:,} points", file, reader.line_num))
            try:
                time, rate = (float(cell) for cell in row)
            except ValueError:
                problems.append(Problem(f"{','.join(row)!r} is not two numbers, as in '60,200'", file, reader.line_num))
                continue
            points.append((time, rate))
            lines.append(reader.line_num)
    except csv.Error as error:
        raise InputError(Problem(f"is no CSV: {error}", file, reader.line_num)) from None
    if points or not problems:
        problems += [Problem(what, file, lines[number] if lines else 1) for number, what in _wrong(points)]
    if problems:
        raise InputError(sorted(problems, key=lambda problem: problem.line))
    return Load(tuple(points))
