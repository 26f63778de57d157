"""What a service asks for: an immutable description, compared whole to see whether a task is out of date.

Times are in seconds, memory in bytes, processors in units of one core. Defaults are those of swarmkit
(`api/defaults/service.go`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from sim.lifecycle.health import HealthCheck

RestartCondition = Literal["none", "on-failure", "any"]
FailureAction = Literal["pause", "continue", "rollback"]
UpdateOrder = Literal["stop-first", "start-first"]
ServiceMode = Literal["replicated", "global", "replicated-job", "global-job"]


@dataclass(frozen=True, slots=True)
class TaskRestartPolicy:
    """When a task that ended is replaced.

    Attributes:
        condition: Whatever it ended with, on failure, or never.
        delay: From the making of the new task to its start, at least.
        max_attempts: Restarts of one slot and version; 0 stands for no limit.
        window: Time in which attempts count; 0 counts all.
    """

    condition: RestartCondition = "any"
    delay: float = 5.0
    max_attempts: int = 0
    window: float = 0.0


@dataclass(frozen=True, slots=True)
class UpdateConfig:
    """How an update, or a rollback, goes from slot to slot.

    Attributes:
        parallelism: Slots at a time; 0 stands for all.
        delay: What a worker waits after a slot.
        monitor: Time after a new task's start in which its end counts as a failure.
        failure_action: What to do once failures / slots is above the ratio.
        max_failure_ratio: From 0 to 1.
        order: Which comes first: the old task's stop or the new one's start.
    """

    parallelism: int = 1
    delay: float = 0.0
    monitor: float = 5.0
    failure_action: FailureAction = "pause"
    max_failure_ratio: float = 0.0
    order: UpdateOrder = "stop-first"


@dataclass(frozen=True, slots=True)
class TaskPlacement:
    """Where tasks may go.

    Attributes:
        constraints: As "node.labels.zone==a"; all must hold.
        spread: Labels over whose values tasks are spread, the first one first: "node.labels.zone".
        max_replicas: Tasks of the service on one node; 0 stands for no limit.
        platforms: Pairs of operating system and architecture; "" stands for any. Empty: every platform.
    """

    constraints: tuple[str, ...] = ()
    spread: tuple[str, ...] = ()
    max_replicas: int = 0
    platforms: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class TaskResources:
    """What is set aside for a task. Limits are no matter of placement and stand in `TaskSpec.others`."""

    cpus: float = 0.0
    memory: int = 0
    generic: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class TaskPort:
    """A published port. `published` 0 is chosen by the engine and clashes with nothing."""

    target: int
    published: int = 0
    protocol: str = "tcp"
    mode: Literal["ingress", "host"] = "ingress"


@dataclass(frozen=True, slots=True)
class TaskSpec:
    """What a task is made from.

    Attributes:
        image: The reference; what its process does is the cluster's business.
        restart: Its restart policy.
        placement: Where it may go.
        reservations: What is set aside for it.
        health: How it is probed; None where it is not.
        stop_grace: From TERM to KILL; the engine takes whole seconds.
        force: Counts forced updates.
        networks: Networks it is attached to.
        others: Whatever else it is described with, as text. It only makes a difference.
    """

    image: str
    restart: TaskRestartPolicy = TaskRestartPolicy()
    placement: TaskPlacement = TaskPlacement()
    reservations: TaskResources = TaskResources()
    health: HealthCheck | None = None
    stop_grace: float = 10.0
    force: int = 0
    networks: tuple[str, ...] = ()
    others: str = ""


@dataclass(frozen=True, slots=True)
class ServiceSpec:
    """A service.

    Attributes:
        name: Its name.
        task: What its tasks are made from.
        mode: Replicated or global, service or job.
        replicas: Tasks of a replicated service; completions of a replicated job.
        max_concurrent: Tasks of a replicated job at a time; None stands for all.
        update: How updates go.
        rollback: How rollbacks go.
        ports: Ports it publishes.
        endpoint: How its name resolves: "vip" or "dnsrr".
        others: Whatever else it is described with, as text: labels.
    """

    name: str
    task: TaskSpec
    mode: ServiceMode = "replicated"
    replicas: int = 1
    max_concurrent: int | None = None
    update: UpdateConfig = field(default_factory=UpdateConfig)
    rollback: UpdateConfig = field(default_factory=UpdateConfig)
    ports: tuple[TaskPort, ...] = ()
    endpoint: str = "vip"
    others: str = ""

    @property
    def concurrent(self) -> int:
        """Tasks of a replicated job at a time."""
        return self.replicas if self.max_concurrent is None else self.max_concurrent

    @property
    def is_job(self) -> bool:
        """Whether its tasks are wanted to complete."""
        return self.mode in ("replicated-job", "global-job")
