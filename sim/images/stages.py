"""A Dockerfile as stages: which exist, which one refers to which, and what is wrong before anything is built."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import networkx as nx

from sim import limits
from sim.errors import InputError, Problem
from sim.images.dockerfile import Allowance, decode, expand, read
from sim.images.instructions import Arg, Copy, From, Instruction, Run, Setting, interpret, trigger
from sim.images.mounts import stage_of

SCRATCH = "scratch"

_REMEMBERED = 2**18
"""Characters of a Dockerfile that is kept once parsed: it is asked for again with every build of a sequence."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage. name: its alias or "stage-N" (N from 0); base: as written, variables unexpanded."""

    index: int
    name: str
    start: From
    instructions: tuple[Instruction, ...]

    @property
    def base(self) -> str:
        """What its FROM names."""
        return self.start.base


@dataclass(frozen=True)
class Dockerfile:
    """A whole Dockerfile. globals: the ARGs before the first FROM. problems: everything wrong with it, by line."""

    text: str
    file: str
    escape: str
    globals: tuple[Arg, ...]
    stages: tuple[Stage, ...]
    problems: tuple[Problem, ...]

    def require(self) -> Dockerfile:
        """Itself. Raises `InputError` with every problem where it has one."""
        if self.problems:
            raise InputError(self.problems)
        return self

    @cached_property
    def by_alias(self) -> dict[str, Stage]:
        """The last stage of each alias."""
        return {stage.start.alias: stage for stage in self.stages if stage.start.alias}

    def find(self, target: str) -> Stage:
        """The stage to build: by name, by number, the last one for "". Raises `InputError` naming those there are."""
        if not target:
            return self.stages[-1]
        for stage in self.stages:
            if target.lower() == stage.name or target == str(stage.index):
                return stage
        names = [stage.name for stage in self.stages]
        near = difflib.get_close_matches(target.lower(), names, 1)
        hint = f" (did you mean {near[0]}?)" if near else f"; there are {', '.join(names)}"
        raise InputError(Problem(f'target stage "{target}" could not be found{hint}', self.file, path="target"))


def parse(text: str | bytes, file: str = "Dockerfile") -> Dockerfile:
    """A Dockerfile, with every problem of syntax, arguments and stages.

    text: bytes are decoded first. Raises `InputError` only for a text that is no text (binary, too large).
    """
    text = decode(text, file) if isinstance(text, bytes) else text
    return _parse(text, file) if len(text) <= _REMEMBERED else _parse.__wrapped__(text, file)


@lru_cache(maxsize=64)
def _parse(text: str, file: str) -> Dockerfile:
    source = read(text, file)
    instructions, faults = interpret(source.nodes, file)
    problems = [*source.problems, *faults]
    first = next((node.line for node in source.nodes if node.name == "FROM"), None)
    globals_: list[Arg] = []
    stages: list[tuple[From, list[Instruction]]] = []
    for instruction in instructions:
        if isinstance(instruction, From):
            stages.append((instruction, []))
        elif stages:
            stages[-1][1].append(instruction)
        elif isinstance(instruction, Arg):
            globals_.append(instruction)
        elif first is None or instruction.line < first:
            message = f"no build stage in current context: {instruction.name} stands before the first FROM"
            problems.append(Problem(message, file, instruction.line, excerpt=instruction.text.split("\n")[0]))
    if not stages and not problems:
        problems.append(Problem("dockerfile contains no stages to build; expected a FROM instruction", file))
    built = tuple(
        Stage(index, start.alias or f"stage-{index}", start, tuple(inside))
        for index, (start, inside) in enumerate(stages)
    )
    dockerfile = Dockerfile(text, file, source.escape, tuple(globals_), built, ())
    problems += _check_references(dockerfile)
    problems.sort(key=lambda problem: problem.line)
    if len(problems) > limits.PROBLEMS:
        more = Problem(f"{len(problems) - limits.PROBLEMS} more problems, which are not told", file)
        problems = [*problems[: limits.PROBLEMS], more]
    return Dockerfile(text, file, source.escape, tuple(globals_), built, tuple(problems))


def sources(stage: Stage) -> Iterator[tuple[Instruction, str]]:
    """What a stage copies or mounts from, beside the build context: an instruction and the name it gives."""
    for instruction in stage.instructions:
        yield from instruction_sources(instruction)


def instruction_sources(instruction: Instruction) -> Iterator[tuple[Instruction, str]]:
    """What one instruction copies or mounts from."""
    if isinstance(instruction, Copy) and instruction.source:
        yield instruction, instruction.source
    if isinstance(instruction, Run):
        for mount in instruction.mounts:
            name = stage_of(mount)
            if name:
                yield instruction, name


