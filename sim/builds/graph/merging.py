"""Uses of equal definition as one vertex: what a stage repeats of another runs once.

BuildKit tells vertices apart by their digest. Each use of one hands over a name, and whether to pass over the cache.
The walk goes from the target through each vertex's inputs, and the use that it meets last gives the name. One use is
enough to have the cache passed over (moby/buildkit, marshal and mergeMetadata in client/llb/state.go).

FileOp and ExecOp keep their inputs in a Go map. So about one build in eight meets them in another order, and prints
another of the names. The order here is the frequent one, in which an instruction takes its inputs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sim.builds.graph.vertices import Input, Vertex


def merged(
    uses: Mapping[str, Vertex], takes: Mapping[str, Sequence[str]], digests: Mapping[str, str], target: str
) -> tuple[dict[str, Vertex], dict[str, str]]:
    """The vertices that a target needs, inputs first, and the id of the vertex that each of their uses comes to.

    Args:
        uses: By their own ids. Their inputs are uses.
        takes: The uses that each is made from, those of one digest too, which are one input.
        digests: What equal uses share.
    """
    met = _met(takes, target)
    by_digest: dict[str, str] = {}
    for use in uses:
        if use in met:
            by_digest.setdefault(digests[use], f"v{len(by_digest) + 1}")
    ids = {use: by_digest[digests[use]] for use in met}
    vertices: dict[str, Vertex] = {}
    for use in met:
        name = ids[use]
        vertex, before = uses[use], vertices.get(name)
        vertices[name] = vertex.standing_for(
            name,
            tuple(Input(ids[item.vertex], item.kind, item.selectors, item.by_content) for item in vertex.inputs),
            ignore_cache=vertex.ignore_cache or (before is not None and before.ignore_cache),
            names=(*(before.names if before is not None else ()), vertex.name),
        )
    return vertices, ids


def _met(takes: Mapping[str, Sequence[str]], target: str) -> dict[str, None]:
    """The uses on the way from the target, each behind its inputs, in the order in which they are met."""
    order: dict[str, None] = {}
    ahead = [(target, False)] if target else []
    while ahead:
        use, ready = ahead.pop()
        if use in order:
            continue
        if ready:
            order[use] = None
            continue
        ahead.append((use, True))
        ahead.extend((taken, False) for taken in reversed(takes[use]))
    return order
