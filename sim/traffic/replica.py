"""What one replica of a service can do."""

from __future__ import annotations

from dataclasses import dataclass

from sim import limits
from sim.errors import InputError, Problem
from sim.never import NEVER


@dataclass(frozen=True, slots=True)
class ReplicaCapacity:
    """What one replica can do.

    Attributes:
        service_time: Seconds that a worker takes for a request in the mean. They are exponentially distributed.
        workers: Requests that are worked on at once.
        queue: Requests that wait at most. One that finds the queue full is refused.
        timeout: Seconds after which a client gives up.
        retries: How often a request that no process answers is sent to another replica at once. One that a full queue
            refuses is not sent again.

    Raises `InputError` for a number that cannot be.
    """

    service_time: float
    workers: int = 1
    queue: int = 4096
    timeout: float = NEVER
    retries: int = 0

    def __post_init__(self) -> None:
        checks = (
            (0 < self.service_time < NEVER, "service_time", self.service_time, "a number of seconds above 0"),
            (1 <= self.workers <= limits.WORKERS, "workers", self.workers, f"between 1 and {limits.WORKERS}"),
            (0 <= self.queue <= limits.WORKER_QUEUE, "queue", self.queue, f"between 0 and {limits.WORKER_QUEUE}"),
            (self.timeout > 0, "timeout", self.timeout, "a number of seconds above 0"),
            (0 <= self.retries <= 10, "retries", self.retries, "between 0 and 10"),
        )
        problems = [
            Problem(f"{value!r} is not {allowed}", path=path) for right, path, value, allowed in checks if not right
        ]
        if problems:
            raise InputError(problems)

    @property
    def rate(self) -> float:
        """Requests a second that it can answer."""
        return self.workers / self.service_time
