"""A service on Kubernetes through one event: what became of every pod, and when each was sent requests.

The control plane is `sim.kubernetes`, which knows no requests. The autoscaler alone hears of the load, as the cores
that it uses.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field, replace

from simpy.events import Event

from sim.catalog import load as catalog
from sim.catalog.model import Host
from sim.engine.environment import Environment
from sim.engine.seeds import SeedTree
from sim.errors import InputError, Problem
from sim.kubernetes.autoscaler import AutoscalerController
from sim.kubernetes.cluster import ClusterSettings, KubernetesCluster
from sim.kubernetes.controllers.base import call_in
from sim.kubernetes.controllers.disruption import evict
from sim.kubernetes.controllers.progress import is_complete
from sim.kubernetes.hosted_container import ContainerWork, Moment
from sim.kubernetes.hosted_pod import Hosting
from sim.kubernetes.objects import (
    KubernetesObject,
    ObjectKey,
    changed,
    key_of,
    replicas_of,
    status_of,
)
from sim.kubernetes.pods import is_ready, phase_of, why_unready
from sim.kubernetes.scheduler.nodes import node_info
from sim.kubernetes.scheduler.pods import pod_shape
from sim.never import NEVER
from sim.orchestration.kubernetes_load import LoadMetrics
from sim.orchestration.kubernetes_objects import (
    ContainerFields,
    ends_first,
    first_container,
    is_bad,
    is_updated,
    next_image,
    pod_of,
    with_image,
)
from sim.orchestration.kubernetes_watch import DeploymentWatch
from sim.orchestration.service import ReplicaBehaviour, ServiceEvent, never_answering, next_version, warmed
from sim.orchestration.timeline import ServiceTimeline
from sim.outcome import Bound
from sim.platforms.hosting import HostingOptions, HostPool
from sim.platforms.nodeimages import kubelet_queue

RUNTIME = "containerd"
"""What a kubelet starts containers with, by its id in the catalog."""
HELPER = "tiny"
"""What runs in the containers that do not answer the service's requests, by its id in the catalog: an estimate."""
EXPLAINED = 50
"""Nodes up to which the scheduler's scores are told."""
SETTLING = 1800.0
"""Seconds that a service has to come to rest before the study begins."""
DRAIN_RETRY = 5.0
"""Seconds between two tries of `kubectl drain` to evict a pod that its budget keeps. Source: Kubernetes 1.32,
staging/src/k8s.io/kubectl/pkg/drain/drain.go."""
_QUIET = 5.0
"""Seconds that nothing is to be changed for before the study begins."""


@dataclass(frozen=True)
class KubernetesRun:
    """What is run.

    Attributes:
        objects: The objects to create, the one Deployment last.
        nodes: The nodes.
        behaviour: What a replica does.
        host: The machine that each node is.
        pull: Whether nodes pull the image, where it is not there.
        bound: Which end of their sources' ranges the host's numbers are taken at.
        cores: The cores that the whole load uses at a second of the study; None where no autoscaler asks.
        seeds: Of the cluster's own randomness.
    """

    objects: Sequence[KubernetesObject]
    nodes: Sequence[KubernetesObject]
    behaviour: ReplicaBehaviour
    host: Host
    pull: bool = False
    bound: Bound = "value"
    cores: Callable[[float], float] | None = None
    seeds: SeedTree = field(default_factory=lambda: SeedTree(1))


def on_kubernetes(run: KubernetesRun, event: ServiceEvent, until: float) -> ServiceTimeline:
    """Run a service until some second, with an event on the way.

    A service that is started has nothing before. Any other has come to rest when the study begins.

    Raises `InputError` where no replica is ready then, or none that is started has room, with the reason.
    """
    service = _RunningService(run)
    if event.kind == "start":
        call_in(service.env, event.at, service.create)
    else:
        service.create()
        service.settle()
        service.check_ready()
    zero = service.zero = service.env.now
    if event.kind != "start":
        call_in(service.env, event.at, lambda: service.act(event))
    service.env.run(until=zero + until)
    if event.kind == "start":
        service.check_room()
    return service.timeline(zero, until, zero + event.at)


