"""Records of load: workers, pools, requests, and what events add to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class SaturationRecord:
    """What so many workers on one host do together.

    Attributes:
        of: The label.
        workers: How many.
        throughput: Requests a second, of all of them.
        p50, p99: Percentiles of the seconds from a request to its answer.
        threads: The share of time that a worker's threads work or are held by a flush, in the mean.
        cores, disk, link: The share of time that the host's are.
    """

    of: str
    workers: int
    throughput: float
    p50: float
    p99: float
    threads: float
    cores: float
    disk: float
    link: float


@dataclass(frozen=True, slots=True)
class PoolRecord:
    """What a pool of function instances did in a stretch of time.

    Attributes:
        of: The label.
        start, end: Seconds since the replication began.
        cold: Requests that came and made an instance.
        warm: Requests that came and found one.
        rejected: Requests that came when as many as may were served.
        instances, busy: How many instances were there and how many of them served, in the mean over the stretch.
    """

    of: str
    start: float
    end: float
    cold: int
    warm: int
    rejected: int
    instances: float
    busy: float


@dataclass(frozen=True, slots=True)
class EventRecord:
    """What one kind of event adds to a request, beside what it takes natively.

    Attributes:
        of: The label.
        event: What happens: "system_call", "packet" and so on; "computing" for what guest code loses, and
            "store_bypass" for what a program loses without its processor's store bypass.
        count: How often it happens in a request.
        seconds: What each time takes more.
        waits: Whether that is waiting, and no work of a core.
        source: Fact ids, or "estimate: reasoning".
        estimate: Whether the seconds are an estimate.
    """

    of: str
    event: str
    count: float
    seconds: float
    waits: bool
    source: str
    estimate: bool = False


@dataclass(frozen=True, slots=True)
class RequestRecord:
    """What became of the requests that were sent to a service in one stretch of time.

    Attributes:
        of: The label.
        time: When it begins, in seconds since the study began.
        width: How long it is.
        offered: Requests that were sent.
        failed: Requests that were refused, lost under way, or not answered in time.
        p50, p99: Percentiles of the seconds that they took.
        capacity: Requests a second that the replicas can answer which are asked and answer.
    """

    of: str
    time: float
    width: float
    offered: float
    failed: float
    p50: float
    p99: float
    capacity: float


@dataclass(frozen=True, slots=True)
class RouteRecord:
    """A stretch of time of one kind of request.

    Attributes:
        of: The label.
        kind: The kind of request, as the scenario calls it.
        services: The services that it visits, in order, joined by " > ".
        start: Seconds since the window began.
        end: Seconds since the window began.
        cause: Why requests of the kind are lost in it, "change" or "crash". "" where they are answered.
        requests: How many came in it.
        lost: How many of them were lost. One that comes shortly before the stretch ends may reach the service once it
            is back.
        source: Where the times are from.
        estimate: Whether they are estimates.
    """

    of: str
    kind: str
    services: str
    start: float
    end: float
    cause: Literal["", "change", "crash"]
    requests: int
    lost: int
    source: str = ""
    estimate: bool = False
