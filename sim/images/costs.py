"""What running a step costs: seconds and bytes, from an annotation, from the files it copies, or from the catalog.

An annotation is a comment right above an instruction: `# sim: 41 s, 96 MB`. What the catalog says of a RUN is an
estimate with a range; a COPY's bytes are those of its files.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import NoReturn

from sim.catalog.model import Number
from sim.catalog.read import Table
from sim.errors import CatalogError, InputError, Problem
from sim.images.cache import Step
from sim.images.instructions import Instruction, Run
from sim.images.selection import Selected, select
from sim.images.vertices import BuildGraph, Vertex
from sim.outcome import Bound
from sim.quantity import parse

_ANNOTATION = re.compile(r"sim:\s*(.+)")
_FILE = "sim/catalog/steps.toml"


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds and bytes of one step; None where nothing is known. source: where they are from."""

    seconds: float | None
    bytes: int | None
    source: str
    estimate: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """What the catalog says of commands that match a pattern."""

    id: str
    pattern: re.Pattern[str]
    seconds: Number
    bytes: Number


@dataclass(frozen=True, slots=True)
class Book:
    """The catalog of step costs."""

    rules: tuple[Rule, ...]
    other: Rule
    start: Number
    copy: Number
    config: Number
    cached: Number
    write: Number
    digest: Number
    warm: Number


@cache
def book() -> Book:
    """The catalog's costs, read once. Raises `CatalogError` where the file breaks a rule."""
    data = tomllib.loads(resources.files("sim.catalog").joinpath("steps.toml").read_text("utf-8"))
    problems: list[Problem] = []
    table = Table(data, _FILE, "", problems, _no_speed)
    found = Book(
        rules=tuple(_rule(item) for item in table.tables("commands")),
        other=_rule(table.table("other") or table),
        start=table.number("start", "s"),
        copy=table.number("copy", "s"),
        config=table.number("config", "s"),
        cached=table.number("cached", "s"),
        write=table.number("write", "B/s"),
        digest=table.number("digest", "B/s"),
        warm=table.number("warm", "1"),
    )
    table.done()
    if problems:
        raise CatalogError("\n".join(str(problem) for problem in problems))
    return found


def _no_speed(host: str) -> NoReturn:
    raise InputError(f"host {host!r} cannot be named here")


def _rule(table: Table) -> Rule:
    try:
        pattern = re.compile(table.string("pattern", "."))
    except re.error as error:
        table.problem(f"is no regular expression: {error}", "pattern")
        pattern = re.compile(".")
    rule = Rule(table.string("id", "other"), pattern, table.number("seconds", "s"), table.number("bytes", "B"))
    table.done()
    return rule


def cost_of(step: Step, build: BuildGraph, steps: Mapping[str, Step], bound: Bound, *, warm: bool = False) -> Cost:
    """What running a step costs, were it to run. warm: whether its cache mounts were filled by an earlier run."""
    vertex = step.vertex
    instruction = vertex.step
    if vertex.kind in ("image", "context") or instruction is None:
        return Cost(None, None, "")
    given = annotation(instruction, build.dockerfile.file)
    if given is not None:
        return given
    costs = book()
    if isinstance(instruction, Run):
        return _run(instruction, costs, bound, warm=warm)
    if vertex.kind == "merge":
        return Cost(costs.copy.at(bound), 0, costs.copy.source, bool(costs.copy.estimate))
    if vertex.effect is not None and vertex.effect.copy is not None:
        return _copy(step, steps, costs, bound)
    if vertex.kind == "file":
        return Cost(costs.copy.at(bound), 0, costs.copy.source, bool(costs.copy.estimate))
    return Cost(costs.config.at(bound), 0, costs.config.source, bool(costs.config.estimate))


