"""What a pool of function instances did as time passed: equal stretches of time, each with its counts and means.

`functionpool` follows single requests and knows totals. Here their times are noted as it asks for them.
"""

from __future__ import annotations

import itertools
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence

from sim.records.load import PoolRecord
from sim.traffic.functionpool import DrawnSeconds


class NotedRequests:
    """Draws as it was given, and notes when requests come, and when each service begins and ends.

    Attributes:
        came: Seconds of each request, served or not.
        warm, cold: Begin and end of each service by an instance that was there, and by one that was made for it.
    """

    def __init__(self, gap: DrawnSeconds, warm: DrawnSeconds, cold: DrawnSeconds) -> None:
        self._gap, self._warm, self._cold = gap, warm, cold
        self.came: list[float] = []
        self.warm: list[tuple[float, float]] = []
        self.cold: list[tuple[float, float]] = []

    def next_gap(self) -> float:
        """Seconds to the next request."""
        seconds = self._gap()
        self.came.append((self.came[-1] if self.came else 0.0) + seconds)
        return seconds

    def warm_service(self) -> float:
        """Seconds of a service by an instance that is there."""
        return self._noted(self.warm, self._warm())

    def cold_service(self) -> float:
        """Seconds of a service by an instance that is made for it."""
        return self._noted(self.cold, self._cold())

    def _noted(self, services: list[tuple[float, float]], seconds: float) -> float:
        services.append((self.came[-1], self.came[-1] + seconds))
        return seconds


def stretches(of: str, times: NotedRequests, gone: Sequence[float], until: float, count: int) -> tuple[PoolRecord, ...]:
    """So many records of equal length.

    Args:
        of: The label.
        gone: When instances were taken away, in order.
        until: Seconds of the end.
    """
    edges = [until * number / count for number in range(count + 1)]
    warm, cold = ([begin for begin, _ in services] for services in (times.warm, times.cold))
    ends = sorted(end for _, end in itertools.chain(times.warm, times.cold))
    every = sorted(warm + cold)
    counts = zip(_counts(cold, edges), _counts(warm, edges), _counts(times.came, edges), strict=True)
    means = zip(_means(cold, gone, edges), _means(every, ends, edges), strict=True)
    return tuple(
        PoolRecord(of, begin, end, cold=made, warm=there, rejected=came - made - there, instances=mean, busy=busy)
        for (begin, end), (made, there, came), (mean, busy) in zip(
            itertools.pairwise(edges), counts, means, strict=True
        )
    )


def _counts(times: Sequence[float], edges: Sequence[float]) -> Iterator[int]:
    """How many there are in each stretch, of times in order. The last stretch has its end."""
    places = [*(bisect_left(times, edge) for edge in edges[:-1]), bisect_right(times, edges[-1])]
    return (last - first for first, last in itertools.pairwise(places))


def _means(came: Sequence[float], went: Sequence[float], edges: Sequence[float]) -> Iterator[float]:
    """How many are there in each stretch, in the mean, of those that come and go at times in order."""
    there = [entered - left for entered, left in zip(_since(came, edges), _since(went, edges), strict=True)]
    for (first, last), (begin, end) in zip(itertools.pairwise(there), itertools.pairwise(edges), strict=True):
        yield (last - first) / (end - begin)


def _since(times: Sequence[float], edges: Sequence[float]) -> Iterator[float]:
    """At each edge, the seconds since each time before it, together."""
    sums = [0.0, *itertools.accumulate(times)]
    return (edge * (place := bisect_right(times, edge)) - sums[place] for edge in edges)
