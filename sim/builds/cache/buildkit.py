"""BuildKit's cache: a store of keys linked to results, and the walk that says which vertices of a graph hit.

A vertex hits where one stored key matches every input. An input matches by its own key, or by the checksum of what is
selected from it. One that ran offers no key of its own, so all that has only that key to go by runs too. A checksum
that comes out as before stops the chain (moby/buildkit, docs/dev/solver.md, solver/edge.go, solver/cachemanager.go).
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from sim.builds.cache.files import after
from sim.builds.context.patterns import glob
from sim.builds.context.rootfs import Files, TreeView, opaque
from sim.builds.context.selection import FileView, Selected, Selector, has_wildcard, key_of, select, way
from sim.builds.context.tree import Tree, untold
from sim.builds.graph.vertices import BuildGraph, Vertex, chain

StepOutcome = Literal["hit", "miss", "base", "context", "failed", "skipped"]

RunOutput = Callable[[Vertex, Files | None], Files]
"""What a RUN that runs leaves: given its vertex and the files it starts from."""

Mode = Literal["min", "max"]
"""Whether an export carries the results of the image's layers alone, or of all steps."""

_EVERYTHING = (Selector("/"),)

CacheLink = tuple[str, int, str, str]
"""Key of an input, its position, the vertex's own key, the selected paths."""


@dataclass
class CacheStore:
    """What earlier builds left.

    Attributes:
        links: From a key of an input to the keys that it leads to.
        results: Number and files of what is stored at a key.
        synced: The context as it was sent last.
    """

    links: dict[CacheLink, set[str]] = field(default_factory=dict)
    results: dict[str, tuple[int, Files]] = field(default_factory=dict)
    synced: Tree | None = None
    builds: int = 0
    made: int = 0

    def copy(self) -> CacheStore:
        """A store that may go its own way."""
        links = {link: set(ids) for link, ids in self.links.items()}
        return CacheStore(links, dict(self.results), self.synced, self.builds, self.made)

    def next(self) -> int:
        """A number larger than all before."""
        self.made += 1
        return self.made


@dataclass
class BuildStep:
    """What became of a vertex.

    Attributes:
        probe: Keys a later vertex may match this one by. Empty where it ran.
        kept: The keys it is stored under.
        selected: Input position to what was taken from it.
        by_content: Positions that matched only by checksum.
    """

    vertex: Vertex
    outcome: StepOutcome
    files: FileView | None
    probe: frozenset[str] = frozenset()
    kept: frozenset[str] = frozenset()
    selected: Mapping[int, Selected] = field(default_factory=dict)
    by_content: frozenset[int] = frozenset()

    @property
    def key(self) -> str:
        """A short name of its key."""
        return min(self.kept)[:12] if self.kept else ""

    @property
    def ran(self) -> bool:
        """Whether it was executed."""
        return self.outcome in ("miss", "failed")


def walk(
    build: BuildGraph,
    store: CacheStore,
    output: RunOutput,
    *,
    failing: frozenset[str] = frozenset(),
    skipped: frozenset[str] = frozenset(),
    alive: Callable[[], None] = untold,
) -> dict[str, BuildStep]:
    """Build a graph against a store, which is changed as the builder would change it.

    Args:
        failing, skipped: Names of steps that fail if they run, and that never come to run.
        alive: Called for each vertex. May raise.
    """
    store.builds += 1
    sent = _sent(build)
    store.synced = sent or store.synced
    walker = _Walk(store, output, failing, f"session {store.builds}", sent or build.context)
    for vertex in build.vertices:
        alive()
        walker.steps[vertex.id] = walker.source(vertex) or (
            walker.skip(vertex) if skipped.intersection(vertex.names) else walker.solve(vertex)
        )
    if build.target:
        walker.complete(build.target)
    return walker.steps


