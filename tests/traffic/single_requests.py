"""The same service with each request simulated by itself, on SimPy: what the flow of `sim.traffic` is held against."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from typing import Any

import simpy

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
    def __init__(self, env: simpy.Environment, span: ServingSpan, workers: int) -> None:
        self.span, self.workers = span, simpy.Resource(env, workers)
        self.gone = env.event()
        if span.dead < float("inf"):
            env.process(self._end(env, span.dead))

    def _end(self, env: simpy.Environment, dead: float) -> Generator[Any, Any, None]:
        yield env.timeout(dead - env.now)
        self.gone.succeed()

    def answers(self, now: float) -> bool:
        return self.span.answers <= now < min(self.span.closing, self.span.dead)


def simulate(
    load: Load, spans: Sequence[ServingSpan], capacity: ReplicaCapacity, until: float, width: float, seed: int
) -> Seen:
    """One run with its own random numbers."""
    env, luck, seen = simpy.Environment(), random.Random(seed), Seen(width)
    replicas = [Replica(env, span, capacity.workers) for span in spans]

    def request() -> Generator[Any, Any, None]:
        sent = env.now
        for _ in range(capacity.retries + 1):
            listed = [one for one in replicas if one.span.listed <= sent < one.span.delisted]
            replica = luck.choice(listed) if listed else None
            if replica is not None and replica.answers(sent):
                break
        else:
            seen.note(sent, "refused")
            return
        workers = replica.workers
        if workers.count == capacity.workers and len(workers.queue) >= capacity.queue:
            seen.note(sent, "refused")
            return
        with workers.request() as turn:
            if replica.span.dead == float("inf"):  # nothing ends it before its time
                yield from serve_one(turn)
                took = env.now - sent
                late = took >= capacity.timeout
                seen.note(sent, "timed_out" if late else "answered", min(took, capacity.timeout))
                return
            done = env.process(serve_one(turn))
            yield done | replica.gone
            took = env.now - sent
            if took >= capacity.timeout:
                seen.note(sent, "timed_out", capacity.timeout)
            elif done.triggered:
                seen.note(sent, "answered", took)
            else:
                seen.note(sent, "lost", took)

    def serve_one(turn: simpy.Event) -> Generator[Any, Any, None]:
        yield turn
        yield env.timeout(luck.expovariate(1 / capacity.service_time))

    def source() -> Generator[Any, Any, None]:
        while True:
            yield env.timeout(luck.expovariate(load.peak))
            if luck.random() * load.peak < load.rate(env.now):
                seen.note(env.now, "offered")
                env.process(request())

    env.process(source())
    env.run(until)
    return seen
