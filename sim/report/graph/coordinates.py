"""The second half of a layered layout: x coordinates that keep long edges straight.

After Brandes and Koepf, "Fast and simple horizontal coordinate assignment" (2002): four extreme alignments, each
compacted, and for every vertex the mean of its two middle answers. Blocks are compacted by longest paths, which is also
right where the paper's recursion is not (its erratum, 2020).
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

from sim.report.graph.order import Layers, LayoutVertex

NODE, DUMMY, GAP = 1.0, 0.12, 0.14
"""Widths and the least gap between neighbours, in node widths."""


def coordinates(graph: Layers) -> dict[LayoutVertex, float]:
    """Each vertex's centre, the leftmost node's edge at zero. Neighbours never overlap."""
    conflicts = _conflicts(graph)
    answers = []
    for down in (True, False):
        for left in (True, False):
            layers = [list(layer) if left else list(reversed(layer)) for layer in graph.layers]
            neighbours = graph.above if down else graph.below
            block = _align(layers if down else layers[::-1], neighbours, conflicts)
            x = _compact(layers, block)
            answers.append(x if left else {vertex: -place for vertex, place in x.items()})
    return _balance(answers)


def _width(vertex: LayoutVertex) -> float:
    return NODE if isinstance(vertex, str) else DUMMY


def _separation(a: LayoutVertex, b: LayoutVertex) -> float:
    return (_width(a) + _width(b)) / 2 + GAP


def _conflicts(graph: Layers) -> set[tuple[LayoutVertex, LayoutVertex]]:
    """Segments (upper, lower) that cross a segment between two dummies, which is to stay straight."""
    marked: set[tuple[LayoutVertex, LayoutVertex]] = set()
    for upper, lower in zip(graph.layers, graph.layers[1:], strict=False):
        place = {vertex: i for i, vertex in enumerate(upper)}
        first, scanned = 0, 0
        for i, vertex in enumerate(lower):
            inner = [up for up in graph.above[vertex] if not isinstance(vertex, str) and not isinstance(up, str)]
            if not inner and i < len(lower) - 1:
                continue
            last = place[inner[0]] if inner else len(upper) - 1
            for other in lower[scanned : i + 1]:
                for up in graph.above[other]:
                    both = not isinstance(other, str) and not isinstance(up, str)
                    if not both and not first <= place[up] <= last:
                        marked.add((up, other))
            scanned, first = i + 1, last
    return marked


def _align(
    layers: Sequence[Sequence[LayoutVertex]],
    neighbours: Mapping[LayoutVertex, Sequence[LayoutVertex]],
    conflicts: set[tuple[LayoutVertex, LayoutVertex]],
) -> dict[LayoutVertex, LayoutVertex]:
    """Vertex to the root of its block: vertices aligned with a median neighbour of the layer before, left first."""
    root = {vertex: vertex for layer in layers for vertex in layer}
    for before, layer in itertools.pairwise(layers):
        place = {vertex: i for i, vertex in enumerate(before)}
        border = -1
        for vertex in layer:
            near = sorted(neighbours[vertex], key=place.__getitem__)
            middle = len(near) - 1
            for median in dict.fromkeys((middle // 2, (middle + 1) // 2)) if near else ():
                other = near[median]
                free = (other, vertex) not in conflicts and (vertex, other) not in conflicts
                if root[vertex] == vertex and free and place[other] > border:
                    root[vertex] = root[other]
                    border = place[other]
    return root


def _compact(
    layers: Sequence[Sequence[LayoutVertex]], root: Mapping[LayoutVertex, LayoutVertex]
) -> dict[LayoutVertex, float]:
    """The smallest x of each block that keeps neighbours apart, then blocks moved towards their right neighbours."""
    lefts: dict[LayoutVertex, dict[LayoutVertex, float]] = {block: {} for block in root.values()}
    rights: dict[LayoutVertex, dict[LayoutVertex, float]] = {block: {} for block in root.values()}
    for layer in layers:
        for a, b in itertools.pairwise(layer):
            left, right, apart = root[a], root[b], _separation(a, b)
            lefts[right][left] = max(apart, lefts[right].get(left, 0.0))
            rights[left][right] = max(apart, rights[left].get(right, 0.0))
    order: list[LayoutVertex] = []
    waiting = {block: len(lefts[block]) for block in lefts}
    ready = [block for block in lefts if not waiting[block]]
    for block in ready:
        order.append(block)
        for right in rights[block]:
            waiting[right] -= 1
            if not waiting[right]:
                ready.append(right)
    x: dict[LayoutVertex, float] = {}
    for block in order:
        x[block] = max((x[left] + apart for left, apart in lefts[block].items()), default=0.0)
    for block in reversed(order):
        room = min((x[right] - apart for right, apart in rights[block].items()), default=x[block])
        x[block] = max(x[block], room)
    return {vertex: x[block] for vertex, block in root.items()}


def _balance(answers: Sequence[Mapping[LayoutVertex, float]]) -> dict[LayoutVertex, float]:
    """The answers moved onto the narrowest one, and for each vertex the mean of the two in the middle."""

    def ends(x: Mapping[LayoutVertex, float]) -> tuple[float, float]:
        return min(x[v] - _width(v) / 2 for v in x), max(x[v] + _width(v) / 2 for v in x)

    spans = [ends(x) for x in answers]
    narrowest = min(spans, key=lambda span: span[1] - span[0])
    moved = []
    for i, (x, span) in enumerate(zip(answers, spans, strict=True)):
        leftward = i % 2 == 0
        shift = narrowest[0] - span[0] if leftward else narrowest[1] - span[1]
        moved.append({vertex: place + shift for vertex, place in x.items()})
    middle = {vertex: sum(sorted(x[vertex] for x in moved)[1:3]) / 2 for vertex in answers[0]}
    start = ends(middle)[0]
    return {vertex: round(place - start, 6) for vertex, place in middle.items()}
