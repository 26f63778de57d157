"""A whole cluster: Deployments' pods are created, placed, bound, and started on their nodes by the one start process.

`python -m bench.cluster` prints CPU seconds, the time for each pod, and the peak of memory. Each node is the catalog's
server under containerd, with a network, an image to pull and a kubelet's queue of pulls. All controllers run, at the
rates of Kubernetes' own tests of large clusters. Two rows are the study `rollout` whole, with its defaults: a service
comes to rest, is updated, and what becomes of its requests is worked out.
"""

from __future__ import annotations

import gc
import resource
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal

from simpy import Environment

from bench.measure import Rival, Timing, contest
from sim.__main__ import COLLECTION
from sim.catalog import load
from sim.engine.seeds import SeedTree
from sim.kubernetes.cluster import ClusterSettings, KubernetesCluster, node
from sim.kubernetes.controllers.base import RequestRate
from sim.kubernetes.hosted_container import ContainerWork, Moment
from sim.kubernetes.hosted_pod import Hosting
from sim.kubernetes.objects import ObjectKey, status_of
from sim.platforms.hosting import HostingOptions, HostPool
from sim.platforms.nodeimages import kubelet_queue
from sim.studies.base import Context, StudyRun
from sim.studies.rollout import STUDY
from sim.studies.rollout.parameters import ServiceRollout

RATE = RequestRate(100, 100)
"""Requests a second of each controller and of the scheduler: --kube-api-qps and --kube-api-burst of Kubernetes' tests
with 5,000 nodes. The defaults, 20 and 50, would take the same work and more simulated time."""

SIZE = {"cpu": "32", "memory": "64Gi", "pods": "110"}
"""A node: the catalog's server."""

REPLICAS = 1000
"""Of one Deployment."""

STEP = 5.0
"""Simulated seconds from one look whether all is done to the next."""

MomentNote = Callable[[ObjectKey, str, Moment], None]


def unnoted(key: ObjectKey, container: str, moment: Moment) -> None:
    """Nobody watches the containers."""


