"""How long a service of a project that works is away: while a change of it is deployed, and after it crashed.

A change is deployed as `docker compose up --no-deps --force-recreate SERVICE` does it: the new container is made, the
old one is stopped, the new one is started. A crash is an end with an error. Then the restart policy decides.
"""

from __future__ import annotations

from dataclasses import dataclass

from sim.compose.bringup import ProjectRun
from sim.compose.commands.client import ComposeClient, UpOptions
from sim.compose.commands.converging import CreateOptions
from sim.lifecycle.container import Container
from sim.never import NEVER

_LOOK, _AFTER = 0.25, 1.0
"""Seconds between two looks whether a container was started again, and after an outage until the next thing happens."""


@dataclass(frozen=True)
class ServiceOutage:
    """When a service was away, in seconds since what caused it; `NEVER` where it does not come back."""

    service: str
    start: float
    end: float


def redeploy(run: ProjectRun, service: str) -> ServiceOutage:
    """Deploy a change of a service of a project that was brought up."""
    env, client = run.engine.env, ComposeClient(run.host)
    begun, old = env.now, _current(run, service)
    options = UpOptions(detached=True, no_deps=True, create=CreateOptions((service,), recreate="force"))
    env.run(client.perform(client.up(run.project, options)))
    works = _current(run, service).starts[-1] + run.behaviour(service).ready
    env.run(works + _AFTER)
    return ServiceOutage(service, old.exits[-1].at - begun, works - begun)


def crash(run: ProjectRun, service: str) -> ServiceOutage:
    """Let a service end with an error."""
    env, container = run.engine.env, _current(run, service)
    begun, starts = env.now, len(container.starts)
    if container.tree is not None:
        container.tree.one.end(1)
    while container.running and len(container.starts) == starts:
        env.run(env.now + _LOOK)
    if len(container.starts) == starts:
        return ServiceOutage(service, 0.0, NEVER)
    works = container.starts[-1] + run.behaviour(service).ready
    env.run(max(works, env.now) + _AFTER)
    return ServiceOutage(service, 0.0, works - begun)


def _current(run: ProjectRun, service: str) -> Container:
    return run.members(service)[-1].container
