"""Visits the services of a project in the order of their dependencies, or against it; those that can, at once.

Source: pkg/compose/dependencies.go of docker compose v2.26.1.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace

import networkx as nx

from sim.compose.cancelling import Context, Group, Work
from sim.compose.model import ComposeProject, ComposeService

Visit = Callable[[Context, str], Work]


def in_dependency_order(
    context: Context,
    services: Mapping[str, ComposeService],
    visit: Visit,
    *,
    against: bool = False,
    only: Collection[str] | None = None,
) -> Work:
    """Visit each service once all that it depends on were visited; `against`: once all that depend on it were.

    only: those that are visited; the others are passed over.
    """
    graph = dependency_graph(services)
    graph = graph.reverse() if against else graph
    group = Group(context)
    left = {name: graph.in_degree(name) for name in graph}

    def step(name: str) -> Work:
        if only is None or name in only:
            yield from visit(group.context, name)
        for following in graph.successors(name):
            left[following] -= 1
            if left[following] == 0 and not group.context.called_off:
                group.add(step(following))

    for name in sorted(left):
        if left[name] == 0:
            group.add(step(name))
    yield from group.join()


def dependency_graph(services: Mapping[str, ComposeService]) -> nx.DiGraph:
    """An edge from each service to those that depend on it."""
    graph = nx.DiGraph()
    graph.add_nodes_from(services)
    for name, service in services.items():
        graph.add_edges_from((other, name) for other in service.depends_on if other in services)
    return graph


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
