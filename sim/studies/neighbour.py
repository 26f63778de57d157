"""A noisy neighbour: how long a service's requests take beside a group that takes all it can, with and without limits.

CPU time is simulated. Memory, the disk and PIDs are closed forms: the neighbour takes of them until something stops it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from annotated_types import Ge, Gt, Le, doc

from sim import limits
from sim.catalog import load
from sim.catalog.model import Host
from sim.catalog.names import CatalogName
from sim.engine.alarm import Alarm
from sim.engine.environment import Environment
from sim.errors import InputError, Problem
from sim.machine.cpugroups import PERIOD, CpuGroup, GroupedCores
from sim.never import NEVER
from sim.outcome import MetricSpec
from sim.quantity import Bytes, BytesPerSecond, PerSecond, Seconds
from sim.reasons import Reason
from sim.studies.base import Context, Repeated, Samples, Study, StudyRun

Cores = Annotated[float, Gt(0), Le(limits.CORES)]
Weight = Annotated[int, Ge(1), Le(10_000)]
"""As cpu.weight and io.weight of cgroup v2, which are 100 unless told otherwise."""

_STEADY_LOAD = 0.95
"""Of the cores. Above it requests pile up without end, and a latency only says how long it was watched."""

_TICKS = 20
"""How often a run says how far it is."""


@dataclass(frozen=True, kw_only=True)
class Neighbour:
    """A service, its neighbour, and what holds the neighbour."""

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 - pydantic reads this name from the class

    host: Annotated[str | Host, CatalogName("hosts"), doc("What both run on.")] = "laptop"
    groups: Annotated[
        Literal["together", "apart"],
        doc("Both in one cgroup, as plain processes are, or each in its own, as an engine puts containers."),
    ] = "apart"
    threads: Annotated[int, Ge(0), Le(256), doc("The neighbour's threads, each always busy; 0 for no neighbour.")] = 64
    requests: Annotated[PerSecond, Le(2_000), doc("Requests a second to the service, at random times.")] = 300.0
    request: Annotated[Seconds, Gt(0), Le(10), doc("Core-seconds that one request takes.")] = 0.01
    duration: Annotated[Seconds, Gt(0), Le(600), Repeated(), doc("How long both are watched.")] = 30.0
    weight: Annotated[Weight, doc("The service's cpu.weight and io.weight; the neighbour's are 100.")] = 100
    quota: Annotated[Cores | None, doc("Cores that the service may use in each 100 ms; if left out, all.")] = None
    neighbour_quota: Annotated[
        Cores | None, doc("Cores that the neighbour may use in each 100 ms; if left out, all.")
    ] = None
    memory: Annotated[Bytes, doc("What the service holds of memory.")] = 4 * 2**30
    leak: Annotated[BytesPerSecond, doc("How fast the neighbour takes memory.")] = 100.0 * 2**20
    memory_limit: Annotated[Bytes | None, Gt(0), doc("The neighbour's memory.max; if left out, none.")] = None
    readers: Annotated[int, Ge(0), Le(1024), doc("The neighbour's reads of the disk at the same time.")] = 16
    io_weights: Annotated[bool, doc("Whether the disk is shared by io.weight. It is not unless told to.")] = False
    pid_limit: Annotated[int | None, Ge(1), Le(4_194_304), doc("The neighbour's pids.max; if left out, none.")] = None

    def __post_init__(self) -> None:
        """Raise `InputError` for a service that cannot keep up even alone, and for limits of what is not apart."""
        problems = list(self._problems())
        if problems:
            raise InputError(problems)

    def _surely(self) -> float:
        """The cores that the service has when it wants them."""
        cores = load.host(self.host).capacity()
        left = cores
        if self.groups == "apart" and self.threads:
            taken = min(self.threads, self.neighbour_quota or self.threads)
            left = max(cores * self.weight / (self.weight + 100), cores - taken)
        return min(left, self.quota or cores)

    def _problems(self) -> Sequence[Problem]:
        problems = []
        most = self._surely() * _STEADY_LOAD
        needed = self.requests * self.request
        if needed > most:
            problems.append(
                Problem(
                    Reason(
                        "cores_needed",
                        "{needed:g} cores are needed for the requests; at most {most:g} are sure",
                        needed=needed,
                        most=most,
                    ),
                    path="requests",
                )
            )
        if self.requests * self.duration > limits.REQUESTS:
            problems.append(
                Problem(
                    Reason(
                        "requests.many",
                        "{count:g} requests are too many; at most {most}",
                        count=self.requests * self.duration,
                        most=limits.REQUESTS,
                    ),
                    path="duration",
                )
            )
        if self.groups == "together":
            changed = {
                "weight": self.weight != 100,
                "quota": self.quota is not None,
                "neighbour_quota": self.neighbour_quota is not None,
                "memory_limit": self.memory_limit is not None,
                "io_weights": self.io_weights,
                "pid_limit": self.pid_limit is not None,
            }
            problems += [
                Problem(Reason("groups_apart", "is of a cgroup of its own; say 'groups: apart' too"), path=name)
                for name, is_so in changed.items()
                if is_so
            ]
        return problems


@dataclass(frozen=True, slots=True)
class Exhaustion:
    """What became of the host's memory.

    Attributes:
        time: Seconds until the OOM kill.
        left: Bytes of the host that are free then.
        service: Whether the service is killed, and not the neighbour.
    """

    time: float
    left: float
    service: bool


def exhausted(room: float, service: float, leak: float, limit: float) -> Exhaustion:
    """The neighbour takes memory until its group is at its limit, or the host has none left. Swap is left out.

    At its limit the kernel kills in the group. Without room it kills the process that holds most on the host
    (Linux, mm/oom_kill.c, oom_badness).

    Args:
        room: Bytes that the host has for both.
        service: Bytes that the service holds.
        leak: Bytes a second; 0 for no neighbour.
        limit: Bytes.
    """
    free = max(0.0, room - service)
    if not leak:
        return Exhaustion(NEVER, free, service=False)
    taken = min(limit, free)
    return Exhaustion(taken / leak, free - taken, limit > free and service > taken)


def run(params: Neighbour, context: Context) -> StudyRun:
    """Send requests for the duration, and count out what else the neighbour takes."""
    host = load.host(params.host)
    cores = host.capacity(context.bound)
    kept = context.middle if cores == host.capacity() else None
    served = _served(params, cores, context) if kept is None else {name: kept[name] for name in _SERVED}
    room = host.memory.at(context.bound) - host.own_memory.at(context.bound)
    there = params.threads > 0
    memory = exhausted(room, params.memory, params.leak if there else 0.0, params.memory_limit or math.inf)
    pids = host.limits["pids"].at(context.bound) if "pids" in host.limits else NEVER
    share = _disk_share(params.weight, params.readers if there else 0, weighted=params.io_weights)
    return StudyRun(
        samples={
            **served,
            "first_kill": [memory.time],
            "service_killed": [int(memory.service)],
            "left_memory": [memory.left],
            "read_rate": [host.disk_read.at(context.bound) * share],
            "processes_most": [min(pids, params.pid_limit or math.inf) if there else 0],
        },
        estimates=frozenset(
            name
            for name, number in (
                ("first_kill", host.own_memory),
                ("left_memory", host.own_memory),
                ("read_rate", host.disk_read),
            )
            if number.estimate
        ),
        ranged=host.own_memory.ranged or host.disk_read.ranged or host.smt.ranged,
    )


def _disk_share(weight: int, readers: int, *, weighted: bool) -> float:
    """The service's part of the disk, of which it reads all the time: by weight, or as one reader among others."""
    if weighted and readers:
        return weight / (weight + 100)
    return 1 / (1 + readers)