def _sent(build: BuildGraph) -> Tree | None:
    """What of the context the daemon now holds: the paths that are asked for and no others. None where none is.

    BuildKit asks for them (filterPaths of dockerfile2llb), and tonistiigi/fsutil removes the rest (receive.go). Links
    on the way to a path are followed (followlinks.go). Links inside a directory that is asked for are not.
    """
    taken = [item for vertex in build.vertices for item in vertex.inputs if item.kind == "context"]
    if not taken:
        return None
    paths = {selector.path.strip("/") for item in taken for selector in item.selectors or _EVERYTHING}
    tree = build.context
    if "" in paths:
        return tree
    patterns = [glob(path) for path in paths if has_wildcard(path)]
    matched = {name for name in tree if any(pattern.fullmatch(name) for pattern in patterns)}
    view = TreeView(tree)
    asked = {step for path in paths | matched for step in way(view, path)}
    kept: set[str] = set()
    for name in tree:
        above = [name[:at] for at, char in enumerate(name) if char == "/"]
        if not asked.isdisjoint((*above, name)):
            kept.update((*above, name))
    return tree.keep(kept.__contains__)


def exported(store: CacheStore, build: BuildGraph, steps: Mapping[str, BuildStep], mode: Mode) -> CacheStore:
    """The store of a fresh builder that imports what was exported after a build.

    An export carries every key of the build. In mode "max" it carries every result, in mode "min" only the finished
    image's layers. Where a result is missing, a step is found as long as nobody needs its files (moby/buildkit, "Export
    cache" of the README, and solver/exporter.go).
    """
    keys = {key for step in steps.values() for key in step.kept}
    links = {link: ids & keys for link, ids in store.links.items() if ids & keys}
    kept = keys if mode == "max" else {key for name in chain(build) if name in steps for key in steps[name].kept}
    results = {key: store.results[key] for key in kept if key in store.results}
    return CacheStore(links, results, builds=store.builds, made=store.made)


