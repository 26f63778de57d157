"""Waits until what a service depends on is as it must be.

Source: `waitDependencies`, pkg/compose/convergence.go of docker compose v2.26.1.

docker compose looks every half second, the first time after half a second. Each dependency is waited for to its end,
also after another has failed.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from simpy.events import AnyOf, Event

from sim.compose.commands.cancelling import CalledOffError, CommandContext, CommandError, CommandWork, together
from sim.compose.commands.members import ProjectMember
from sim.compose.reading.model import COMPLETED, HEALTHY, STARTED, ComposeProject, ServiceDependency

LOOK_EVERY = 0.5
"""Seconds between two looks."""

_ROUNDING = 1e-9
"""What a moment's distance from a look is by rounding, in looks."""

RUNNING_OR_HEALTHY = "running_or_healthy"
"""What `up --wait` waits for: healthy, or running where there is no health check."""


def wait_for(
    context: CommandContext,
    project: ComposeProject,
    dependencies: Mapping[str, ServiceDependency],
    members: Iterable[ProjectMember],
) -> CommandWork:
    """Wait for all dependencies of a service. Raises `CommandError` with what went wrong first."""
    members = list(members)
    parts = []
    for name, dependency in dependencies.items():
        service = project.services.get(name)
        if dependency.condition == STARTED or service is None or service.scale == 0:
            continue
        awaited = [member for member in members if member.service.name == name]
        if not awaited and dependency.required:
            raise CommandError("missing dependency")
        if awaited:
            parts.append(_one(context, dependency, awaited))
    yield from together(context, parts, calls_off=False)


def _one(context: CommandContext, dependency: ServiceDependency, awaited: list[ProjectMember]) -> CommandWork:
    look = _completed if dependency.condition == COMPLETED else _healthy
    falls_back = dependency.condition == RUNNING_OR_HEALTHY
    if dependency.condition not in (COMPLETED, HEALTHY, RUNNING_OR_HEALTHY):
        return
    begun = context.env.now
    yet: list[Event] = []
    while True:
        try:
            if yet:
                yield from context.wait(AnyOf(context.env, yet))
            yield from context.wait(context.env.timeout(_next_look(begun, context.env.now)))
        except CalledOffError:
            return  # as docker compose: what comes next finds it called off
        yet = [member.container.changed for member in awaited]
        try:
            if look(awaited, falls_back):
                return
        except CommandError:
            if dependency.required:
                raise
            return


def _next_look(begun: float, now: float) -> float:
    """Seconds until the next look. Looks between two changes find what the one before found: they are left out."""
    looks = max(math.ceil((now - begun) / LOOK_EVERY - _ROUNDING), 1)
    return max(begun + looks * LOOK_EVERY - now, 0.0)


def _healthy(awaited: list[ProjectMember], falls_back: bool) -> bool:
    """Whether all are healthy, looked at in turn; to fall back, it is enough that the first without a check runs."""
    for member in awaited:
        if member.state == "exited":
            raise CommandError("exited")
        if member.service.health is None and falls_back:
            return member.state == "running"
        health = member.container.health
        if health is None:
            raise CommandError("no health check")
        if health == "unhealthy":
            raise CommandError("unhealthy")
        if health == "starting":
            return False
    return True


def _completed(awaited: list[ProjectMember], _: bool) -> bool:
    """Whether any of them has ended, and how the first did."""
    for member in awaited:
        if member.state == "exited":
            if member.container.exit_code != 0:
                raise CommandError("job failed")
            return True
    return False