def annotation(step: Instruction, file: str = "Dockerfile") -> Cost | None:
    """What the comment above an instruction says it costs. Raises `InputError` where that cannot be read."""
    for comment in reversed(step.comments):
        found = _ANNOTATION.fullmatch(comment)
        if not found:
            continue
        seconds: float | None = None
        size: int | None = None
        for part in found[1].split(","):
            try:
                seconds = parse(part, "s")
            except InputError:
                try:
                    size = int(parse(part, "B"))
                except InputError:
                    message = f"{part.strip()!r} in '# sim:' is no duration or size; expected '# sim: 41 s, 96 MB'"
                    raise InputError(Problem(message, file, step.line)) from None
        return Cost(seconds, size, f"annotation above line {step.line}")
    return None


def _run(step: Run, costs: Book, bound: Bound, *, warm: bool) -> Cost:
    text = " ".join([*step.argv, *(doc.content for doc in step.heredocs)])
    commands = (command for command in re.split(r"&&|\|\||[;|\n]", text) if command.strip())
    rules = [next((rule for rule in costs.rules if rule.pattern.search(c)), costs.other) for c in commands]
    known = [rule for rule in rules if rule is not costs.other] or rules[:1] or [costs.other]
    share = costs.warm.at(bound) if warm and any("type=cache" in mount for mount in step.mounts) else 1.0
    seconds = costs.start.at(bound) + sum(rule.seconds.at(bound) for rule in known) * share
    size = sum(rule.bytes.at(bound) for rule in known)
    names = ", ".join(dict.fromkeys(rule.id for rule in known))
    return Cost(seconds, round(size), f"estimate: {known[0].seconds.estimate} ({names})", estimate=True)


def _copy(step: Step, steps: Mapping[str, Step], costs: Book, bound: Bound) -> Cost:
    taken = [_taken(step, at, steps) for at, item in enumerate(step.vertex.inputs) if item.kind in ("context", "copy")]
    size = sum(selected.size for selected in taken)
    estimate = bool(costs.copy.estimate)
    source = f"bytes of its files; {costs.write.source}, {costs.digest.source}; {costs.copy.source}"
    if any(selected.taint for selected in taken):
        guessed = _run_behind(step, steps)
        if guessed is not None:
            size += _run(guessed, costs, bound, warm=False).bytes or 0
            source = f"estimate: the size of what line {guessed.line} leaves; {source}"
    seconds = costs.copy.at(bound) + size / costs.write.value + size / costs.digest.value
    return Cost(seconds, size, source, estimate)


def _taken(step: Step, at: int, steps: Mapping[str, Step]) -> Selected:
    item = step.vertex.inputs[at]
    view = steps[item.vertex].files
    if at in step.selected or view is None:
        return step.selected.get(at, Selected("", ()))
    return select(view, item.selectors)


def _run_behind(step: Step, steps: Mapping[str, Step]) -> Run | None:
    """The last RUN of the stage a COPY takes from."""
    for item in step.vertex.inputs:
        here = item.vertex if item.kind == "copy" else ""
        while here:
            vertex = steps[here].vertex
            if isinstance(vertex.step, Run):
                return vertex.step
            here = next((i.vertex for i in vertex.inputs if i.kind == "parent"), "")
    return None


def critical_path(vertices: Iterable[Vertex], seconds: Mapping[str, float]) -> float:
    """The longest way through a graph, each vertex taking its seconds, all that is independent at the same time."""
    done: dict[str, float] = {}
    for vertex in vertices:
        done[vertex.id] = max((done[item.vertex] for item in vertex.inputs), default=0.0) + seconds.get(vertex.id, 0.0)
    return max(done.values(), default=0.0)


def chain(build: BuildGraph) -> list[str]:
    """The vertices whose layers make up the image that is built, the base first."""
    found: list[str] = []
    ahead = [build.target] if build.target else []
    while ahead:
        name = ahead.pop()
        vertex = build.vertex(name)
        found.append(name)
        kinds = ("parent", "copy") if vertex.kind == "merge" else ("parent",)
        ahead += [item.vertex for item in vertex.inputs if item.kind in kinds]
    return list(reversed(found))
