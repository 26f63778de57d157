"""Requests that pass from service to service on one host, while some of the services are away.

Each kind of request visits services in turn. A visit computes on the host's cores. Before it comes the hop: a call over
the network, with what both ends compute for it. A request that finds a service away, or is there when it goes, is lost.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from simpy import Environment

from sim.engine.alarm import Alarm
from sim.engine.seeds import SeedTree
from sim.machine.host import RunningHost

AwayCause = Literal["change", "crash"]
"""Why a service does not work: a change of it is deployed, or it crashed."""


@dataclass(frozen=True, slots=True)
class RouteVisit:
    """A request's stay in one service.

    Attributes:
        work: Core-seconds of the reference host, those of the hop to it included.
        wait: Seconds that the hop to it takes beside.
    """

    service: str
    work: float
    wait: float = 0.0


@dataclass(frozen=True, slots=True)
class ServiceAway:
    """A stretch of time in which a service does not work. cause: what is to blame."""

    service: str
    start: float
    end: float
    cause: AwayCause


@dataclass(slots=True)
class RoutedRequest:
    """One request. lost: the cause, or "" where it was answered. end: when it was answered or lost."""

    kind: str
    start: float
    end: float = 0.0
    lost: str = ""


class RoutedLoad:
    """Requests at random times over a window, each kind by its weight.

    Args:
        host: It computes all of it.
        routes: The visits of each kind.
        weights: How often each kind comes against the others.
        away: When services are away.
    """

    def __init__(
        self,
        host: RunningHost,
        routes: Mapping[str, Sequence[RouteVisit]],
        weights: Mapping[str, float],
        away: Sequence[ServiceAway],
    ) -> None:
        self.host, self.routes, self.weights = host, routes, weights
        self._away: dict[str, list[ServiceAway]] = {}
        for one in away:
            self._away.setdefault(one.service, []).append(one)

    def run(self, rate: float, window: float, seeds: SeedTree) -> list[RoutedRequest]:
        """All requests that come in the window, in order, once each was answered or lost."""
        env, times, kinds = self.host.env, seeds.stream("arrivals"), seeds.stream("kinds")
        names, weights = list(self.routes), [self.weights[kind] for kind in self.routes]
        requests: list[RoutedRequest] = []
        at = times.expovariate(rate)
        while at < window:
            request = RoutedRequest(kinds.choices(names, weights)[0], at)
            requests.append(request)
            Alarm(env, _Journey(self, request).begin).arm(at)
            at += times.expovariate(rate)
        env.run()
        return requests

    def blamed(self, service: str, start: float, end: float) -> str:
        """What made a service be away at some time from start to end. "" where it was there."""
        found = (one.cause for one in self._away.get(service, ()) if one.start <= end and start < one.end)
        return next(found, "")


class _Journey:
    """A request on its way."""

    __slots__ = ("_began", "_load", "_place", "_request")

    def __init__(self, load: RoutedLoad, request: RoutedRequest) -> None:
        self._load, self._request = load, request
        self._place, self._began = 0, 0.0

    def begin(self, _: Alarm) -> None:
        """Come to the next service."""
        env, visit = self._env, self._visit
        lost = self._load.blamed(visit.service, env.now, env.now)
        if lost:
            self._over(lost)
            return
        self._began = env.now
        self._load.host.compute(visit.work, 1.0, _Journey._computed, self)

    def _computed(self) -> None:
        visit = self._visit
        lost = self._load.blamed(visit.service, self._began, self._env.now)
        self._place += 1
        if lost or self._place == len(self._load.routes[self._request.kind]):
            self._over(lost)
        else:
            Alarm(self._env, self.begin).arm(self._visit.wait)

    def _over(self, lost: str) -> None:
        self._request.end, self._request.lost = self._env.now, lost

    @property
    def _env(self) -> Environment:
        return self._load.host.env

    @property
    def _visit(self) -> RouteVisit:
        return self._load.routes[self._request.kind][self._place]
