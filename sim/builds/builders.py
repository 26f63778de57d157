"""One build by one builder: the Dockerfile found in the tree, the ignore rules applied, the graph made and walked."""

from __future__ import annotations

from collections.abc import Callable

from sim import limits
from sim.builds.cache.buildkit import BuildStep, CacheStore, RunOutput, walk
from sim.builds.cache.legacy import walk_chain
from sim.builds.context.ignore import Ignore, rules_of
from sim.builds.context.rootfs import TreeView
from sim.builds.context.selection import resolve
from sim.builds.context.tree import Tree, clean, synced, untold
from sim.builds.dockerfile.stages import Dockerfile, parse
from sim.builds.graph.bases import Bases
from sim.builds.graph.buildkit import build_graph
from sim.builds.graph.legacy import build_chain
from sim.builds.graph.options import Builder, BuildOptions
from sim.builds.graph.vertices import BuildGraph
from sim.errors import InputError, Problem

MAX_DEPTH = 129
"""Layers of an image built on overlay2: a layer has at most 128 below it (maxDepth in moby's overlay2.go). In
recordings of dockerd 26.1.5, 126 layers were built and 130 failed. What lies between is derived. containerd's store
built 200.
"""


def read_dockerfile(tree: Tree, path: str) -> Dockerfile:
    """The Dockerfile of a tree, symbolic links followed. A "dockerfile" stands in for a missing "Dockerfile".

    Raises `InputError` where there is none or it is no text.
    """
    name = clean(path)
    if name == "Dockerfile" and name not in tree and "dockerfile" in tree:
        name = "dockerfile"
    where = resolve(TreeView(tree), name)
    entry = tree.get(where)
    data = entry.content.read() if entry is not None and entry.content is not None else None
    if data is None:
        near = ", ".join(other for other in tree if "dockerfile" in other.lower()) or "none"
        link = f"; it is a link to {tree.entries[name].target}" if where != name and name in tree else ""
        message = f"failed to read dockerfile: no such file in the build context{link}; it holds {near}"
        raise InputError(Problem(message, path))
    return parse(data, path)


def graph_for(
    builder: Builder,
    dockerfile: Dockerfile,
    tree: Tree,
    options: BuildOptions,
    bases: Bases | None,
    before: Tree | None,
    alive: Callable[[], None] = untold,
) -> tuple[BuildGraph, Ignore]:
    """The graph a builder makes of a build, and the ignore rules that shaped its context.

    Args:
        before: The context as the builder saw it last (`CacheStore.synced`).
        alive: Called as work goes on. May raise.
    """
    count = sum(1 + len(stage.instructions) for stage in dockerfile.stages)
    if count > limits.STEPS:
        raise InputError(
            Problem(f"{count} instructions are too many; a build plans {limits.STEPS} at most", dockerfile.file)
        )
    legacy = builder == "legacy"
    ignore = rules_of(tree, clean(options.dockerfile), specific=not legacy)
    visible = ignore.visible(tree, alive)
    if legacy:
        return build_chain(dockerfile, synced(None, visible), options, bases), ignore
    merges = builder == "buildkit-containerd"
    return build_graph(dockerfile, synced(before, visible), options, bases, merges=merges), ignore


def walk_for(
    builder: Builder,
    build: BuildGraph,
    store: CacheStore,
    output: RunOutput,
    *,
    failing: frozenset[str] = frozenset(),
    skipped: frozenset[str] = frozenset(),
    alive: Callable[[], None] = untold,
) -> dict[str, BuildStep]:
    """Walk a graph by a builder's rules, changing the store."""
    if builder == "legacy":
        return walk_chain(build, store, output, failing=failing, alive=alive)
    return walk(build, store, output, failing=failing, skipped=skipped, alive=alive)


def build_with(
    builder: Builder,
    tree: Tree,
    options: BuildOptions,
    store: CacheStore,
    output: RunOutput,
    bases: Bases | None = None,
    *,
    failing: frozenset[str] = frozenset(),
    skipped: frozenset[str] = frozenset(),
) -> dict[str, BuildStep]:
    """One whole build of a tree that holds its Dockerfile. Raises `InputError`."""
    dockerfile = read_dockerfile(tree, options.dockerfile)
    build, _ = graph_for(builder, dockerfile, tree, options, bases, store.synced)
    return walk_for(builder, build, store, output, failing=failing, skipped=skipped)


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
