"""The study `rollout` on each platform: from its parameters to what became of the service there."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sim import limits
from sim.catalog import load as catalog
from sim.catalog.model import Host
from sim.errors import InputError
from sim.inputfile import read_text
from sim.kubernetes.cluster import node
from sim.kubernetes.manifests import read_manifest
from sim.kubernetes.objects import KubernetesObject
from sim.orchestration.kubernetes_objects import service_objects
from sim.orchestration.on_kubernetes import KubernetesRun, on_kubernetes
from sim.orchestration.on_machines import MachinesRun, group_settings, on_machines
from sim.orchestration.on_swarm import SwarmRun, on_swarm
from sim.orchestration.service import ReplicaBehaviour, ServiceEvent, ServiceWish
from sim.orchestration.timeline import ServiceTimeline
from sim.studies.base import Context
from sim.studies.rollout.parameters import ServiceRollout
from sim.swarm.objects import SwarmNode
from sim.traffic.load import Load
from sim.vmgroup.machines import MachineKind

MACHINE = "qemu-kvm"
"""What makes a group's machines, by its id in the catalog."""
NODE_STORAGE = "100Gi"
"""A node's disk for what pods write (ephemeral-storage): an estimate, of a cloud's usual disk. Hosts of the catalog
say how fast their disk is, and not how large."""
CPU, MEMORY, REPLICAS = 0.5, 256 * 2**20, 4
"""What a replica is given, and how many there are, where neither a parameter nor a manifest says it."""


def carried_out(params: ServiceRollout, load: Load, context: Context) -> ServiceTimeline:
    """The service on its platform through its event."""
    host = catalog.host(params.host)
    behaviour = behaviour_of(params)
    event = ServiceEvent(params.event, 0.0 if params.event == "start" else params.at, params.scale_to, params.failing)
    if params.platform == "swarm":
        nodes = [SwarmNode(name, host.cores, int(host.memory.value)) for name in _names(params.nodes)]
        swarm = SwarmRun(wish_of(params), nodes, behaviour, host, params.pull, context.bound, context.seeds)
        return on_swarm(swarm, event, params.window)
    if params.platform == "machines":
        return on_machines(machines_of(params, host, load, context), event, params.window)
    cores = None if params.most is None else lambda time: load.rate(time) * params.request_cpu
    objects, nodes_there = objects_of(params, context.folder), kubernetes_nodes(params, host)
    run = KubernetesRun(
        objects, nodes_there, behaviour, host, params.pull, context.bound, cores, context.seeds
    )  # fmt: skip
    return on_kubernetes(run, event, params.window)


def machines_of(params: ServiceRollout, host: Host, load: Load, context: Context) -> MachinesRun:
    """The group of machines: each with one replica, on hardware that it has to itself."""
    kind = MachineKind(
        host,
        catalog.technology(MACHINE),
        catalog.application(params.application),
        warm_up=params.warm_up,
        finishing=params.finishing,
        bound=context.bound,
    )
    wish = wish_of(params)
    return MachinesRun(group_settings(wish), kind, load, params.request_cpu, wish.cpu or CPU, context.seeds)


def behaviour_of(params: ServiceRollout) -> ReplicaBehaviour:
    """What a replica does: its application and its warm-up, and what it does at TERM."""
    application = catalog.application(params.application)
    return ReplicaBehaviour(application, params.warm_up, params.on_term, params.finishing, params.init_time)


def wish_of(params: ServiceRollout) -> ServiceWish:
    """What is asked of the service. Without a manifest, what is left out has a value."""
    own = not params.manifest
    return ServiceWish(
        replicas=REPLICAS if own and params.replicas is None else params.replicas,
        cpu=CPU if own and params.cpu is None else params.cpu,
        memory=MEMORY if own and params.memory is None else params.memory,
        surge=params.surge,
        unavailable=params.unavailable,
        probe=True if own and params.probe is None else params.probe,
        probe_every=params.probe_every,
        wait_before_term=params.wait_before_term,
        grace=params.grace,
        tolerated=params.tolerated,
        most=params.most,
        target=params.usage_target,
        budget=params.budget,
    )


def objects_of(params: ServiceRollout, folder: str) -> Sequence[KubernetesObject]:
    """The Kubernetes objects: those of the manifest that the model knows, with the parameters put in.

    Raises `InputError` with what is wrong with the manifest.
    """
    given: list[KubernetesObject] = []
    if params.manifest:
        path = Path(folder) / params.manifest
        manifest = read_manifest(read_text(path, limits.KUBERNETES_MANIFEST), str(path))
        if manifest.problems:
            raise InputError(list(manifest.problems))
        given = [one.value for one in manifest.objects if one.modelled and one.kind != "Node"]
    return service_objects(wish_of(params), given)


def kubernetes_nodes(params: ServiceRollout, host: Host) -> list[dict[str, Any]]:
    """The nodes, each with all that its machine has beside its own system."""
    memory = int(host.memory.value - host.own_memory.value)
    capacity = {"cpu": f"{host.cores}", "memory": str(memory), "ephemeral-storage": NODE_STORAGE, "pods": "110"}
    return [node(name, capacity) for name in _names(params.nodes)]


def _names(count: int) -> list[str]:
    return [f"node-{number}" for number in range(1, count + 1)]
