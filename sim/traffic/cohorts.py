"""Replicas that are sent requests at one rate, and have as many: what is there goes up and down as a flow.

The mean number of requests in a replica, `there`, obeys d there / dt = what comes in - what its workers end; what they
end is what they would end if that mean had lasted for long (the pointwise stationary fluid flow approximation: Wang,
Tipper and Banerjee, INFOCOM 1996). Its variance obeys the linear equation that has the stationary variance as its
rest, and grows as a random walk's does in overload. So both are exact where a rate lasts, and where it is far too
high.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass

from sim.traffic.latency import Waits, waits
from sim.traffic.waiting import QueueState, StationaryQueue

_STEP = 0.3
"""How much of what is there one step of the integration may change, relatively."""

_SETTLED = 8.0
"""Time constants of one step at most, where it does not begin at rest."""

_AT_REST = 1e4
"""How many times less than `_STEP` what is there will change, where it is at rest."""

_NOTHING = 1e-12

ALIKE = 0.02
"""Cohorts that differ by less than this, relatively, are one."""


@dataclass
class Cohort:
    """Replicas that are alike.

    Attributes:
        members: Their spans' indexes.
        there: Requests in each of them, in the mean.
        variance: Of that number.
    """

    members: set[int]
    there: float = 0.0
    variance: float = 0.0

    def alike(self, other: Cohort, within: float = ALIKE) -> bool:
        """Whether the two can be one: their requests, and three times less so the variances, are as near as that."""
        near = abs(self.there - other.there) <= within * (max(self.there, other.there) + 0.1)
        return near and abs(self.variance - other.variance) <= 3 * within * (max(self.variance, other.variance) + 0.1)

    def join(self, other: Cohort) -> Cohort:
        """The two as one. Requests that are there stay as many."""
        more, fewer = (self, other) if len(self.members) >= len(other.members) else (other, self)
        weight = len(fewer.members) / (len(more.members) + len(fewer.members))
        more.there += weight * (fewer.there - more.there)
        more.variance += weight * (fewer.variance - more.variance)
        more.members |= fewer.members
        return more


@dataclass(frozen=True, slots=True)
class Passed:
    """What each replica of a cohort took in one step. taken: how many requests. wait: what those wait."""

    taken: float
    wait: Waits


class ReplicaFlow:
    """How the requests in replicas go up and down.

    Args:
        queue: What is known of one.
        service: The mean service time in seconds.
    """

    def __init__(self, queue: StationaryQueue, service: float) -> None:
        self.queue, self.service = queue, service

    def advance(self, cohort: Cohort, arriving: float, seconds: float) -> list[Passed]:
        """Let time pass. `arriving` is requests a second to each replica."""
        rate, left = arriving * self.service, seconds / self.service
        passed: list[Passed] = []
        while left > 0:
            step, one = self._step(cohort, rate, left)
            left -= step
            if rate:
                passed.append(one)
        return passed

    def _near(self, there: float) -> tuple[QueueState, QueueState, float]:
        """The states below and above a number of requests, and where it is between them, from 0 to 1."""
        place = min(bisect_right(self.queue.levels, there), len(self.queue.levels) - 1)
        low, high = self.queue.states[place - 1 : place + 1]
        return low, high, (there - low.there) / (high.there - low.there)

    def _step(self, cohort: Cohort, rate: float, left: float) -> tuple[float, Passed]:
        """A step of at most `left` mean service times: how long it was, and what came."""
        low, high, share = self._near(cohort.there)
        full, busy, _ = _between(low, high, share)
        grows = rate * (1 - full) - busy
        pull = (rate * (high.full - low.full) + high.busy - low.busy) / (high.there - low.there) + _NOTHING
        most = _STEP * (cohort.there + 0.1 * self.queue.workers) * pull / max(abs(grows), _NOTHING)
        step = min(left, -math.log1p(-most) / pull if most < 1 else _SETTLED / pull if most < _AT_REST else left)
        gone, mean = _relaxed(pull * step)
        after = cohort.there + grows / pull * gone
        over = max(after - self.queue.levels[-1], 0.0)
        low, high, share = self._near(min(max(cohort.there + grows / pull * mean, 0.0), self.queue.levels[-1]))
        cohort.there = max(after - over, 0.0)
        full, busy, still = _between(low, high, share)
        variance = 0.0
        if still:  # it goes to its rest: in a lasting state as many come as go, and that is the stationary variance
            rest = (rate * (1 - full) + busy) * still / (2 * busy)
            gone, mean = _relaxed(2 * busy / still * step)
            variance = cohort.variance + (rest - cohort.variance) * mean
            cohort.variance += (rest - cohort.variance) * gone
        taken = max(rate * step * (1 - full) - over, 0.0)
        return step, Passed(taken, self._wait(low, high, share, variance / still if still else 1.0))

    def _wait(self, low: QueueState, high: QueueState, share: float, spread: float) -> Waits:
        """What those wait that come now. `spread` is the variance of what is there over the stationary one."""
        turn = self.service / self.queue.workers
        turns = low.turns + share * (high.turns - low.turns)
        spread *= low.turns_variance + share * (high.turns_variance - low.turns_variance)
        return waits(low.waits + share * (high.waits - low.waits), turns * turn, (turns + spread) * turn * turn)


def _relaxed(times: float) -> tuple[float, float]:
    """How much of its way to rest has been gone after so many time constants, and in the mean on the way."""
    gone = -math.expm1(-times)
    return gone, 1 - gone / times if times > 1e-6 else times / 2


def _between(low: QueueState, high: QueueState, share: float) -> tuple[float, float, float]:
    """The probability of a full queue, the busy workers and the variance between two states."""
    return (
        low.full + share * (high.full - low.full),
        low.busy + share * (high.busy - low.busy),
        low.variance + share * (high.variance - low.variance),
    )
