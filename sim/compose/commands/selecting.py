"""Which services of a project a command is for. Source: types/project.go of compose-go v2.4.8."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

import networkx as nx

from sim.compose.commands.cancelling import CommandError
from sim.compose.commands.traversal import dependency_graph
from sim.compose.reading.model import ComposeProject, ComposeService


def chosen(project: ComposeProject, names: Collection[str], *, dependencies: bool = True) -> ComposeProject:
    """The project with the services that a command names. Raises `CommandError`, also where the project is wrong."""
    check(project)
    found = selected(project, names, dependencies=dependencies)
    if found is None:
        raise CommandError("no such service")
    return found


def check(project: ComposeProject) -> None:
    """Raises `CommandError` where the project is wrong."""
    refused = project.findings.refused
    if refused is not None:
        raise CommandError(refused.kind, refused.code)


def selected(project: ComposeProject, names: Collection[str], *, dependencies: bool = True) -> ComposeProject | None:
    """The project with the services that are named, and with what they depend on. None where one is not there.

    A name turns its service's profiles on. What is left out counts as disabled, and nothing depends on it any more.
    """
    if not names:
        return project
    every = {**project.services, **project.disabled}
    profiles = {one for name in names if name in project.disabled for one in project.disabled[name].profiles}
    enabled = {
        name: service
        for name, service in every.items()
        if name in project.services or not profiles.isdisjoint(service.profiles)
    }
    wanted = _with_dependencies(enabled, names) if dependencies else set(names)
    if wanted is None or not wanted <= enabled.keys():
        return None
    kept = {
        name: replace(service, depends_on={other: one for other, one in service.depends_on.items() if other in wanted})
        for name, service in enabled.items()
        if name in wanted
    }
    return replace(project, services=kept, disabled={name: one for name, one in every.items() if name not in kept})


def _with_dependencies(services: Mapping[str, ComposeService], names: Collection[str]) -> set[str] | None:
    """The names and all that they depend on; None where one that must be there is not."""
    found: set[str] = set()
    waiting = [(name, True) for name in names]
    while waiting:
        name, required = waiting.pop()
        if name not in services:
            if required:
                return None
            continue
        if name not in found:
            found.add(name)
            waiting += [(other, one.required) for other, one in services[name].depends_on.items()]
    return found


def enabled(project: ComposeProject, services: Collection[str]) -> ComposeProject:
    """The project with the profiles of some services active."""
    check(project)
    profiles = {one for name in services if name in project.disabled for one in project.disabled[name].profiles}
    more = {name: one for name, one in project.disabled.items() if not profiles.isdisjoint(one.profiles)}
    return replace(project, services={**project.services, **more})


def scaled(project: ComposeProject, numbers: Mapping[str, int]) -> ComposeProject:
    """The project with other numbers of containers. Raises `CommandError` for a service that is not there."""
    if not numbers.keys() <= project.services.keys():
        raise CommandError("no such service")
    services = {
        name: replace(service, scale=numbers.get(name, service.scale)) for name, service in project.services.items()
    }
    return replace(project, services=services)


def dependents(services: Mapping[str, ComposeService], names: Collection[str]) -> set[str]:
    """Some services and all that depend on them; all services where none is named."""
    if not names:
        return set(services)
    graph = dependency_graph(services)
    return {found for name in names for found in (name, *nx.descendants(graph, name))}
