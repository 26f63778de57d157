"""What all controllers are made of: a queue of names to look at, and a client whose requests take time.

A controller looks at one name at a time, and at several names side by side. A name that comes again while it waits is
looked at once; one that comes while it is looked at is looked at again. Source: client-go 0.32, util/workqueue.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Any

from simpy import Environment
from simpy.events import Event

from sim.engine.tokens import TokenBucket
from sim.kubernetes.api import AlreadyExistsError, ApiServer
from sim.kubernetes.objects import KubernetesObject, ObjectKey

Sync = Generator[Event, Any, None]
"""One look at an object, with the requests that follow from it."""
ObjectChange = Callable[[KubernetesObject], KubernetesObject]
Requests = Sequence[Callable[[], object]]


@dataclass(frozen=True, slots=True)
class ControlPlaneTimes:
    """What the control plane's own steps take, in seconds.

    All are estimates, from the gaps between two writes of one rollout in recordings of Kubernetes 1.32 on two busy
    cores: 15 to 40 ms from one change of a ReplicaSet to the next.
    """

    request: float = 0.006
    """From a request to the API server until it is answered."""
    watch: float = 0.003
    """From a write until those who watch act on it."""
    beside: float = 0.004
    """From one answer to the next, of requests that a client sends side by side."""
    schedule: float = 0.005
    """One decision of the scheduler."""


@dataclass(frozen=True, slots=True)
class RequestRate:
    """How many requests a client may send: `burst` at once, then `qps` a second."""

    qps: float
    burst: int


_FIRST_RETRY, _LONGEST_RETRY, _DOUBLINGS = 0.005, 1000.0, 20
"""A look that a refused request ended is taken again after 5 ms, then after twice as long each time."""

CONTROLLER_RATE = RequestRate(20, 30)
"""A controller's own limit: kube-controller-manager's --kube-api-qps and --kube-api-burst."""
SCHEDULER_RATE = RequestRate(50, 100)
"""The scheduler's limit: clientConnection.qps and burst of its configuration."""


def call_in(env: Environment, delay: float, call: Callable[[], object]) -> None:
    """Call something after `delay` seconds; at once, but after what is due now, where it is none."""

    def due(_: Event) -> None:
        call()

    event = env.timeout(max(0.0, delay))
    assert event.callbacks is not None
    event.callbacks.append(due)


class ApiClient:
    """One component's way to the API server: each request takes its time, and no more go out than its rate allows."""

    def __init__(self, api: ApiServer, times: ControlPlaneTimes, rate: RequestRate) -> None:
        self.api = api
        self.env = api.env
        self.times = times
        self._bucket = TokenBucket(api.env, rate.qps, rate.burst)

    def request(self, call: Callable[[], Any]) -> Generator[Event, Any, Any]:
        """Send one request; its answer."""
        yield self.env.timeout(self._bucket.wait() + self.times.request)
        return call()

    def send(self, call: Callable[[], object]) -> None:
        """Send one request whose answer nobody waits for."""
        call_in(self.env, self._bucket.wait() + self.times.request, call)

    def modify(self, kind: str, key: ObjectKey, change: ObjectChange) -> Generator[Event, Any, KubernetesObject | None]:
        """Write a change of an object; the object as it then is, or None where it has gone."""
        result: KubernetesObject | None = yield from self.request(lambda: self.api.modify(kind, key, change))
        return result

    def together(self, calls: Requests) -> Sync:
        """Send requests side by side; done when the last is answered. Where one was refused, that is raised then."""
        refused: AlreadyExistsError | None = None
        answered = self.env.now + self.times.request - self.times.beside
        for call in calls:
            due = max(self.env.now + self._bucket.wait(), answered + self.times.beside)
            answered = due
            if due > self.env.now:
                yield self.env.timeout(due - self.env.now)
            try:
                call()
            except AlreadyExistsError as error:
                refused = error
        if refused is not None:
            raise refused

    def slow_start(self, calls: Requests) -> Sync:
        """Send requests in batches of 1, 2, 4, ..., each when the one before is answered.

        So a request that always fails is not sent a thousand times.
        """
        done, size = 0, 1
        while done < len(calls):
            yield from self.together(calls[done : done + size])
            done, size = done + size, size * 2


class Controller(ABC):
    """A loop over names that changed. A controller of a kind says in `sync` what follows from a look at an object."""

    workers = 5
    """How many names are looked at side by side."""

    def __init__(self, client: ApiClient) -> None:
        self.client = client
        self.api = client.api
        self.env = client.env
        self._waiting: deque[ObjectKey] = deque()
        self._queued: set[ObjectKey] = set()
        self._again: set[ObjectKey] = set()
        self._busy: set[ObjectKey] = set()
        self._due: dict[ObjectKey, float] = {}
        self._refused: dict[ObjectKey, int] = {}

    @abstractmethod
    def sync(self, key: ObjectKey) -> Sync:
        """Look at an object once."""

    def enqueue(self, key: ObjectKey) -> None:
        """Look at it as soon as a worker is free."""
        if key in self._busy:
            self._again.add(key)
        elif key not in self._queued:
            self._queued.add(key)
            call_in(self.env, self.client.times.watch, lambda: self._ready(key))

    def enqueue_in(self, key: ObjectKey, delay: float) -> None:
        """Look at it after `delay` seconds, or sooner where it is to be looked at sooner anyway."""
        due = self.env.now + delay
        if due >= self._due.get(key, float("inf")):
            return
        self._due[key] = due
        call_in(self.env, delay, lambda: self._came_due(key, due))

    def _came_due(self, key: ObjectKey, due: float) -> None:
        if self._due.get(key) == due:
            del self._due[key]
            self.enqueue(key)

    def _ready(self, key: ObjectKey) -> None:
        self._waiting.append(key)
        self._dispatch()

    def _dispatch(self) -> None:
        while self._waiting and len(self._busy) < self.workers:
            key = self._waiting.popleft()
            self._queued.discard(key)
            self._busy.add(key)
            self.env.process(self._work(key))

    def _work(self, key: ObjectKey) -> Sync:
        try:
            yield from self.sync(key)
            self._refused.pop(key, None)
        except AlreadyExistsError:
            times = self._refused[key] = self._refused.get(key, 0) + 1
            self.enqueue_in(key, min(_FIRST_RETRY * 2 ** min(times - 1, _DOUBLINGS), _LONGEST_RETRY))
        self._busy.discard(key)
        if key in self._again:
            self._again.discard(key)
            self.enqueue(key)
        self._dispatch()
