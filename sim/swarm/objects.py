"""What the managers keep: nodes, services and tasks. Each is replaced or changed in the store alone."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from sim.swarm.constraints import NodeTraits
from sim.swarm.spec import ServiceSpec, TaskPort, TaskSpec
from sim.swarm.states import Availability, TaskState, UpdateState


@dataclass(slots=True)
class SwarmNode:
    """A machine of the swarm.

    Attributes:
        id: Its name in the swarm.
        cpus: Cores it offers.
        memory: Bytes it offers.
        availability: Whether it takes and keeps tasks.
        down: Whether its heartbeats are missed.
        traits: What constraints and preferences ask about.
        generic: Further resources, by kind.
    """

    id: str
    cpus: float = 1.0
    memory: int = 0
    availability: Availability = "active"
    down: bool = False
    traits: NodeTraits = field(default_factory=NodeTraits)
    generic: dict[str, int] = field(default_factory=dict)

    @property
    def invalid(self) -> bool:
        """Whether its tasks must go elsewhere."""
        return self.down or self.availability == "drain"


@dataclass(slots=True)
class SwarmService:
    """A service as the managers keep it.

    Attributes:
        id: What its tasks are found by; a service made anew under a name is another one.
        spec: What is asked for now.
        version: Of that. It goes back with a rollback.
        previous: What a rollback goes to, with its version.
        update: How far the last update is; None after any other change.
        iteration: Of a job: how often it was changed.
    """

    id: str
    spec: ServiceSpec
    version: int = 0
    previous: tuple[ServiceSpec, int] | None = None
    update: UpdateState | None = None
    iteration: int = 0


@dataclass(slots=True)
class SwarmTask:
    """One attempt to run a service's container.

    Attributes:
        id: A number, counted over the swarm.
        service: The service's id.
        name: The service's name.
        slot: Of a replicated service; 0 of a global one.
        spec: What it is made from; it never changes.
        ports: What it publishes; neither do these.
        endpoint: Nor how its service's name resolves.
        version: The service's version when it was made.
        made: When.
        home: The node it was made for; "" of a replicated service.
        node: Where it is assigned; "" while it is not.
        state: How far it is, as the managers know.
        desired: How far it shall go.
        reported: When `state` was last changed.
        reason: Why it is pending, or what it failed of.
        iteration: Of a job's task; None of a service's.
    """

    id: int
    service: str
    name: str
    slot: int
    spec: TaskSpec
    ports: tuple[TaskPort, ...]
    endpoint: str
    version: int
    made: float
    home: str = ""
    node: str = ""
    state: TaskState = TaskState.PENDING
    desired: TaskState = TaskState.RUNNING
    reported: float = 0.0
    reason: str = ""
    iteration: int | None = None


def out_of_date(task: SwarmTask, service: SwarmService, node: SwarmNode | None) -> bool:
    """Whether a task is not what its service asks for now (swarmkit, `IsTaskDirty`).

    A change of constraints alone does not touch a task whose node satisfies the new ones.
    """
    if task.version == service.version:
        return False
    wanted = service.spec.task
    if _differ_by_placement_alone(task.spec, wanted) and node and node.traits.satisfies(wanted.placement.constraints):
        return False
    same_endpoint = (service.spec.ports, service.spec.endpoint) == (task.ports, task.endpoint)
    return wanted != task.spec or not same_endpoint


def _differ_by_placement_alone(one: TaskSpec, other: TaskSpec) -> bool:
    return one.placement != other.placement and replace(one, placement=other.placement) == other
