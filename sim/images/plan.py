"""A sequence of builds, planned without running one: the first into an empty cache, then each next after its edits.

This is what the `build` study, the command line and the layer page ask. Where a step hangs on the bytes a RUN leaves,
its fate is planned both ways.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sim.errors import InputError, Problem
from sim.images import context as trees
from sim.images.bases import Bases
from sim.images.builders import graph_for, read_dockerfile, walk_for
from sim.images.cache import Step, Store
from sim.images.context import Tree
from sim.images.costs import Cost, book, chain, cost_of, critical_path
from sim.images.edits import Change, apply
from sim.images.export import exported
from sim.images.ignore import Ignore
from sim.images.options import BUILDERS, Builder, Options
from sim.images.records import records_of
from sim.images.rootfs import Files
from sim.images.stages import Dockerfile
from sim.images.vertices import BuildGraph, Vertex
from sim.images.why import Built, pair
from sim.outcome import Bound, StepRecord


@dataclass(frozen=True)
class PlannedBuild:
    """One build of a sequence.

    hits, misses, depends: steps by fate; steps: their sum. rebuild_seconds: the critical path of what runs, steps that
    depend on an output included; full_seconds: of everything. new_bytes: of layers of the image that are made anew.
    first_cause_line: 0 where nothing misses.
    """

    number: int
    records: tuple[StepRecord, ...]
    graph: BuildGraph
    hits: int
    misses: int
    depends: int
    rebuild_seconds: float
    full_seconds: float
    new_bytes: int
    first_cause_line: int
    estimate: bool
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
    """A builder between builds."""

    builder: Builder
    store: Store = field(default_factory=Store)
    before: Built | None = None
    ran: set[str] = field(default_factory=set)
    count: int = 0


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
) -> BuildPlan:
    """Plan a first build into an empty cache, and one more after each change; changes add up.

    dockerfile: its text, None to take it from the context at `path`. context: a tree, a mapping of paths to texts, or
    a folder. label: what the records are called by. bound: which end of their ranges costs are taken at.
    Raises `InputError` with every problem of the Dockerfile, the context or a change.
    """
    if builder not in BUILDERS:
        raise InputError(f"no builder {builder!r}; there are {', '.join(BUILDERS)}")
    tree = _tree(context)
    if dockerfile is not None:
        tree = trees.write(tree, path, dockerfile)
    session = _Session(builder)
    arguments = dict(build_args or {})
    options = Options(dockerfile=path, target=target, build_args=arguments, no_cache=no_cache)
    builds = [_plan(session, tree, options, bases, label, bound)]
    for change in changes:
        tree = apply(tree, change.edits)
        arguments |= change.build_args
        options = Options(dockerfile=path, target=target, build_args=dict(arguments), no_cache=change.no_cache)
        _find_cache(session, change)
        builds.append(_plan(session, tree, options, bases, label, bound))
    return BuildPlan(builder, tuple(builds))


def _find_cache(session: _Session, change: Change) -> None:
    """Give the session the cache that a change says its build finds."""
    before = session.before
    if change.cache == "kept" or before is None:
        return
    session.ran.clear()
    if change.cache == "empty":
        session.store = Store(builds=session.store.builds, made=session.store.made)
    elif session.builder == "legacy":
        raise InputError(f"cache {change.cache!r} is for BuildKit; the legacy builder exports none")
    else:
        session.store = exported(session.store, before.graph, before.steps, change.cache)


def _tree(context: Tree | Mapping[str, str] | str | Path) -> Tree:
    if isinstance(context, Tree):
        return context
    if isinstance(context, Mapping):
        return trees.from_mapping(context)
    return trees.from_directory(context)


def _plan(
    session: _Session, tree: Tree, options: Options, bases: Bases | None, label: str, bound: Bound
) -> PlannedBuild:
    session.count += 1
    builder = session.builder
    dockerfile = read_dockerfile(tree, options.dockerfile)
    graph, ignore = graph_for(builder, dockerfile, tree, options, bases, session.store.synced)
    before = session.before
    pairs = pair(before.graph if before is not None else None, graph)
    hopeful = session.store.copy()

    def changed(vertex: Vertex, below: Files | None) -> Files:
        return Files((below,) if below is not None else (), tokens=(f"run {session.count} {vertex.id}",))

    def same(vertex: Vertex, below: Files | None) -> Files:
        old = before.steps.get(pairs.get(vertex.id, "")) if before is not None else None
        files = old.files if old is not None else None
        tokens = files.tokens if isinstance(files, Files) and files.tokens else (f"run {session.count} {vertex.id}",)
        return Files((below,) if below is not None else (), tokens=tokens)

    now = Built(graph, walk_for(builder, graph, session.store, changed))
    best = now if before is None else Built(graph, walk_for(builder, graph, hopeful, same))
    _check(now, ignore, dockerfile)
    costs = {
        name: cost_of(step, graph, now.steps, bound, warm=_warm(step, session)) for name, step in now.steps.items()
    }
    cold = {name: cost_of(step, graph, now.steps, bound).seconds or 0.0 for name, step in now.steps.items()}
    session.ran |= {step.vertex.text for step in now.steps.values() if step.ran}
    records = records_of(label, str(session.count), now, best, before, pairs, costs)
    session.before = now
    return _summary(session, records, now, costs, cold, tree, ignore)


def _warm(step: Step, session: _Session) -> bool:
    return step.vertex.kind == "exec" and bool(session.ran) and not step.vertex.ignore_cache


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
                problems.append(Problem(f'"{path}": not found{hint}', dockerfile.file, vertex.line, excerpt=excerpt))
    if problems:
        raise InputError(problems)


def _summary(
    session: _Session,
    records: tuple[StepRecord, ...],
    now: Built,
    costs: Mapping[str, Cost],
    cold: Mapping[str, float],
    tree: Tree,
    ignore: Ignore,
) -> PlannedBuild:
    fates = {record.step: record.status for record in records}
    ran = [name for name, step in now.steps.items() if step.ran]
    seconds = {name: costs[name].seconds or 0.0 for name in now.steps}
    vertices = now.graph.vertices
    if session.builder == "legacy":
        hits = sum(fates.get(name) == "hit" for name in now.steps)
        rebuild = sum(seconds[name] for name in ran) + hits * book().cached.value
        full = sum(cold.values())
    else:
        rebuild = critical_path(vertices, {name: seconds[name] for name in ran})
        full = critical_path(vertices, cold)
    causes = [record for record in records if record.cause]
    return PlannedBuild(
        number=session.count,
        records=records,
        graph=now.graph,
        hits=sum(fate == "hit" for fate in fates.values()),
        misses=sum(fate == "miss" for fate in fates.values()),
        depends=sum(fate == "depends" for fate in fates.values()),
        rebuild_seconds=rebuild,
        full_seconds=full,
        new_bytes=sum(costs[name].bytes or 0 for name in chain(now.graph) if now.steps[name].ran),
        first_cause_line=causes[0].line if causes else 0,
        estimate=any(costs[name].estimate for name in ran),
        tree=tree,
        ignore=ignore,
    )
