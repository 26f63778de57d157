"""Recorded builds, replayed: for every step of every build, does the model say run or cached as the builder did?

The file's own `how` and `counting` define a step. Rows of FROM, steps that failed and steps that never came to run are
inputs. Builds marked unstable are built, but not counted. A name that only one side has disagrees.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sim.builds.builders import build_with
from sim.builds.cache.buildkit import BuildStep, CacheStore
from sim.builds.cache.outcomes import left_by
from sim.builds.context import tree as tree_of
from sim.builds.context.rootfs import Files
from sim.builds.context.tree import Tree, TreeEntry
from sim.builds.graph.bases import Bases, recorded_bases
from sim.builds.graph.options import Builder, from_command_line
from sim.builds.graph.vertices import Vertex
from sim.errors import InputError, Problem
from sim.evidence.replays.builds.recording import check_recording

RECORDINGS = ("recorded_builds.json", "recorded_builds_more.json", "recorded_builds_neighbours.json")
"""The recordings that come with the package, in `sim/evidence/data`."""

_FROM = re.compile(r"(\[[^\]]*\] )?(\d+/\d+ )?from\b", re.IGNORECASE)

_STAGE = re.compile(r"\[([^\]]*?) *\d+/\d+\]")
"""The stage in a step's name, with its platform where that is printed: "[linux/amd64 web 2/6] RUN make"."""


@dataclass(frozen=True, slots=True)
class StepDisagreement:
    """One step that the model and the builder differ on. "missing" where one of them has no such step."""

    scenario: str
    builder: str
    build: str
    step: str
    predicted: str
    recorded: str


@dataclass
class Agreement:
    """Steps and those that agree, of all builds and of those after a scenario's first.

    Attributes:
        named_otherwise: Steps that several stages share and whose name is recorded as another of theirs than the
            model's.
    """

    agree: int = 0
    steps: int = 0
    agree_after_first: int = 0
    steps_after_first: int = 0
    named_otherwise: int = 0

    @property
    def complete(self) -> bool:
        """Whether every step agrees."""
        return self.agree == self.steps


@dataclass
class _Bench:
    """One builder at work on one scenario."""

    builder: Builder
    store: CacheStore
    tree: Tree
    bases: Bases
    outputs: Mapping[str, Mapping[str, Mapping[str, str]]]
    label: str = ""
    runs: int = 0
    first: bool = True
    states: dict[str, str] = field(default_factory=dict)


def replay_builds(data: Any, file: str, builders: dict[str, Agreement], disagreements: list[StepDisagreement]) -> None:
    """Replay one recording and add to what agrees and disagrees. Raises `InputError` with everything wrong with it."""
    problems = check_recording(data, file)
    if problems:
        raise InputError(problems)
    try:
        bases = recorded_bases(data.get("bases", {}))
    except RecursionError:
        raise InputError(Problem("each is built from another, too many in a row", file, path="bases")) from None
    except InputError as error:
        raise InputError([dataclasses.replace(p, file=file, path="bases") for p in error.problems]) from None
    for index, scenario in enumerate(data["scenarios"]):
        try:
            disagreements += _replayed(scenario, bases, builders, file, f"scenarios.{index}")
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)


def _replayed(
    scenario: Mapping[str, Any], bases: Bases, builders: dict[str, Agreement], file: str, place: str
) -> list[StepDisagreement]:
    """The disagreements of one scenario. What agrees is counted in `builders`. Raises `InputError` with its place."""
    disagreements: list[StepDisagreement] = []
    benches: dict[str, _Bench] = {}
    for number, build in enumerate(scenario["builds"]):
        name = build["builder"]
        with _placed(file, scenario["name"], place):
            bench = benches.get(name) or _bench(name, scenario, bases)
        benches[name] = bench
        with _placed(file, scenario["name"], f"{place}.builds.{number}"):
            predicted, otherwise = _build(bench, build)
        if not build.get("unstable"):
            agreement = builders.setdefault(name, Agreement())
            agreement.named_otherwise += otherwise
            disagreements += _compare(scenario["name"], build, predicted, agreement, bench.first)
        bench.first = False
    return disagreements


def _bench(builder: Builder, scenario: Mapping[str, Any], bases: Bases) -> _Bench:
    tree = Tree()
    for path, value in scenario.get("context_files", {}).items():
        tree = _mutate(tree, path, value)
    tree = tree_of.write(tree, "Dockerfile", scenario["dockerfile"])
    return _Bench(builder, CacheStore(), tree, bases, scenario.get("outputs") or {})


@contextmanager
def _placed(file: str, scenario: str, where: str) -> Iterator[None]:
    """Say of a problem inside which build of which scenario of the recording it is."""
    try:
        yield
    except InputError as error:
        problems = []
        for problem in error.problems:
            inner = ":".join(str(part) for part in (problem.file, problem.line) if part)
            message = f"scenario {scenario!r}: {inner}{': ' if inner else ''}{problem.message}"
            problems.append(Problem(message, file, path=where))
        raise InputError(problems) from None


