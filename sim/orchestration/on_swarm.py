"""A service in Docker's Swarm mode through one event: what became of every task, and when each was sent requests."""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field, replace

from simpy.events import Event

from sim.catalog import load as catalog
from sim.catalog.model import Host
from sim.engine.environment import Environment
from sim.engine.seeds import SeedTree
from sim.kubernetes.controllers.base import call_in
from sim.lifecycle.health import HealthCheck
from sim.never import NEVER
from sim.orchestration.service import NO_ANSWER, ReplicaBehaviour, ServiceEvent, ServiceWish, next_version
from sim.orchestration.swarm_watch import ServiceWatch
from sim.orchestration.timeline import ServiceTimeline
from sim.outcome import Bound
from sim.platforms.hosting import HostingOptions, HostPool
from sim.swarm.cluster import SwarmCluster
from sim.swarm.objects import SwarmNode
from sim.swarm.processes import ImageBehaviour, ProcessBehaviour
from sim.swarm.spec import ServiceSpec, TaskPort, TaskResources, TaskSpec, UpdateConfig
from sim.swarm.starts import SwarmHosting

NAME = "web"
FIRST, NEXT, BAD = "web:1", "web:2", "web:bad"
ENGINE = "docker"
"""What a node starts containers with, by its id in the catalog."""
TERMINATED = 143
"""The exit code of a process that TERM ended: 128, and its number."""
HEARTBEAT, MISSED = 5.0, 3
"""Seconds between two heartbeats of a node, and after how many that are missed it is down. Source: swarmkit,
manager/dispatcher/dispatcher.go, DefaultHeartBeatPeriod and defaultGracePeriodMultiplier."""
SETTLING = 1800.0
"""Seconds that a service has to come to rest before the study begins."""
_QUIET = 5.0


@dataclass(frozen=True)
class SwarmRun:
    """What is run.

    Attributes:
        wish: What is asked of the service.
        nodes: The nodes.
        behaviour: What a replica does.
        host: The machine that each node is.
        pull: Whether nodes pull the image, where it is not there.
        bound: Which end of their sources' ranges the host's numbers are taken at.
        seeds: Of the starts, and of the moments of the nodes' heartbeats.
    """

    wish: ServiceWish
    nodes: Sequence[SwarmNode]
    behaviour: ReplicaBehaviour
    host: Host
    pull: bool = False
    bound: Bound = "value"
    seeds: SeedTree = field(default_factory=lambda: SeedTree(1))


def on_swarm(run: SwarmRun, event: ServiceEvent, until: float) -> ServiceTimeline:
    """Run a service until some second, with an event on the way.

    A service that is started has nothing before. Any other has come to rest when the study begins.
    """
    service = _SwarmedService(run)
    env = service.cluster.env
    if event.kind == "start":
        call_in(env, event.at, service.create)
    else:
        service.create()
        service.settle()
    zero = env.now
    if event.kind != "start":
        call_in(env, event.at, lambda: service.act(event))
    service.cluster.run(until=zero + until)
    return service.timeline(zero, until, zero + event.at)


def service_spec(wish: ServiceWish, image: str = FIRST) -> ServiceSpec:
    """The service as it is wished. An update that may have more replicas than wanted starts the new one first."""
    health = HealthCheck(interval=wish.probe_every or 0.0) if wish.probe else None
    task = TaskSpec(
        image,
        reservations=TaskResources(wish.cpu or 0.0, wish.memory or 0),
        health=health,
        stop_grace=10.0 if wish.grace is None else wish.grace,
    )
    order = "start-first" if wish.surge else "stop-first"
    update = UpdateConfig(parallelism=wish.surge or wish.unavailable or 1, order=order)  # type: ignore[arg-type]
    port = TaskPort(target=80, published=80)
    return ServiceSpec(NAME, task, replicas=1 if wish.replicas is None else wish.replicas, update=update, ports=(port,))


