"""What a service's container lived through while its project was brought up, as stretches of time without gaps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from sim.lifecycle.container import Container, LifecycleEvent

ServiceState = Literal[
    "created", "starting", "running", "unasked", "unhealthy", "works", "crashed", "waiting", "exited"
]
"""What a container is at, as somebody sees it who knows when its service works.

"created": it is there and was not started. "starting": from the start's beginning until it works. "running": a job's
run. "unasked": it works, and no probe has found that yet. "unhealthy": probes gave it up and have not found it well
since. "works": it works, and its health check, where it has one, says so. "crashed": a run that ends with an error.
"waiting": for its restart. "exited": it ended and is not started again.
"""


@dataclass(frozen=True)
class ServiceStretch:
    """A stretch of one container's time. Seconds since `up`; code: what "crashed" and "exited" ended with."""

    service: str
    number: int
    state: ServiceState
    start: float
    end: float
    code: int | None = None


@dataclass(frozen=True)
class LivedContainer:
    """A container of a service, and what its file does not say.

    Attributes:
        ready: Seconds from its start until it works.
        job: Whether it ends by itself.
    """

    service: str
    number: int
    container: Container
    ready: float
    job: bool


def stretches(lived: LivedContainer, events: Sequence[LifecycleEvent], until: float) -> Iterator[ServiceStretch]:
    """From the container's creation up to `until`, in order; none is empty, and neighbours differ."""
    mine = [event for event in events if event.container == lived.container.name]
    there = (one for one in _states(lived, mine, until) if one[2] > one[1])
    for (state, code), same in groupby(there, key=lambda one: (one[0], one[3])):
        first, *others = same
        yield ServiceStretch(lived.service, lived.number, state, first[1], (others or [first])[-1][2], code)


_State = tuple[ServiceState, float, float, int | None]


def _states(lived: LivedContainer, events: Sequence[LifecycleEvent], until: float) -> Iterator[_State]:
    container = lived.container
    before, at = "created", min((event.at for event in events if event.kind == "create"), default=0.0)
    for number, start in enumerate(container.starts):
        begin = max(container.begun[number], at)
        yield "waiting" if before == "crashed" else "created", at, begin, None
        yield "starting", begin, start, None
        ended = container.exits[number] if number < len(container.exits) else None
        at = ended.at if ended else until
        if ended and ended.code:
            yield "crashed", start, at, ended.code
        elif lived.job:
            yield "running", start, at, None
        else:
            yield from _run(lived, events, start, at)
        before = "crashed" if ended else "works"
    if len(container.begun) > len(container.starts):
        yield "waiting" if before == "crashed" else "created", at, container.begun[-1], None
        yield "starting", container.begun[-1], until, None
    elif not container.starts:
        yield "created", at, until, None
    elif len(container.exits) == len(container.starts):
        again = container.state == "restarting"
        yield "waiting" if again else "exited", at, until, None if again else container.exits[-1].code


def _run(lived: LivedContainer, events: Sequence[LifecycleEvent], start: float, end: float) -> Iterator[_State]:
    """A server's run, by when it works and by what probes found."""
    ready = min(start + lived.ready, end)
    found = {
        status: min(
            (event.at for event in events if event.kind == "health" and event.detail == status and event.at >= since),
            default=end,
        )
        for status, since in (("healthy", ready), ("unhealthy", start))
    }
    if lived.container.options.health is None:
        yield "starting", start, ready, None
        yield "works", ready, end, None
        return
    healthy, given_up = min(found["healthy"], end), min(found["unhealthy"], found["healthy"], end)
    yield "starting", start, min(ready, given_up), None
    yield "unasked", ready, given_up, None
    yield "unhealthy", given_up, healthy, None
    yield "works", healthy, end, None
