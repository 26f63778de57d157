"""The study `build`: a Dockerfile is built, something changes, it is built again. What runs again, and why?"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Annotated, Any

from annotated_types import Ge, Le, MinLen, doc

from sim.builds.advice.suggest import Suggestion, suggestions
from sim.builds.context import tree as trees
from sim.builds.context.edits import Change, Edit
from sim.builds.context.ignore import rules_of
from sim.builds.context.rootfs import TreeView
from sim.builds.context.selection import Selector, select
from sim.builds.context.tree import Tree
from sim.builds.cost.history import entries, unknown
from sim.builds.graph.options import Builder
from sim.builds.plan import BuildPlan, plan_builds
from sim.builds.session import CacheWalks
from sim.catalog.model import Host
from sim.catalog.names import CatalogName
from sim.errors import Problem
from sim.inputfile import is_file, is_folder
from sim.outcome import Bound, MetricSpec
from sim.records.images import StepRecord
from sim.studies.base import Context, NamesFile, Study, StudyRun, Tick, no_tick
from sim.studies.once import Once


@dataclass(frozen=True, kw_only=True)
class Build:
    """A Dockerfile, its context, a builder, and what changes before each build after the first."""

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012  (read by pydantic, never changed)

    dockerfile: Annotated[str, MinLen(1), NamesFile(), doc("The Dockerfile, from the top of the build context.")] = (
        "Dockerfile"
    )
    context: Annotated[
        str, MinLen(1), NamesFile(), doc("The folder of the build context, from the scenario's file.")
    ] = "."
    builder: Annotated[Builder, doc("What builds: BuildKit on one of two image stores, or the legacy builder.")] = (
        "buildkit-containerd"
    )
    target: Annotated[str, doc("The stage to build; empty for the last one.")] = ""
    build_args: Annotated[Mapping[str, str], doc("Build arguments, by name.")] = field(default_factory=dict)
    host: Annotated[str | Host, CatalogName("hosts"), doc("The machine that builds.")] = "laptop"
    max_parallelism: Annotated[
        int, Ge(0), Le(1024), doc("Steps that BuildKit runs at the same time; 0 for as many as are ready.")
    ] = 0
    pull_base: Annotated[bool, doc("Whether base images are not on the host yet and are pulled first.")] = False
    like: Annotated[
        str,
        NamesFile(),
        doc("An image whose layers have the steps' sizes: one of the catalog, or an archive beside the scenario."),
    ] = ""
    flags: Annotated[
        str,
        doc(
            "More flags of docker build that are in a step's key: --platform, --network, --add-host, --ulimit, --label."
        ),
    ] = ""
    builds: Annotated[tuple[Change, ...], doc("What changes before each build after the first.")] = ()


METRICS = (
    MetricSpec("steps", "1", "the last build", "Steps that can be found in the cache."),
    MetricSpec("hits", "1", "the last build", "Steps found in the cache."),
    MetricSpec("misses", "1", "the last build", "Steps that run again.", headline=True),
    MetricSpec(
        "misses_if_same", "1", "the last build", "Steps that run again if each RUN that runs leaves the same bytes."
    ),
    MetricSpec("misses_share", "1", "the last build", "Share of the steps that run again."),
    MetricSpec("rebuild_time", "s", "start to end of the last build", "Time the last build takes."),
    MetricSpec("saved_time", "s", "the last build", "Time the cache saves against building everything."),
    MetricSpec("new_bytes", "B", "the last build", "Bytes of the image's layers that are made anew.", transfer=True),
    MetricSpec(
        "push_bytes",
        "B",
        "the last build",
        "Bytes the next push and pull move: the new layers, compressed.",
        transfer=True,
    ),
    MetricSpec("image_bytes", "B", "the last build", "Bytes of all layers of the finished image, its base's included."),
    MetricSpec("first_cause_line", "1", "the last build", "Line of the first step that missed by itself; 0 for none."),
)


def read_context(
    folder: str | Path, dockerfile: str = "Dockerfile", *, whole: bool = False, alive: Callable[[], None] = trees.untold
) -> Tree:
    """The build context of a folder. What its ignore files exclude for good is not even walked.

    Args:
        whole: Walk all of it, as when the ignore files themselves are to change.
        alive: Called for each folder. May raise.
    """
    tree = _read(Path(folder), dockerfile, whole, alive)
    if Path(folder).resolve().is_relative_to(_PACKAGE):
        return tree.keep(lambda path: "__pycache__" not in path.split("/"))
    return tree


_PACKAGE = Path(__file__).resolve().parents[1]
"""Where it is installed, the shipped scenarios lie in it, and pip has compiled the Python files of their contexts."""


def _read(root: Path, dockerfile: str, whole: bool, alive: Callable[[], None]) -> Tree:
    if whole:
        return trees.from_directory(root, alive=alive)
    texts = {name: trees.text_of_file(root, name) for name in (f"{dockerfile}.dockerignore", ".dockerignore")}
    ignore_files = {name: text for name, text in texts.items() if text is not None}
    ignore = rules_of(trees.from_mapping(ignore_files), dockerfile)
    if any(rule.startswith("!") for _, rule in ignore.rules):
        return trees.from_directory(root, alive=alive)
    return trees.from_directory(root, skip=ignore.hides, alive=alive)


def plan(
    params: Build,
    folder: str | Path,
    label: str = "build",
    bound: Bound = "value",
    tick: Tick = no_tick,
    once: Once | None = None,
) -> BuildPlan:
    """The plan of a study's builds.

    Args:
        folder: Where the context is looked up.
        once: What other runs of the batch worked out: the context, and what the cache says of builds that are the same.

    Raises `InputError`.
    """
    once = once or Once()
    whole, place = _whole(params), (str(folder), params.context, params.dockerfile)
    tree = once.of(("context", *place, whole), partial(_tree, params, folder, tick, whole=whole))
    walks = once.of(("walks", str(folder), repr(params)), CacheWalks)
    asked = _asked(params, folder)
    return plan_builds(None, tree, params.builds, label=label, bound=bound, walks=walks, tick=tick, **asked)


def advice(params: Build, folder: str | Path, limit: int = 3, tick: Tick = no_tick) -> tuple[Suggestion, ...]:
    """What would have made the last of a study's builds cheaper, the best first. Raises `InputError`."""
    tree, asked = _tree(params, folder, tick, whole=True), _asked(params, folder)
    return suggestions(tree, params.builds, limit=limit, tick=tick, **asked)