@dataclass
class Grown:
    """A cluster at work.

    Attributes:
        cluster: The control plane and its nodes' kubelets.
        hosts: The nodes' hosts.
    """

    cluster: KubernetesCluster
    hosts: HostPool
    names: list[str] = field(default_factory=list)

    def deploy(self, name: str, replicas: int, image: str = "web:v1") -> None:
        """Create a Deployment."""
        labels = {"app": name}
        spec = {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template(labels, image)}
        self.cluster.api.create(
            {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": spec}
        )
        self.names.append(name)

    def roll_out(self, name: str, image: str) -> None:
        """Give a Deployment another image."""
        self.cluster.api.patch(
            "Deployment", ObjectKey("default", name), {"spec": {"template": template({"app": name}, image)}}
        )

    def settle(self) -> float:
        """Let time pass until every Deployment is rolled out; the simulated time then."""
        env = self.cluster.env
        while not all(map(self._is_done, self.names)):
            env.run(until=env.now + STEP)
        return float(env.now)

    def _is_done(self, name: str) -> bool:
        deployment = self.cluster.api.get("Deployment", ObjectKey("default", name))
        assert deployment is not None
        status, wanted = status_of(deployment), deployment["spec"]["replicas"]
        seen = status.get("observedGeneration") == deployment["metadata"]["generation"]
        return seen and all(
            status.get(count) == wanted for count in ("replicas", "updatedReplicas", "availableReplicas")
        )


def template(labels: Mapping[str, str], image: str) -> dict[str, Any]:
    """A pod with one container that is probed."""
    requests = {"cpu": "100m", "memory": "128Mi"}
    probe = {"periodSeconds": 1, "httpGet": {"path": "/", "port": 80}}
    container = {"name": "web", "image": image, "resources": {"requests": requests}, "readinessProbe": probe}
    return {"metadata": {"labels": dict(labels)}, "spec": {"containers": [container]}}


def grown(nodes: int, note: MomentNote = unnoted) -> Grown:
    """So many nodes without pods. note: told of every container's moments, as traffic to the pods needs them."""
    env = Environment()
    hosts = HostPool(
        env, load.host("server"), load.technology("containerd"), SeedTree(1), HostingOptions(queue=kubelet_queue())
    )
    web = ContainerWork(load.application("web"))
    hosting = Hosting(hosts, lambda _, __: web, note)
    settings = ClusterSettings(controller_rate=RATE, scheduler_rate=RATE, hosting=hosting)
    return Grown(KubernetesCluster(env, [node(f"n{number}", SIZE) for number in range(nodes)], settings), hosts)


def started(nodes: int, pods: int) -> Grown:
    """So many nodes with so many pods, all of them ready."""
    made = grown(nodes)
    for number in range(max(1, pods // REPLICAS)):
        made.deploy(f"web{number}", min(REPLICAS, pods))
    made.settle()
    return made


def rollout(nodes: int, replicas: int, note: MomentNote = unnoted) -> Callable[[], float]:
    """A Deployment that is ready; what is given rolls it out anew, and gives the simulated seconds that this took."""
    made = grown(nodes, note)
    made.deploy("web", replicas)
    began = made.settle()

    def run() -> float:
        made.roll_out("web", "web:v2")
        return made.settle() - began

    return run


def starting(nodes: int, pods: int) -> Rival:
    """Nodes are made and pods are started, ready to be timed."""
    return partial(partial, started, nodes, pods), pods


def under_load(platform: Literal["kubernetes", "swarm"]) -> Callable[[], StudyRun]:
    """The study `rollout` of 1,000 replicas on 50 nodes, ready to be run.

    There are a quarter more during the update, and 20 requests a second come for each.
    """
    params = ServiceRollout(
        platform=platform, nodes=50, host="server", replicas=REPLICAS, surge=REPLICAS // 4, rate=20.0 * REPLICAS
    )
    return lambda: STUDY.run(params, Context(platform, SeedTree(1)))


def rolling(nodes: int, replicas: int) -> Rival:
    """A rollout, ready to be timed."""
    return partial(rollout, nodes, replicas), replicas


def _told(what: str, timing: Timing) -> None:
    each = timing.each * 1e6
    print(f"| {what} | {timing.each * timing.count:.2f} s | {each:.0f} us | {1e6 / each:,.0f} |")


def main() -> None:
    """Print the table. `--quick` starts a tenth."""
    pods = 10_000 if "--quick" in sys.argv else 100_000
    nodes = pods // 20
    gc.set_threshold(*COLLECTION)  # as `python -m sim` does
    started(1, 1)
    loaded: dict[str, Rival] = {one: (partial(under_load, one), REPLICAS) for one in ("kubernetes", "swarm")}
    few = contest({"few": starting(50, 1000), "rollout": rolling(50, 1000), **loaded}, 3)
    began = time.process_time()
    made = started(nodes, pods)
    many = Timing((time.process_time() - began,), pods)
    print("CPU seconds, and of each pod; pods a second")
    print("| what | CPU | a pod | a second |")
    _told("1,000 pods on 50 nodes", few["few"])
    _told(f"{pods:,} pods on {nodes:,} nodes", many)
    _told("a rollout of 1,000 replicas on 50 nodes", few["rollout"])
    for platform in loaded:
        _told(f"the study rollout of 1,000 replicas under load, {platform}", few[platform])
    running = sum(len(host.instances) for host in made.hosts.hosts.values())
    print(f"{running:,} containers ran after {made.cluster.env.now:,.0f} s; {made.cluster.api.writes:,} writes")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(
        f"a pod of {pods:,} costs {many.each / few['few'].least:.2f} times one of 1,000; peak of memory {peak:.2f} GiB"
    )


if __name__ == "__main__":
    main()
