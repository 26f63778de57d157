"""How many layers a builder's store can stack. Knows no time."""

from __future__ import annotations

from sim.builds.options import Builder
from sim.builds.vertices import BuildGraph
from sim.errors import InputError, Problem

MAX_DEPTH = 129
"""Layers of an image built on overlay2: a layer has at most 128 below it (moby, overlay2.go: maxDepth). Recorded with
dockerd 26.1.5: 126 layers were built, 130 failed; between them it is derived. containerd's store built 200."""


def check_depth(builder: Builder, build: BuildGraph) -> None:
    """Raise `InputError` at the first instruction whose layer is one too many for a store of overlay2."""
    if builder == "buildkit-containerd":
        return
    depths: dict[str, int] = {}
    for vertex in build.vertices:
        below = next((depths[item.vertex] for item in vertex.inputs if item.kind == "parent"), 0)
        adds = vertex.kind in ("exec", "file") or vertex.instruction == "WORKDIR"
        depth = len(vertex.image.layers) if vertex.image is not None else below + adds
        depths[vertex.id] = depth
        if adds and depth > MAX_DEPTH:
            message = f"max depth exceeded: it makes layer {depth}; overlay2 takes {MAX_DEPTH} at most"
            excerpt = vertex.text.split("\n")[0]
            raise InputError(Problem(message, build.dockerfile.file, vertex.line, excerpt=excerpt))
