"""Visits the services of a project in the order of their dependencies, or against it; those that can, at once.

Source: pkg/compose/dependencies.go of docker compose v2.26.1.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

import networkx as nx

from sim.compose.commands.cancelling import CommandContext, CommandWork, WorkGroup
from sim.compose.reading.model import ComposeService

Visit = Callable[[CommandContext, str], CommandWork]


def in_dependency_order(
    context: CommandContext,
    services: Mapping[str, ComposeService],
    visit: Visit,
    *,
    against: bool = False,
    only: Collection[str] | None = None,
) -> CommandWork:
    """Visit each service once all that it depends on were visited; `against`: once all that depend on it were.

    Args:
        only: Those that are visited; the others are passed over.
    """
    graph = dependency_graph(services)
    graph = graph.reverse() if against else graph
    group = WorkGroup(context)
    left = {name: graph.in_degree(name) for name in graph}

    def step(name: str) -> CommandWork:
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