@dataclass(frozen=True, slots=True)
class WhatIf:
    """What the next build would take after an edit of one file.

    Attributes:
        line: Of the first COPY that takes it.
    """

    path: str
    line: int
    misses: int
    steps: int
    seconds: float
    estimate: bool


def what_if(params: Build, folder: str | Path, limit: int = 8, tick: Tick = no_tick) -> tuple[WhatIf, ...]:
    """What an edit of a file would cost, for one file of each COPY of the build context, the dearest first.

    Args:
        params: Without changes.

    Raises `InputError`.
    """
    tree, asked = _tree(params, folder, tick, whole=_whole(params)), _asked(params, folder)
    by_line: dict[int, WhatIf] = {}
    tried: set[str] = set()
    first = plan_builds(None, tree, **asked).last
    for vertex in first.graph.vertices:
        for item in vertex.inputs:
            if first.graph.vertex(item.vertex).kind != "context" or len(by_line) >= limit:
                continue
            parts = select(TreeView(first.graph.context), item.selectors or (Selector("/"),)).parts
            files = [path for path, identity in parts if identity.startswith("file ") and path not in tried]
            path = min(files, key=_rank, default="")
            tried.update(files if len(files) < _FEW else [path])
            if not path:
                continue
            tick(len(by_line) / limit)
            edit = Change(edits=(Edit(path=path, append="\n"),))
            last = plan_builds(None, tree, [edit], **asked).last
            misses = last.misses + last.depends
            cost = WhatIf(path, last.first_cause_line, misses, last.steps, last.rebuild_seconds, last.estimate)
            if misses and cost.line not in by_line:
                by_line[cost.line] = cost
    return tuple(sorted(by_line.values(), key=lambda cost: (-cost.seconds, cost.line)))


_FEW = 4
"""A COPY of fewer files stands for those files. A folder's other files may be copied again further down."""

