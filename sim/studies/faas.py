"""Functions as a service: how many requests wait for a new instance, and how many instances are there for them.

Requests come at random times, and each has an instance to itself. Network, queues and billing are left out.
"""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Annotated, Literal

from annotated_types import Ge, Gt, Le, doc

from sim import limits
from sim.errors import InputError, Problem
from sim.never import NEVER
from sim.outcome import MetricSpec
from sim.quantity import PerSecond, Seconds
from sim.reasons import Reason
from sim.studies.base import Context, Repeated, Study, StudyRun
from sim.traffic.functionpool import DrawnSeconds, serve
from sim.traffic.poolstretches import NotedRequests, stretches


@dataclass(frozen=True, kw_only=True)
class Faas:
    """Requests, and the pool that serves them. What is left out is the example in SimFaaS's README."""

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 - pydantic reads this name from the class

    requests: Annotated[PerSecond, Gt(0), Le(10_000), doc("Requests a second, at random times.")] = 0.9
    warm_service: Annotated[
        Seconds, Gt(0), Le(3600), doc("How long an instance that is there takes for a request, in the mean.")
    ] = 1.991
    cold_service: Annotated[
        Seconds, Gt(0), Le(3600), doc("How long a request takes that an instance is made for, in the mean.")
    ] = 2.244
    service_times: Annotated[
        Literal["exponential", "constant"], doc("Whether each request takes the mean, or a random time.")
    ] = "exponential"
    keep_alive: Annotated[
        Seconds, Ge(0), Le(86_400), doc("How long an idle instance waits for a request before it is taken away.")
    ] = 600.0
    concurrency: Annotated[
        int, Ge(1), Le(limits.INVOCATIONS), doc("Requests that are served at once at most; more are rejected.")
    ] = 1000
    duration: Annotated[Seconds, Gt(0), Le(10_000_000), Repeated(), doc("How long requests come.")] = 100_000.0

    def __post_init__(self) -> None:
        """Raise `InputError` for more requests than are followed, and for so few that none may come."""
        count = self.requests * self.duration
        if count > limits.INVOCATIONS:
            why = Reason(
                "requests.many",
                "{count:g} requests are too many; at most {most}",
                count=count,
                most=limits.INVOCATIONS,
            )
            raise InputError(Problem(why, path="duration"))
        if count < _FEWEST:
            why = Reason("requests.few", "{count:g} requests are too few; at least {least}", count=count, least=_FEWEST)
            raise InputError(Problem(why, path="duration"))


_FEWEST = 100
"""Requests in the mean. So the chance that none comes is below 1e-43."""


STRETCHES = 100
"""Stretches of time that are told of a run."""


def run(params: Faas, context: Context) -> StudyRun:
    """Send the requests, and count the starts and the instances."""
    gap: DrawnSeconds = partial(context.seeds.stream("arrivals").expovariate, params.requests)
    warm = _services(params, params.warm_service, context.seeds.stream("warm"))
    cold = _services(params, params.cold_service, context.seeds.stream("cold"))
    times = NotedRequests(gap, warm, cold)
    if context.records:
        gap, warm, cold = times.next_gap, times.warm_service, times.cold_service
    used = serve(params.duration, params.keep_alive, params.concurrency, gap, warm, cold)
    records = stretches(context.label, times, used.gone, params.duration, STRETCHES) if context.records else ()
    context.tick(1.0)
    served = len(used.services)
    instances, busy = used.instance_seconds / params.duration, used.busy_seconds / params.duration
    return StudyRun(
        {
            "cold_share": [used.cold / served],
            "response_time": used.services,
            "rejected_share": [used.rejected / (served + used.rejected)],
            "pool_instances": [instances],
            "busy_instances": [busy],
            "idle_instances": [instances - busy],
            "most_instances": [used.most],
            "instance_life": [statistics.fmean(used.lives) if used.lives else NEVER],
        },
        records,
    )


def _services(params: Faas, mean: float, stream: Random) -> DrawnSeconds:
    if params.service_times == "constant":
        return lambda: mean
    return partial(stream.expovariate, 1 / mean)


_OVER_TIME = "mean over the time that requests come"

METRICS = (
    MetricSpec("cold_share", "1", "of the requests served", "Share of requests that make an instance", headline=True),
    MetricSpec("response_time", "s", "request to answer", "How long requests take", statistics=("mean", "p50", "p99")),
    MetricSpec("rejected_share", "1", "of all requests", "Share of requests that are rejected"),
    MetricSpec("pool_instances", "1", _OVER_TIME, "Instances that are there"),
    MetricSpec("busy_instances", "1", _OVER_TIME, "Instances that serve a request"),
    MetricSpec("idle_instances", "1", _OVER_TIME, "Instances that wait for one"),
    MetricSpec("most_instances", "1", "at any time", "The most instances that are there"),
    MetricSpec("instance_life", "s", "creation to expiry", "How long an instance lives, in the mean"),
)

STUDY = Study("faas", Faas, METRICS, run, named_by_technology=False)
