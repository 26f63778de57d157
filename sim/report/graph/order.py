"""The first half of a layered layout: ranks, dummy vertices on long edges, and an order within each layer.

After Sugiyama, Tagawa and Toda, "Methods for visual understanding of hierarchical system structures" (1981). Pure
Python, and the same answer under every hash seed: nothing here iterates over a set.
"""

from __future__ import annotations

import itertools
from bisect import bisect_left, insort
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

LayoutVertex = str | tuple[str, str, int]
"""A node's id, or a dummy (source, target, rank) where an edge passes a layer."""

_SWEEPS = 12


@dataclass(frozen=True, slots=True)
class Layers:
    """An ordered, proper layering.

    Attributes:
        chains: Edge to its vertices from source to target, dummies between.
    """

    layers: tuple[tuple[LayoutVertex, ...], ...]
    chains: Mapping[tuple[str, str], tuple[LayoutVertex, ...]]
    above: Mapping[LayoutVertex, tuple[LayoutVertex, ...]]
    below: Mapping[LayoutVertex, tuple[LayoutVertex, ...]]


def ranks(nodes: Sequence[str], edges: Sequence[tuple[str, str]]) -> dict[str, int]:
    """Each node's longest distance from a source. Sources stand directly above their first child.

    Raises `ValueError` naming a node on a cycle.
    """
    parents: dict[str, list[str]] = {node: [] for node in nodes}
    children: dict[str, list[str]] = {node: [] for node in nodes}
    for source, target in edges:
        parents[target].append(source)
        children[source].append(target)
    rank: dict[str, int] = {}
    waiting = {node: len(parents[node]) for node in nodes}
    ready = [node for node in nodes if not waiting[node]]
    for node in ready:
        rank[node] = max((rank[parent] + 1 for parent in parents[node]), default=0)
        for child in children[node]:
            waiting[child] -= 1
            if not waiting[child]:
                ready.append(child)
    if len(rank) < len(nodes):
        raise ValueError(f"{next(node for node in nodes if node not in rank)!r} is on a cycle")
    for node in nodes:
        if not parents[node] and children[node]:
            rank[node] = min(rank[child] for child in children[node]) - 1
    return rank


def ordered(nodes: Sequence[str], edges: Sequence[tuple[str, str]]) -> Layers:
    """Ranks, dummies, and the order within layers with the fewest crossings that barycentre sweeps find."""
    rank = ranks(nodes, edges)
    above: dict[LayoutVertex, list[LayoutVertex]] = {node: [] for node in nodes}
    below: dict[LayoutVertex, list[LayoutVertex]] = {node: [] for node in nodes}
    layers: list[list[LayoutVertex]] = [[] for _ in range(max(rank.values(), default=-1) + 1)]
    chains: dict[tuple[str, str], tuple[LayoutVertex, ...]] = {}
    for node in nodes:
        layers[rank[node]].append(node)
    for source, target in edges:
        dummies: list[LayoutVertex] = [(source, target, k) for k in range(rank[source] + 1, rank[target])]
        for k, dummy in enumerate(dummies, rank[source] + 1):
            layers[k].append(dummy)
        chain = (source, *dummies, target)
        chains[source, target] = chain
        for upper, lower in itertools.pairwise(chain):
            below.setdefault(upper, []).append(lower)
            above.setdefault(lower, []).append(upper)
    best = _sweep(_depth_first(layers, above, below), above, below)
    place = {vertex: i for layer in best for i, vertex in enumerate(layer)}

    def sorted_neighbours(of: dict[LayoutVertex, list[LayoutVertex]]) -> dict[LayoutVertex, tuple[LayoutVertex, ...]]:
        return {vertex: tuple(sorted(of.get(vertex, []), key=place.__getitem__)) for vertex in place}

    return Layers(tuple(map(tuple, best)), chains, sorted_neighbours(above), sorted_neighbours(below))


def _depth_first(
    layers: list[list[LayoutVertex]],
    above: dict[LayoutVertex, list[LayoutVertex]],
    below: dict[LayoutVertex, list[LayoutVertex]],
) -> list[list[LayoutVertex]]:
    """A start: the order of a depth-first walk keeps what belongs together side by side."""
    seen: dict[LayoutVertex, int] = {}
    for root in (vertex for layer in layers for vertex in layer if not above.get(vertex)):
        stack = [root]
        while stack:
            vertex = stack.pop()
            if vertex not in seen:
                seen[vertex] = len(seen)
                stack += reversed(below.get(vertex, []))
    return [sorted(layer, key=seen.__getitem__) for layer in layers]


def _sweep(
    layers: list[list[LayoutVertex]],
    above: dict[LayoutVertex, list[LayoutVertex]],
    below: dict[LayoutVertex, list[LayoutVertex]],
) -> list[list[LayoutVertex]]:
    best, fewest = [list(layer) for layer in layers], crossings(layers, below)
    for sweep in range(_SWEEPS):
        down = sweep % 2 == 0
        neighbours = above if down else below
        for k in range(1, len(layers)) if down else range(len(layers) - 2, -1, -1):
            fixed = {vertex: i for i, vertex in enumerate(layers[k - 1 if down else k + 1])}
            here = {vertex: i for i, vertex in enumerate(layers[k])}
            centre = {vertex: _mean([fixed[n] for n in neighbours.get(vertex, [])], here[vertex]) for vertex in here}
            layers[k] = sorted(layers[k], key=centre.__getitem__)
        count = crossings(layers, below)
        if count < fewest:
            best, fewest = [list(layer) for layer in layers], count
    return best


def _mean(places: list[int], otherwise: int) -> float:
    return sum(places) / len(places) if places else float(otherwise)


def crossings(layers: Sequence[Sequence[LayoutVertex]], below: Mapping[LayoutVertex, Sequence[LayoutVertex]]) -> int:
    """How many pairs of edge segments cross: inversions among their lower ends, read by their upper ends."""
    total = 0
    for upper, lower in itertools.pairwise(layers):
        place = {vertex: i for i, vertex in enumerate(lower)}
        passed: list[int] = []
        for vertex in upper:
            ends = sorted(place[child] for child in below.get(vertex, ()))
            for end in ends:
                total += len(passed) - bisect_left(passed, end + 1)
            for end in ends:
                insort(passed, end)
    return total