class _SwarmedService:
    def __init__(self, run: SwarmRun) -> None:
        self._run, behaviour = run, run.behaviour
        self._env = Environment()
        first, after = behaviour.application, next_version(behaviour.application)
        hosting = SwarmHosting(self._hosts(), lambda image: first if image == FIRST else after)
        self.cluster = SwarmCluster(run.nodes, _images(behaviour), env=self._env, hosting=hosting)
        self._spec = service_spec(run.wish)
        self._watch = ServiceWatch(self.cluster, hosting, BAD, behaviour)
        self._chance = run.seeds.stream("heartbeats")
        self._settled = NEVER
        self._created = False
        self.cluster.store.listen(self)

    def _hosts(self) -> HostPool:
        """Every node's host, with Docker's engine."""
        run = self._run
        options = HostingOptions(pull=run.pull, bound=run.bound)
        return HostPool(self._env, run.host, catalog.technology(ENGINE), run.seeds.child("hosts"), options)

    def create(self) -> None:
        """Create the service."""
        self._watch.want(self._spec.replicas)
        self.cluster.create(self._spec)
        self._created = True

    def settle(self) -> None:
        """Let the service come to rest, up to a whole second."""
        while self._env.now < SETTLING:
            self.cluster.run(until=math.ceil(self._env.now + _QUIET))
            if self._settled <= self._env.now - _QUIET or not self._moves():
                return

    def _moves(self) -> bool:
        return self._env.now < 60 or any(one.state in ("starting", "unready") for one in self._watch.lives())

    def heard(self, change: object) -> None:
        """Nothing: what counts is what a batch of changes comes to."""

    def settled(self) -> None:
        """Settled is the last moment from which on all is as wanted."""
        if not self._created:
            return
        service = self.cluster.service(NAME)
        # During an update the replicas need no look, which a thousand of them make dear.
        if service.update not in (None, "completed") or not self._all_ready(service.spec.replicas):
            self._settled = NEVER
        elif self._settled == NEVER:
            self._settled = self._env.now

    def _all_ready(self, replicas: int) -> bool:
        """Whether those that are not lost are so many, ready, and of the newest version."""
        lives = [one for one in self._watch.lives() if not one.over]
        alive = [one for one in lives if one.state != "lost"]
        newest = max((one.version for one in lives), default=1)
        return len(alive) == replicas and all(one.state == "ready" and one.version == newest for one in alive)

    # The event

    def act(self, event: ServiceEvent) -> None:
        """Do what happens to the service."""
        self._settled = NEVER
        if event.kind == "scale":
            self._watch.want(event.replicas)
            self.cluster.scale(NAME, event.replicas)
        elif event.kind in ("update", "bad_update"):
            image = NEXT if event.kind == "update" else BAD
            self.cluster.change(replace(self._spec, task=replace(self._spec.task, image=image)))
        elif event.kind == "node_failure":
            for name in self._fullest(event.nodes):
                self._env.process(self._fail(name))
        elif event.kind == "drain":
            for name in self._fullest(event.nodes):
                self.cluster.set_availability(name, "drain")
        self.settled()

    def _fail(self, name: str) -> Generator[Event, None, None]:
        """The node dies between two heartbeats. The managers wait for three."""
        self._watch.fail(name)
        yield self._env.timeout(HEARTBEAT * MISSED - self._chance.uniform(0.0, HEARTBEAT))
        self.cluster.set_down(name, True)

    def _fullest(self, count: int) -> list[str]:
        names = [one.id for one in self._run.nodes]
        return sorted(names, key=lambda name: -self._watch.tasks_on(name))[:count]

    # What came of it

    def timeline(self, zero: float, until: float, event: float) -> ServiceTimeline:
        """All that is known, in seconds since `zero`."""
        wanted = self._watch.wanted
        before = [(0.0, count) for at, count in wanted if at <= zero][-1:]
        return ServiceTimeline(
            tuple(life for notes in self._watch.lives() if (life := notes.life(zero)) is not None),
            tuple(self._watch.node_life(one.id, self._slots(one), zero) for one in self._run.nodes),
            (*before, *((at - zero, count) for at, count in wanted if at > zero)),
            max(self._settled, event) - zero,
            until,
        )

    def _slots(self, node: SwarmNode) -> int:
        """Replicas that an empty node has room for."""
        asked = self._spec.task.reservations
        fits = [int(has / size + 1e-9) for has, size in ((node.cpus, asked.cpus), (node.memory, asked.memory)) if size]
        return min(fits, default=self._spec.replicas)


def _images(behaviour: ReplicaBehaviour) -> dict[str, ImageBehaviour]:
    """What each image's process does: at TERM, and when it is warm. That it has started is its host's to say."""
    seconds = behaviour.seconds_from_term
    on_term = None if seconds is None else (seconds, 0 if behaviour.on_term == "finishes" else TERMINATED)
    good = ImageBehaviour(ProcessBehaviour(on_term=on_term, ready_after=behaviour.warm_up))
    bad = ImageBehaviour(ProcessBehaviour(on_term=on_term, ready_after=NO_ANSWER))
    return {FIRST: good, NEXT: good, BAD: bad}
