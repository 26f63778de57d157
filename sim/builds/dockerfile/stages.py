"""A Dockerfile as stages: which exist, which one refers to which, and what is wrong before anything is built."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import networkx as nx

from sim.builds.dockerfile.instructions import Arg, Copy, From, Instruction, RunInstruction, Setting, interpret, trigger
from sim.builds.dockerfile.mounts import stage_of
from sim.builds.dockerfile.parser import Allowance, decode, expand, expand_label, read
from sim.errors import InputError, Problem, first_of

SCRATCH = "scratch"

_OF_PLATFORM = tuple(side + part for side in ("BUILD", "TARGET") for part in ("PLATFORM", "OS", "ARCH", "VARIANT"))
"""The variables whose values are those of a build's platforms."""

_REMEMBERED = 2**18
"""Characters of a Dockerfile that is kept once parsed: it is asked for again with every build of a sequence."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage.

    Attributes:
        name: Its alias or "stage-N" (N from 0).
        base: As written, variables unexpanded.
    """

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
    """A whole Dockerfile.

    Attributes:
        globals: The ARGs before the first FROM.
        problems: Everything wrong with it, by line.
        only_buildkit: Those of the problems that the legacy builder does not look for. It fails when it comes to the
            step.
        misplaced: What stops BuildKit on the way to the last stage, though not to every other target.
    """

    text: str
    file: str
    escape: str
    globals: tuple[Arg, ...]
    stages: tuple[Stage, ...]
    problems: tuple[Problem, ...]
    only_buildkit: tuple[Problem, ...] = ()
    misplaced: tuple[Problem, ...] = ()

    def require(self, *, legacy: bool = False) -> Dockerfile:
        """Itself. Raises `InputError` with every problem where it has one."""
        passed_over = set(self.only_buildkit) if legacy else set()
        problems = [problem for problem in self.problems if problem not in passed_over]
        if problems:
            raise InputError(problems)
        return self

    @cached_property
    def by_alias(self) -> dict[str, Stage]:
        """The last stage of each alias."""
        return {stage.start.alias: stage for stage in self.stages if stage.start.alias}

    def find(self, target: str, *, last: bool = True) -> Stage:
        """The stage to build, by the name its FROM gives it. "" is the last one.

        A number is no name here, unlike in COPY --from. Nor is the "stage-1" that is printed of an unnamed stage
        (moby/buildkit, findStateByName of dockerfile2llb and HasStage of instructions).

        Args:
            last: Whether of two stages of one name the last is taken, as BuildKit does, or the first, as the legacy
                builder does.

        Raises `InputError` naming those there are.
        """
        if not target:
            return self.stages[-1]
        matching = [stage for stage in self.stages if stage.start.alias == target.lower()]
        if matching:
            return matching[-1 if last else 0]
        names = [stage.start.alias for stage in self.stages if stage.start.alias]
        near = difflib.get_close_matches(target.lower(), names, 1)
        hint = f" (did you mean {near[0]}?)" if near else f"; expected one of {', '.join(names)}"
        hint = hint if names else "; no stage has a name, and a number is none"
        raise InputError(Problem(f'target stage "{target}" could not be found{hint}', self.file, path="target"))


def parse(text: str | bytes, file: str = "Dockerfile") -> Dockerfile:
    """A Dockerfile, with every problem of syntax, arguments and stages.

    Args:
        text: Bytes are decoded first.

    Raises `InputError` only for a text that is no text (binary, too large).
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
    blank = [stage.start for stage in built if not stage.base]
    problems += [_problem(dockerfile, start, f"base name ({start.base}) should not be blank") for start in blank]
    references, misplaced = _check_references(dockerfile)
    problems = sorted([*problems, *references], key=lambda problem: problem.line)
    wrong = (tuple(problems), tuple(references), tuple(misplaced))
    return Dockerfile(text, file, source.escape, tuple(globals_), built, *wrong)


def sources(stage: Stage) -> Iterator[tuple[Instruction, str]]:
    """What a stage copies or mounts from, beside the build context: an instruction and the name it gives."""
    for instruction in stage.instructions:
        yield from instruction_sources(instruction)


def instruction_sources(instruction: Instruction) -> Iterator[tuple[Instruction, str]]:
    """What one instruction copies or mounts from."""
    if isinstance(instruction, Copy) and instruction.source:
        yield instruction, instruction.source
    if isinstance(instruction, RunInstruction):
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
    """The stage's number that a COPY's --from is. One too large for Go's integers is a name (strconv.Atoi)."""
    digits = isinstance(instruction, Copy) and name.isascii() and name.isdigit() and len(name) < 19
    return int(name) if digits else None


