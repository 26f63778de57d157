"""In which order the services of a project start."""

from __future__ import annotations

from collections.abc import Mapping

import networkx as nx

from sim.compose.reading.model import ComposeService


def start_graph(services: Mapping[str, ComposeService]) -> nx.DiGraph:
    """An edge from each service to those that wait for it. A dependency on what is not among them waits for nothing."""
    graph = nx.DiGraph()
    graph.add_nodes_from(services)
    for name, service in services.items():
        graph.add_edges_from((other, name) for other in service.depends_on if other in services)
    return graph


def start_order(services: Mapping[str, ComposeService]) -> list[list[str]]:
    """Waves: each service comes right after the last that it depends on, as docker compose visits them.

    Services of a circle, and those that wait for one, never start: they are left out.
    """
    graph = start_graph(services)
    for circle in list(nx.strongly_connected_components(graph)):
        if len(circle) > 1 or any(graph.has_edge(name, name) for name in circle):
            stuck = {name for member in circle & set(graph) for name in (member, *nx.descendants(graph, member))}
            graph.remove_nodes_from(stuck)
    return [sorted(wave) for wave in nx.topological_generations(graph)]


def circle(services: Mapping[str, ComposeService]) -> list[str]:
    """One circle of dependencies, the first service by name at its beginning; empty where there is none."""
    graph = start_graph(services)
    circles = [
        sorted(part)
        for part in nx.strongly_connected_components(graph)
        if len(part) > 1 or any(graph.has_edge(name, name) for name in part)
    ]
    if not circles:
        return []
    first = min(circles)[0]
    found = nx.find_cycle(graph.reverse(), first)
    return [edge[0] for edge in found]
