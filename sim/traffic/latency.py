"""How long requests take: mixtures of waits for a worker and of services, and their percentiles.

A wait is a fixed time and an exponential one, which together have a mean and a variance that are known. That is exact
where a rate has lasted for long (M/M/c: the fixed time is 0), and where a queue is so long that its waits hardly
differ. Services are exponential.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable

Waits = tuple[float, float, float]
"""The probability of a wait, its fixed time in seconds, and the mean of its exponential one in seconds."""

_STEPS = 200
"""Waits within a 200th of each other, relatively, are counted as one."""

_SAME = 1e-4
"""Means that differ by less than this, relatively, are taken for equal: the formula divides by their difference."""


def waits(probability: float, mean: float, variance: float) -> Waits:
    """Waits with a mean and a variance. Where the variance is above an exponential wait's, it is taken for that."""
    deviation = min(math.sqrt(max(variance, 0.0)), mean)
    return probability, mean - deviation, deviation


def longer(time: float, service: float, wait: Waits) -> float:
    """The share of requests that take longer than a time.

    Args:
        service: The mean service time in seconds.

    >>> round(longer(2.0, 1.0, (0.5, 0.0, 2.0)), 6) == round(math.exp(-1), 6)  # M/M/1 at half load
    True
    """
    alone = math.exp(-time / service)
    return _longer(time, service, wait, alone) if wait[0] else alone


def _longer(time: float, service: float, wait: Waits, alone: float) -> float:
    """As `longer`, where some wait. alone: the share of those that do not wait, which take longer."""
    probability, fixed, mean = wait
    rest = time - fixed
    if rest <= 0:
        return (1 - probability) * alone + probability
    served = math.exp(-rest / service)
    if mean < service * _SAME:
        waited = served
    elif -service * _SAME < mean - service < service * _SAME:
        waited = (1 + rest / service) * served
    else:
        waited = (mean * math.exp(-rest / mean) - service * served) / (mean - service)
    return (1 - probability) * alone + probability * (waited if waited < 1.0 else 1.0)


class Latencies:
    """A heap of requests by what they had to wait.

    Args:
        service: The mean service time in seconds.
        timeout: When clients give up, in seconds. A request that would take longer counts as taking so long.

    Attributes:
        heaps: Lists of a number of requests, and their `Waits`, by those that count as one.
    """

    def __init__(self, service: float, timeout: float) -> None:
        self.service, self.timeout = service, timeout
        self.heaps: dict[tuple[int, int, int], list[float]] = {}

    def add(self, requests: float, wait: Waits) -> None:
        """Put requests on the heap."""
        probability, fixed, mean = wait
        key = (round(probability * _STEPS), self._step(fixed), self._step(mean))
        heap = self.heaps.get(key)
        if heap is None:
            self.heaps[key] = [requests, *wait]
        else:
            heap[0] += requests

    def _step(self, time: float) -> int:
        return round(_STEPS * math.log1p(time / self.service))

    def extend(self, others: Iterable[Latencies]) -> None:
        """Put the requests of others on the heap."""
        for other in others:
            for requests, probability, fixed, mean in other.heaps.values():
                self.add(requests, (probability, fixed, mean))

    @property
    def shape(self) -> Hashable:
        """What percentiles hang on: the waits, and where those differ, how many have which."""
        heaps = [heap for heap in self.heaps.values() if heap[0] > 0]
        return tuple(heaps[0][1:]) if len(heaps) == 1 else tuple(map(tuple, heaps))

    def percentile(self, share: float) -> float:
        """The time in seconds that this share of the requests takes at most. 0 where there are none."""
        heaps = [(heap[0], (heap[1], heap[2], heap[3])) for heap in self.heaps.values() if heap[0] > 0]
        total = math.fsum(requests for requests, _ in heaps)
        if not total:
            return 0.0
        wanted = (1 - share) * total

        service = self.service

        def above(time: float) -> float:
            found, alone = 0.0, math.exp(-time / service)
            for requests, wait in heaps:
                found += requests * (_longer(time, service, wait, alone) if wait[0] else alone)
            return found - wanted

        low, high = 0.0, max(self.service + fixed + mean for _, (_, fixed, mean) in heaps)
        if self.timeout < math.inf and above(self.timeout) >= 0:
            return self.timeout
        while above(high) > 0:
            low, high = high, 2 * high
        return _root(above, low, high)


def _root(falling: Callable[[float], float], low: float, high: float) -> float:
    """Where a falling function is 0, to a millionth (the Illinois variant of false position)."""
    first, last, side = falling(low), falling(high), 0
    for _ in range(60):
        if high - low <= 1e-6 * high or not first - last:
            break
        middle = (low * last - high * first) / (last - first)
        value = falling(middle)
        if value > 0:
            low, first = middle, value
            last, side = (last / 2 if side > 0 else last), 1
        else:
            high, last = middle, value
            first, side = (first / 2 if side < 0 else first), -1
        if not value:
            return middle
    return (low + high) / 2
