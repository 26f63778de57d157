"""Steps of journeys (`sim.engine.stations`), put together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sim.engine.stations import Station, Step, TimedStation


def stay(seconds: float) -> list[Step]:
    """To stay for so long, if at all."""
    return [("stay", None, seconds, None)] if seconds else []


def served(station: TimedStation, seconds: float) -> list[Step]:
    """To be served for so long, if at all."""
    return [("serve", station, seconds, 0.0)] if seconds else []


def found_idle(station: Station, seconds: float) -> list[Step]:
    """To stay for so long, if at all, where the station was idle when its last server was taken: it has to wake up."""
    return [("found_idle", station, seconds, None)] if seconds else []


def now_idle(station: Station, seconds: float) -> list[Step]:
    """To stay for so long, if at all, where the station is idle when this step is reached: it sleeps meanwhile."""
    return [("now_idle", station, seconds, None)] if seconds else []


def held(station: Station, steps: list[Step]) -> list[Step]:
    """The steps with a server of the station, none where nothing is to be done there."""
    if not steps:
        return []
    (kind, timed, seconds, _), *rest = steps
    if kind == "stay":
        taken: list[Step] = [("take", station, seconds, None)]
    elif kind == "serve":
        taken = [("enter", station, seconds, timed)]
    else:
        taken = [("take", station, 0.0, None), steps[0]]
    return [*taken, *rest, ("give", station, 0.0, None)]


def merged(steps: Sequence[Step], kept: Sequence[Step]) -> Iterator[Step]:
    """The steps without those that stay after they have been served: nobody sees when that begins.

    kept: Steps that stand for times of their own in each request.
    """
    last: Step | None = None
    for step in steps:
        if last and last[0] == "serve" and step[0] == "stay" and not any(step is each or last is each for each in kept):
            last = (*last[:3], last[3] + step[2])
            continue
        if last:
            yield last
        last = step
    if last:
        yield last
