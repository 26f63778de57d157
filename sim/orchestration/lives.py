"""Replicas' lives as they are noted while a cluster runs: stretches without gaps, processes, and when they are listed.

A process and its being listed overlap as they may. `spans` cuts them into times that a balancer can use.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from sim.never import NEVER
from sim.orchestration.timeline import ReplicaLife, ReplicaState, ReplicaStretch
from sim.traffic.spans import ServingSpan


@dataclass(slots=True)
class ProcessLife:
    """One process of a replica, from its start to its end.

    Attributes:
        start: When it started.
        answers: From when on it answers.
        closing: From when on it takes no new request.
        dead: When it is gone.
    """

    start: float
    answers: float
    closing: float = NEVER
    dead: float = NEVER


@dataclass(slots=True)
class LifeNotes:
    """What is known of one replica so far. Times are the cluster's.

    Attributes:
        name: Its name.
        version: Of the service, from 1 on.
        node: Where it is, "" so far where it is nowhere.
        stretches: What it was at, and since when.
        processes: Its processes, in order.
        listed: Pairs of when it was listed, and when no more.
    """

    name: str
    version: int
    node: str = ""
    stretches: list[ReplicaStretch] = field(default_factory=list)
    processes: list[ProcessLife] = field(default_factory=list)
    listed: list[tuple[float, float]] = field(default_factory=list)

    @property
    def over(self) -> bool:
        """Whether it is gone."""
        return bool(self.stretches) and self.stretches[-1].end != NEVER

    @property
    def state(self) -> ReplicaState | None:
        """What it is at; None before anything was noted."""
        return self.stretches[-1].state if self.stretches else None

    def at(self, now: float, state: ReplicaState, why: str = "", detail: str = "") -> None:
        """It is at something from now on. The same again is no new stretch."""
        if self.over:
            return
        if self.stretches:
            last = self.stretches[-1]
            if (last.state, last.why, last.detail) == (state, why, detail):
                return
            self._close(now)
        self.stretches.append(ReplicaStretch(state, now, why=why, detail=detail))

    def end(self, now: float) -> None:
        """It is gone."""
        if self.stretches and not self.over:
            self._close(now)
        self.kill(now)
        self.delist(now)

    def began(self, now: float, answers: float) -> None:
        """A process of it started."""
        self.processes.append(ProcessLife(now, answers))

    def close(self, closing: float, dead: float) -> None:
        """Its process takes no new request from some moment on, and is gone at another."""
        for one in self.processes[-1:]:
            one.closing, one.dead = min(one.closing, closing), min(one.dead, dead)

    def kill(self, now: float) -> None:
        """Its process is gone."""
        self.close(now, now)

    def list_from(self, now: float) -> None:
        """The balancer sends it requests from now on."""
        if not self.listed or self.listed[-1][1] != NEVER:
            self.listed.append((now, NEVER))

    def delist(self, now: float) -> None:
        """The balancer sends it no more."""
        if self.listed and self.listed[-1][1] == NEVER:
            self.listed[-1] = (self.listed[-1][0], now)

    def _close(self, now: float) -> None:
        last = self.stretches.pop()
        if now > last.start:
            self.stretches.append(ReplicaStretch(last.state, last.start, now, last.why, last.detail))

    def life(self, zero: float) -> ReplicaLife | None:
        """Its life in seconds since `zero`; None where it was gone by then."""
        stretches = tuple(
            ReplicaStretch(one.state, max(0.0, one.start - zero), one.end - zero, one.why, one.detail)
            for one in self.stretches
            if one.end > zero
        )
        if not stretches:
            return None
        return ReplicaLife(self.name, self.version, self.node, stretches, tuple(self._spans(zero)))

    def _spans(self, zero: float) -> Iterator[ServingSpan]:
        for start, end in self.listed:
            if end <= zero:
                continue
            for first, last, process in _pieces(start, end, self.processes):
                if last > zero:
                    yield ServingSpan(
                        self.name,
                        listed=max(0.0, first - zero),
                        delisted=last - zero,
                        answers=max(0.0, process.answers - zero),
                        closing=process.closing - zero,
                        dead=process.dead - zero,
                    )


def _pieces(start: float, end: float, processes: Sequence[ProcessLife]) -> Iterator[tuple[float, float, ProcessLife]]:
    """A time of being listed, by the process that is asked: each is, until the next one starts."""
    for place, process in enumerate(processes):
        until = processes[place + 1].start if place + 1 < len(processes) else NEVER
        first, last = max(start, process.start if place else start), min(end, until)
        if first < last:
            yield first, last, process
