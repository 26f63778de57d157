"""Where the nodes of a graph stand and through which points its edges run. Units: node widths across, rows down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sim.report.graph.coordinates import NODE, coordinates
from sim.report.graph.order import ordered, ranks

Edge = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Layout:
    """Where a graph is drawn.

    Attributes:
        places: Node to (centre across, row down).
        routes: Edge to the points it passes between its ends.
    """

    places: Mapping[str, tuple[float, int]]
    routes: Mapping[Edge, tuple[tuple[float, int], ...]]

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return max((row for _, row in self.places.values()), default=-1) + 1


def layered(nodes: Sequence[str], edges: Sequence[Edge]) -> Layout:
    """Any acyclic graph, parents above children. Deterministic. Raises `ValueError` on a cycle."""
    if not nodes:
        return Layout({}, {})
    graph = ordered(nodes, edges)
    x = coordinates(graph)
    row = {vertex: k for k, layer in enumerate(graph.layers) for vertex in layer}
    places = {node: (x[node], row[node]) for node in nodes}
    routes = {edge: tuple((x[v], row[v]) for v in chain[1:-1]) for edge, chain in graph.chains.items()}
    return Layout(places, routes)


def indented(nodes: Sequence[str], edges: Sequence[Edge], pitch: float) -> Layout:
    """A forest with a row for each node: children below their parent, moved right where it has several.

    As narrow as it can be, so it also fits a phone.

    Args:
        pitch: How far they are moved, in node widths.

    Raises `ValueError` where a node has two parents.
    """
    children: dict[str, list[str]] = {node: [] for node in nodes}
    for source, target in edges:
        children[source].append(target)
    below = [target for _, target in edges]
    if len(set(below)) < len(below):
        raise ValueError(f"{next(node for node in below if below.count(node) > 1)!r} has two parents")
    places: dict[str, tuple[float, int]] = {}
    waiting = [(node, 0) for node in reversed(nodes) if node not in set(below)]
    while waiting:
        node, depth = waiting.pop()
        places[node] = (NODE / 2 + depth * pitch, len(places))
        deeper = depth + (len(children[node]) > 1)
        waiting += [(child, deeper) for child in reversed(children[node])]
    return Layout(places, dict.fromkeys(edges, ()))


def stacked(nodes: Sequence[str], edges: Sequence[Edge]) -> Layout:
    """One column, a row a node in the order given: as narrow as a graph can be. Edges have no points between."""
    return Layout({node: (NODE / 2, row) for row, node in enumerate(nodes)}, dict.fromkeys(edges, ()))


def in_columns(nodes: Sequence[str], edges: Sequence[Edge], column: Mapping[str, int], pitch: float = NODE) -> Layout:
    """A graph whose nodes have a column each (a build's stages): time runs down, no two nodes share a place.

    Args:
        pitch: Distance between columns' centres, in node widths. Edges have no points between their ends.
    """
    rank = ranks(nodes, edges)
    parents: dict[str, list[str]] = {node: [] for node in nodes}
    for source, target in edges:
        parents[target].append(source)
    row: dict[str, int] = {}
    taken: dict[tuple[int, int], str] = {}
    for node in sorted(nodes, key=lambda name: rank[name]):
        below = max((row[parent] + 1 for parent in parents[node]), default=max(rank[node], 0))
        while (column[node], below) in taken:
            below += 1
        row[node] = below
        taken[column[node], below] = node
    first = min(row.values(), default=0)
    places = {node: (NODE / 2 + column[node] * pitch, row[node] - first) for node in nodes}
    return Layout(places, dict.fromkeys(edges, ()))
