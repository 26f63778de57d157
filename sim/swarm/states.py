"""What a task and a service's update may be in (swarmkit, `api/types.proto`, `api/objects.proto`)."""

from __future__ import annotations

from enum import IntEnum
from typing import Literal


class TaskState(IntEnum):
    """How far a task is, and how far it shall go. The order is swarmkit's: a task never goes back."""

    NEW = 0
    PENDING = 64
    ASSIGNED = 192
    ACCEPTED = 256
    PREPARING = 320
    READY = 384
    STARTING = 448
    RUNNING = 512
    COMPLETE = 576
    SHUTDOWN = 640
    FAILED = 704
    REJECTED = 768
    REMOVE = 800


UpdateState = Literal["updating", "paused", "completed", "rollback_started", "rollback_paused", "rollback_completed"]
"""What `docker service inspect` shows as UpdateStatus.State."""

Availability = Literal["active", "pause", "drain"]
"""Of a node: takes tasks; takes no new ones; gives its tasks away."""
