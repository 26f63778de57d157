"""Other ways to write a Dockerfile that would have made the last build of a plan cheaper, each tried out.

A suggestion is a changed Dockerfile or ignore file that is planned with the same changes. What it saves is the
difference. Whether a step needs what is moved behind it cannot be known, so each is for a person to judge.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sim import limits
from sim.builds.advice.splitting import another_stage, first_line, needs_source
from sim.builds.context import tree as trees
from sim.builds.context.edits import Change
from sim.builds.context.tree import Tree
from sim.builds.cost.counting import names_packages
from sim.builds.cost.wording import InOrder
from sim.builds.dockerfile.instructions import Arg, Copy, Instruction, Pairs, RunInstruction
from sim.builds.dockerfile.stages import Stage, parse
from sim.builds.graph.options import Builder
from sim.builds.plan import BuildPlan, PlannedBuild, plan_builds, untold
from sim.builds.reasons.why import message
from sim.errors import InputError
from sim.records.images import StepRecord
from sim.records.instances import Message

Candidate = tuple[Message, Mapping[str, str]]
"""A change: what it is, and the new texts by path."""

LEAST_SECONDS = 0.5
LEAST_SHARE = 0.05
"""The least that a suggestion saves of the last build. Less is noise beside the estimates."""

_FIRST_OF_PAIRS = 8
"""Where a build has several causes: on top of so many changes another is tried."""

_TOOLS = (
    (
        InOrder(r"\bpip3?\b.*\binstall\b"),
        ("requirements*.txt", "pyproject.toml", "setup.py", "setup.cfg"),
        "/root/.cache/pip",
    ),
    (InOrder(r"\buv\b.*\b(sync|install)\b"), ("pyproject.toml", "uv.lock", "requirements*.txt"), "/root/.cache/uv"),
    (InOrder(r"\bpoetry\b.*\binstall\b"), ("pyproject.toml", "poetry.lock"), "/root/.cache/pypoetry"),
    (InOrder(r"\bnpm\s+(ci|i|install)\b"), ("package.json", "package-lock.json", ".npmrc"), "/root/.npm"),
    (InOrder(r"\byarn(\s+install)?\s*($|-)"), ("package.json", "yarn.lock"), "/usr/local/share/.cache/yarn"),
    (InOrder(r"\bpnpm\s+(i|install|fetch)\b"), ("package.json", "pnpm-lock.yaml"), "/root/.local/share/pnpm/store"),
    (InOrder(r"\bgo\s+(mod\s+download|build|install)\b"), ("go.mod", "go.sum"), "/go/pkg/mod"),
    (InOrder(r"\bcargo\s+(build|install|fetch)\b"), ("Cargo.toml", "Cargo.lock"), "/usr/local/cargo/registry"),
    (InOrder(r"\bbundle\s+install\b"), ("Gemfile", "Gemfile.lock"), "/usr/local/bundle/cache"),
    (InOrder(r"\bcomposer\s+install\b"), ("composer.json", "composer.lock"), "/root/.composer/cache"),
    (InOrder(r"\bmvnw?\b"), ("pom.xml",), "/root/.m2"),
    (
        InOrder(r"\bdotnet\s+(restore|build|publish)\b"),
        ("*.csproj", "*.fsproj", "*.sln", "*.slnx", "Directory.*.props", "nuget.config", "packages.lock.json"),
        "/root/.nuget/packages",
    ),
    (InOrder(r"\bgradlew?\b"), ("build.gradle*", "settings.gradle*", "gradle.properties"), "/root/.gradle"),
)
"""Commands that fetch dependencies: pattern, the files that name them, where they keep what they fetched."""

_THE_SOURCE = InOrder(r"\b(pip3?|uv)\b.*\binstall\b.*\s\.(/|\[|\s|$)")
"""An installation of the project itself needs more than the files that name its dependencies."""

_NO_SOURCE = re.compile(
    r"(^|/)(docs?|tests?|spec|\.git|\.github|\.vscode|\.idea|examples?|coverage)(/|$)"
    r"|\.(md|rst|log|txt\.bak|swp|orig)$|(^|/)(LICENSE|CHANGELOG|README|Dockerfile|\.dockerignore|\.gitignore)[^/]*$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Suggestion:
    """A change that saves time.

    Attributes:
        files: The new texts by path.
        saved_seconds: Of the last build, as planned.
        together: What has to be changed with it, where one change alone does not help.
    """

    message: Message
    saved_seconds: float
    files: Mapping[str, str]
    together: tuple[Message, ...] = ()


def suggestions(
    context: Tree | Mapping[str, str] | str | Path,
    changes: Sequence[Change],
    builder: Builder = "buildkit-containerd",
    *,
    path: str = "Dockerfile",
    limit: int = 3,
    tick: Callable[[float], None] = untold,
    **asked: Any,
) -> tuple[Suggestion, ...]:
    """What would have saved most of the last build, the best first. None where nothing is worth it.

    Args:
        context: With its Dockerfile at `path`.
        tick: Told all through each build that is tried which share is done, and may end it all by raising.
        asked: The rest that `plan_builds` takes.

    Raises `InputError` as that does.
    """
    tree = context if isinstance(context, Tree) else _read(context)

    def planned(files: Mapping[str, str], edits: Sequence[Change]) -> BuildPlan:
        changed = tree
        for name, text in files.items():
            changed = trees.write(changed, name, text)
        return plan_builds(None, changed, edits, builder, path=path, tick=lambda _: tick(share), **asked)

    share = 0.0
    now = planned({}, changes)
    text = now.last.tree.text(path) or ""
    others = [_without(change, path) for change in changes]
    if len(now.builds) < 2 or not now.last.rebuild_seconds or others != list(changes):
        return ()
    least = max(LEAST_SECONDS, LEAST_SHARE * now.last.rebuild_seconds)
    done = itertools.count()

    def tried(files: Mapping[str, str]) -> PlannedBuild | None:
        nonlocal share
        share = min(1.0, next(done) / (limits.SUGGESTIONS + limits.SUGGESTION_PAIRS))
        try:
            return planned(files, others).last
        except InputError:
            return None

    most = max(limits.SUGGESTION_STEPS // max(now.last.steps, 1), 1)
    alone = list(itertools.islice(_distinct(_candidates(now.last, text, path, builder)), min(limits.SUGGESTIONS, most)))
    pairs = min(limits.SUGGESTION_PAIRS, most - len(alone)) if _several(now.last.records) else 0
    plans = [tried(files) for _, files in alone]
    saves = [now.last.rebuild_seconds - plan.rebuild_seconds if plan is not None else 0.0 for plan in plans]
    kept: dict[tuple[str, ...], Suggestion] = {}
    for (said, files), saved in zip(alone, saves, strict=True):
        _keep(kept, (said,), saved, files, least)
    for first, second, files in itertools.islice(_pairs(alone, plans, path, builder), pairs):
        plan = tried(files)
        saved = now.last.rebuild_seconds - plan.rebuild_seconds if plan is not None else 0.0
        if saved >= saves[first] + saves[second] + least:
            _keep(kept, (alone[first][0], alone[second][0]), saved, files, least)
    return tuple(
        sorted(kept.values(), key=lambda suggestion: (-suggestion.saved_seconds, suggestion.message.id))[:limit]
    )


def _keep(
    kept: dict[tuple[str, ...], Suggestion],
    said: tuple[Message, ...],
    saved: float,
    files: Mapping[str, str],
    least: float,
) -> None:
    """Keep a suggestion that saves enough, and of each kind the best."""
    kind = tuple(sorted(message.id for message in said))
    if saved < least or (kind in kept and kept[kind].saved_seconds >= saved):
        return
    told, *more = (Message(message.id, (*message.arguments, ("seconds", round(saved, 3)))) for message in said)
    kept[kind] = Suggestion(told, saved, files, tuple(more))


def _several(records: Sequence[StepRecord]) -> bool:
    """Whether a build has causes beside the first."""
    return len({said for record in records for said in _causes(record)}) > 1


def _causes(record: StepRecord) -> tuple[Message, ...]:
    """What makes a step run by itself."""
    return (record.reason, *record.also) if record.cause else record.also


def _pairs(
    alone: Sequence[Candidate], plans: Sequence[PlannedBuild | None], path: str, builder: Builder
) -> Iterator[tuple[int, int, Mapping[str, str]]]:
    """Two changes of different kinds, by their places in `alone`, and the files with both.

    The second is made again on the Dockerfile that has the first, where its lines are others. It is the same change if
    it says the same but for lines.
    """
    tops = sorted(range(len(alone)), key=lambda at: _FIRST.index(alone[at][0].id) if alone[at][0].id in _FIRST else 9)
    for first in tops[:_FIRST_OF_PAIRS]:
        plan, (said, files) = plans[first], alone[first]
        if plan is None:
            continue
        text = plan.tree.text(path) or ""
        for other, more in _distinct(_candidates(plan, text, path, builder)):
            second = next((at for at, (known, _) in enumerate(alone) if _alike(known, other)), None)
            if second is None or other.id == said.id:
                continue
            yield first, second, {**files, **more}


_FIRST = ("build.suggest_lower", "build.suggest_ignore", "build.suggest_split_copy", "build.suggest_move_down")
"""Changes that take a cause away from above others: another is tried on top of these first."""

_LINES = ("line", "run", "above", "below", "seconds")


def _alike(message: Message, other: Message) -> bool:
    """Whether two messages say the same but for lines."""
    plain = [[pair for pair in said.arguments if pair[0] not in _LINES] for said in (message, other)]
    return message.id == other.id and plain[0] == plain[1]


def _distinct(candidates: Iterable[Candidate]) -> Iterator[Candidate]:
    """Each change once: one step may have several causes that it would help."""
    seen: set[tuple[tuple[str, str], ...]] = set()
    for said, files in candidates:
        kind = tuple(sorted(files.items()))
        if kind not in seen:
            seen.add(kind)
            yield said, files


def _read(context: Mapping[str, str] | str | Path) -> Tree:
    return trees.from_mapping(context) if isinstance(context, Mapping) else trees.from_directory(context)


def _without(change: Change, path: str) -> Change:
    edits = tuple(edit for edit in change.edits if edit.path != path)
    return change if edits == change.edits else Change(edits=edits, build_args=change.build_args)


def _candidates(build: PlannedBuild, text: str, path: str, builder: Builder) -> Iterator[Candidate]:
    dockerfile = parse(text, path)
    lines = text.split("\n")
    causes = [(record.line, said) for record in build.records for said in _causes(record)]
    for stage in dockerfile.stages:
        places = {step.line: at for at, step in enumerate(stage.instructions)}
        for line, cause in causes:
            at = places.get(line)
            if at is None:
                continue
            step = stage.instructions[at]
            changed = str(dict(cause.arguments).get("path", ""))
            if isinstance(step, Copy) and not step.source:
                yield from ((m, {path: t}) for m, t in _split(build, stage, at, lines, changed))
                yield from ((m, {path: t}) for m, t in _later(stage, at, lines))
                yield from _ignore(build, step, changed)
                yield from ((m, {path: t}) for m, t in another_stage(dockerfile, stage, at, lines))
            yield from ((m, {path: t}) for m, t in _earlier(stage, at, lines))
            yield from ((m, {path: t}) for m, t in _lower(stage, cause, lines))
    if builder != "legacy":
        yield from ((m, {path: t}) for m, t in _mounts(build, dockerfile.stages, lines))


def _split(build: PlannedBuild, stage: Stage, at: int, lines: list[str], changed: str) -> Iterator[tuple[Message, str]]:
    """Copy the files that name the dependencies first, the rest behind the command that fetches them."""
    copy = stage.instructions[at]
    assert isinstance(copy, Copy)
    for run in stage.instructions[at + 1 :]:
        names = _manifests(build, copy, run)
        if not names or changed in names:
            continue
        dest = copy.dest if copy.dest.endswith("/") else copy.dest + "/"
        first = f"COPY {' '.join(names)} {'./' if copy.dest == '.' else dest}"
        moved = _moved(lines, copy, run.end)
        moved.insert(first_line(lines, copy), first)
        files = ", ".join(names)
        yield message("build.suggest_split_copy", line=copy.line, run=run.line, files=files), "\n".join(moved)
        return


def _manifests(build: PlannedBuild, copy: Copy, run: Instruction) -> list[str]:
    """The files a command reads its dependencies from, among those a COPY of a directory takes."""
    if not isinstance(run, RunInstruction) or needs_source(run.text) or _THE_SOURCE.search(run.text):
        return []
    patterns = _lists(run.text)
    if not patterns:
        return []
    folders = [trees.clean(source) for source in copy.sources]
    visible = build.ignore.visible(build.tree)
    manifests = []
    for folder in folders:
        for rel, entry in visible.under(folder):
            if entry.kind == "file" and "/" not in rel and any(_like(name, rel) for name in patterns):
                manifests.append(f"{folder}/{rel}" if folder else rel)
    return manifests


def _lists(command: str) -> list[str]:
    """The files that a RUN reads its dependencies from, as patterns. One that is told the packages reads none."""
    parts = re.split(r"&&|\|\||[;|\n]", command.replace("\\\n", " "))
    wanted = [part for part in parts if not names_packages(part)]
    return [name for tool, names, _ in _TOOLS if any(tool.search(part) for part in wanted) for name in names]


def _like(pattern: str, name: str) -> bool:
    return bool(re.fullmatch(re.escape(pattern).replace(r"\*", "[^/]*"), name))


def _later(stage: Stage, at: int, lines: list[str]) -> Iterator[tuple[Message, str]]:
    """Move a COPY of single things behind the RUNs that do not speak of them."""
    copy = stage.instructions[at]
    assert isinstance(copy, Copy)
    words = {word.strip("./").rpartition("/")[2] for word in (*copy.sources, copy.dest)} - {""}
    if not words or any(source.strip("./") == "" for source in copy.sources):
        return
    below = None
    for step in stage.instructions[at + 1 :]:
        named = any(re.search(rf"(?<![\w.-]){re.escape(word)}(?![\w-])", step.text) for word in words)
        if named or _reads(step, copy) or not isinstance(step, RunInstruction | Copy | Pairs | Arg):
            break
        below = step if isinstance(step, RunInstruction) else below
    if below is not None:
        moved = _moved(lines, copy, below.end)
        yield message("build.suggest_move_down", line=copy.line, below=below.line), "\n".join(moved)


def _reads(step: Instruction, copy: Copy) -> bool:
    """Whether a command builds from all there is, or reads its dependencies from what a COPY brings."""
    if not isinstance(step, RunInstruction):
        return False
    patterns = _lists(step.text)
    named = [source.rstrip("/").rpartition("/")[2] for source in copy.sources]
    manifests = any(_like(pattern, name) or _like(name, pattern) for pattern in patterns for name in named)
    return manifests or bool(needs_source(step.text) or _THE_SOURCE.search(step.text))


def _earlier(stage: Stage, at: int, lines: list[str]) -> Iterator[tuple[Message, str]]:
    """Move a command that fetches dependencies, with the COPY right before it that names them, above the cause."""
    steps = stage.instructions
    for index in range(at + 2, len(steps)):
        copy, run = steps[index - 1], steps[index]
        if not (isinstance(copy, Copy) and isinstance(run, RunInstruction) and not copy.source):
            continue
        wanted = _lists(run.text)
        named = [source.rpartition("/")[2] for source in copy.sources]
        if wanted and all(any(_like(pattern, name) or _like(name, pattern) for pattern in wanted) for name in named):
            if any(isinstance(other, Copy) and _reads(run, other) for other in steps[at : index - 1]):
                return
            block = lines[first_line(lines, copy) : run.end]
            rest = lines[: first_line(lines, copy)] + lines[run.end :]
            above = first_line(lines, steps[at])
            moved = rest[:above] + block + rest[above:]
            yield message("build.suggest_move_up", line=run.line, above=steps[at].line), "\n".join(moved)
            return


def _lower(stage: Stage, cause: Message, lines: list[str]) -> Iterator[tuple[Message, str]]:
    """Move an ARG or ENV whose value changes, with those beside it that pass it on, to above what first uses it."""
    if not cause.id.startswith(("build.arg_", "build.env_")):
        return
    name = str(dict(cause.arguments).get("name", ""))
    steps = stage.instructions
    for index, step in enumerate(steps):
        if _given(step) != [name]:
            continue
        start, stop, names = index, index + 1, [name]
        while start and len(_given(steps[start - 1])) == 1 and _uses(steps[start], _given(steps[start - 1])):
            start -= 1
            names += _given(steps[start])
        while stop < len(steps) and _given(steps[stop]) and _uses(steps[stop], names):
            names += _given(steps[stop])
            stop += 1
        behind = steps[stop:]
        if not behind:
            continue
        user = next((other for other in behind if _uses(other, names)), None)
        end = behind[-1].end if user is None else first_line(lines, user)
        if end > steps[stop - 1].end:
            first, last = first_line(lines, steps[start]), steps[stop - 1].end
            moved = lines[:first] + lines[last:end] + lines[first:last] + lines[end:]
            yield message("build.suggest_lower", name=name, line=steps[start].line, below=end), "\n".join(moved)


def _given(step: Instruction) -> list[str]:
    """The names an ARG or ENV sets."""
    if isinstance(step, Arg):
        return [name for name, _ in step.args]
    return [name for name, _ in step.pairs] if isinstance(step, Pairs) and step.name == "ENV" else []


def _uses(step: Instruction, names: Sequence[str]) -> bool:
    return any(re.search(rf"\$\{{?{re.escape(name)}\b", step.text) for name in names)


def _ignore(build: PlannedBuild, copy: Copy, changed: str) -> Iterator[Candidate]:
    """Ignore a changed path that is no source, where a whole directory is copied."""
    if not changed or not _NO_SOURCE.search(changed) or changed in {trees.clean(source) for source in copy.sources}:
        return
    name = build.ignore.file or ".dockerignore"
    old = build.tree.text(name) or ""
    text = old + ("" if not old or old.endswith("\n") else "\n") + changed + "\n"
    yield message("build.suggest_ignore", path=changed, file=name), {name: text}


_STORES = ("/go/pkg/mod", "/usr/local/cargo/registry", "/root/.m2", "/root/.gradle", "/root/.nuget/packages")
"""Where a tool's later commands read what an earlier one fetched: without the mount, they do not find it there."""

