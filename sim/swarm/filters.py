"""Which nodes may have a task, and in which words the rest is refused (swarmkit, `manager/scheduler/filter.go`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from sim.swarm.nodeinfo import NodeLoad, host_ports
from sim.swarm.objects import SwarmTask


class _NodeFilter(NamedTuple):
    """A filter: whether it asks anything of the task, whether a node passes, and how refusals read."""

    applies: Callable[[SwarmTask], bool]
    passes: Callable[[SwarmTask, NodeLoad], bool]
    one: str
    many: str


def _is_ready(_task: SwarmTask, load: NodeLoad) -> bool:
    return not load.node.down and load.node.availability == "active"


def _reserves(task: SwarmTask) -> bool:
    needed = task.spec.reservations
    return bool(needed.cpus or needed.memory or needed.generic)


def _has_resources(task: SwarmTask, load: NodeLoad) -> bool:
    needed = task.spec.reservations
    enough = all(load.generic.get(kind, 0) >= amount for kind, amount in needed.generic)
    return needed.cpus <= load.cpus and needed.memory <= load.memory and enough


def _has_platform(task: SwarmTask, load: NodeLoad) -> bool:
    traits = load.node.traits
    return any(
        (not arch or _architecture(arch) == _architecture(traits.arch)) and (not system or system == traits.os)
        for system, arch in task.spec.placement.platforms
    )


def _architecture(name: str) -> str:
    return {"x86_64": "amd64", "aarch64": "arm64"}.get(name, name)


_FILTERS = (
    _NodeFilter(
        lambda _task: True,
        _is_ready,
        "1 node not available for new tasks",
        "{} nodes not available for new tasks",
    ),
    _NodeFilter(_reserves, _has_resources, "insufficient resources on 1 node", "insufficient resources on {} nodes"),
    _NodeFilter(
        lambda task: bool(task.spec.placement.constraints),
        lambda task, load: load.node.traits.satisfies(task.spec.placement.constraints),
        "scheduling constraints not satisfied on 1 node",
        "scheduling constraints not satisfied on {} nodes",
    ),
    _NodeFilter(
        lambda task: bool(task.spec.placement.platforms),
        _has_platform,
        "unsupported platform on 1 node",
        "unsupported platform on {} nodes",
    ),
    _NodeFilter(
        lambda task: any(host_ports(task)),
        lambda task, load: load.ports.isdisjoint(host_ports(task)),
        "host-mode port already in use on 1 node",
        "host-mode port already in use on {} nodes",
    ),
    _NodeFilter(
        lambda task: task.spec.placement.max_replicas > 0,
        lambda task, load: load.by_service[task.service] < task.spec.placement.max_replicas,
        "max replicas per node limit exceed",
        "max replicas per node limit exceed",
    ),
)
"""In the engine's order; a node is refused by the first that it does not pass."""


class NodeFilters:
    """The filters for one task. They count whom they refused since a node last passed."""

    def __init__(self, task: SwarmTask) -> None:
        self._task = task
        self._filters = [one for one in _FILTERS if one.applies(task)]
        self._refused = [0] * len(self._filters)

    def passes(self, load: NodeLoad) -> bool:
        """Whether a node may have the task."""
        for number, one in enumerate(self._filters):
            if not one.passes(self._task, load):
                self._refused[number] += 1
                return False
        self._refused = [0] * len(self._filters)
        return True

    def explain(self) -> str:
        """Why no node passed, most frequent reason first; "" where nobody was asked."""
        counted = sorted(zip(self._refused, self._filters, strict=True), key=lambda pair: -pair[0])
        return "; ".join(_words(one, count) for count, one in counted if count)


def _words(one: _NodeFilter, count: int) -> str:
    return one.one if count == 1 else one.many.format(count)
