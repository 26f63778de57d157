"""One large service against small ones: what starting, holding and changing them takes, and what one crash takes along.

The project is brought up on a host. Then requests come while a change of one module is deployed, and while the service
that holds a module is away after a crash.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Literal

from annotated_types import Ge, Gt, Le, doc

from sim.catalog import load
from sim.catalog.tables.workloads import workload
from sim.compose.bringup import ProjectRun
from sim.compose.outages import ServiceOutage, crash, redeploy
from sim.compose.reading.files import DiskFiles
from sim.compose.reading.model import ComposeProject
from sim.engine.environment import Environment
from sim.errors import InputError, Problem
from sim.machine.host import RunningHost
from sim.never import NEVER
from sim.outcome import MetricSpec
from sim.platforms.overhead import event_costs, on_host
from sim.quantity import PerSecond, Seconds
from sim.records.load import RouteRecord
from sim.studies.base import Context, Study, StudyRun
from sim.studies.parameters.compose import (
    ComposeHosting,
    behaviours_of,
    hosted_project,
    missing_file,
    project_of,
    sources,
)
from sim.traffic.routes import AwayCause, RoutedLoad, RoutedRequest, RouteVisit, ServiceAway

_MESSAGE = "netperf-rr"
"""The workload that is a small message and its answer: what its packets cost, a hop costs."""


@dataclass(frozen=True, kw_only=True)
class Microservices(ComposeHosting):
    """A project, the requests to it, and what happens to it."""

    routes: Annotated[
        Mapping[str, tuple[str, ...]], doc("The modules that each kind of request visits, in order, by kind.")
    ] = field(default_factory=dict)
    shares: Annotated[
        Mapping[str, float], doc("How often each kind of request comes against the others; 1 where left out.")
    ] = field(default_factory=dict)
    work: Annotated[Mapping[str, Seconds], doc("Core-seconds of the reference host that a visit takes, by module.")] = (
        field(default_factory=dict)
    )
    part_of: Annotated[str, doc("The service that holds every module that is no service by itself.")] = ""
    hop: Annotated[
        Seconds,
        Le(1),
        doc("Core-seconds of a call from service to service, both ends together: HTTP, and data written and read."),
    ] = 0.0005
    rate: Annotated[PerSecond, Gt(0), Le(200), doc("Requests a second that come at random.")] = 20.0
    window: Annotated[Seconds, Ge(10), Le(600), doc("How long requests come.")] = 120.0
    change: Annotated[str, doc("The module that a change is deployed of; empty for none.")] = ""
    change_at: Annotated[Seconds, doc("When in the window.")] = 10.0
    crash: Annotated[str, doc("The module whose service ends with an error; empty for none.")] = ""
    crash_at: Annotated[Seconds, doc("When in the window.")] = 60.0


METRICS = (
    MetricSpec("ready_time", "s", "up to all services ready", "Time until everything works."),
    MetricSpec("held_memory", "B", "all containers, before the change", "Memory of the host that the project holds."),
    MetricSpec("containers", "1", "all services", "Containers that run."),
    MetricSpec("hops", "1", "a request on average", "Calls from service to service in a request."),
    MetricSpec("latency", "s", "request to answer", "Time to an answer, of those answered.", ("p50", "p99", "mean")),
    MetricSpec("change_time", "s", "command to the change working", "Time until a change works."),
    MetricSpec("change_away", "s", "the changed service", "Time that a deployed change takes its service away."),
    MetricSpec("lost_by_change", "1", "the window", "Requests lost while the change is deployed."),
    MetricSpec("crash_away", "s", "crash to working again", "Time that a crash takes its service away."),
    MetricSpec("lost_by_crash", "1", "the window", "Requests lost after the crash."),
    MetricSpec(
        "blast_share", "1", "while the crashed service is away", "Share of the requests that a crash takes along.",
        headline=True,
    ),
)  # fmt: skip


def run(params: Microservices, context: Context) -> StudyRun:
    """Bring the project up, disturb it, and send requests through it."""
    project = project_of(params, context.folder)
    served = _served(params, project)
    hosted = hosted_project(params, project, context)
    there = ProjectRun(project, behaviours_of(params, project), hosted, DiskFiles())
    found = there.run()
    if found.all_ready == NEVER:
        raise InputError(Problem(f"not all services of {params.file} become ready", path="file"))
    change = redeploy(there, served[params.change]) if params.change else None
    crashed = crash(there, served[params.crash]) if params.crash else None
    context.tick(0.3)
    away = [*_away(change, params.change_at, "change"), *_away(crashed, params.crash_at, "crash")]
    routes = {kind: _visits(params, modules, served, context) for kind, modules in params.routes.items()}
    shares = {kind: params.shares.get(kind, 1.0) for kind in routes}
    load_on = RoutedLoad(RunningHost(Environment(), hosted.host, context.bound), routes, shares, away)
    requests = load_on.run(params.rate, params.window, context.seeds)
    outage = next((one for one in away if one.cause == "crash"), None)
    return StudyRun(
        samples={
            "ready_time": [found.all_ready],
            "held_memory": [found.memory],
            "containers": [sum(service.scale for service in project.services.values())],
            "hops": [_mean(len(routes[one.kind]) - 1 for one in requests)],
            "latency": [one.end - one.start for one in requests if not one.lost] or [NEVER],
            "change_time": [change.end if change else 0.0],
            "change_away": [change.end - change.start if change else 0.0],
            "lost_by_change": [sum(one.lost == "change" for one in requests)],
            "crash_away": [crashed.end if crashed else 0.0],
            "lost_by_crash": [sum(one.lost == "crash" for one in requests)],
            "blast_share": [_radius(requests, outage) if outage else 0.0],
        },
        records=tuple(_records(params, context.label, routes, away, requests, sources(hosted))),
        estimates=frozenset(metric.name for metric in METRICS if metric.name not in ("containers", "hops")),
        ranged=True,
    )


def _served(params: Microservices, project: ComposeProject) -> dict[str, str]:
    """The service of each module. Raises `InputError` for what no service is."""
    modules = dict.fromkeys(module for route in params.routes.values() for module in route)
    problems = [
        Problem(f"no module {name!r} in the routes; there are {', '.join(modules)}", path=path)
        for path, name in (("change", params.change), ("crash", params.crash), *(("work", one) for one in params.work))
        if name and name not in modules
    ]
    problems += [
        Problem(f"no kind of request {kind!r}; there are {', '.join(params.routes)}", path="shares")
        for kind in params.shares
        if kind not in params.routes
    ]
    served = {module: module if module in project.services else params.part_of for module in modules}
    problems += [
        Problem(f"module {module!r} is no service, and so must be part_of one", path="part_of")
        for module, service in served.items()
        if service not in project.services
    ]
    if not params.routes or not all(params.routes.values()):
        problems.append(Problem("expected the modules that each kind of request visits", path="routes"))
    if problems:
        raise InputError(problems)
    return served


def _visits(
    params: Microservices, modules: Sequence[str], served: Mapping[str, str], context: Context
) -> tuple[RouteVisit, ...]:
    """A visit for each service in turn: modules of one service call each other without a hop."""
    visits: list[RouteVisit] = []
    for module in modules:
        work = params.work.get(module, 0.0)
        if visits and visits[-1].service == served[module]:
            visits[-1] = RouteVisit(served[module], visits[-1].work + work, visits[-1].wait)
        elif visits:
            visits.append(RouteVisit(served[module], work + params.hop, _wire(params, context)))
        else:
            visits.append(RouteVisit(served[module], work))
    return tuple(visits)


def _wire(params: Microservices, context: Context) -> float:
    """Seconds that the packets of a call and its answer take more under the technology than natively."""
    technology = load.technology(params.technology)
    message = on_host(workload(_MESSAGE), technology, "bridge", load.host(params.host), context.bound)
    return math.fsum(cost.count * cost.seconds for cost in event_costs(message))


def _away(outage: ServiceOutage | None, at: float, cause: AwayCause) -> Iterator[ServiceAway]:
    if outage is not None:
        yield ServiceAway(outage.service, at + outage.start, at + outage.end, cause)


def _radius(requests: Sequence[RoutedRequest], outage: ServiceAway) -> float:
    """Of the requests that came while the service was away, the share that was lost."""
    came = [one for one in requests if outage.start <= one.start < outage.end]
    return _mean(one.lost != "" for one in came)


def _mean(values: Iterator[float] | Iterator[int] | Iterator[bool]) -> float:
    known = [float(value) for value in values]
    return math.fsum(known) / len(known) if known else 0.0


def _records(
    params: Microservices,
    label: str,
    routes: Mapping[str, Sequence[RouteVisit]],
    away: Sequence[ServiceAway],
    requests: Sequence[RoutedRequest],
    source: str,
) -> Iterator[RouteRecord]:
    """For each kind of request the stretches in which it is answered, and in which it is not."""
    for kind, visits in routes.items():
        services = list(dict.fromkeys(visit.service for visit in visits))
        starts = [one.start for one in requests if one.kind == kind]
        lost = [one.start for one in requests if one.kind == kind and one.lost]
        for begin, end, cause in _spans([one for one in away if one.service in services], params.window):
            came, gone = (sum(begin <= at < end for at in times) for times in (starts, lost))
            yield RouteRecord(label, kind, " > ".join(services), begin, end, cause, came, gone, source)


def _spans(away: Sequence[ServiceAway], window: float) -> Iterator[tuple[float, float, Literal["", "change", "crash"]]]:
    """The window in stretches without gaps: when something is away, and between."""
    at = 0.0
    for one in sorted(away, key=lambda one: one.start):
        start, end = min(max(one.start, at), window), min(one.end, window)
        if start > at:
            yield at, start, ""
        if end > start:
            yield start, end, one.cause
        at = max(at, end)
    if at < window:
        yield at, window, ""


STUDY = Study("microservices", Microservices, METRICS, run, missing=missing_file, named_by_technology=False)
