"""Requests that pass from service to service on one host, while some of the services are away.

Each kind of request visits services in turn. A visit computes on the host's cores. Before it comes the hop: a call over
the network, with what both ends compute for it. A request that finds a service away, or is there when it goes, is lost.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Literal

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
        names, weights = list(self.routes), list(accumulate(self.weights[kind] for kind in self.routes))
        requests: list[RoutedRequest] = []

        def come(alarm: Alarm) -> float | None:
            request = RoutedRequest(kinds.choices(names, cum_weights=weights)[0], alarm.at)
            requests.append(request)
            _Journey(self, request).begin()
            gap = times.expovariate(rate)
            return gap if alarm.at + gap < window else None

        first = times.expovariate(rate)
        if first < window:
            Alarm(env, come).arm(first)
        env.run()
        return requests

    def blamed(self, service: str, start: float, end: float) -> str:
        """What made a service be away at some time from start to end. "" where it was there."""
        for one in self._away.get(service, ()):
            if one.start <= end and start < one.end:
                return one.cause
        return ""


class _Journey(Alarm):
    """A request on its way. It goes off when it comes to the next service."""

    __slots__ = ("_began", "_load", "_place", "_request", "_route")

    def __init__(self, load: RoutedLoad, request: RoutedRequest) -> None:
        super().__init__(load.host.env, _Journey.begin)
        self._load, self._request, self._route = load, request, load.routes[request.kind]
        self._place, self._began = 0, 0.0

    def begin(self) -> None:
        """Come to the next service."""
        visit, now = self._route[self._place], self.env._now  # noqa: SLF001 - as `now`, without its call
        lost = self._load.blamed(visit.service, now, now)
        if lost:
            self._over(lost)
            return
        self._began = now
        self._load.host.compute(visit.work, 1.0, _Journey._computed, self)

    def _computed(self) -> None:
        route, place = self._route, self._place
        lost = self._load.blamed(route[place].service, self._began, self.env.now)
        self._place = place = place + 1
        if lost or place == len(route):
            self._over(lost)
        else:
            self.arm(route[place].wait)

    def _over(self, lost: str) -> None:
        self._request.end, self._request.lost = self.env.now, lost
