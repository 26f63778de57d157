"""The study `build`: a Dockerfile is built, something changes, it is built again. What runs again, and why?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from annotated_types import MinLen, doc

from sim.images import context as trees
from sim.images.context import Tree
from sim.images.edits import Change
from sim.images.ignore import rules_of
from sim.images.options import Builder
from sim.images.plan import BuildPlan, plan_builds
from sim.outcome import Bound, MetricSpec
from sim.studies.base import Context, Run, Study


@dataclass(frozen=True, kw_only=True)
class Parameters:
    """A Dockerfile, its context, a builder, and what changes before each build after the first."""

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012  (read by pydantic, never changed)

    dockerfile: Annotated[str, MinLen(1), doc("The Dockerfile, from the top of the build context.")] = "Dockerfile"
    context: Annotated[str, MinLen(1), doc("The folder of the build context, from the scenario's file.")] = "."
    builder: Annotated[Builder, doc("What builds: BuildKit on one of two image stores, or the legacy builder.")] = (
        "buildkit-containerd"
    )
    target: Annotated[str, doc("The stage to build; empty for the last one.")] = ""
    build_args: Annotated[Mapping[str, str], doc("Build arguments, by name.")] = field(default_factory=dict)
    builds: Annotated[tuple[Change, ...], doc("What changes before each build after the first.")] = ()


METRICS = (
    MetricSpec("steps", "1", "the last build", "Steps that can be found in the cache."),
    MetricSpec("hits", "1", "the last build", "Steps found in the cache."),
    MetricSpec("misses", "1", "the last build", "Steps that run again.", headline=True),
    MetricSpec("misses_share", "1", "the last build", "Share of the steps that run again."),
    MetricSpec("rebuild_time", "s", "critical path of the steps that run", "Time the last build takes."),
    MetricSpec("saved_time", "s", "the last build", "Time the cache saves against building everything."),
    MetricSpec("new_bytes", "B", "the last build", "Bytes of the image's layers that are made anew."),
    MetricSpec("first_cause_line", "1", "the last build", "Line of the first step that missed by itself; 0 for none."),
)


def read_context(folder: str | Path, dockerfile: str = "Dockerfile", *, whole: bool = False) -> Tree:
    """The build context of a folder; what its ignore files exclude for good is not even walked.

    whole: walk all of it, as when the ignore files themselves are to change.
    """
    root = Path(folder)
    if whole:
        return trees.from_directory(root)
    ignore_files = {
        name: (root / name).read_text("utf-8", "replace")
        for name in (f"{dockerfile}.dockerignore", ".dockerignore")
        if (root / name).is_file()
    }
    ignore = rules_of(trees.from_mapping(ignore_files), dockerfile)
    if any(rule.startswith("!") for _, rule in ignore.rules):
        return trees.from_directory(root)
    return trees.from_directory(root, skip=ignore.hides)


def plan(params: Parameters, folder: str | Path, label: str = "build", bound: Bound = "value") -> BuildPlan:
    """The plan of a study's builds. folder: where the context is looked up. Raises `InputError`."""
    root = Path(folder) / params.context
    whole = any(edit.path.endswith(".dockerignore") for change in params.builds for edit in change.edits)
    tree = read_context(root, params.dockerfile, whole=whole)
    if params.dockerfile not in tree and (root / params.dockerfile).is_file():
        tree = trees.put(tree, params.dockerfile, trees.file((root / params.dockerfile).read_bytes()))
    return plan_builds(
        None,
        tree,
        params.builds,
        params.builder,
        path=params.dockerfile,
        target=params.target,
        build_args=params.build_args,
        label=label,
        bound=bound,
    )


def run(params: Parameters, context: Context) -> Run:
    """One run: every build planned; the metrics are the last one's.

    A step that hangs on a RUN's output counts as run again, and as found at the low end of the range.
    """
    planned = plan(params, context.folder, context.label, context.bound)
    context.tick(1.0)
    last = planned.last
    unsure = 0 if context.bound == "low" else last.depends
    misses = last.misses + unsure
    estimated = {"rebuild_time", "saved_time", "new_bytes"} if last.estimate or last.full_seconds else set()
    return Run(
        samples={
            "steps": [last.steps],
            "hits": [last.steps - misses],
            "misses": [misses],
            "misses_share": [misses / last.steps if last.steps else 0.0],
            "rebuild_time": [last.rebuild_seconds],
            "saved_time": [last.saved_seconds],
            "new_bytes": [last.new_bytes],
            "first_cause_line": [last.first_cause_line],
        },
        records=planned.records,
        estimates=frozenset(estimated),
        ranged=True,
    )


STUDY = Study("build", Parameters, METRICS, run, random=False)
