"""Waits until what a service depends on is as it must be.

Source: `waitDependencies`, pkg/compose/convergence.go of docker compose v2.26.1.

docker compose looks every half second, the first time after half a second. Each dependency is waited for to its end,
also after another has failed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sim.compose.cancelling import CalledOffError, CommandContext, CommandError, CommandWork, together
from sim.compose.members import ProjectMember
from sim.compose.model import COMPLETED, HEALTHY, STARTED, ComposeProject, ServiceDependency

LOOK_EVERY = 0.5
"""Seconds between two looks."""

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
    while True:
        try:
            yield from context.wait(context.env.timeout(LOOK_EVERY))
        except CalledOffError:
            return  # as docker compose: what comes next finds it called off
        try:
            if look(awaited, falls_back):
                return
        except CommandError:
            if dependency.required:
                raise
            return


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
