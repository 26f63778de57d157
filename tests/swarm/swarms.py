"""Small swarms whose times can be reckoned by hand.

With `TIMING` a task of a new service, or of a slot that nothing held before, runs 0.7 s after it was made: 0.05 s
until it is placed, 0.1 s until the node hears of it, 0.25 s for its container, 0.3 s for its start. Managers hear of
what happened at the next tenth of a second: 0.8 s after.

Where it replaces a task, that hears of its end 0.1 s later, ends 0.01 s after TERM and is over 1.19 s after that: at
1.3 s. At 1.4 s the managers know, at 1.5 s the new one's node does, and at 1.8 s it runs; at 1.9 s that is known. So
one slot after the other takes 1.9 s each.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sim.swarm.cluster import SwarmCluster
from sim.swarm.constraints import NodeTraits
from sim.swarm.objects import SwarmNode
from sim.swarm.processes import ImageBehaviour, ProcessBehaviour
from sim.swarm.spec import ServiceSpec, TaskSpec, UpdateConfig
from sim.swarm.starts import TaskTiming

TIMING = TaskTiming(create=0.25, start=0.3, stop=1.19, notice=0.1, refuse=0.1, probe=0.0)
NEW, SLOT = 0.7, 1.9

FOREVER = ImageBehaviour()
IMAGES = {
    "v1": FOREVER,
    "v2": FOREVER,
    "bad": ImageBehaviour(ProcessBehaviour(runs=0.0, exit=1, on_term=None)),
    "done": ImageBehaviour(ProcessBehaviour(runs=1.0, exit=0, on_term=None)),
    "crash": ImageBehaviour(ProcessBehaviour(runs=1.0, exit=1, on_term=None)),
    "stubborn": ImageBehaviour(ProcessBehaviour(on_term=None)),
}


def node(number: int = 1, **labels: str) -> SwarmNode:
    name = f"node{number}"
    traits = NodeTraits(hostname=name, node_id=name, role="manager" if number == 1 else "worker", labels=labels)
    return SwarmNode(name, cpus=2.0, memory=1000, traits=traits)


def swarm(*nodes: SwarmNode, **images: ImageBehaviour) -> SwarmCluster:
    return SwarmCluster(nodes or (node(),), {**IMAGES, **images}, TIMING)


def service(image: str = "v1", replicas: int = 1, **fields: Any) -> ServiceSpec:
    """A service; fields of a task's description go there."""
    of_task = {key: fields.pop(key) for key in list(fields) if key in TaskSpec.__dataclass_fields__ and key != "others"}
    return ServiceSpec("s", TaskSpec(image, **of_task), replicas=replicas, **fields)


def with_image(spec: ServiceSpec, image: str) -> ServiceSpec:
    return replace(spec, task=replace(spec.task, image=image))


def updated(replicas: int, image: str = "v2", until: float = 60.0, before: str = "v1", **config: Any) -> SwarmCluster:
    """A service that is updated at 5 s."""
    one = swarm()
    spec = service(before, replicas, update=UpdateConfig(**config))
    one.create(spec)
    one.run(5)
    one.change(with_image(spec, image))
    one.run(until)
    return one


def ends(one: SwarmCluster, name: str = "s") -> list[list[str]]:
    """Of every slot its tasks in order, as "image state"."""
    slots: dict[int, list[str]] = {}
    for task in one.history.of_service(name):
        slots.setdefault(task.slot, []).append(f"{task.spec.image} {task.state.name.lower()}")
    return [slots[slot] for slot in sorted(slots)]


def made(one: SwarmCluster, image: str = "v2", name: str = "s") -> list[float]:
    """When the tasks of an image were made."""
    return [round(task.made, 6) for task in one.history.of_service(name) if task.spec.image == image]


def updates(one: SwarmCluster, name: str = "s") -> list[tuple[float, str]]:
    """The update states with their times, but for none at the beginning."""
    return [(round(at, 6), state) for at, state in one.history.updates[name][1:]]
