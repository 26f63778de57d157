"""A builder between the builds of a sequence, and what its cache says of the next one.

What hits and what runs hangs on no cost, unless a step is said to fail: which others have run by then depends on the
times. So the same builds planned at another end of their costs' ranges need no second walk through the cache.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sim.archives.store import LayerStore
from sim.builds.builders import check_depth, graph_for, read_dockerfile, walk_for
from sim.builds.cache.buildkit import BuildStep, CacheStore, RunOutput, exported
from sim.builds.cache.outcomes import left_by
from sim.builds.context.edits import Change
from sim.builds.context.ignore import Ignore
from sim.builds.context.rootfs import Files
from sim.builds.context.tree import Tree
from sim.builds.cost.history import Known, LayerHistory, match
from sim.builds.cost.schedule import Machine, costs_of, schedule
from sim.builds.cost.steps import annotation
from sim.builds.dockerfile.instructions import Instruction
from sim.builds.dockerfile.stages import Dockerfile
from sim.builds.graph.bases import Bases
from sim.builds.graph.options import Builder, BuildOptions
from sim.builds.graph.vertices import BuildGraph, Vertex
from sim.builds.reasons.remotes import mirrors
from sim.builds.reasons.why import Built, pair
from sim.errors import InputError, Problem


@dataclass(frozen=True)
class WalkedBuild:
    """What the cache says of one build.

    Attributes:
        ignore: The rules of the ignore file.
        pairs: Its vertices, and those of the build before that they are.
        known: What a real image says of its steps.
        now: What becomes of each step where every RUN leaves something new.
        best: The same where each leaves what it left before.
    """

    ignore: Ignore
    pairs: Mapping[str, str]
    known: Mapping[int, Known]
    now: Built
    best: Built


class CacheWalks:
    """What the cache says of each build of a sequence, once all of them were walked through it."""

    def __init__(self) -> None:
        """No build was walked yet."""
        self._found: list[WalkedBuild] = []
        self._steady = True
        self.known = False

    def at(self, place: int) -> WalkedBuild | None:
        """What it says of the build at that place of the sequence. None where that is not known."""
        return self._found[place] if self.known else None

    def add(self, place: int, walked: WalkedBuild, *, steady: bool) -> None:
        """Note what it says of the build at that place of the sequence. steady: whether that hangs on no cost."""
        self._found[place:] = [walked]
        self._steady = steady and (self._steady or not place)

    def ended(self) -> None:
        """The sequence is whole. Where a build hangs on costs, nothing of it is kept."""
        self.known = self._steady
        if not self.known:
            self._found = []


@dataclass
class BuildSession:
    """A builder between builds.

    Attributes:
        history: What a real image says of steps, as `history.entries` gives it.
        walks: What the cache says of each build. Where that is known already, the store is not asked.
        before: The build before this one.
        ran: The texts of steps that ran.
        fetched: Base images that were fetched.
        images: The layers that there are.
        count: How many builds there were.
    """

    builder: Builder
    machine: Machine
    history: tuple[LayerHistory, ...] = ()
    walks: CacheWalks = field(default_factory=CacheWalks)
    store: CacheStore = field(default_factory=CacheStore)
    before: Built | None = None
    ran: set[str] = field(default_factory=set)
    fetched: set[str] = field(default_factory=set)
    images: LayerStore = field(default_factory=LayerStore)
    count: int = 0

    def walked(self, tree: Tree, options: BuildOptions, bases: Bases | None, alive: Callable[[], None]) -> WalkedBuild:
        """What the cache says of the build that is counted last."""
        known = self.walks.at(self.count - 1)
        if known is None:
            known, steady = _walked(self, tree, options, bases, alive)
            self.walks.add(self.count - 1, known, steady=steady)
        return known

    def find_cache(self, change: Change) -> None:
        """Have the cache that a change says its build finds."""
        before = self.before
        if change.cache == "kept" or before is None:
            return
        self.ran.clear()
        self.fetched.clear()
        self.images = LayerStore()
        if self.walks.known:
            return
        if change.cache == "empty":
            self.store = CacheStore(builds=self.store.builds, made=self.store.made)
        elif self.builder == "legacy":
            raise InputError(f"cache {change.cache!r} is for BuildKit; the legacy builder exports none")
        else:
            self.store = exported(self.store, before.graph, before.steps, change.cache)


def _walked(
    session: BuildSession, tree: Tree, options: BuildOptions, bases: Bases | None, alive: Callable[[], None]
) -> tuple[WalkedBuild, bool]:
    """What the cache says of a build, and whether that hangs on no cost."""
    builder = session.builder
    dockerfile = read_dockerfile(tree, options.dockerfile)
    graph, ignore = graph_for(builder, dockerfile, tree, options, bases, session.store.synced, alive)
    before = session.before
    pairs = pair(before.graph if before is not None else None, graph)
    hopeful = session.store.copy()

    def changed(vertex: Vertex, below: Files | None) -> Files:
        return left_by(vertex, below, (f"run {session.count} {vertex.id}",))

    def same(vertex: Vertex, below: Files | None) -> Files:
        old = before.steps.get(pairs.get(vertex.id, "")) if before is not None else None
        files = old.files if old is not None else None
        tokens = files.tokens if isinstance(files, Files) and files.tokens else (f"run {session.count} {vertex.id}",)
        return left_by(vertex, below, tokens)

    known = match(graph, session.history) if session.history else {}
    failing, skipped = _failure(session, graph, known, changed)

    def walked(graph: BuildGraph, store: CacheStore, output: RunOutput) -> Built:
        steps = walk_for(builder, graph, store, output, failing=failing, skipped=skipped, alive=alive)
        return Built(graph, {v.id: steps.get(v.id) or BuildStep(v, "skipped", None) for v in graph.vertices})

    now = walked(graph, session.store, changed)
    mirrored = mirrors(graph, before.graph, pairs, options.remotes) if before is not None else {}
    alike = graph
    if mirrored:
        supposed = dataclasses.replace(options, remotes={**options.remotes, **mirrored})
        alike, _ = graph_for(builder, dockerfile, tree, supposed, bases, session.store.synced, alive)
        alike = alike if alike.order == graph.order else graph
    best = now if before is None else walked(alike, hopeful, same)
    _check(now, ignore, dockerfile)
    check_depth(builder, graph)
    return WalkedBuild(ignore, pairs, known, now, best), not _said_to_fail(graph)


def _fails(step: Instruction) -> bool:
    given = annotation(step)
    return given is not None and given.fails


def _failure(
    session: BuildSession, graph: BuildGraph, known: Mapping[int, Known], output: RunOutput
) -> tuple[frozenset[str], frozenset[str]]:
    """The names of the step that is said to fail and is the first to do so, and of those the build ends before."""
    said = _said_to_fail(graph)
    if not said:
        return frozenset(), frozenset()
    steps = walk_for(session.builder, graph, session.store.copy(), output)
    whole = Built(graph, steps)
    costs = costs_of(whole, session.machine, known, session.ran)
    ends = schedule(whole, costs, session.machine, (), session.images, session.fetched).now.spans
    broken = min(said & ends.keys(), key=lambda name: (ends[name][1], name), default="")
    if not broken:
        return frozenset(), frozenset()
    timeline = schedule(whole, costs, session.machine, (), session.images, session.fetched, broken).now
    skipped = {name for name in timeline.cancelled if steps[name].outcome not in ("base", "context")}
    return frozenset({graph.vertex(broken).name}), frozenset(graph.vertex(name).name for name in skipped - {broken})


def _said_to_fail(graph: BuildGraph) -> set[str]:
    return {v.id for v in graph.vertices if v.kind == "exec" and v.step is not None and _fails(v.step)}


def _check(now: Built, ignore: Ignore, dockerfile: Dockerfile) -> None:
    """Raise for a COPY of what is not there, or an instruction that the builder refuses."""
    problems = []
    for step in now.steps.values():
        vertex = step.vertex
        excerpt = vertex.text.split("\n")[0]
        if vertex.fault:
            problems.append(Problem(vertex.fault, dockerfile.file, vertex.line, excerpt=excerpt))
        for selected in step.selected.values():
            for path in selected.missing:
                name = path.strip("/")
                rule = ignore.culprit(name)
                hint = f": {ignore.file} line {rule[0]} ({rule[1]}) excludes it" if rule else " in the build context"
                link = now.graph.context.get(name)
                hint += f"; it is a link to {link.target}" if link is not None and link.kind == "link" else ""
                problems.append(Problem(f'"{path}": not found{hint}', dockerfile.file, vertex.line, excerpt=excerpt))
    if problems:
        raise InputError(problems)