_KEEPS_NOTHING = re.compile(r"--no-cache-dir\b|--no-cache\b|\bcache (clean|purge)\b|PIP_NO_CACHE_DIR")


def _mounts(build: PlannedBuild, stages: Sequence[Stage], lines: list[str]) -> Iterator[tuple[Message, str]]:
    """Keep what a command fetches in a cache mount. A tool that keeps no copy elsewhere has it in all its commands."""
    ran = {record.line for record in build.records if record.status == "miss"}
    without: dict[str, list[RunInstruction]] = {}
    for step in (step for stage in stages for step in stage.instructions):
        if isinstance(step, RunInstruction) and not any("type=cache" in mount for mount in step.mounts):
            target = next((where for tool, _, where in _TOOLS if tool.search(step.text)), "")
            if target and not _KEEPS_NOTHING.search(step.text):
                without.setdefault(target, []).append(step)
    for target, steps in without.items():
        missed = [step for step in steps if step.line in ran]
        together = missed and target in _STORES and len(steps) > 1
        for some in [steps] if together else [[step] for step in missed]:
            changed = list(lines)
            for step in some:
                flag = f"--mount=type=cache,target={target} "
                changed[step.line - 1] = re.sub(r"^(\s*\S+\s+)", rf"\g<1>{flag}", changed[step.line - 1], count=1)
            if len(some) == 1:
                said = message("build.suggest_cache_mount", line=some[0].line, target=target)
            else:
                places = ", ".join(str(step.line) for step in some)
                said = message("build.suggest_cache_mounts", lines=places, target=target)
            yield said, "\n".join(changed)


def _moved(lines: list[str], step: Instruction, below: int) -> list[str]:
    """The lines with an instruction moved behind a line further down."""
    start = first_line(lines, step)
    return lines[:start] + lines[step.end : below] + lines[start : step.end] + lines[below:]
