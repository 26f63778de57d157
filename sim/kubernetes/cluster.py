"""A cluster in simulated time: the API server, the controllers, the scheduler, and the nodes' kubelets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from simpy import Environment

from sim.engine.seeds import SeedTree
from sim.kubernetes.api import ApiServer
from sim.kubernetes.controllers.base import (
    CONTROLLER_RATE,
    SCHEDULER_RATE,
    ApiClient,
    Controller,
    ControlPlaneTimes,
    RequestRate,
)
from sim.kubernetes.controllers.daemonset import DaemonSetController
from sim.kubernetes.controllers.deployment import DeploymentController
from sim.kubernetes.controllers.disruption import DisruptionController
from sim.kubernetes.controllers.garbage import GarbageCollector
from sim.kubernetes.controllers.job import JobController
from sim.kubernetes.controllers.nodelifecycle import NodeLifecycleController
from sim.kubernetes.controllers.podgc import PodGarbageCollector
from sim.kubernetes.controllers.replicaset import ReplicaSetController
from sim.kubernetes.controllers.statefulset import StatefulSetController
from sim.kubernetes.controllers.tainteviction import TaintEvictionController
from sim.kubernetes.controllers.ttl import FinishedJobController
from sim.kubernetes.hosted_pod import HostedPod, Hosting
from sim.kubernetes.kubelet import Kubelets
from sim.kubernetes.objects import KubernetesObject
from sim.kubernetes.pod_run import PodPlan, PodRun
from sim.kubernetes.pod_worker import NodeAgents, PodWorker
from sim.kubernetes.scheduling import SchedulerLoop

Planner = Callable[[KubernetesObject], PodPlan]


@dataclass(frozen=True)
class ClusterSettings:
    """How a cluster is set up.

    Attributes:
        times: What the control plane's steps take.
        controller_rate: Requests that each controller may send.
        scheduler_rate: Requests that the scheduler may send.
        fraction: The part of a wall-clock second that had passed at time 0.
        ready_gap: The least time between two pods that turn ready, where one process stands for all nodes.
        plan: What a pod's containers will do, where there is no `hosting`.
        hosting: The hosts that start the pods' containers. None where they take given times.
        features: The feature gates that are on beside those that Kubernetes 1.32 has on.
        seeds: What names and ties are drawn from.
    """

    times: ControlPlaneTimes = field(default_factory=ControlPlaneTimes)
    controller_rate: RequestRate = CONTROLLER_RATE
    scheduler_rate: RequestRate = SCHEDULER_RATE
    fraction: float = 0.0
    ready_gap: float = 0.0
    plan: Planner = lambda _: PodPlan()
    hosting: Hosting | None = None
    features: frozenset[str] = frozenset()
    seeds: SeedTree = field(default_factory=lambda: SeedTree(1))


class KubernetesCluster:
    """A running cluster. Objects are made and changed through `api`; time passes with `env.run`.

    >>> env = Environment()
    >>> cluster = KubernetesCluster(env, [node("n1", {"cpu": "4", "memory": "8Gi", "pods": "110"})])
    >>> template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "c", "image": "app"}]}}
    >>> spec = {"replicas": 2, "selector": {"matchLabels": {"app": "web"}}, "template": template}
    >>> web = cluster.api.create({"kind": "Deployment", "metadata": {"name": "web"}, "spec": spec})
    >>> env.run(until=5)
    >>> [pod["status"]["phase"] for pod in cluster.api.all("Pod")]
    ['Running', 'Running']
    """

    def __init__(
        self, env: Environment, nodes: Iterable[KubernetesObject], settings: ClusterSettings | None = None
    ) -> None:
        self.env = env
        self.settings = settings or ClusterSettings()
        self.api = ApiServer(env, self.settings.fraction, self.settings.seeds.stream("names"))
        self.scheduler = SchedulerLoop(
            ApiClient(self.api, self.settings.times, self.settings.scheduler_rate), self.settings.seeds.stream("ties")
        )
        self.kubelets = Kubelets(self.api, self.settings.times, self._worker, self.settings.ready_gap)
        self.controllers: list[Controller] = [
            GarbageCollector(self.client()),
            ReplicaSetController(self.client()),
            DeploymentController(self.client()),
            StatefulSetController(self.client(), self.settings.features),
            DaemonSetController(self.client()),
            JobController(self.client()),
            FinishedJobController(self.client()),
            DisruptionController(self.client()),
            TaintEvictionController(self.client()),
            NodeLifecycleController(self.client(), self.kubelets.renewed_at),
        ]
        self.pod_garbage_collector = PodGarbageCollector(self.client())
        for one in nodes:
            self.api.create(one)

    def _worker(self, kubelets: NodeAgents, pod: KubernetesObject) -> PodWorker:
        settings = self.settings
        if settings.hosting is not None:
            return HostedPod(kubelets, pod, settings.hosting)
        return PodRun(kubelets, pod, settings.plan(pod))

    def client(self) -> ApiClient:
        """Each controller has a limit of its own."""
        return ApiClient(self.api, self.settings.times, self.settings.controller_rate)


def node(name: str, capacity: Mapping[str, str], labels: Mapping[str, str] | None = None) -> dict[str, Any]:
    """A node that is ready, with its host name as a label."""
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name, **(labels or {})}},
        "spec": {},
        "status": {
            "capacity": dict(capacity),
            "allocatable": dict(capacity),
            "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": 0.0}],
        },
    }
