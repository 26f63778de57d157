"""What becomes of a load that replicas serve which come and go.

A balancer sends each request to one of the replicas that are listed, at random. A replica that does not answer refuses
it. One that does has workers with a request at a time, and a queue. What is under way in a replica when its process is
gone is lost. So the run is a flow between the moments at which something changes (`sim.traffic.cohorts`), and costs
nothing more for more requests.

Left out: sessions that stick to a replica, connections that are kept open, the balancer's own time and capacity, and a
balancer that chooses the replica with the fewest requests. A client that gives up is not noticed by the replica, which
does the work all the same, and it does not come again.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from sim import limits
from sim.errors import InputError, Problem
from sim.never import NEVER
from sim.traffic.cohorts import ReplicaFlow
from sim.traffic.latency import Latencies, longer
from sim.traffic.load import Load
from sim.traffic.pool import ReplicaPool
from sim.traffic.replica import ReplicaCapacity
from sim.traffic.served import BinSums, ServedTraffic, served_traffic
from sim.traffic.spans import ServingSpan
from sim.traffic.waiting import stationary_queue

_RAMP = 0.05
"""How much the rate may change in one stretch, relatively."""

_EMPTY = 1e-9
"""Requests in a replica below which there are none."""

_PIECES = 40
"""Stretches that a ramp between two changes is cut into at most."""


@dataclass(frozen=True, slots=True)
class _Stretch:
    """What each replica that was sent requests took in one stretch, in the mean, and the share of it that timed out."""

    start: float
    end: float
    sums: BinSums
    taken: float
    late: float

    def after(self, time: float, share: float) -> float:
        """How much of what was sent last in it, a share of the whole, was sent after a time."""
        width = share * (self.end - self.start)
        return min(max((self.end - time) / width, 0.0), 1.0)


_Change = Literal["answers", "listed", "delisted", "closing", "dead"]
_CHANGES: tuple[_Change, ...] = ("answers", "listed", "delisted", "closing", "dead")


def serve(
    load: Load,
    spans: Sequence[ServingSpan],
    replica: ReplicaCapacity,
    until: float,
    bin_seconds: float,
    *,
    read: bool = True,
) -> ServedTraffic:
    """Send a load to replicas from 0 on.

    Args:
        spans: When replicas are listed, and when they answer. A span is a process of its own.
        replica: What each of them can do.
        until: When the run ends, in seconds.
        bin_seconds: How long a bin of the answer is.
        read: Whether anybody will look at single bins. Else the answer has none.

    Raises `InputError` for more than `limits.TRAFFIC_BINS` bins.
    """
    if not (0 < until < NEVER and bin_seconds > 0 and until / bin_seconds <= limits.TRAFFIC_BINS):
        most = f"at most {limits.TRAFFIC_BINS:,} bins"
        raise InputError(Problem(f"{until!r} s in bins of {bin_seconds!r} s; expected {most}", path="bin_seconds"))
    return _Serving(load, spans, replica).run(until, bin_seconds, read=read)


class _Serving:
    """One run."""

    def __init__(self, load: Load, spans: Sequence[ServingSpan], replica: ReplicaCapacity) -> None:
        self._load, self._spans, self._replica = load, spans, replica
        flow = ReplicaFlow(stationary_queue(replica.workers, replica.queue), replica.service_time)
        self._pool = ReplicaPool(flow)
        self._listed: set[int] = set()
        self._open: set[int] = set()
        self._stretches: list[_Stretch] = []

    def run(self, until: float, bin_seconds: float, *, read: bool) -> ServedTraffic:
        count = max(math.ceil(until / bin_seconds - 1e-9), 1)
        edges = [index * bin_seconds for index in range(count)] + [until]
        bins = [
            BinSums(start, end - start, Latencies(self._replica.service_time, self._replica.timeout))
            for start, end in pairwise(edges)
        ]
        changes = self._changes(until)
        moments = {time for time in (*edges, *changes, *self._load.times) if 0 <= time <= until}
        for start, end in pairwise(sorted(moments)):
            for index, kind in changes.get(start, ()):
                self._change(index, kind, start)
            self._pass(start, end, bins[bisect_right(edges, start) - 1])
        self._end(until)
        return served_traffic(bins, self._replica, read=read)

    def _changes(self, until: float) -> dict[float, list[tuple[int, _Change]]]:
        """What changes at which time. What was before the beginning changes at 0."""
        found: dict[float, list[tuple[int, _Change]]] = defaultdict(list)
        for change in _CHANGES:
            for index, span in enumerate(self._spans):
                time = max(getattr(span, change), 0.0)
                if span.dead > 0 and time < until:
                    found[time].append((index, change))
        return found

    def _change(self, index: int, change: _Change, now: float) -> None:
        """Do what is due for one replica."""
        span = self._spans[index]
        if change == "listed" and span.delisted > now:
            self._listed.add(index)
        elif change == "delisted":
            self._listed.discard(index)
        elif change == "answers" and min(span.closing, span.dead) > now:
            self._open.add(index)
        elif change in ("closing", "dead"):
            self._open.discard(index)
        sent = index in self._listed and index in self._open
        if sent and index not in self._pool:
            self._pool.admit(index, now)
        elif not sent and index in self._pool:
            self._pool.dismiss(index, now, len(self._stretches))
        if change == "dead":
            self._gone(index, now, over=False)

    def _pass(self, start: float, end: float, sums: BinSums) -> None:
        """Let time pass in which nobody comes or goes, in stretches in which the rate is nearly the same."""
        first, last = self._load.rate(start), self._load.rate(end)
        pieces = 1
        if first + last > 0:
            pieces += min(int(abs(last - first) / (first + last) * 2 / _RAMP), _PIECES)
        width = (end - start) / pieces
        for piece in range(pieces):
            self._stretch(start + piece * width, start + (piece + 1) * width, sums)

    def _stretch(self, start: float, end: float, sums: BinSums) -> None:
        """Let the balancer send what comes, at one rate."""
        offered, seconds, ready = self._load.offered(start, end), end - start, len(self._pool)
        silent = 1 - ready / len(self._listed) if self._listed else 1.0
        attempts = sum(silent**attempt for attempt in range(self._replica.retries + 1))
        arriving = offered * attempts / len(self._listed) / seconds if self._listed else 0.0
        taken, late = self._advance(arriving, seconds, sums.latencies)
        taken = min(taken, offered)
        late = min(late, taken)
        sums.offered += offered
        sums.ready += ready * seconds
        sums.taken += taken
        sums.refused += offered - taken
        sums.timed_out += late
        if taken:
            self._stretches.append(_Stretch(start, end, sums, taken / ready, late / taken))
        self._pool.join()

    def _advance(self, arriving: float, seconds: float, latencies: Latencies) -> tuple[float, float]:
        """Send requests to each replica at a rate. How many were taken, and how many of those time out."""
        timeout, service = self._replica.timeout, self._replica.service_time
        taken, late = 0.0, 0.0
        for cohort in self._pool.cohorts:
            count = len(cohort.members)
            for passed in self._pool.flow.advance(cohort, arriving, seconds):
                requests = passed.taken * count
                taken += requests
                latencies.add(requests, passed.wait)
                late += requests * longer(timeout, service, passed.wait) if timeout < NEVER else 0.0
        return taken, late

    def _end(self, until: float) -> None:
        """Tell what is under way."""
        for index in [index for cohort in self._pool.cohorts for index in cohort.members]:
            self._pool.dismiss(index, until, len(self._stretches))
        for index in self._pool.dismissed():
            self._gone(index, until, over=True)

    def _gone(self, index: int, now: float, *, over: bool) -> None:
        """Take what is in a replica now back from those that are answered or time out.

        These are its last requests. It was sent them until it was dismissed.

        Args:
            over: Whether the run is. Else the process is gone.
        """
        left, place = self._pool.remove(index, now)
        while left > _EMPTY and place:
            place -= 1
            stretch = self._stretches[place]
            there = min(left, stretch.taken)
            left -= there
            waiting = there * stretch.after(now - self._replica.timeout, there / stretch.taken)
            stretch.sums.timed_out += there - waiting - there * stretch.late
            if over:
                stretch.sums.under_way += waiting
            else:
                stretch.sums.lost += waiting