class _RunningService:
    def __init__(self, run: KubernetesRun) -> None:
        self.env = Environment()
        self.zero = 0.0
        self._run, self._behaviour = run, run.behaviour
        settings = ClusterSettings(hosting=self._hosting(), seeds=run.seeds)
        self._cluster = KubernetesCluster(self.env, run.nodes, settings)
        self._api = self._cluster.api
        self._cluster.scheduler.explain = len(run.nodes) <= EXPLAINED
        self._deployment = run.objects[-1]
        metadata = self._deployment["metadata"]
        self._key = ObjectKey(metadata.get("namespace", "default"), metadata["name"])
        self._watch = DeploymentWatch(self._cluster, self._key, run.behaviour)
        self._settled = NEVER
        for kind in ("Deployment", "Pod"):
            self._api.watch(kind, lambda *_: self._note_settled())
        if run.cores is not None:
            AutoscalerController(self._cluster.client(), LoadMetrics(self.env, self._usage))

    def create(self) -> None:
        """Create the objects."""
        for one in self._run.objects:
            self._api.create(one)

    def settle(self) -> None:
        """Let the service come to rest, up to a whole second."""
        while self.env.now < SETTLING:
            self.env.run(until=math.ceil(self.env.now + _QUIET))
            if self._settled <= self.env.now - _QUIET or self._never_settles():
                return

    def check_ready(self) -> None:
        """Raise `InputError` where replicas are wanted and none is ready."""
        mine = list(self._watch.lives())
        if replicas_of(self._deployment) and not any(one.state == "ready" for one in mine):
            raise self._unready(
                why_unready(self._api.get("Pod", self._pod_key(one.name)) for one in mine if not one.over)
            )

    def check_room(self) -> None:
        """Raise `InputError` where the scheduler finds room for no replica."""
        last = [one.stretches[-1] for one in self._watch.lives() if not one.over]
        if last and all(one.why == "unschedulable" for one in last):
            raise self._unready(last[0].detail)

    def _pod_key(self, name: str) -> ObjectKey:
        return ObjectKey(self._key.namespace, name)

    def _unready(self, why: str) -> InputError:
        return InputError(Problem(f"no replica of {self._key.name!r} is ever ready: {why}"))

    def _never_settles(self) -> bool:
        """Whether nothing but looks at nodes happens any more."""
        return (
            self.env.now > 60
            and not any(
                pod for pod in self._api.all("Pod") if phase_of(pod) == "Pending" and (pod["spec"].get("nodeName"))
            )
            and all(is_ready(pod) or not pod["spec"].get("nodeName") for pod in self._api.all("Pod"))
        )

    def _hosting(self) -> Hosting:
        """Every node's host, with containerd as its runtime."""
        run = self._run
        options = HostingOptions(pull=run.pull, bound=run.bound, queue=kubelet_queue())
        technology = catalog.technology(RUNTIME)
        pool = HostPool(self.env, run.host, technology, run.seeds.child("hosts"), options)
        first, after = warmed(self._behaviour), next_version(warmed(self._behaviour))
        bad = next_version(never_answering(self._behaviour.application))
        works = [ContainerWork(one, on_term=self._behaviour.seconds_from_term) for one in (first, after, bad)]
        helper = ContainerWork(replace(catalog.application(HELPER), image=first.image))
        before = replace(helper, exits_after=self._behaviour.init_time)

        def work(pod: KubernetesObject, container: ContainerFields) -> ContainerWork:
            if container.get("name") == first_container(pod).get("name"):
                return works[is_updated(pod) + is_bad(pod)]
            return before if ends_first(pod, container) else helper

        return Hosting(pool, work, note=self._note)

    def _note(self, key: ObjectKey, container: str, moment: Moment) -> None:
        self._watch.note(key, container, moment)

    def _usage(self) -> float:
        assert self._run.cores is not None
        return self._run.cores(self.env.now - self.zero)

    # The event

    def act(self, event: ServiceEvent) -> None:
        """Do what happens to the service."""
        self._settled = NEVER
        if event.kind == "scale":
            self._modify(lambda now: changed(now, event.replicas, "spec", "replicas"))
        elif event.kind in ("update", "bad_update"):
            image = next_image(self._deployment, bad=event.kind == "bad_update")
            self._modify(lambda now: with_image(now, image))
        elif event.kind == "node_failure":
            for name in self._fullest(event.nodes):
                self._watch.fail(name)
        elif event.kind == "drain":
            for name in self._fullest(event.nodes):
                self.env.process(self._drain(name))
        self._note_settled()

    def _modify(self, change: Callable[[KubernetesObject], KubernetesObject]) -> None:
        self._api.modify("Deployment", self._key, change)

    def _fullest(self, count: int) -> list[str]:
        names = [one["metadata"]["name"] for one in self._run.nodes]
        return sorted(names, key=lambda name: -self._watch.pods_on(name))[:count]

    def _drain(self, name: str) -> Generator[Event, None, None]:
        """`kubectl drain`: cordon the node, then evict each pod, again and again where its budget keeps it."""
        self._api.modify("Node", ObjectKey("", name), lambda node: changed(node, True, "spec", "unschedulable"))
        waiting = [key_of(pod) for pod in self._api.pods_on(name)]
        while waiting:
            waiting = [key for key in waiting if evict(self._api, key).code == 429]
            yield self.env.timeout(DRAIN_RETRY)

    # What came of it

    def _note_settled(self) -> None:
        """Settled is the last moment from which on all is as wanted."""
        deployment = self._api.get("Deployment", self._key)
        good = deployment is not None and self._is_settled(deployment)
        if good and self._settled == NEVER:
            self._settled = self.env.now
        elif not good:
            self._settled = NEVER

    def _is_settled(self, deployment: KubernetesObject) -> bool:
        if not is_complete(deployment, status_of(deployment)):
            return False
        if status_of(deployment).get("observedGeneration") != deployment["metadata"]["generation"]:
            return False
        mine = [one for one in self._watch.lives() if not one.over]
        going = [one for one in mine if one.state in ("leaving",)]
        ready = sum(one.state == "ready" for one in mine)
        return not going and ready == replicas_of(deployment)

    def timeline(self, zero: float, until: float, event: float) -> ServiceTimeline:
        """All that is known, in seconds since `zero`."""
        lives = [life for notes in self._watch.lives() if (life := notes.life(zero)) is not None]
        wanted = self._watch.wanted
        before = [(0.0, count) for at, count in wanted if at <= zero][-1:]
        nodes = [self._watch.node_life(one["metadata"]["name"], self._slots(one), zero) for one in self._run.nodes]
        settled = max(self._settled, event) - zero
        return ServiceTimeline(
            tuple(lives),
            tuple(nodes),
            (*before, *((at - zero, count) for at, count in wanted if at > zero)),
            settled,
            until,
        )

    def _slots(self, node: KubernetesObject) -> int:
        """Replicas that an empty node has room for."""
        info, shape = node_info(node), pod_shape({"metadata": {}, **pod_of(self._deployment)})
        fits = [info.allocatable.get(name, 0) // size for name, size in shape.requests.amounts.items() if size]
        return int(min([info.most_pods, *fits]))
