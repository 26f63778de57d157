"""What one change to a project would save of the time until all of it is ready."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from sim import limits
from sim.compose.bringup import Behaviour, BroughtUp, bring_up
from sim.compose.hosting import HostedProject
from sim.compose.reading.files import ProjectFiles
from sim.compose.reading.model import HEALTHY, STARTED, ComposeProject, ComposeService

ComposeChange = Literal["probe", "start", "ready"]


@dataclass(frozen=True)
class Saving:
    """What one change saves of the time until all is ready.

    Attributes:
        change: "probe", "start" or "ready".
        service: Whose.
        other: Of "start", what it no longer waits for.
        early: How many services more would start before what they depend on is ready.
    """

    change: ComposeChange
    service: str
    other: str
    seconds: float
    early: int


def without_checks(project: ComposeProject) -> ComposeProject:
    """The project as if it had no health checks: each service waits until the others are started, and no longer."""

    def plain(service: ComposeService) -> ComposeService:
        others = {
            name: one._replace(condition=STARTED) if one.condition == HEALTHY else one
            for name, one in service.depends_on.items()
        }
        return replace(service, depends_on=others, health=None)

    return replace(project, services={name: plain(service) for name, service in project.services.items()})


def probing_every(project: ComposeProject, seconds: float, only: str = "") -> ComposeProject:
    """The project with health checks that look so often; only those of one service where it is named."""
    return replace(
        project,
        services={
            name: replace(service, health=service.health._replace(interval=seconds, start_interval=seconds))
            if service.health is not None and only in ("", name)
            else service
            for name, service in project.services.items()
        },
    )


def savings(
    project: ComposeProject,
    behaviours: Mapping[str, Behaviour],
    hosted: HostedProject | None = None,
    files: ProjectFiles | None = None,
    base: BroughtUp | None = None,
) -> tuple[Saving, ...]:
    """What each change alone would save, the most first; those that save nothing are left out.

    Of a project of more than `limits.COMPOSE_CHANGED` services the first are changed.

    "probe": a health check looks every second. "start": a service no longer waits until another is healthy or has
    ended. "ready": a service is ready in half the time.

    Args:
        base: What comes of the project without a change, where that is known already.
    """
    base = base or bring_up(project, behaviours, hosted, files)
    found = []
    for change, service, other, changed, acting in _changes(project, behaviours):
        after = bring_up(changed, acting, hosted, files)
        if after.all_ready < base.all_ready:
            seconds = base.all_ready - after.all_ready
            found.append(Saving(change, service, other, seconds, len(after.early) - len(base.early)))
    return tuple(sorted(found, key=lambda one: (-one.seconds, one.change, one.service, one.other)))


_Change = tuple[ComposeChange, str, str, ComposeProject, Mapping[str, Behaviour]]


def _changes(project: ComposeProject, behaviours: Mapping[str, Behaviour]) -> Iterator[_Change]:
    for name, service in list(project.services.items())[: limits.COMPOSE_CHANGED]:
        if service.health is not None and service.health.runs:
            yield "probe", name, "", probing_every(project, 1.0, name), behaviours
        for other, one in service.depends_on.items():
            if one.condition != STARTED and other in project.services:
                others = {**service.depends_on, other: one._replace(condition=STARTED)}
                services = {**project.services, name: replace(service, depends_on=others)}
                yield "start", name, other, replace(project, services=services), behaviours
        behaviour = behaviours.get(name, Behaviour())
        if behaviour.ready:
            faster = {**behaviours, name: replace(behaviour, ready=behaviour.ready / 2)}
            yield "ready", name, "", project, faster
