"""How many replicas there were at a time, from the times of each: sums over stretches, exact to the second's fraction.

A stretch is a pair of its start and its end.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

Stretches = Sequence[tuple[float, float]]


def counts(stretches: Stretches, start: float, end: float) -> Iterator[tuple[float, float, int]]:
    """Between two times, each time that the number stays the same: its start, its end, and the number.

    >>> list(counts([(0.0, 4.0), (2.0, 9.0)], 1.0, 6.0))
    [(1.0, 2.0, 1), (2.0, 4.0, 2), (4.0, 6.0, 1)]
    """
    changes: dict[float, int] = {start: 0}
    for first, last in stretches:
        begin, finish = max(first, start), min(last, end)
        if begin < finish:
            changes[begin] = changes.get(begin, 0) + 1
            changes[finish] = changes.get(finish, 0) - 1
    since, number = start, 0
    for moment in sorted(changes):
        if changes[moment] and since < moment:
            yield since, moment, number
        since, number = (moment, number + changes[moment]) if changes[moment] else (since, number)
    if since < end:
        yield since, end, number


def fewest_ready(stretches: Stretches, start: float, end: float) -> int:
    """The fewest at any time."""
    return min((number for _, _, number in counts(stretches, start, end)), default=0)


def most_replicas(stretches: Stretches, start: float, end: float) -> int:
    """The most at any time."""
    return max((number for _, _, number in counts(stretches, start, end)), default=0)


def short_seconds(stretches: Stretches, wanted: Sequence[tuple[float, int]], start: float, end: float) -> float:
    """Seconds with fewer than wanted.

    >>> short_seconds([(0.0, 10.0), (0.0, 4.0)], [(0.0, 2), (8.0, 1)], 0.0, 10.0)
    4.0
    """
    short: list[float] = []
    for place, (since, number) in enumerate(wanted):
        until = wanted[place + 1][0] if place + 1 < len(wanted) else end
        first, last = max(start, since), min(end, until)
        short += [b - a for a, b, there in counts(stretches, first, last) if there < number]
    return math.fsum(short)