def _check_references(dockerfile: Dockerfile) -> tuple[list[Problem], list[Problem]]:
    """What BuildKit finds wrong between stages, needed or not, and what only where they are needed."""
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
        for instruction, name in sources(stage):
            number = _number(instruction, name)
            if number is not None and number >= len(dockerfile.stages):
                problems.append(_problem(dockerfile, instruction, f"invalid stage index {name}"))
            referred = resolve(dockerfile, instruction, name)
            if referred is not None:
                depends.add_edge(stage.index, referred.index)
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
    last = len(dockerfile.stages) - 1
    reached = {last, *nx.descendants(depends, last)} if dockerfile.stages else set()
    needed = [stage for stage in dockerfile.stages if stage.index in reached]
    misplaced = [
        _problem(dockerfile, instruction, before_its_stage(instruction, name, stage.name))
        for stage in needed
        for instruction, name in sources(stage)
        if (referred := resolve(dockerfile, instruction, name)) is not None and referred.index > stage.index
    ]
    return problems, misplaced


def before_its_stage(instruction: Instruction, name: str, stage: str) -> str:
    """What BuildKit says of an instruction in `stage` that takes from a stage further down."""
    if isinstance(instruction, RunInstruction):
        return f'cannot mount from stage "{name}", stage needs to be defined before current command'
    return f'cannot copy from stage "{name}", it needs to be defined before current stage "{stage}"'


def _problem(dockerfile: Dockerfile, instruction: Instruction, message: str) -> Problem:
    return Problem(message, dockerfile.file, instruction.line, excerpt=instruction.text.split("\n")[0])


def global_args(dockerfile: Dockerfile, build_args: Mapping[str, str], platform: Mapping[str, str]) -> dict[str, str]:
    """The values of the ARGs before the first FROM. They reach FROM lines, and a stage that declares them again.

    Args:
        platform: Predefined ones (TARGETARCH, ...).

    Raises `InputError` for a default that cannot be expanded.
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
    """What `inspect` says of a Dockerfile: its stages with their steps, and its problems.

    A stage has "expanded" where its base is written with variables: the base by the defaults of the ARGs above it.
    """
    try:
        dockerfile = parse(text, file)
    except InputError as error:
        return {"kind": "dockerfile", "stages": [], "problems": [_plain(problem) for problem in error.problems]}
    expanded = _expanded(dockerfile)
    return {
        "kind": "dockerfile",
        "stages": [
            {
                "name": stage.name,
                "base": stage.base,
                **({"expanded": expanded[stage.index]} if stage.index in expanded else {}),
                "steps": [
                    {"instruction": step.name, "text": step.text, "line": step.line}
                    for step in (stage.start, *stage.instructions)
                ],
            }
            for stage in dockerfile.stages
        ],
        "problems": [_plain(problem) for problem in first_of((*dockerfile.problems, *dockerfile.misplaced))],
    }


def _expanded(dockerfile: Dockerfile) -> dict[int, str]:
    """The bases that are written with variables, by their stage's index, with the defaults of the ARGs.

    One is left out where a variable has no value or cannot be expanded: what it comes to is not known. Nor is it of the
    variables of the platform, whose value a build gives.
    """
    allowance, known = Allowance(), {}
    try:
        values = global_args(dockerfile, {}, {name: f"${name}" for name in _OF_PLATFORM})
        for stage in dockerfile.stages:
            base = expand(stage.base, values, dockerfile.escape)
            allowance.spend(2 * len(base))
            if "$" in stage.base and "$" not in expand_label(stage.base, values, dockerfile.escape):
                known[stage.index] = base
    except (InputError, ValueError):
        return known
    return known


def _plain(problem: Problem) -> dict[str, Any]:
    return {"line": problem.line, "path": problem.path, "message": problem.message}


def triggers(stage: Stage) -> tuple[Instruction, ...]:
    """The ONBUILD triggers a stage hands to those built FROM it."""
    return tuple(
        trigger(step.args[0], step.line)
        for step in stage.instructions
        if isinstance(step, Setting) and step.name == "ONBUILD"
    )
