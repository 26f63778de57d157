"""A command that somebody gives an engine, and what comes of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Status = Literal["downloaded", "up to date"]

INTERRUPTED = "interrupted"
KILLED = "killed"


@dataclass
class EngineCommand:
    """What a command came to.

    Attributes:
        error: Why it failed: "not found", "no such image", "connection". "" where it did not.
        interrupted: Whether its client was interrupted before it ended.
        status: What a pull says at its end.
        layers: The last word about each layer that was told of: "Pull complete", "Mounted from team/app".
        images: What `docker images` lists.
    """

    error: str = ""
    interrupted: bool = False
    status: Status | None = None
    layers: dict[str, str] = field(default_factory=dict)
    images: list[str] | None = None


class CommandFailedError(Exception):
    """An engine refuses, or gives up. Its text is `EngineCommand.error`."""
