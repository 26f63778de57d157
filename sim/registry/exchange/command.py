"""A command that somebody gives an engine, and what comes of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Status = Literal["downloaded", "up to date"]

INTERRUPTED = "interrupted"
KILLED = "killed"


@dataclass
class ExchangeResult:
    """What a command came to.

    Attributes:
        began: When it was given, in seconds.
        error: Why it failed: "not found", "no such image", "connection". "" where it did not.
        interrupted: Whether its client was interrupted before it ended.
        status: What a pull says at its end.
        layers: The last word about each layer that was told of: "Pull complete", "Mounted from team/app".
        images: What `docker images` lists.
    """

    began: float = 0.0
    error: str = ""
    interrupted: bool = False
    status: Status | None = None
    layers: dict[str, str] = field(default_factory=dict)
    images: list[str] | None = None


class CommandFailedError(Exception):
    """An engine refuses, or gives up. Its text is `ExchangeResult.error`."""
