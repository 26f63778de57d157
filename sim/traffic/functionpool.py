"""A pool of function instances, one request each: who gets a request, which starts are cold, and who expires.

A request goes to the idle instance that was made last. Where none is idle, a new one is made: a cold start. An instance
that has been idle for the keep-alive time is taken away. This is the model of SimFaaS (Mahmoudi and Khazaei,
"SimFaaS: A performance simulator for serverless computing platforms", CLOSER 2021), and of the platforms that it
describes.

When a service ends is known as it begins, and so is when its instance expires. So arrivals are the only events.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from heapq import heappop, heappush

from sim.never import NEVER

DrawnSeconds = Callable[[], float]
"""The next of a sequence of times, in seconds."""


@dataclass(frozen=True, slots=True)
class PoolUse:
    """What became of the requests, and what the instances did until the end.

    Attributes:
        services: Seconds of each request that was served.
        cold: How many of them made an instance.
        rejected: Requests that came when as many as may were busy.
        instance_seconds, busy_seconds: Of all instances together.
        most: Instances that were there at once.
        lives: Seconds that each instance lived that has expired.
        gone: When these expired, in order.
    """

    services: list[float]
    cold: int
    rejected: int
    instance_seconds: float
    busy_seconds: float
    most: int
    lives: list[float]
    gone: list[float]


class FunctionPool:
    """Instances by number, in the order in which they are made.

    Args:
        keep_alive: Seconds until an idle instance is taken away.
        most_busy: Requests served at once.
    """

    def __init__(self, keep_alive: float, most_busy: int) -> None:
        self._keep_alive = keep_alive
        self._most_busy = most_busy
        self._busy: list[tuple[float, int]] = []
        self._idle: list[int] = []
        self._created: list[float] = []
        self._idle_since: list[float] = []  # NEVER for one that is busy or gone
        self._expiring: deque[tuple[float, int]] = deque()
        self.lives: list[float] = []
        self.gone: list[float] = []
        self._created_at = self._gone_at = 0.0

    @property
    def instances(self) -> int:
        """How many there are."""
        return len(self._created) - len(self.lives)

    def pass_to(self, now: float) -> None:
        """End the services and take away the instances that are due until now."""
        busy, since, expiring = self._busy, self._idle_since, self._expiring
        while busy and busy[0][0] <= now:
            end, number = heappop(busy)
            since[number] = end
            heappush(self._idle, -number)
            expiring.append((end, number))
        while expiring and expiring[0][0] + self._keep_alive <= now:
            end, number = expiring.popleft()
            if since[number] == end:  # else it has served since
                since[number] = NEVER
                gone = end + self._keep_alive
                self.lives.append(gone - self._created[number])
                self.gone.append(gone)
                self._gone_at += gone

    def request(self, now: float, warm: DrawnSeconds, cold: DrawnSeconds) -> tuple[float, bool] | None:
        """Seconds of a request's service and whether it is a cold start, or None for one that is rejected."""
        if len(self._busy) >= self._most_busy:
            return None
        idle, since = self._idle, self._idle_since
        while idle and since[-idle[0]] == NEVER:
            heappop(idle)
        made = not idle
        if made:
            number, service = len(self._created), cold()
            self._created.append(now)
            self._created_at += now
            since.append(NEVER)
        else:
            number, service = -heappop(idle), warm()
            since[number] = NEVER
        heappush(self._busy, (now + service, number))
        return service, made

    def seconds(self, until: float) -> float:
        """How long all instances have been there together. What is due until then must be done."""
        return self._gone_at + self.instances * until - self._created_at


def serve(
    duration: float, keep_alive: float, most_busy: int, gap: DrawnSeconds, warm: DrawnSeconds, cold: DrawnSeconds
) -> PoolUse:
    """Send requests, so many seconds apart, until the end.

    Args:
        gap: Seconds to the next request.
        warm, cold: Seconds of a service by an instance that is there, and by one that is made for it.
    """
    pool = FunctionPool(keep_alive, most_busy)
    services: list[float] = []
    colds = rejected = most = 0
    beyond = 0.0
    now = gap()
    while now <= duration:
        pool.pass_to(now)
        served = pool.request(now, warm, cold)
        if served is None:
            rejected += 1
        else:
            service, made = served
            services.append(service)
            beyond += max(0.0, now + service - duration)
            if made:
                colds += 1
                most = max(most, pool.instances)
        now += gap()
    pool.pass_to(duration)
    busy = math.fsum(services) - beyond
    return PoolUse(services, colds, rejected, pool.seconds(duration), busy, most, pool.lives, pool.gone)