def _build(bench: _Bench, build: Mapping[str, Any]) -> tuple[dict[str, str], int]:
    """What each step is predicted to do, and how many are named otherwise (`_named`).

    Where the model refuses a build, nothing if the recording has it fail too, else each recorded step is "refused".
    Raises `InputError` for a change or an argument that cannot be.
    """
    for path, value in (build.get("mutation") or {}).items():
        if path == "__move__":
            bench.store.synced = None
        else:
            bench.tree = _mutate(bench.tree, path, value)
    bench.label = build.get("label", "")
    options = from_command_line(build.get("args", ""))
    failing = frozenset(name for name, state in build["steps"].items() if state == "error")
    skipped = frozenset(name for name, state in build["steps"].items() if state == "not-run")
    try:
        steps = build_with(
            bench.builder,
            bench.tree,
            options,
            bench.store,
            _recorded_output(bench),
            bench.bases,
            failing=failing,
            skipped=skipped,
        )
    except InputError as error:
        refused = build.get("rc") or failing
        return {} if refused else dict.fromkeys(build["steps"], f"refused: {error.problems[0]}"), 0
    return _named(steps, build["steps"])


def _mutate(tree: Tree, path: str, value: Any) -> Tree:
    if path.endswith("/"):
        return tree_of.delete(tree, path) if value is None else tree_of.make_directory(tree, path)
    if value is None:
        return tree_of.delete(tree, path)
    if isinstance(value, str):
        return tree_of.write(tree, path, value)
    if "content" in value:
        tree = tree_of.write(tree, path, value["content"])
    if "symlink" in value:
        tree = tree_of.link(tree, path, value["symlink"])
    if "dir" in value or "mkdir" in value or not value:
        tree = tree_of.make_directory(tree, path)
    if "mode" in value:
        tree = tree_of.change(tree, path, mode=value["mode"])
    if "mtime" in value:
        tree = tree_of.change(tree, path, mtime=float(value["mtime"]))
    if "chown" in value:
        uid, gid = value["chown"]
        tree = tree_of.change(tree, path, uid=uid, gid=gid)
    return tree


def _recorded_output(bench: _Bench) -> Callable[[Vertex, Files | None], Files]:
    """What a RUN leaves: the recorded content of the paths later read, else what its line shows, else something new."""

    def output(vertex: Vertex, below: Files | None) -> Files:
        bench.runs += 1
        under = (below,) if below is not None else ()
        left = _left(bench, vertex)
        if left is None:
            return left_by(vertex, below, (f"run {bench.runs}",))
        written = {path.strip("/"): _token(text) for path, text in left.items()}
        return Files(under, written=lambda: written, declared=True)

    return output


def _left(bench: _Bench, vertex: Vertex) -> Mapping[str, str] | None:
    text = vertex.text.split(None, 1)[-1]
    for name, builds in bench.outputs.items():
        same = name.partition("] ")[2].split(None, 1)[-1] == text if bench.builder == "legacy" else name in vertex.names
        if same:
            return builds.get(bench.label, builds.get("*"))
    return None


def _token(text: str) -> TreeEntry:
    content, _, rest = text.partition(" ")
    mode, _, uid = rest.partition(" ")
    made = tree_of.file(content, int(mode, 8) if mode else 0o644)
    return TreeEntry("file", made.mode, int(uid or 0), 0, made.size, content=made.content)


def _named(steps: Mapping[str, BuildStep], recorded: Mapping[str, str]) -> tuple[dict[str, str], int]:
    """What each printed step did, a repeated name numbered as in the recording, the target's side first.

    A step that several stages share goes by the name recorded of it: which of its names BuildKit prints is left to
    chance (`sim.builds.graph.merging`). How many go by another than the model's is counted. Any other step has one
    name.
    """
    names: dict[str, str] = {}
    otherwise = 0
    for step in reversed(list(steps.values())):
        if step.vertex.internal or step.vertex.kind == "context":
            continue
        vertex = step.vertex
        if vertex.lookup:
            names[vertex.lookup] = "run"
        named = vertex.name
        if _shared(vertex) and (named not in recorded or named in names):
            free = (name for name in reversed(vertex.names) if name in recorded and name not in names)
            named = next(free, named)
            otherwise += named != vertex.name
        name = named
        count = 1
        while name in names:
            count += 1
            name = f"{named} #{count}"
        names[name] = {"hit": "cached", "failed": "error", "skipped": "not-run"}.get(step.outcome, "run")
    return names, otherwise


def _shared(vertex: Vertex) -> bool:
    """Whether a vertex stands in several stages."""
    return len({match[1] for name in vertex.names if (match := _STAGE.match(name))}) > 1


def _compare(
    scenario: str, build: Mapping[str, Any], predicted: Mapping[str, str], agreement: Agreement, first: bool
) -> list[StepDisagreement]:
    recorded = build["steps"]
    disagreements = []
    for name in dict.fromkeys((*recorded, *predicted)):
        if _FROM.match(name) or recorded.get(name) in ("error", "not-run"):
            continue
        mine, theirs = predicted.get(name, "missing"), recorded.get(name, "missing")
        agreement.steps += 1
        agreement.agree += mine == theirs
        agreement.steps_after_first += not first
        agreement.agree_after_first += not first and mine == theirs
        if mine != theirs:
            item = StepDisagreement(scenario, build["builder"], build.get("label", ""), name, mine, theirs)
            disagreements.append(item)
    return disagreements
