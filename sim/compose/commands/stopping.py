"""Stops the containers of services. Source: pkg/compose/stop.go and down.go of docker compose v2.26.1."""

from __future__ import annotations

from collections.abc import Collection

from sim.compose.commands.cancelling import CommandContext, CommandWork, together
from sim.compose.commands.converging import ProjectHost
from sim.compose.commands.traversal import in_dependency_order
from sim.compose.reading.model import ComposeProject


def stop_services(
    host: ProjectHost,
    context: CommandContext,
    project: ComposeProject,
    services: Collection[str],
    timeout: float | None = None,
) -> CommandWork:
    """Stop the containers of some services, those that depend on others first."""

    def visit(inner: CommandContext, name: str) -> CommandWork:
        stops = (host.engine.stop(one.container.name, timeout=timeout) for one in host.members.there([name]))
        yield from together(inner, (inner.ask(host.engine, stop) for stop in stops))

    yield from in_dependency_order(context, project.services, visit, against=True, only=services)
