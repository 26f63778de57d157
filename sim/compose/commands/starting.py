"""Starts the containers of a project, each service once what it waits for is as it must be.

Source: `startService`, pkg/compose/convergence.go, and pkg/compose/start.go of docker compose v2.26.1.
"""

from __future__ import annotations

from sim.compose.commands.cancelling import CommandContext, CommandError, CommandWork
from sim.compose.commands.converging import ProjectHost
from sim.compose.commands.traversal import in_dependency_order
from sim.compose.commands.waiting import wait_for
from sim.compose.reading.model import ComposeProject, ComposeService

_NO_NETWORK = ("none", "host")


def start_services(host: ProjectHost, context: CommandContext, project: ComposeProject) -> CommandWork:
    """Start all that does not run. Raises `CommandError`."""
    there = host.members.there()
    stopped = [member for member in reversed(there) if member.state != "running"]

    def visit(inner: CommandContext, name: str) -> CommandWork:
        service = project.services[name]
        if _has_no_replicas(service):
            return
        yield from wait_for(inner, project, service.depends_on, there)
        if not there and service.scale != 0:
            raise CommandError("no container to start")
        for member in stopped:
            if member.service.name == name:
                inner.check()
                _check_ports(host, service)
                yield from inner.ask(host.engine, host.engine.start(member.container.name))

    yield from in_dependency_order(context, project.services, visit)


def _has_no_replicas(service: ComposeService) -> bool:
    deploy = service.config.get("deploy")
    return isinstance(deploy, dict) and deploy.get("replicas") == 0


def _check_ports(host: ProjectHost, service: ComposeService) -> None:
    """The engine does not start a container whose port of the host another has."""
    if service.network_mode in _NO_NETWORK:
        return
    wanted = {(port.protocol, port.published) for port in service.ports if _is_fixed(port.published, port.target)}
    for member in host.members.there(stopped=False):
        if member.service.network_mode in _NO_NETWORK:
            continue
        taken = {(port.protocol, port.published) for port in member.service.ports}
        if wanted & taken:
            raise CommandError("port in use")


def _is_fixed(published: object, target: object) -> bool:
    return published is not None and getattr(published, "size", 0) == getattr(target, "size", 1)