_SOURCE = re.compile(
    r"\.(py|rb|php|js|jsx|ts|tsx|mjs|vue|svelte|go|rs|java|kt|scala|cs|fs|c|cc|cpp|h|hpp|swift|ex|exs|html|css)$",
    re.IGNORECASE,
)
_SELDOM = re.compile(r"(^|/)(tests?|spec|__tests__|migrations|config|docs?)/|\.(test|spec|config|min)\.", re.IGNORECASE)


def _rank(path: str) -> tuple[bool, bool, bool]:
    """How far a file is from one that is edited often: source first, lists and what is seldom touched last."""
    return bool(_LISTS.search(path)), not _SOURCE.search(path), bool(_SELDOM.search(path))


_LISTS = re.compile(r"(^|/)(Dockerfile|\.|README|LICENSE|docs?/)|\.(md|rst|lock|txt)$", re.IGNORECASE)
"""Files that are edited less often than a source."""


def _whole(params: Build) -> bool:
    """Whether all of the context is walked, since its ignore files are to change."""
    return any(edit.path.endswith(".dockerignore") for change in params.builds for edit in change.edits)


def _tree(params: Build, folder: str | Path, tick: Tick, *, whole: bool) -> Tree:
    root = Path(folder) / params.context
    tree = read_context(root, params.dockerfile, whole=whole, alive=partial(tick, 0.0))
    if params.dockerfile not in tree and (text := trees.text_of_file(root, params.dockerfile)) is not None:
        tree = trees.put(tree, params.dockerfile, trees.file(text))
    return tree


def _asked(params: Build, folder: str | Path) -> dict[str, Any]:
    """How the builds are asked for, as `plan_builds` and `suggestions` take it."""
    return {
        "builder": params.builder,
        "path": params.dockerfile,
        "target": params.target,
        "build_args": params.build_args,
        "host": params.host,
        "max_parallelism": params.max_parallelism,
        "pull_base": params.pull_base,
        "flags": params.flags,
        "like": entries(params.like, folder) if params.like else (),
    }


def run(params: Build, context: Context) -> StudyRun:
    """One run: every build planned. The metrics are the last one's.

    A step that hangs on a RUN's output counts as run again, and as found at the low end of the range.
    """
    planned = plan(params, context.folder, context.label, context.bound, context.tick, context.once)
    context.tick(1.0)
    last = planned.last
    unsure = 0 if context.bound == "low" else last.depends
    misses = last.misses + unsure
    estimated = {"rebuild_time", "saved_time", "new_bytes", "push_bytes"} if last.full_seconds else set()
    estimated |= {"image_bytes"} if last.image_estimate else set()
    return StudyRun(
        samples={
            "steps": [last.steps],
            "hits": [last.steps - misses],
            "misses": [misses],
            "misses_if_same": [last.misses + sum(_runs_anyway(record) for record in last.records)],
            "misses_share": [misses / last.steps if last.steps else 0.0],
            "rebuild_time": [last.rebuild_seconds],
            "saved_time": [last.saved_seconds],
            "new_bytes": [last.new_bytes],
            "push_bytes": [last.push_bytes],
            "image_bytes": [last.image_bytes],
            "first_cause_line": [last.first_cause_line],
        },
        records=planned.records,
        estimates=frozenset(estimated),
        ranged=True,
    )


def _runs_anyway(record: StepRecord) -> bool:
    """Whether a step that hangs on a RUN's output runs again even if that is the same."""
    return record.status == "depends" and dict(record.reason.arguments).get("if_same") == "miss"


def _missing(params: Build, folder: str) -> Iterator[Problem]:
    """The folder of the build context, the Dockerfile in it, and the image whose sizes are taken."""
    top = Path(folder) / params.context
    if not is_folder(top):
        yield Problem(f"no folder {params.context!r} in {folder!r}", path="context")
    elif not is_file(top / params.dockerfile):
        yield Problem(f"no file {params.dockerfile!r} in {str(top)!r}", path="dockerfile")
    elif out := trees.leads_out(top, params.dockerfile):
        yield Problem(f"{params.dockerfile!r} {out}", path="dockerfile")
    if params.like and (reason := unknown(params.like, folder)):
        yield Problem(reason, path="like")


STUDY = Study("build", Build, METRICS, run, random=False, missing=_missing, steps=True)