_SERVED = ("latency", "neighbour_cores", "throttled_share")
"""The metrics of `_served`. They hang on the cores alone, which are the same at both ends for most hosts."""


def _served(params: Neighbour, cores: float, context: Context) -> Samples:
    """The latency of each request that was answered, and what the groups used and waited for meanwhile."""
    env = Environment()
    service = CpuGroup(params.weight, params.quota or math.inf)
    apart = params.groups == "apart"
    neighbour = CpuGroup(100, params.neighbour_quota or math.inf) if apart else service
    shared = GroupedCores(env, cores, [service, neighbour] if apart else [service])
    for _ in range(params.threads):
        shared.start(neighbour, math.inf, _never_ends)
    latencies: list[float] = []
    stream = context.seeds.stream("requests")

    def answered(asked: float) -> None:
        latencies.append(env.now - asked)

    def ask(alarm: Alarm) -> float:
        shared.start(service, params.request, answered, alarm.at)
        return stream.expovariate(params.requests)

    Alarm(env, ask).arm(stream.expovariate(params.requests))
    for part in range(1, _TICKS + 1):
        env.run(until=params.duration * part / _TICKS)
        context.tick(part / _TICKS)
    used = neighbour.used if apart else service.used - len(latencies) * params.request
    return {
        "latency": latencies or [0.0],
        "neighbour_cores": [(used if params.threads else 0.0) / params.duration],
        "throttled_share": [service.throttled_periods * PERIOD / params.duration],
    }


def _never_ends(_: Any) -> None:
    """A busy thread is never done."""


_WATCHED = "while both run"

STUDY = Study(
    name="neighbour",
    parameters=Neighbour,
    metrics=(
        MetricSpec(
            "latency",
            "s",
            "request to answer",
            "How long the service takes to answer",
            statistics=("p99", "p50", "mean"),
            headline=True,
        ),
        MetricSpec("neighbour_cores", "1", _WATCHED, "Cores that the neighbour uses in the mean"),
        MetricSpec("throttled_share", "1", _WATCHED, "Share of periods in which the service is throttled"),
        MetricSpec("first_kill", "s", "start to the OOM kill", "When memory ends, or the neighbour's limit is reached"),
        MetricSpec("service_killed", "1", "at the OOM kill", "Whether the service is killed: 1 if so, else 0"),
        MetricSpec("left_memory", "B", "at the OOM kill", "Memory of the host that is free then"),
        MetricSpec("read_rate", "B/s", "both read all the time", "What the service may read from the disk"),
        MetricSpec("processes_most", "1", "at the end of a fork bomb", "The most processes the neighbour can make"),
    ),
    run=run,
    named_by_technology=False,
    keeps_middle=True,
)
