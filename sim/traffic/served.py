"""What became of requests: in bins of time, and in all."""

from __future__ import annotations

import math
from collections.abc import Hashable
from dataclasses import dataclass

from sim.traffic.latency import Latencies
from sim.traffic.replica import ReplicaCapacity


@dataclass(frozen=True, slots=True)
class TrafficBin:
    """The requests that were sent in one stretch of time, and what became of them: later too, where that took longer.

    Attributes:
        time: When it begins, in seconds.
        width: How long it is.
        offered: Requests that were sent. They are the sum of the next five.
        answered: Those that were answered in time.
        refused: Those that no process, or a full queue, took.
        lost: Those that were under way in a process when it was gone.
        timed_out: Those that a client did not wait for.
        under_way: Those that are neither at the end of the run.
        p50, p99: Percentiles of the seconds that requests took which a replica took. One that timed out took as long
            as the client waited.
        ready: Replicas that are listed and answer, in the mean.
        capacity: Requests a second that those can answer.
    """

    time: float
    width: float
    offered: float
    answered: float
    refused: float
    lost: float
    timed_out: float
    under_way: float
    p50: float
    p99: float
    ready: float
    capacity: float


@dataclass(frozen=True, slots=True)
class ServedTraffic:
    """What became of a load.

    Attributes:
        bins: In time.
        offered, answered, refused, lost, timed_out, under_way: As in `TrafficBin`, over all of them.
        p50, p95, p99: Percentiles over all of them.
    """

    bins: tuple[TrafficBin, ...]
    offered: float
    answered: float
    refused: float
    lost: float
    timed_out: float
    under_way: float
    p50: float
    p95: float
    p99: float

    @property
    def failed(self) -> float:
        """Requests that were refused, lost or timed out."""
        return self.refused + self.lost + self.timed_out


@dataclass
class BinSums:
    """A bin in the making. taken: requests that a replica took. ready: replica-seconds."""

    time: float
    width: float
    latencies: Latencies
    offered: float = 0.0
    refused: float = 0.0
    taken: float = 0.0
    lost: float = 0.0
    timed_out: float = 0.0
    under_way: float = 0.0
    ready: float = 0.0


def served_traffic(bins: list[BinSums], replica: ReplicaCapacity, *, read: bool = True) -> ServedTraffic:
    """The bins as they are told, and their sums. read: whether anybody will look at single bins; else none are told."""
    told = []
    everything = Latencies(replica.service_time, replica.timeout)
    everything.extend(sums.latencies for sums in bins)
    known: dict[Hashable, tuple[float, float]] = {}  # where nothing changes, bins are alike
    for sums in bins:
        shape = sums.latencies.shape if read else ()
        if shape not in known:
            known[shape] = (sums.latencies.percentile(0.5), sums.latencies.percentile(0.99)) if read else (0.0, 0.0)
        p50, p99 = known[shape]
        ready = sums.ready / sums.width if sums.width else 0.0
        told.append(
            TrafficBin(
                time=sums.time,
                width=sums.width,
                offered=sums.offered,
                answered=sums.taken - sums.lost - sums.timed_out - sums.under_way,
                refused=sums.refused,
                lost=sums.lost,
                timed_out=sums.timed_out,
                under_way=sums.under_way,
                p50=p50,
                p99=p99,
                ready=ready,
                capacity=ready * replica.rate,
            )
        )
    names = ("offered", "answered", "refused", "lost", "timed_out", "under_way")
    totals = {name: math.fsum(getattr(one, name) for one in told) for name in names}
    p50, p95, p99 = (everything.percentile(share) for share in (0.5, 0.95, 0.99))
    return ServedTraffic(tuple(told) if read else (), p50=p50, p95=p95, p99=p99, **totals)