def resolve(dockerfile: Dockerfile, instruction: Instruction, name: str) -> Stage | None:
    """The stage a --from means, None for an image. A number counts only for COPY. A later name hides an earlier."""
    number = _number(instruction, name)
    if number is not None:
        return dockerfile.stages[number] if number < len(dockerfile.stages) else None
    return dockerfile.by_alias.get(name.lower())


def _number(instruction: Instruction, name: str) -> int | None:
    """The stage's number that a COPY's --from is; one too large for Go's integers is a name (strconv.Atoi)."""
    digits = isinstance(instruction, Copy) and name.isascii() and name.isdigit() and len(name) < 19
    return int(name) if digits else None


def _check_references(dockerfile: Dockerfile) -> list[Problem]:
    problems = []
    depends: nx.DiGraph[int] = nx.DiGraph()
    earlier: dict[str, int] = {}
    for stage in dockerfile.stages:
        depends.add_node(stage.index)
        base = earlier.get(stage.base.lower())
        if base is not None:
            depends.add_edge(stage.index, base)
        if stage.start.alias:
            earlier[stage.start.alias] = stage.index
        if not stage.base:
            problems.append(_problem(dockerfile, stage.start, f"base name ({stage.base}) should not be blank"))
        for instruction, name in sources(stage):
            number = _number(instruction, name)
            if number is not None and number >= len(dockerfile.stages):
                problems.append(_problem(dockerfile, instruction, f"invalid stage index {name}"))
            found = resolve(dockerfile, instruction, name)
            if found is not None:
                depends.add_edge(stage.index, found.index)
    circular = {
        index
        for group in nx.strongly_connected_components(depends)
        for index in group
        if len(group) > 1 or depends.has_edge(index, index)
    }
    for stage in dockerfile.stages:
        if stage.index in circular:
            message = f"circular dependency detected on stage: {stage.name}"
            problems.append(_problem(dockerfile, stage.start, message))
            continue
        for instruction, name in sources(stage):
            found = resolve(dockerfile, instruction, name)
            if found is not None and found.index > stage.index:
                message = f'cannot copy from stage "{name}", it needs to be defined before current stage "{stage.name}"'
                problems.append(_problem(dockerfile, instruction, message))
    return problems


def _problem(dockerfile: Dockerfile, instruction: Instruction, message: str) -> Problem:
    return Problem(message, dockerfile.file, instruction.line, excerpt=instruction.text.split("\n")[0])


def global_args(dockerfile: Dockerfile, build_args: Mapping[str, str], platform: Mapping[str, str]) -> dict[str, str]:
    """The values of the ARGs before the first FROM; they reach FROM lines, and a stage that declares them again.

    platform: predefined ones (TARGETARCH, ...). Raises `InputError` for a default that cannot be expanded.
    """
    values = dict(platform)
    allowance = Allowance()
    for arg in dockerfile.globals:
        for name, default in arg.args:
            if name in build_args:
                values[name] = build_args[name]
            elif default is not None:
                try:
                    values[name] = expand(default, values, dockerfile.escape)
                    allowance.spend(len(values[name]))
                except ValueError as error:
                    raise InputError(_problem(dockerfile, arg, str(error))) from None
    return values


def describe(text: str | bytes, file: str = "Dockerfile") -> dict[str, Any]:
    """What `inspect` says of a Dockerfile: its stages with their steps, and its problems."""
    try:
        dockerfile = parse(text, file)
    except InputError as error:
        return {"kind": "dockerfile", "stages": [], "problems": [_plain(problem) for problem in error.problems]}
    return {
        "kind": "dockerfile",
        "stages": [
            {
                "name": stage.name,
                "base": stage.base,
                "steps": [
                    {"instruction": step.name, "text": step.text, "line": step.line}
                    for step in (stage.start, *stage.instructions)
                ],
            }
            for stage in dockerfile.stages
        ],
        "problems": [_plain(problem) for problem in dockerfile.problems],
    }


def _plain(problem: Problem) -> dict[str, Any]:
    return {"line": problem.line, "path": problem.path, "message": problem.message}


def triggers(stage: Stage) -> tuple[Instruction, ...]:
    """The ONBUILD triggers a stage hands to those built FROM it."""
    return tuple(
        trigger(step.args[0], step.line)
        for step in stage.instructions
        if isinstance(step, Setting) and step.name == "ONBUILD"
    )