class _Walk:
    """One build's way through its graph, inputs first.

    A vertex without a key runs. Whatever is built on it has no key by it either, and asks for its files. One with a key
    but no result runs only if its files are asked for.
    """

    def __init__(self, store: CacheStore, output: RunOutput, failing: frozenset[str], nonce: str, sent: Tree) -> None:
        self.store = store
        self.output = output
        self.failing = failing
        self.nonce = nonce
        self.sent = sent
        self.steps: dict[str, BuildStep] = {}

    def source(self, vertex: Vertex) -> BuildStep | None:
        """The step of a source: it is looked at each time. None for what is no source."""
        if vertex.kind == "context":
            return BuildStep(vertex, "context", TreeView(self.sent), kept=frozenset({self.nonce}))
        if vertex.kind == "image" and vertex.image is not None:
            layers = key_of(("layers", *vertex.image.layers, str(vertex.definition["platform"])))
            keys = frozenset({vertex.key, layers})
            return BuildStep(vertex, "base", vertex.image.root(), keys, keys)
        if vertex.kind in ("http", "git"):
            keys = frozenset({vertex.key})
            name = str(vertex.definition.get("name", ""))
            files = Files(written=lambda: {name: opaque(vertex.key)}) if name else Files(tokens=(vertex.key,))
            return BuildStep(vertex, "base", files, keys, keys)
        return None

    def skip(self, vertex: Vertex) -> BuildStep:
        """The step of a vertex that the build ended before."""
        return BuildStep(vertex, "skipped", Files(tokens=(self.nonce,)))

    def solve(self, vertex: Vertex) -> BuildStep:
        """Find a vertex in the cache, by its inputs' keys and then by their content, or run it."""
        matched = [set[str]() if vertex.ignore_cache else self._by_key(vertex, at) for at in range(len(vertex.inputs))]
        if not vertex.inputs and not vertex.ignore_cache and vertex.key in self.store.results:
            matched = [{vertex.key}]
        everywhere = set.intersection(*matched) if matched else set[str]()
        before = [set(keys) for keys in matched]
        selected: dict[int, Selected] = {}
        if not everywhere:
            selected = self._select(vertex)
            for at in selected:
                matched[at] |= self._by_content(vertex, at, selected[at].digest)
            if not vertex.ignore_cache and matched:
                everywhere = set.intersection(*matched)
        if not everywhere:
            return self._run(vertex, selected)
        content = frozenset(at for at, keys in enumerate(before) if not keys & everywhere)
        results = self.store.results
        stored = [key for key in everywhere if key in results]
        best = max(stored, key=lambda key: results[key][0]) if stored else None
        kept = frozenset(everywhere if best is None else {best})
        return BuildStep(
            vertex, "hit", results[best][1] if best else None, frozenset(everywhere), kept, selected, content
        )

    def complete(self, name: str) -> None:
        """Make sure that a vertex has files: run it, and what it needs, where only its key was found."""
        if self.steps[name].outcome != "hit" or self.steps[name].files is not None:
            return
        needed: dict[str, None] = {}
        ahead = [(name, False)]
        while ahead:
            here, ready = ahead.pop()
            step = self.steps[here]
            if here in needed or step.outcome != "hit" or step.files is not None:
                continue
            if ready:
                needed[here] = None
            else:
                ahead.append((here, True))
                ahead.extend((item.vertex, False) for item in step.vertex.inputs)
        for here in needed:
            step = self.steps[here]
            ran = self._run(step.vertex, self._select(step.vertex))
            self.steps[here] = dataclasses.replace(ran, probe=step.probe)

    def _by_key(self, vertex: Vertex, at: int) -> set[str]:
        item = vertex.inputs[at]
        probe = self.steps[item.vertex].probe
        return self._follow((key, at, vertex.key, item.selector_key) for key in probe)

    def _select(self, vertex: Vertex) -> dict[int, Selected]:
        """The checksums of all inputs that have one."""
        selected = {}
        for at, item in enumerate(vertex.inputs):
            if item.by_content:
                self.complete(item.vertex)
                view = self.steps[item.vertex].files
                if view is not None:
                    selected[at] = select(view, item.selectors or _EVERYTHING)
        return selected

    def _by_content(self, vertex: Vertex, at: int, digest: str) -> set[str]:
        """The keys a checksum leads to. Checksum and own keys are then linked to the same, so either matches later."""
        item = vertex.inputs[at]
        link = (digest, at, vertex.key, "")
        own = [(key, at, vertex.key, item.selector_key) for key in self.steps[item.vertex].kept]
        matching = self._follow([link])
        connected = matching | self._follow(own)
        for alike in (link, *own) if connected else ():
            self.store.links.setdefault(alike, set()).update(connected)
        return matching

    def _run(self, vertex: Vertex, selected: Mapping[int, Selected]) -> BuildStep:
        """Run a vertex and store what it leaves, under the key its inputs lead to already or a new one."""
        for item in vertex.inputs:
            self.complete(item.vertex)
        if self.failing.intersection(vertex.names):
            return BuildStep(vertex, "failed", None, selected=selected)
        alternatives = []
        for at, item in enumerate(vertex.inputs):
            kept = self.steps[item.vertex].kept
            links = [(key, at, vertex.key, item.selector_key) for key in kept]
            if at in selected:
                links.append((selected[at].digest, at, vertex.key, ""))
            alternatives.append(links)
        number = self.store.next()
        if alternatives:
            known = set.intersection(*(self._follow(links) for links in alternatives))
            key = min(known) if known else key_of((vertex.key, str(number)))
        else:
            key = vertex.key
        for link in itertools.chain.from_iterable(alternatives):
            self.store.links.setdefault(link, set()).add(key)
        files = self._left(vertex)
        self.store.results[key] = (number, files)
        return BuildStep(vertex, "miss", files, kept=frozenset({key}), selected=selected)

    def _left(self, vertex: Vertex) -> Files:
        if vertex.kind != "exec":
            return after(vertex, [self.steps[item.vertex].files for item in vertex.inputs])
        root = next((item.vertex for item in vertex.inputs if item.kind == "parent"), None)
        below = self.steps[root].files if root is not None else None
        return self.output(vertex, below if isinstance(below, Files) else None)

    def _follow(self, links: Iterable[CacheLink]) -> set[str]:
        ids: set[str] = set()
        for link in links:
            ids |= self.store.links.get(link, set())
        return ids
