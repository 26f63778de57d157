"""How many workers does a host take before more of them bring nothing? Each has the same load of its own.

A worker is an instance of a workload with clients of its own. All share the host's cores, its disk and its link.
One worker and the most are tried, and numbers between them where the throughput is neither straight nor flat.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from typing import Annotated

from annotated_types import Ge, Le, doc

from sim import limits
from sim.catalog import load
from sim.catalog.model import Technology
from sim.catalog.names import CatalogName
from sim.catalog.tables.mechanisms import memory
from sim.catalog.tables.workloads import workload
from sim.errors import InputError
from sim.machine.dirtypages import until_paused
from sim.machine.requesttimes import RequestTimes
from sim.machine.service import LoadedHost, RequestLoad
from sim.outcome import MetricSpec
from sim.platforms.overhead import OnHost, event_costs, on_host, request_times
from sim.records.load import EventRecord, SaturationRecord
from sim.studies.base import Context, Repeated, Study, StudyRun, Subject, Tick, statistic
from sim.studies.parameters.load import LoadHost, LoadNetwork, LoadWorkload, ThinkTime, load_problems

FULL = 0.95
"""A host is full from the fewest workers on that bring so much of the highest throughput. Nearer than so is equal."""

ROUNDS = 1
"""Requests of each client that are measured at least, and that go before them."""

ALWAYS = 0.99
"""A device that is busy so much of the time is what the throughput hangs on."""


@dataclass(frozen=True, kw_only=True)
class Saturation:
    """What the workers are, and how many there are at most."""

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 - pydantic reads this name from the class

    technology: Annotated[
        str | Technology, Subject(), CatalogName("technologies"), doc("What each worker runs in.")
    ] = "docker"
    workload: LoadWorkload = "load-worker"
    network: LoadNetwork = "bridge"
    most_workers: Annotated[int, Ge(2), Le(64), Repeated(), doc("The most workers that are tried.")] = 32
    clients: Annotated[int, Ge(1), Le(200), doc("Clients of each worker, with one request at a time.")] = 20
    think: ThinkTime = 0.0
    requests: Annotated[
        int,
        Ge(100),
        Le(limits.LOAD_REQUESTS),
        Repeated(),
        doc("How many requests are measured at each number, at least."),
    ] = 500
    host: LoadHost = None

    def __post_init__(self) -> None:
        """Raise `InputError` for parameters that do not go together."""
        problems = list(load_problems(self.technology, self.network))
        if problems:
            raise InputError(problems)


def numbers(most: int) -> list[int]:
    """The numbers of workers that may be tried at first: 1, 2, 4, 8 and so on, and the most.

    >>> numbers(20)
    [1, 2, 4, 8, 16, 20]
    """
    return [*(2**power for power in range((most - 1).bit_length())), most]


def bends(fewer: SaturationRecord, more: SaturationRecord) -> bool:
    """Whether the throughput between two numbers of workers is neither flat nor straight.

    It never falls with more workers, and each worker brings no more than the one before. So it is flat between two
    numbers that bring the same, and straight where each of the more brings as much as each of the fewer.
    """
    straight = fewer.throughput / fewer.workers * more.workers
    return fewer.throughput < FULL * more.throughput and more.throughput < FULL * straight


def run(params: Saturation, context: Context) -> StudyRun:
    """Serve with each number of workers, all with the same random numbers."""
    work = workload(params.workload)
    host = load.host(params.host or work.host)
    there = on_host(work, load.technology(params.technology), params.network, host, context.bound)
    begun: dict[int, float] = {}

    def tried(workers: int) -> SaturationRecord:
        record, begun[workers] = _tried(params, there, workers, context)
        return record

    records = _bracketed(params.most_workers, tried, context.tick)
    inputs = there.numbers
    return StudyRun(
        samples=_samples(records) | _cached_for(there, begun[params.most_workers]),
        records=(*records, *(EventRecord(context.label, *astuple(cost)) for cost in event_costs(there))),
        estimates=frozenset(spec.name for spec in METRICS if any(number.estimate for number in inputs)),
        ranged=any(number.ranged for number in inputs),
    )


def _bracketed(most: int, trial: Callable[[int], SaturationRecord], tick: Tick) -> list[SaturationRecord]:
    """Records of 1, of the most, and of numbers between two of them where the line bends there."""
    first, done = numbers(most), dict[int, SaturationRecord]()

    def record(workers: int) -> SaturationRecord:
        if workers not in done:
            done[workers] = trial(workers)
            tick(min(len(done) / len(first), 1.0))
        return done[workers]

    gaps = [(1, most)]
    while gaps:
        fewer, more = gaps.pop()
        if bends(record(fewer), record(more)):
            between = [number for number in first if fewer < number < more]
            if between:
                middle = between[len(between) // 2]
                gaps += [(fewer, middle), (middle, more)]
            elif 3 * more // 4 > fewer:
                record(3 * more // 4)
    return [done[workers] for workers in sorted(done)]


def _tried(params: Saturation, there: OnHost, workers: int, context: Context) -> tuple[SaturationRecord, float]:
    """A number of workers under their load for as long as one likes, and the requests a second that they begin with.

    Where they write more into the host's page cache than the disk writes out, it is full before long. Then the disk is
    always busy, and each write waits until it has taken as much.
    """
    times = request_times(there)
    record = _served(params, times, there, workers, context)
    disk = _write_out(times, there)
    if record.throughput * disk > 1:
        gap = there.workload.disk_gap.at(there.bound)
        paused = _served(params, replace(times, disk_gap=gap, disk_time=gap), there, workers, context)
        told = 1 / disk
        threads = _threads(times, workers, told, paused.threads)
        return replace(paused, throughput=told, threads=threads, disk=1.0), record.throughput
    return (replace(record, disk=record.throughput * disk) if disk else record), record.throughput


def _write_out(times: RequestTimes, there: OnHost) -> float:
    """Seconds of the disk to write out what a request leaves in the page cache. 0 where it leaves nothing there."""
    work = there.workload
    if not (work.disk_writes and there.costs.caches_writes) or times.disk_gap or times.flush_disk:
        return 0.0
    return times.disk_operations * work.disk_gap.at(there.bound)


def _cached_for(there: OnHost, throughput: float) -> dict[str, list[float]]:
    """How long writes go into the page cache at that throughput, where they do."""
    disk = _write_out(request_times(there), there)
    if not disk:
        return {}
    size = there.workload.disk_operations.value * there.workload.disk_bytes.at(there.bound)
    room = there.host.memory.at(there.bound)
    return {"cached_for": [until_paused(throughput * size, size / disk, room, memory().dirty, there.bound)]}


def _served(params: Saturation, times: RequestTimes, there: OnHost, workers: int, context: Context) -> SaturationRecord:
    alone = times.thread + times.exchanges * times.wire + times.disk_operations * times.disk_time
    clients = params.clients * workers
    requests = max(params.requests, ROUNDS * clients)
    asked = RequestLoad(params.clients, params.think, 0.0, requests, stagger=params.think + alone, warm_rounds=ROUNDS)
    served = LoadedHost(times, asked, workers, there.host.cores, context.seeds).serve()
    latencies, busy = sorted(served.latencies), served.busy
    by_latency = clients / (statistic("mean", latencies) + params.think)
    told = served.throughput if times.flush_every else by_latency
    throughput = _throughput(told, busy, _demands(times, workers, there))
    return SaturationRecord(
        of=context.label,
        workers=workers,
        throughput=throughput,
        p50=statistic("p50", latencies),
        p99=statistic("p99", latencies),
        threads=_threads(times, workers, throughput, busy["threads"]),
        cores=busy.get("cores", 0.0) or _cores(throughput, there),
        disk=busy["disk"],
        link=busy["link"],
    )


def _demands(times: RequestTimes, workers: int, there: OnHost) -> dict[str, float]:
    """For how long one request keeps each device busy, of which there are so many.

    A thread is busy too while it waits for a core. So it counts where there are enough cores for everybody. One that
    flushes is busy with no request, and does not count.
    """
    flushed = 1 / times.flush_every if times.flush_every else 0.0
    return {
        "cores": _core_seconds(times) / there.host.cores,
        "threads": 0.0 if flushed else times.thread / times.threads / workers,
        "disk": times.disk_operations * times.disk_gap + flushed * times.flush_disk,
        "link": times.exchanges * times.link,
    }


def _threads(times: RequestTimes, workers: int, throughput: float, held: float) -> float:
    """The share of time that a worker's threads work, by the utilization law.

    Not while they wait for a core: so what brings as much with as many workers keeps their threads as busy.

    Args:
        held: How busy they were served to be. A flush holds a thread for no request, which only that tells.
    """
    return held if times.flush_every else min(throughput * times.thread / times.threads / workers, 1.0)


def _core_seconds(times: RequestTimes) -> float:
    """Of one request, on threads and relays, with its part of a flush."""
    flushed = times.flush_relay / times.flush_every if times.flush_every else 0.0
    return times.thread + 2 * times.exchanges * times.relay + times.disk_operations * times.disk_relay + flushed


def _throughput(told: float, busy: Mapping[str, float], demands: Mapping[str, float]) -> float:
    """Requests a second of all workers.

    Where cores are short, answers come in bursts. Then a count of them hangs on when it ends, as their latencies do. So
    the utilization law tells it where a device is always busy, and elsewhere the response time law, but no more than a
    device can do (Denning and Buzen, ACM Computing Surveys 10:3, 1978).

    Args:
        told: By the response time law. Where clients flush it is counted: a flush is in no latency.
    """
    devices = [name for name in demands if demands[name] and (name != "threads" or "cores" not in busy)]
    full = [busy[name] / demands[name] for name in devices if busy.get(name, 0.0) >= ALWAYS]
    return min(full, default=min(told, *(1 / demands[name] for name in devices)))


def _cores(throughput: float, there: OnHost) -> float:
    """The share of the host's cores that is busy where there are enough for everybody."""
    return min(throughput * _core_seconds(request_times(there)) / there.host.cores, 1.0)


