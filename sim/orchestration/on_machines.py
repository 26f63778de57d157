"""A service on a group of virtual machines through one event: what became of every machine, and of its requests.

Each machine runs the application itself, with nothing else on it. So it is a replica and a node.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from sim.engine.alarm import Alarm
from sim.engine.environment import Environment
from sim.engine.seeds import SeedTree
from sim.never import NEVER
from sim.orchestration.service import ServiceEvent, ServiceWish
from sim.orchestration.timeline import NodeLife, ReplicaLife, ReplicaStretch, ServiceTimeline
from sim.traffic.load import Load, constant
from sim.traffic.spans import ServingSpan
from sim.vmgroup.group import GroupScaling, MachineGroup
from sim.vmgroup.machines import GroupMachine, MachineKind
from sim.vmgroup.settings import GroupSettings, TargetTracking

BAD_VERSION = 2
SETTLED_BY = 3600.0


@dataclass(frozen=True)
class MachinesRun:
    """What is run.

    Attributes:
        settings: What the group is told.
        kind: What its machines are.
        load: What is sent to them, in seconds of the study. Only a group that scales looks at it.
        work: Core-seconds of one request.
        cores: Cores of one machine.
        seeds: Where durations are drawn from.
    """

    settings: GroupSettings
    kind: MachineKind
    load: Load = field(default_factory=lambda: constant(0.0))
    work: float = 0.0
    cores: float = 1.0
    seeds: SeedTree = field(default_factory=lambda: SeedTree(1))


def group_settings(wish: ServiceWish) -> GroupSettings:
    """What a group is told that is to do what is wished of a service. What is left out has the group's defaults."""
    replicas = 1 if wish.replicas is None else wish.replicas
    told = GroupSettings(replicas, most=None if wish.most is None else max(wish.most, replicas))
    if wish.most is not None:
        told = replace(told, scaling=TargetTracking(wish.target))
    if wish.probe_every is not None:
        told = replace(told, check=replace(told.check, interval=wish.probe_every))
    if wish.unavailable is not None:
        told = replace(told, min_healthy=max(replicas - wish.unavailable, 0) / max(replicas, 1))
    if wish.surge is not None:
        told = replace(told, max_healthy=min((replicas + wish.surge) / max(replicas, 1), 2.0))
    return told


def on_machines(run: MachinesRun, event: ServiceEvent, until: float) -> ServiceTimeline:
    """Run a group until some second, with an event on the way.

    A group that is started has nothing before. Any other has come to rest when the study begins.
    """
    env = Environment()
    starts = event.kind == "start"
    kind = replace(run.kind, bad_version=BAD_VERSION if event.kind == "bad_update" else 0)
    settings = replace(run.settings, desired=0, least=0) if starts else run.settings
    group = MachineGroup(env, settings, kind, run.seeds)
    if not starts:
        _settle(group)
    zero = env.now
    Alarm(env, lambda _: _act(group, event, run.settings)).arm(event.at)
    if group.settings.scaling is not None:
        GroupScaling(group, run.load, run.work, run.cores, zero)
    env.run(zero + until)
    return _timeline(group, zero, until, max(group.settled_since, zero + event.at))


def _settle(group: MachineGroup) -> None:
    """Let a new group come to rest, past all grace periods, up to a whole second."""
    quiet = max(group.settings.grace, group.settings.replacing_warm_up, group.settings.scaling_warm_up)
    group.env.run(math.ceil(quiet + group.kind.provisioning))
    while group.settled_since == NEVER and group.env.now < SETTLED_BY:
        group.env.run(group.env.now + 1)


def _act(group: MachineGroup, event: ServiceEvent, settings: GroupSettings) -> None:
    """Do what the event is."""
    if event.kind == "start":
        group.settings = settings
        group.resize(settings.desired)
    elif event.kind == "scale":
        group.resize(event.replicas)
    elif event.kind in ("update", "bad_update"):
        group.update()
    elif event.kind == "node_failure":
        group.fail(event.nodes)
    elif event.kind == "drain":
        group.empty(event.nodes)


def _timeline(group: MachineGroup, zero: float, until: float, settled: float) -> ServiceTimeline:
    present = [machine for machine in group.machines if min(machine.dead, _end_of(machine)) > zero]
    before = [count for at, count in group.wanted if at <= zero]
    return ServiceTimeline(
        tuple(_life(machine, zero, group.kind) for machine in present),
        tuple(_node(machine, zero) for machine in present if machine.running < NEVER),
        (*((0.0, count) for count in before[-1:]), *((at - zero, count) for at, count in group.wanted if at > zero)),
        settled - zero,
        until,
    )


def _end_of(machine: GroupMachine) -> float:
    """When a machine is no more."""
    return machine.dead if machine.leaving < NEVER and machine.failed == NEVER else machine.leaving


def _node(machine: GroupMachine, zero: float) -> NodeLife:
    """The machine as a node. It costs something from when it runs until it is ended."""
    noticed = next((at for at, health in machine.told if health == "unhealthy" and at >= machine.failed), NEVER)
    return NodeLife(
        machine.name, 1, max(machine.running - zero, 0.0), min(machine.failed, _end_of(machine)) - zero, noticed - zero
    )


def _life(machine: GroupMachine, zero: float, kind: MachineKind) -> ReplicaLife:
    spans = tuple(
        ServingSpan(
            machine.name,
            listed=max(start - zero, 0.0),
            delisted=end - zero,
            answers=max(machine.answers - zero, 0.0),
            closing=min(machine.closing, machine.failed) - zero,
            dead=min(machine.dead, machine.failed) - zero,
        )
        for start, end in machine.listed
        if end > zero
    )
    found = [(at, state, why) for at, state, why in _states(machine, kind) if at < NEVER]
    ends = [*(at for at, _, _ in found[1:]), _end_of(machine)]
    stretches = tuple(
        ReplicaStretch(state, max(at - zero, 0.0), end - zero, why)  # type: ignore[arg-type]
        for (at, state, why), end in zip(found, ends, strict=True)
        if end > max(at, zero)
    )
    return ReplicaLife(machine.name, machine.version, machine.name, stretches, spans)


def _states(machine: GroupMachine, kind: MachineKind) -> Iterator[tuple[float, str, str]]:
    """What a machine is at, from when on, and why: in order."""
    yield machine.asked, "pending", "provisioned"
    stop = min(machine.failed, machine.leaving)
    if machine.running < stop:
        yield machine.running, "starting", "boots"
    if machine.booted < stop:
        yield machine.booted, "unready", "never_answers" if machine.version == kind.bad_version else "warming"
    served = False
    for at, health in machine.told:
        if at < stop:
            served = served or health == "healthy"
            if health == "healthy":
                yield at, "ready", ""
            elif served:
                yield at, "unready", "unhealthy"
    if machine.failed < machine.leaving:
        yield machine.failed, "lost", "silent"
    if machine.leaving < NEVER and machine.failed == NEVER:
        yield machine.leaving, "leaving", machine.why
