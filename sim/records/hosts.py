"""Records of hosts: what they run, bring to an image, show to a process, and keep of a tool."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class EnvironmentRecord:
    """What one server runs at the end of a week.

    Attributes:
        of: The label.
        server: Its number, from 0.
        week: The week, from 0. That of 0 is the beginning.
        environment: A number that servers share where everything on them is equal.
        packages_day: The day of the newest release among its packages, counted from the archive's first day.
        fixes: How many changes by hand it has.
        oldest_missing: Seconds since the first security release that it has not. None where it has all.
        source: Where the releases are from.
        estimate: Whether it is an estimate.
    """

    of: str
    server: int
    week: int
    environment: int
    packages_day: int
    fixes: int
    oldest_missing: float | None
    source: str
    estimate: bool = False


FitVerdict = Literal["runs", "if", "through", "not"]
"""As it is, as it is where the host meets a condition, through something put between, or not."""


Between = Literal["emulation", "calls", "kernel", "machine"]
"""What may be between an image and its host.

A translation of its instructions or of its system calls, a kernel of its own, and the virtual machine that has it.
"""


@dataclass(frozen=True, slots=True)
class FitRecord:
    """Whether an image runs on a host.

    Attributes:
        of: The label.
        image: The image's id.
        verdict: Whether it runs.
        between: What is put between them, from the image down.
        reason: Why it does not run, or on what condition. "" for neither.
        start: Seconds that the hidden virtual machine takes to start, once. 0 for none.
        memory: Bytes that it takes. 0 for none.
        speed: The share of the native speed that is left.
        source: The id of the document with the rule (`sim.catalog.tables.portability.documents`).
        estimate: Whether start, memory or speed is an estimate.
    """

    of: str
    image: str
    verdict: FitVerdict
    between: tuple[Between, ...]
    reason: str
    start: float
    memory: float
    speed: float
    source: str
    estimate: bool = False


ViewScope = Literal["host", "own", "none"]
"""Whose an aspect is that a process sees or uses: the host's, its own, or nobody's as it is refused."""


@dataclass(frozen=True, slots=True)
class ViewRecord:
    """What one aspect of the host is to a process after one step of isolation.

    Attributes:
        of: The label.
        number: The step's number. That of 0 is the process before any.
        step: The step's id. "" for number 0.
        aspect: The aspect's id.
        kind: "see", "use" or "take": the process sees it, may use it, or may take all of it.
        scope: Whose it is now.
        taken: Whether this step made it so.
        cost: Seconds that the step adds to a start.
        source: The id of the document with the rule (`sim.catalog.tables.isolation.isolation_documents`).
        estimate: Whether the step's cost is an estimate.
    """

    of: str
    number: int
    step: str
    aspect: str
    kind: str
    scope: ViewScope
    taken: bool
    cost: float
    source: str
    estimate: bool = False


@dataclass(frozen=True, slots=True)
class LeftRecord:
    """What became of one thing that a tool brought.

    Attributes:
        of: The label.
        thing: "server" (its processes), "program", "configuration", "data" or "account".
        state: "stays" though it was removed, "kept" on purpose, "gone", or "never" on the host.
        place: Where the tool was: "host", "machine" or "container".
        source: The address at which the rule can be read.
    """

    of: str
    thing: str
    state: Literal["stays", "kept", "gone", "never"]
    place: str
    source: str
