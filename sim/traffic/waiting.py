"""A replica as a queue: equal workers, room to wait, requests that come at random (M/M/c/K).

`StationaryQueue` has what is known of it in closed form where the rate stays the same, as a table over the mean number
of requests that are there. Time is counted in mean service times here: a worker's rate is 1.

Source: any textbook, such as Gross and others, Fundamentals of Queueing Theory, 4th edition (2008), section 2.4.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

HEAVIEST = 64.0
"""The load of the last point of a table, in times of what all workers can do."""

_FINE, _SHARE = 0.03, 0.02
"""How far two points of a table lie apart at most: of the number there, relatively, and of the probabilities."""

_LARGE = 1e100

_DEEPEST = 40
"""Halvings between two points at most."""


@dataclass(frozen=True, slots=True)
class QueueState:
    """What holds in the mean where a rate has lasted for long.

    Attributes:
        there: Requests that wait or are worked on.
        busy: Workers that work.
        full: The probability that a request finds no room.
        waits: The probability that one that finds room has to wait.
        turns: How many services have to end before such a one's turn, in the mean.
        turns_variance: The variance of that number.
        variance: The variance of the requests that are there.
    """

    there: float
    busy: float
    full: float
    waits: float
    turns: float
    turns_variance: float
    variance: float


def stationary(workers: int, room: int, offered: float) -> QueueState:
    """The queue at a rate of `offered` requests for each mean service time.

    Args:
        workers: At least 1.
        room: Requests that can wait; one that finds it full is refused.
        offered: Above 0.

    >>> one = stationary(1, 100_000, 0.5)
    >>> round(one.there, 6), round(one.waits, 6), round(one.variance, 6)
    (1.0, 0.5, 2.0)
    """
    # Weights of each number of requests, relative to the largest of those with all workers busy.
    ratio = offered / workers
    if ratio <= 1:
        ahead = _power_sums(ratio, room)  # of 1, j and j² over j = 0 ... room - 1 that wait
        last, first = ratio**room, 1.0
    else:
        ahead, last, first = _reversed(_power_sums(1 / ratio, room), room, 1 / ratio), 1.0, ratio**-room
    weight, below = first, (0.0, 0.0, 0.0)
    for number in range(workers, 0, -1):
        weight *= number / offered
        there = number - 1
        below = (below[0] + weight, below[1] + weight * there, below[2] + weight * there * there)
        if weight > _LARGE:  # idle workers are likelier than a float can say: what is beside them is nothing
            ahead, below = _scaled(ahead, 1 / weight), _scaled(below, 1 / weight)
            last, weight = last / weight, 1.0
    sums = (ahead[0] + last, ahead[1] + room * last, ahead[2] + room * room * last)
    total = below[0] + sums[0]
    mean = (below[1] + workers * sums[0] + sums[1]) / total
    square = (below[2] + workers * workers * sums[0] + 2 * workers * sums[1] + sums[2]) / total
    waiting = ahead[1] / ahead[0] if ahead[0] else 0.0
    return QueueState(
        there=mean,
        busy=(below[1] + workers * sums[0]) / total,
        full=last / total,
        waits=ahead[0] / (below[0] + ahead[0]),
        turns=waiting + 1,
        turns_variance=max(ahead[2] / ahead[0] - waiting * waiting, 0.0) if ahead[0] else 0.0,
        variance=max(square - mean * mean, 0.0),
    )


def _power_sums(ratio: float, count: int) -> tuple[float, float, float]:
    """The sums of 1, j and j² times ratio ** j over j = 0 ... count - 1, by doubling: exact at a ratio of 1 too."""
    sums, length, power = (0.0, 0.0, 0.0), 0, 1.0
    for bit in f"{count:b}":
        none, one, two = sums
        sums = (
            none + power * none,
            one + power * (one + length * none),
            two + power * (two + 2 * length * one + length * length * none),
        )
        power, length = power * power, 2 * length
        if bit == "1":
            none, one, two = sums
            sums = none + power, one + length * power, two + length * length * power
            power, length = power * ratio, length + 1
    return sums


def _scaled(sums: tuple[float, float, float], factor: float) -> tuple[float, float, float]:
    return sums[0] * factor, sums[1] * factor, sums[2] * factor


def _reversed(sums: tuple[float, float, float], room: int, ratio: float) -> tuple[float, float, float]:
    """Sums over j of weights ratio ** (room - j), from those over i = room - j - 1 of weights ratio ** i."""
    none, one, two = _scaled(sums, ratio)
    top = room - 1
    return none, top * none - one, top * top * none - 2 * top * one + two


class StationaryQueue:
    """A table of `stationary` over the number of requests that are there, from none to a full queue.

    Args:
        workers, room: As there.

    Attributes:
        levels: The numbers of requests, rising.
        states: What holds at each.
    """

    def __init__(self, workers: int, room: int) -> None:
        self.workers, self.room = workers, room
        nothing = QueueState(0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0)
        lowest = workers / 1024
        points = [nothing]
        before, state = lowest, stationary(workers, room, lowest)
        points.append(state)
        while before < workers * HEAVIEST:
            after = before * 1.5
            further = stationary(workers, room, after)
            points += (*self._between(before, state, after, further, _DEEPEST), further)
            before, state = after, further
        self.states = [points[0]]
        for point in points[1:]:
            if point.there > self.states[-1].there:
                self.states.append(point)
        self.levels = [state.there for state in self.states]

    def _between(
        self, low: float, first: QueueState, high: float, last: QueueState, deepest: int
    ) -> Iterator[QueueState]:
        """Points between two loads, as many as it takes."""
        near = last.there - first.there <= _FINE * (first.there + 0.1 * self.workers)
        if not deepest or (near and abs(last.full - first.full) <= _SHARE and abs(last.waits - first.waits) <= _SHARE):
            return
        middle = (low + high) / 2
        state = stationary(self.workers, self.room, middle)
        yield from self._between(low, first, middle, state, deepest - 1)
        yield state
        yield from self._between(middle, state, high, last, deepest - 1)


@lru_cache(maxsize=32)
def stationary_queue(workers: int, room: int) -> StationaryQueue:
    """The table of such a replica."""
    return StationaryQueue(workers, room)
