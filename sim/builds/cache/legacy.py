"""The legacy builder's cache: which steps of a chain find a child image of their parent that an equal command made."""

from __future__ import annotations

import dataclasses
import posixpath
from collections.abc import Callable, Sequence

from sim.builds.cache.buildkit import BuildStep, CacheStore, RunOutput
from sim.builds.cache.files import after
from sim.builds.context.patterns import glob
from sim.builds.context.rootfs import Files, TreeView
from sim.builds.context.selection import FileView, Selected, Selector, key_of, resolve
from sim.builds.context.tree import TreeEntry, untold
from sim.builds.graph.vertices import BuildGraph, Vertex


def walk_chain(
    build: BuildGraph,
    store: CacheStore,
    output: RunOutput,
    *,
    failing: frozenset[str] = frozenset(),
    alive: Callable[[], None] = untold,
) -> dict[str, BuildStep]:
    """Build a chain against a store, which is changed as the builder would change it.

    Args:
        failing: Names of steps that fail if they run. Nothing behind one is tried.
        alive: Called for each vertex. May raise.
    """
    store.builds += 1
    steps: dict[str, BuildStep] = {}
    for vertex in build.vertices:
        alive()
        inputs = [steps[item.vertex] for item in vertex.inputs]
        step = _solve(vertex, inputs, build, store, output, failing)
        steps[vertex.id] = step
        if step.outcome == "failed":
            break
    return steps


def _solve(
    vertex: Vertex,
    inputs: list[BuildStep],
    build: BuildGraph,
    store: CacheStore,
    output: RunOutput,
    failing: frozenset[str],
) -> BuildStep:
    if vertex.kind == "context":
        return BuildStep(vertex, "context", TreeView(build.context), kept=frozenset({"context"}))
    if vertex.kind == "image":
        if vertex.image is not None:
            keys = frozenset({key_of(("image", vertex.image.identity))})
            return BuildStep(vertex, "base", vertex.image.root(), keys, keys)
        if inputs:
            return BuildStep(vertex, "base", inputs[0].files, inputs[0].kept, inputs[0].kept)
        return BuildStep(vertex, "base", Files(), frozenset({""}), frozenset({""}))
    if "global" in vertex.definition:
        return BuildStep(vertex, "base", None)
    if vertex.fault:
        return BuildStep(vertex, "failed", None)
    parent = next((step for step, item in zip(inputs, vertex.inputs, strict=True) if item.kind == "parent"), None)
    (above,) = parent.kept if parent is not None else ("",)
    selected: dict[int, Selected] = {}
    command = vertex.key
    if vertex.effect is not None and vertex.effect.sources:
        at = vertex.effect.sources[0][0]
        view = inputs[at].files if at < len(inputs) else None
        selected[at] = checksum(view, [selector for _, selector in vertex.effect.sources])
        command = key_of((command, selected[at].digest))
    link = (above, 0, command, "")
    stored = [] if vertex.ignore_cache else [key for key in store.links.get(link, ()) if key in store.results]
    if stored:
        best = max(stored, key=lambda key: store.results[key][0])
        keys = frozenset({best})
        return BuildStep(vertex, "hit", store.results[best][1], keys, keys, selected)
    if vertex.name in failing:
        return BuildStep(vertex, "failed", None, selected=selected)
    number = store.next()
    key = key_of((above, command, str(number)))
    store.links.setdefault(link, set()).add(key)
    files = _left(vertex, inputs, parent, output)
    store.results[key] = (number, files)
    return BuildStep(vertex, "miss", files, kept=frozenset({key}), selected=selected)


def _left(vertex: Vertex, inputs: list[BuildStep], parent: BuildStep | None, output: RunOutput) -> Files:
    below = parent.files if parent is not None and isinstance(parent.files, Files) else None
    if vertex.kind == "exec":
        return output(vertex, below)
    if vertex.effect is not None and (vertex.effect.directory or vertex.effect.copy is not None):
        return after(vertex, [step.files for step in inputs])
    return below if below is not None else Files()


def checksum(view: FileView | None, selectors: Sequence[Selector]) -> Selected:
    """The legacy builder's hash of a COPY's sources: each file's path counts, and the order of sources.

    A link inside a directory counts as what it leads to, under that path. One to a directory counts as that alone. One
    that leads to nothing counts by its own path in the context, and in an image by the path it leads to. One that leads
    in a circle is passed over (moby/moby, walkSource in builder/dockerfile/copy.go, and remotecontext/archive.go).
    """
    if view is None:
        return Selected(key_of(("nothing",)), ())
    hashes: list[str] = []
    parts: list[tuple[str, str]] = []
    missing: list[str] = []
    taint: list[str] = []
    size = 0
    met: dict[str, tuple[list[str], list[str], int, str]] = {}
    for selector in selectors:
        path = selector.path.strip("/")
        if selector.wildcard:
            root = view.listing("")
            paths = [rel for rel, _ in root.entries if rel and glob(path).fullmatch(rel)]
            hashes += [f"{token} {path}" for token in root.taint]
            taint += root.taint
        else:
            paths = [path]
        for name in paths:
            where = resolve(view, name)
            if where not in met:  # many links may lead there
                listing = view.listing(where)
                held = [(posixpath.join(where, rel) if rel else where, e) for rel, e in listing.entries]
                counted = [triple for full, entry in held if (triple := _counted(view, full, entry))]
                unknown = list(dict.fromkeys((*listing.taint, *(token for _, _, more in counted for token in more))))
                identities = sorted(f"{full} {identity}" for full, identity, _ in counted if full)
                digest = "" if unknown else key_of([*identities, ""])
                met[where] = identities, unknown, sum(entry.size for _, entry in held), digest
                parts += [(full, identity) for full, identity, _ in counted]
                taint += unknown
            if not view.listing(where).entries and not view.listing(where).taint and where:
                missing.append(selector.path)
            identities, unknown, held_size, digest = met[where]
            hashes.append(digest or key_of([*identities, *unknown, name]))
            size += held_size
    digest = hashes[0] if len(hashes) == 1 else key_of(("multi", *hashes))
    return Selected(digest, tuple(parts), size, tuple(missing), tuple(taint))


def _counted(view: FileView, path: str, entry: TreeEntry) -> tuple[str, str, tuple[str, ...]] | None:
    """The path and identity that an entry counts with, and what stands for the unknown. None for a circle of links."""
    if entry.kind != "link":
        return path, entry.identity(), ()
    goal = resolve(view, path)
    target = view.lookup(goal)
    if target is not None:
        return None if target.kind == "link" else (goal, target.identity(), ())
    nothing = dataclasses.replace(entry, target="").identity()
    if isinstance(view, TreeView):
        return path, nothing, ()
    return goal, nothing, view.listing(goal).taint
