"""What does a technology cost an application under load? Requests, held against the same requests natively."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import astuple, dataclass, replace
from functools import lru_cache
from typing import Annotated

from annotated_types import Ge, Le, doc

from sim import limits
from sim.catalog import load
from sim.catalog.model import Technology
from sim.catalog.names import CatalogName
from sim.catalog.tables.workloads import workload
from sim.engine.seeds import SeedTree
from sim.errors import InputError, Problem
from sim.machine.cpugroups import PERIOD
from sim.machine.requesttimes import RequestTimes
from sim.machine.service import LoadedHost, RequestLoad, Served
from sim.outcome import MetricSpec
from sim.platforms.containers import more_costs
from sim.platforms.overhead import OnHost, event_costs, on_host, request_times
from sim.quantity import PerSecond
from sim.reasons import Reason
from sim.records.load import EventRecord
from sim.studies.base import Context, Repeated, Study, StudyRun, Subject, statistic
from sim.studies.parameters.container import (
    AppArmorProfile,
    Forwarding,
    SystemCallFilter,
    load_additions,
    load_choice_problems,
)
from sim.studies.parameters.cpu import CpuLimit, VirtualCpus, vcpu_problems
from sim.studies.parameters.kernel import HostKernel, kernel_problems
from sim.studies.parameters.load import (
    LoadHost,
    LoadNetwork,
    LoadWorkload,
    Pinned,
    ThinkTime,
    load_problems,
    pinned_problems,
)

_PERIODS = 5
"""How many periods of a quota are measured at least."""

NATIVE = "process"
"""The technology that everything is held against."""


@dataclass(frozen=True, kw_only=True)
class Overhead:
    """What runs, under what, and how requests come."""

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 - pydantic reads this name from the class

    technology: Annotated[
        str | Technology, Subject(), CatalogName("technologies"), doc("What the application runs in.")
    ] = "docker"
    workload: LoadWorkload = "web-database"
    network: LoadNetwork = "bridge"
    instances: Annotated[int, Ge(1), Le(64), Repeated(), doc("How many run on the host, each with its own load.")] = 1
    clients: Annotated[
        int | None,
        Ge(1),
        Le(1000),
        doc("Clients of each instance, with one request at a time; if left out, the workload's own load."),
    ] = None
    think: ThinkTime = 0.0
    rate: Annotated[
        PerSecond | None,
        Le(5_000),
        doc("Requests a second that come to each instance at random; if left out, the workload's own load."),
    ] = None
    requests: Annotated[
        int, Ge(100), Le(limits.LOAD_REQUESTS), Repeated(), doc("How many requests are measured, over all instances.")
    ] = 500
    host: LoadHost = None
    cpu_limit: CpuLimit = None
    vcpus: VirtualCpus = None
    pinned: Pinned = False
    forwarding: Forwarding = "rules"
    seccomp: SystemCallFilter = False
    apparmor: AppArmorProfile = False
    kernel: HostKernel = None

    def __post_init__(self) -> None:
        """Raise `InputError` for parameters that do not go together."""
        problems = list(_problems(self))
        if problems:
            raise InputError(problems)


def _problems(params: Overhead) -> Iterator[Problem]:
    yield from load_problems(params.technology, params.network)
    technology = load.technology(params.technology)
    yield from vcpu_problems(technology, params.vcpus)
    if params.pinned:
        yield from pinned_problems(technology)
    yield from load_choice_problems(
        technology, params.network, params.forwarding, seccomp=params.seccomp, apparmor=params.apparmor
    )
    yield from kernel_problems(params.kernel)
    if params.clients is not None and params.rate is not None:
        yield Problem(
            Reason("rate_and_clients", "is given beside 'clients'; requests come by a rate, or clients make them"),
            path="rate",
        )
    if params.think and not _load(params).clients:
        yield Problem(Reason("think", "is not used; it goes with clients, and requests come by a rate"), path="think")


def _load(params: Overhead) -> RequestLoad:
    work = workload(params.workload)
    rate = params.rate if params.rate is not None else 0.0 if params.clients else work.rate.value
    clients = params.clients if params.clients is not None else 0 if rate else int(work.clients.value)
    return RequestLoad(clients, params.think, rate, params.requests)


def run(params: Overhead, context: Context) -> StudyRun:
    """Serve the requests under the technology, and natively with the same random numbers and no limit."""
    there, native = (_there(params, name, context) for name in (params.technology, NATIVE))
    served = _served(params, there, context.seeds, params.cpu_limit, params.vcpus)
    alone = _served(params, native, context.seeds)
    costs = tuple(event_costs(there))
    inputs = (*there.numbers, *native.numbers)
    return StudyRun(
        samples=_samples(served, alone, there),
        records=tuple(EventRecord(context.label, *astuple(cost)) for cost in costs),
        estimates=frozenset(spec.name for spec in METRICS if any(number.estimate for number in inputs)),
        ranged=any(number.ranged for number in inputs),
    )


def _there(params: Overhead, technology: str | Technology, context: Context) -> OnHost:
    work = workload(params.workload)
    host = load.host(params.host or work.host)
    host = replace(host, kernel=params.kernel or host.kernel)
    contained = technology != NATIVE
    there = on_host(
        work,
        load.technology(technology),
        params.network,
        host,
        context.bound,
        pinned=params.pinned,
        filtered=params.seccomp and contained,
    )
    more = load_additions(params.forwarding, host.kernel, seccomp=params.seccomp, apparmor=params.apparmor)
    return replace(there, costs=more_costs(there.costs, more)) if more and contained else there


def _served(
    params: Overhead, there: OnHost, seeds: SeedTree, limit: float | None = None, vcpus: int | None = None
) -> Served:
    times = request_times(there)
    if vcpus is not None:
        times = replace(times, threads=min(times.threads, vcpus))
    asked = _load(params)
    if limit is not None:
        asked = replace(asked, requests=_through_periods(params, limit / times.thread))
    return _serve(times, asked, params.instances, there.host.cores, seeds, limit)


def _through_periods(params: Overhead, rate: float) -> int:
    """How many requests are measured where instances are throttled: those of some periods at least, at that rate each.

    A few that fit into one period's quota would not see the limit.
    """
    return max(params.requests, min(math.ceil(rate * PERIOD * _PERIODS * params.instances), limits.LOAD_REQUESTS))


@lru_cache(maxsize=64)
def _serve(
    times: RequestTimes,
    requests: RequestLoad,
    instances: int,
    cores: int,
    seeds: SeedTree,
    limit: float | None,
) -> Served:
    """What comes out. Labels that are compared have their native run in common, which is made once."""
    return LoadedHost(times, requests, instances, cores, seeds, limit).serve()


def _samples(served: Served, alone: Served, there: OnHost) -> dict[str, list[float]]:
    work = there.workload
    latencies, native = sorted(served.latencies), sorted(alone.latencies)
    moved = work.disk_operations.value * work.disk_bytes.value + work.packet_bytes.value + work.memory_bytes.value
    samples = {
        "throughput": [served.throughput * work.operations.value],
        "transferred": [served.throughput * moved],
        "latency": latencies,
        "in_flight": [served.in_flight],
        "throughput_ratio": [served.throughput / alone.throughput],
        "p50_ratio": [statistic("p50", latencies) / statistic("p50", native)],
        "p99_ratio": [statistic("p99", latencies) / statistic("p99", native)],
    }
    return samples | {f"{name}_share": [share] for name, share in served.busy.items()}


METRICS = (
    MetricSpec("throughput_ratio", "1", "against the same requests natively", "Throughput, native is 1", headline=True),
    MetricSpec("p99_ratio", "1", "against the same requests natively", "99th percentile of the latency, native is 1"),
    MetricSpec("p50_ratio", "1", "against the same requests natively", "Median of the latency, native is 1"),
    MetricSpec("throughput", "1/s", "while requests are measured", "Operations a second, of all instances"),
    MetricSpec(
        "latency", "s", "request to answer", "From a request to its answer", statistics=("p50", "p95", "p99", "mean")
    ),
    MetricSpec(
        "transferred", "B/s", "while requests are measured", "Bytes a second to and from disk, network or memory",
        transfer=True,
    ),
    MetricSpec("in_flight", "1", "while requests are measured", "Requests that are there, in the mean"),
    MetricSpec("threads_share", "1", "while requests are measured", "Time that an application's threads are busy"),
    MetricSpec("relay_share", "1", "while requests are measured", "Time that an instance's network relay is busy"),
    MetricSpec("disk_relay_share", "1", "while requests are measured", "Time that an instance's disk relay is busy"),
    MetricSpec("cores_share", "1", "while requests are measured", "Time that the host's cores are busy"),
    MetricSpec("disk_share", "1", "while requests are measured", "Time that the disk takes no other operation"),
    MetricSpec("link_share", "1", "while requests are measured", "Time that the link is busy"),
)  # fmt: skip

STUDY = Study(
    name="overhead",
    parameters=Overhead,
    metrics=METRICS,
    run=run,
)