def _samples(records: Sequence[SaturationRecord]) -> dict[str, list[float]]:
    peak = max(record.throughput for record in records)
    first, last = records[0], records[-1]
    full = next(record for record in records if record.throughput >= FULL * peak)
    return {
        "full_at": [full.workers],
        "peak": [peak],
        "one_worker": [first.throughput],
        "peak_ratio": [peak / first.throughput],
        "p99_one": [first.p99],
        "p99_full": [full.p99],
        "p99_most": [last.p99],
        "threads_most": [last.threads],
        "cores_most": [last.cores],
        "disk_most": [last.disk],
        "link_most": [last.link],
    }


METRICS = (
    MetricSpec(
        "full_at", "1", "of the numbers of workers tried", "The fewest that bring 95 % of the most", headline=True
    ),
    MetricSpec("peak", "1/s", "of the numbers of workers tried", "The most requests a second"),
    MetricSpec("one_worker", "1/s", "with one worker", "Requests a second of one worker"),
    MetricSpec("peak_ratio", "1", "against one worker", "The most requests a second, one worker's are 1"),
    MetricSpec("p99_one", "s", "with one worker", "99th percentile of the latency with one worker"),
    MetricSpec("p99_full", "s", "where the host is full", "99th percentile of the latency where the host gets full"),
    MetricSpec("p99_most", "s", "with the most workers", "99th percentile of the latency with the most workers"),
    MetricSpec("threads_most", "1", "with the most workers", "Time that a worker's threads work or flush"),
    MetricSpec("cores_most", "1", "with the most workers", "Time that the host's cores are busy"),
    MetricSpec("disk_most", "1", "with the most workers", "Time that the disk takes no other operation"),
    MetricSpec(
        "cached_for", "s", "first write until writers wait",
        "Time until the page cache is full: never where the disk keeps up, none where nothing is cached",
    ),
    MetricSpec("link_most", "1", "with the most workers", "Time that the link is busy"),
)  # fmt: skip

STUDY = Study(name="saturation", parameters=Saturation, metrics=METRICS, run=run, named_by_technology=False)
