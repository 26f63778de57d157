"""The same service with each request simulated by itself: what the flow of `sim.traffic` is held against.

A replica's requests are served in the order in which they came. So a request's end is known when it comes: its worker
is the one that is free first.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from heapq import heapreplace

from sim.traffic.load import Load
from sim.traffic.replica import ReplicaCapacity
from sim.traffic.spans import ServingSpan


@dataclass
class Seen:
    """Outcomes of requests by the bin in which they were sent, and how long those took that a replica took."""

    width: float
    counts: dict[int, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    latencies: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))

    def note(self, sent: float, outcome: str, latency: float | None = None) -> None:
        self.counts[int(sent / self.width)][outcome] += 1
        if latency is not None:
            self.latencies[int(sent / self.width)].append(latency)

    def total(self, outcome: str) -> int:
        return sum(counter[outcome] for counter in self.counts.values())


class Replica:
    def __init__(self, span: ServingSpan, workers: int) -> None:
        self.span = span
        self.free = [0.0] * workers
        """When each worker is free, the first of them ahead."""
        self.begins: deque[float] = deque()
        """When those in line will be served."""

    def answers(self, now: float) -> bool:
        return self.span.answers <= now < min(self.span.closing, self.span.dead)

    def in_line(self, now: float) -> int:
        while self.begins and self.begins[0] <= now:
            self.begins.popleft()
        return len(self.begins)

    def served(self, now: float, seconds: float) -> float:
        """When a request that comes now and takes so long ends."""
        begins = max(self.free[0], now)
        heapreplace(self.free, begins + seconds)
        self.begins.append(begins)
        return begins + seconds


def simulate(
    load: Load, spans: Sequence[ServingSpan], capacity: ReplicaCapacity, until: float, width: float, seed: int
) -> Seen:
    """One run with its own random numbers. What has not ended when it ends has no outcome."""
    luck, seen, now = random.Random(seed), Seen(width), 0.0
    replicas = [Replica(span, capacity.workers) for span in spans]

    def asked(sent: float) -> Replica | None:
        for _ in range(capacity.retries + 1):
            listed = [one for one in replicas if one.span.listed <= sent < one.span.delisted]
            replica = luck.choice(listed) if listed else None
            if replica is not None and replica.answers(sent):
                return replica
        return None

    while (now := now + luck.expovariate(load.peak)) < until:
        if luck.random() * load.peak >= load.rate(now):
            continue
        seen.note(now, "offered")
        replica = asked(now)
        if replica is None or (replica.free[0] > now and replica.in_line(now) >= capacity.queue):
            seen.note(now, "refused")
            continue
        done = replica.served(now, luck.expovariate(1 / capacity.service_time))
        end = min(done, replica.span.dead)
        if end >= until:
            continue
        if end - now >= capacity.timeout:
            seen.note(now, "timed_out", capacity.timeout)
        else:
            seen.note(now, "answered" if done <= end else "lost", end - now)
    return seen
