"""The suggestion of another stage: what is built goes into a stage of its own, and only its result is copied back.

Then the steps behind it no longer stand on the build. They run beside it, and are found when it runs again.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence

from sim.builds.cost.wording import InOrder
from sim.builds.dockerfile.instructions import Copy, Instruction, RunInstruction, Setting
from sim.builds.dockerfile.stages import Dockerfile, Stage
from sim.builds.reasons.why import message
from sim.records.instances import Message

_BUILDS = re.compile(
    r"\b(npm|yarn|pnpm|bun)\s+(run\s+)?build\b|(?<![\w.-])(webpack|vite|tsc|make|cmake|ninja|gcc|g\+\+|clang)(?![\w.-])"
    r"|\bgo\s+(build|install)\b|\bcargo\s+(build|install)\b|\bmvnw?\b|\bgradlew?\b|\bdotnet\s+publish\b"
)
_INSTALLS = InOrder(
    r"\b(apt|apt-get|aptitude|apk|yum|dnf|microdnf|zypper|conda|mamba|brew|pip3?|npm|pnpm|yarn)\b.*\s(install|in|i|add)\s"
)
_PACMAN = re.compile(r"\bpacman\s+-S")
"""Commands after which a compiler's name is a package's."""


def needs_source(command: str) -> bool:
    """Whether a RUN builds: it needs the source, not only the files that name the dependencies.

    Maven's goals `dependency:...` fetch and build nothing.
    """
    parts = re.split(r"&&|\|\||[;|\n]", command.replace("\\\n", " "))
    return any(_BUILDS.search(part) and not _installs(part) and "dependency:" not in part for part in parts)


def _installs(command: str) -> bool:
    return _INSTALLS.search(command + " ") or _PACMAN.search(command) is not None


def another_stage(dockerfile: Dockerfile, stage: Stage, at: int, lines: Sequence[str]) -> Iterator[tuple[Message, str]]:
    """The Dockerfile with a COPY and the build right behind it in a stage of their own, where later steps need neither.

    There is none where the COPY's destination is not known, or where later steps speak of it or run inside it.

    Args:
        at: The COPY's place in the stage.
    """
    steps = stage.instructions
    copy = steps[at]
    if not isinstance(copy, Copy) or copy.source or copy.link:
        return
    dest = _destination(copy, steps[:at])
    end = next(
        (i for i, step in enumerate(steps[at:], at) if isinstance(step, RunInstruction) and needs_source(step.text)),
        None,
    )
    if dest is None or end is None or not all(isinstance(step, RunInstruction | Copy) for step in steps[at : end + 1]):
        return
    behind = _independent(steps, end, dest)
    if behind is None:
        return
    names = {other.name for other in dockerfile.stages}
    name = stage.start.alias or "app"
    base, built = (_free(f"{name}-{word}", names) for word in ("base", "build"))
    first, start, stop = stage.start.line - 1, first_line(lines, copy), steps[end].end
    flags = f"--platform={stage.start.platform} " if stage.start.platform else ""
    alias = f" AS {stage.start.alias}" if stage.start.alias else ""
    text = [
        *lines[:first],
        f"FROM {flags}{stage.base} AS {base}",
        *lines[stage.start.end : start],
        "",
        f"FROM {base} AS {built}",
        *lines[start:stop],
        "",
        f"FROM {base}{alias}",
        *lines[stop : steps[behind].end],
        f"COPY --from={built} {dest} {dest}",
        *lines[steps[behind].end :],
    ]
    yield (
        message("build.suggest_stage", line=copy.line, run=steps[end].line, below=steps[behind].line),
        "\n".join(text),
    )


def _destination(copy: Copy, before: Sequence[Instruction]) -> str | None:
    """The absolute directory a COPY fills, None where that cannot be known or is the whole file system."""
    cwd = _directory(before)
    if "$" in copy.dest or (cwd is None and not copy.dest.startswith("/")):
        return None
    dest = posixpath.normpath(posixpath.join("/", cwd or "/", copy.dest))
    return dest if dest != "/" else None


def _directory(before: Sequence[Instruction]) -> str | None:
    cwd: str | None = None
    for step in before:
        if isinstance(step, Setting) and step.name == "WORKDIR":
            if "$" in step.args[0]:
                return None
            cwd = posixpath.normpath(posixpath.join("/", cwd or "/", step.args[0]))
    return cwd


def _independent(steps: Sequence[Instruction], end: int, dest: str) -> int | None:
    """The last RUN behind a build, before anything speaks of what it leaves. None where there is none."""
    word = re.compile(rf"(^|[\s=/'\"]){re.escape(posixpath.basename(dest))}($|[\s/'\";&])")
    last = None
    for index in range(end + 1, len(steps)):
        step = steps[index]
        cwd = _directory(steps[:index])
        inside = cwd is None or cwd == dest or cwd.startswith(dest + "/")
        if word.search(step.text) or (isinstance(step, RunInstruction) and inside):
            break
        last = index if isinstance(step, RunInstruction) else last
    return last


def _free(name: str, names: set[str]) -> str:
    while name in names:
        name += "-2"
    return name


def first_line(lines: Sequence[str], step: Instruction) -> int:
    """The index of an instruction's first line, the comments right above it included."""
    at = step.line - 1
    while at and lines[at - 1].lstrip().startswith("#"):
        at -= 1
    return at
