"""A sequence of builds, planned without running one: the first into an empty cache, then each next after its edits.

Which steps run is the cache's answer. When each starts and ends is `sim.builds.cost.schedule`'s. This is what the
`build` study, the command line and the layer page ask. Where a step hangs on the bytes a RUN leaves, its fate is
planned both ways.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from sim.archives.store import LayerStore
from sim.builds.builders import check_depth, graph_for, read_dockerfile, walk_for
from sim.builds.cache.buildkit import BuildStep, CacheStore, RunOutput, exported
from sim.builds.cache.outcomes import left_by
from sim.builds.context import tree as trees
from sim.builds.context.edits import Change, apply
from sim.builds.context.ignore import Ignore, rules_of
from sim.builds.context.rootfs import Files
from sim.builds.context.tree import Tree
from sim.builds.cost.history import Known, LayerHistory, match
from sim.builds.cost.schedule import Machine, Schedule, costs_of, schedule
from sim.builds.cost.steps import StepCost, annotation
from sim.builds.dockerfile.instructions import Instruction
from sim.builds.dockerfile.stages import Dockerfile
from sim.builds.graph.bases import Bases
from sim.builds.graph.options import BUILDERS, Builder, BuildOptions, from_command_line
from sim.builds.graph.vertices import BuildGraph, Vertex, chain
from sim.builds.reasons.remotes import mirrors
from sim.builds.reasons.why import Built, pair
from sim.builds.records import records_of
from sim.catalog import load
from sim.errors import InputError, Problem
from sim.outcome import Bound
from sim.records import StepRecord


@dataclass(frozen=True)
class PlannedBuild:
    """One build of a sequence.

    Attributes:
        number: Which build of the sequence it is.
        records: What became of each step.
        graph: The build's graph.
        hits: How many steps came from the cache.
        misses: How many steps run.
        depends: How many steps depend on the output of a step that runs.
        rebuild_seconds: Until the last step that runs has ended. Steps that depend on an output are included.
        full_seconds: The same, if all steps were to run.
        critical_seconds: The longest way through what runs, if nothing were shared.
        new_bytes: The layers of the image that are made anew.
        push_bytes: The same layers, compressed.
        image_bytes: All layers of the image.
        first_cause_line: The line of the first cause. 0 where nothing misses.
        estimate: Whether any of the times is an estimate.
        image_estimate: Whether the size of the image is an estimate.
        tree: The files of the context.
        ignore: The rules of the ignore file.
    """

    number: int
    records: tuple[StepRecord, ...]
    graph: BuildGraph
    hits: int
    misses: int
    depends: int
    rebuild_seconds: float
    full_seconds: float
    critical_seconds: float
    new_bytes: int
    push_bytes: int
    image_bytes: int
    first_cause_line: int
    estimate: bool
    image_estimate: bool
    tree: Tree
    ignore: Ignore

    @property
    def steps(self) -> int:
        """All steps that can hit or miss."""
        return self.hits + self.misses + self.depends

    @property
    def saved_seconds(self) -> float:
        """What the cache saves against building everything."""
        return max(self.full_seconds - self.rebuild_seconds, 0.0)


@dataclass(frozen=True)
class BuildPlan:
    """All builds of a sequence, the first into an empty cache."""

    builder: Builder
    builds: tuple[PlannedBuild, ...]

    @property
    def records(self) -> tuple[StepRecord, ...]:
        """The records of every build, in order."""
        return tuple(record for build in self.builds for record in build.records)

    @property
    def last(self) -> PlannedBuild:
        """The last build."""
        return self.builds[-1]


@dataclass
class _Session:
    """A builder between builds.

    Attributes:
        history: What a real image says of steps, as `history.entries` gives it.
    """

    builder: Builder
    machine: Machine
    history: tuple[LayerHistory, ...] = ()
    store: CacheStore = field(default_factory=CacheStore)
    before: Built | None = None
    ran: set[str] = field(default_factory=set)
    fetched: set[str] = field(default_factory=set)
    images: LayerStore = field(default_factory=LayerStore)
    count: int = 0


def untold(_: float) -> None:
    """Progress that nobody is told."""


def plan_builds(
    dockerfile: str | bytes | None,
    context: Tree | Mapping[str, str] | str | Path,
    changes: Sequence[Change] = (),
    builder: Builder = "buildkit-containerd",
    *,
    path: str = "Dockerfile",
    target: str = "",
    build_args: Mapping[str, str] | None = None,
    no_cache: bool = False,
    bases: Bases | None = None,
    label: str = "build",
    bound: Bound = "value",
    host: str = "laptop",
    max_parallelism: int = 0,
    pull_base: bool = False,
    like: Sequence[LayerHistory] = (),
    remotes: Mapping[str, str] | None = None,
    flags: str = "",
    tick: Callable[[float], None] = untold,
) -> BuildPlan:
    """Plan a first build into an empty cache, and one more after each change. Changes add up.

    Args:
        dockerfile: The text of the Dockerfile. None to take it from the context at `path`.
        context: A tree, a mapping of paths to texts, or a folder.
        changes: What changes before each further build.
        builder: Which builder's rules hold.
        path: Where the Dockerfile is in the context.
        target: The stage to build. "" for the last.
        build_args: Values of ARGs.
        no_cache: Whether the first build passes over the cache.
        bases: What is known of base images.
        label: What the records are called by.
        bound: Which end of their ranges costs are taken at.
        host: The machine that builds, by its id in the catalog.
        max_parallelism: How many steps BuildKit runs at once. 0 for no limit.
        pull_base: Whether base images must be fetched first.
        like: Layers of a real image, from `history.entries`.
        remotes: What stands for the content of an ADD's address, as `BuildOptions` has it.
        flags: More words of a `docker build` command line. Platform, network, hosts, labels and limits are taken from
            them (`options.from_command_line`).
        tick: Told the share that is done before each build. It may end all by raising.

    Raises:
        InputError: With every problem of the Dockerfile, the context or a change.
    """
    if builder not in BUILDERS:
        raise InputError(f"no builder {builder!r}; there are {', '.join(BUILDERS)}")
    tree = _tree(context, partial(tick, 0.0))
    if dockerfile is not None:
        tree = trees.write(tree, path, dockerfile)
    machine = Machine(load.host(host), bound, builder, max_parallelism, pull_base)
    session = _Session(builder, machine, tuple(like))
    arguments, fetched = dict(build_args or {}), dict(remotes or {})
    line = from_command_line(flags)
    options = dataclasses.replace(
        line, dockerfile=path, target=target, build_args=arguments, no_cache=no_cache, no_cache_filter=(),
        remotes=fetched,
    )  # fmt: skip
    tick(0.0)
    builds = [_plan(session, tree, options, bases, label, bound, partial(tick, 0.0))]
    for change in changes:
        tick(len(builds) / (len(changes) + 1))
        ignore = rules_of(tree, trees.clean(path), specific=builder != "legacy")
        tree = apply(tree, change.edits, ignore)
        merged = {**arguments, **change.build_args}
        arguments = {name: value for name, value in merged.items() if value is not None}
        fetched |= change.remotes
        options = dataclasses.replace(
            options,
            build_args=dict(arguments),
            no_cache=change.no_cache,
            no_cache_filter=change.no_cache_filter,
            remotes=dict(fetched),
        )
        if change.no_cache_filter and builder == "legacy":
            raise InputError("no_cache_filter is for BuildKit; the legacy builder knows no_cache only")
        _find_cache(session, change)
        alive = partial(tick, len(builds) / (len(changes) + 1))
        builds.append(_plan(session, tree, options, bases, label, bound, alive))
    return BuildPlan(builder, tuple(builds))


def _find_cache(session: _Session, change: Change) -> None:
    """Give the session the cache that a change says its build finds."""
    before = session.before
    if change.cache == "kept" or before is None:
        return
    session.ran.clear()
    session.fetched.clear()
    session.images = LayerStore()
    if change.cache == "empty":
        session.store = CacheStore(builds=session.store.builds, made=session.store.made)
    elif session.builder == "legacy":
        raise InputError(f"cache {change.cache!r} is for BuildKit; the legacy builder exports none")
    else:
        session.store = exported(session.store, before.graph, before.steps, change.cache)


def _tree(context: Tree | Mapping[str, str] | str | Path, alive: Callable[[], None]) -> Tree:
    if isinstance(context, Tree):
        return context
    if isinstance(context, Mapping):
        return trees.from_mapping(context)
    return trees.from_directory(context, alive=alive)


def _plan(
    session: _Session,
    tree: Tree,
    options: BuildOptions,
    bases: Bases | None,
    label: str,
    bound: Bound,
    alive: Callable[[], None],
) -> PlannedBuild:
    session.count += 1
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
    costs = costs_of(now, session.machine, known, session.ran)
    unsure = {name for name, step in now.steps.items() if step.outcome != best.steps[name].outcome}
    timed = schedule(now, costs, session.machine, set() if bound != "low" else unsure, session.images, session.fetched)
    session.ran |= {step.vertex.text for step in now.steps.values() if step.ran}
    session.images = timed.images
    session.fetched |= timed.fetched
    records = records_of(label, str(session.count), now, best, before, pairs, costs.now, timed)
    session.before = now
    return _summary(session, records, now, costs.now, timed, tree, ignore)


def _fails(step: Instruction) -> bool:
    given = annotation(step)
    return given is not None and given.fails


def _failure(
    session: _Session, graph: BuildGraph, known: Mapping[int, Known], output: RunOutput
) -> tuple[frozenset[str], frozenset[str]]:
    """The names of the step that is said to fail and is the first to do so, and of those the build ends before."""
    said = {v.id for v in graph.vertices if v.kind == "exec" and v.step is not None and _fails(v.step)}
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


def _summary(
    session: _Session,
    records: tuple[StepRecord, ...],
    now: Built,
    costs: Mapping[str, StepCost],
    when: Schedule,
    tree: Tree,
    ignore: Ignore,
) -> PlannedBuild:
    fates = {record.step: record.status for record in records}
    causes = [record for record in records if record.cause]
    layers = chain(now.graph)
    new = [name for name in layers if name in when.ran and now.steps[name].outcome == "miss"]
    return PlannedBuild(
        number=session.count,
        records=records,
        graph=now.graph,
        hits=sum(fate == "hit" for fate in fates.values()),
        misses=sum(fate == "miss" for fate in fates.values()),
        depends=sum(fate == "depends" for fate in fates.values()),
        rebuild_seconds=when.now.seconds,
        full_seconds=when.cold.seconds,
        critical_seconds=when.alone,
        new_bytes=sum(costs[name].bytes or 0 for name in new),
        push_bytes=sum(costs[name].compressed or 0 for name in new),
        image_bytes=sum(costs[name].bytes or 0 for name in layers),
        first_cause_line=causes[0].line if causes else 0,
        estimate=any(costs[name].estimate for name in when.ran),
        image_estimate=any(costs[name].estimate and costs[name].bytes for name in layers),
        tree=tree,
        ignore=ignore,
    )
