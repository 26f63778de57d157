"""A sequence of builds, planned without running one: the first into an empty cache, then each next after its edits.

Which steps run is the cache's answer. When each starts and ends is `sim.builds.cost.schedule`'s. This is what the
`build` study, the command line and the layer page ask. Where a step hangs on the bytes a RUN leaves, its fate is
planned both ways.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sim.builds.context import tree as trees
from sim.builds.context.edits import Change, apply
from sim.builds.context.ignore import Ignore, rules_of
from sim.builds.context.tree import Tree
from sim.builds.cost.history import LayerHistory
from sim.builds.cost.schedule import Machine, Schedule, costs_of, schedule
from sim.builds.cost.steps import StepCost
from sim.builds.graph.bases import Bases
from sim.builds.graph.options import BUILDERS, Builder, BuildOptions, from_command_line
from sim.builds.graph.vertices import BuildGraph, chain
from sim.builds.reasons.why import Built
from sim.builds.records import records_of
from sim.builds.session import BuildSession, CacheWalks
from sim.catalog import load
from sim.errors import InputError
from sim.outcome import Bound
from sim.records.images import StepRecord


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
    walks: CacheWalks | None = None,
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
        walks: What an earlier plan of the same builds found, at whatever bound. A new one is filled.
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
    session = BuildSession(builder, machine, tuple(like), walks or CacheWalks())
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
        session.find_cache(change)
        alive = partial(tick, len(builds) / (len(changes) + 1))
        builds.append(_plan(session, tree, options, bases, label, bound, alive))
    session.walks.ended()
    return BuildPlan(builder, tuple(builds))


def _tree(context: Tree | Mapping[str, str] | str | Path, alive: Callable[[], None]) -> Tree:
    if isinstance(context, Tree):
        return context
    if isinstance(context, Mapping):
        return trees.from_mapping(context)
    return trees.from_directory(context, alive=alive)


def _plan(
    session: BuildSession,
    tree: Tree,
    options: BuildOptions,
    bases: Bases | None,
    label: str,
    bound: Bound,
    alive: Callable[[], None],
) -> PlannedBuild:
    session.count += 1
    walked = session.walked(tree, options, bases, alive)
    now, best, before = walked.now, walked.best, session.before
    costs = costs_of(now, session.machine, walked.known, session.ran)
    unsure = {name for name, step in now.steps.items() if step.outcome != best.steps[name].outcome}
    timed = schedule(now, costs, session.machine, set() if bound != "low" else unsure, session.images, session.fetched)
    session.ran |= {step.vertex.text for step in now.steps.values() if step.ran}
    session.images = timed.images
    session.fetched |= timed.fetched
    records = records_of(label, str(session.count), now, best, before, walked.pairs, costs.now, timed)
    session.before = now
    return _summary(session, records, now, costs.now, timed, tree, walked.ignore)


def _summary(
    session: BuildSession,
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
