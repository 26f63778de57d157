"""What running a step costs, in seconds and bytes.

The figures come from an annotation, from a real image, from its files, or are an estimate.

An annotation is a comment right above an instruction: `# sim: 41 s, 96 MB, /data 20 MiB`. A RUN's may say `fails`. A
path with a size is a file the step writes. What later steps do to it is followed (`sim.builds.cost.rewriting`). What
the catalog says of a RUN is an estimate with a range. A COPY's bytes are those of its files.
"""

from __future__ import annotations

import dataclasses
import posixpath
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sim.builds.cache.buildkit import BuildStep
from sim.builds.context.selection import Selected, select
from sim.builds.cost.baselayers import base_size
from sim.builds.cost.counting import Count, count, entered
from sim.builds.cost.history import Known
from sim.builds.cost.places import RunPlace, place_of
from sim.builds.cost.rates import Book, Rule, book
from sim.builds.cost.rewriting import Rewriting
from sim.builds.cost.timing import TaskPart
from sim.builds.dockerfile.instructions import Copy, From, Instruction, RunInstruction, is_git, is_url
from sim.builds.graph.vertices import BuildGraph, Vertex
from sim.errors import InputError, Problem
from sim.outcome import Bound
from sim.quantity import parse

_ANNOTATION = re.compile(r"sim:\s*(.+)")
_SLEEP = re.compile(r"\s*sleep\s+(\d+(?:\.\d+)?)([smh]?)\s*$")
_SEPARATOR = re.compile(r"&&|\|\||[;|\n]")
_SMALL = "small command"
"""The catalog's rule for what takes no time beside others."""
_UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}


@dataclass(frozen=True, slots=True)
class StepCost:
    """Seconds and bytes of one step. None where nothing is known.

    Attributes:
        source: Where these are from.
        parts: What it asks of the host, piece by piece.
        compressed: Bytes as pushed.
        files: That it is said to write.
        fails: Whether it is said to fail at its end.
    """

    seconds: float | None
    bytes: int | None
    source: str
    estimate: bool = False
    parts: tuple[TaskPart, ...] = ()
    compressed: int | None = None
    files: Mapping[str, int] = field(default_factory=dict)
    fails: bool = False


def cost_of(
    step: BuildStep,
    build: BuildGraph,
    steps: Mapping[str, BuildStep],
    bound: Bound,
    *,
    warm: bool = False,
    known: Mapping[int, Known] | None = None,
    changed: Rewriting | None = None,
    ratio: float,
    cwd: str = "/",
) -> StepCost:
    """What running a step costs, were it to run.

    Args:
        cwd: The working directory of a RUN.
        warm: Whether its cache mounts were filled by an earlier run.
        known: What a real image's history says, by line.
        changed: What it does to files that steps before it are said to have written.
        ratio: Of gzip.
    """
    vertex = step.vertex
    instruction = vertex.step
    if vertex.kind == "context" or (instruction is None and vertex.kind != "image"):
        return StepCost(None, None, "")
    given = annotation(instruction, build.dockerfile.file) if instruction is not None else None
    if vertex.kind == "image":
        return _image(vertex, given, bound, ratio)
    if vertex.kind in ("http", "git"):
        return _remote(vertex, given, bound, ratio)
    assert instruction is not None
    cost = _estimated(step, build, steps, bound, ratio, warm=warm, cwd=cwd)
    history = (known or {}).get(vertex.line)
    if history is not None:
        timed = cost if history.seconds is None else _scaled(cost, history.seconds)
        cost = dataclasses.replace(
            timed, bytes=history.bytes, compressed=history.compressed, source=history.source,
            estimate=history.estimate or history.seconds is None,
        )  # fmt: skip
    if given is not None:
        timed = cost if given.seconds is None else _scaled(cost, given.seconds)
        whole = given.seconds is not None and given.bytes is not None
        cost = dataclasses.replace(
            timed, bytes=cost.bytes if given.bytes is None else given.bytes, files=given.files,
            source=given.source if whole else f"{given.source}; {cost.source}", estimate=cost.estimate and not whole,
            compressed=cost.compressed if given.bytes is None else None,
        )  # fmt: skip
    own = sum(changed.sizes.values()) if changed is not None else 0
    if own and history is None:
        notes = f"; {changed.note}" if changed is not None and changed.note else ""
        cost = dataclasses.replace(cost, bytes=(cost.bytes or 0) + own, source=cost.source + notes)
    if cost.compressed is None and cost.bytes is not None:
        compressed = round(cost.bytes / ratio)
        # Nearly every step comes here, and `dataclasses.replace` takes five times as long.
        return StepCost(
            cost.seconds, cost.bytes, cost.source, cost.estimate, cost.parts, compressed, cost.files, cost.fails
        )
    return cost


def _estimated(
    step: BuildStep,
    build: BuildGraph,
    steps: Mapping[str, BuildStep],
    bound: Bound,
    ratio: float,
    *,
    warm: bool,
    cwd: str,
) -> StepCost:
    vertex, costs = step.vertex, book()
    if isinstance(vertex.step, RunInstruction):
        return _run(vertex.step, costs, bound, ratio, warm=warm, place=place_of(step, build, steps, cwd))
    if vertex.effect is not None and vertex.effect.copy is not None and vertex.kind == "file":
        return _copy(step, build, steps, costs, bound, ratio)
    number = costs.copy if vertex.kind in ("merge", "file") else costs.config
    return StepCost(number.at(bound), 0, number.source, bool(number.estimate), (TaskPart(wait=number.at(bound)),))


def _scaled(cost: StepCost, seconds: float) -> StepCost:
    """The cost with another time, spent in the same way."""
    if not cost.seconds or not any(part.cpu or part.fetch for part in cost.parts) or any(p.write for p in cost.parts):
        return dataclasses.replace(cost, seconds=seconds, parts=(TaskPart(wait=seconds),))
    share = seconds / cost.seconds
    parts = tuple(
        dataclasses.replace(
            part, wait=part.wait * share, cpu=part.cpu * share, rate=part.rate / share if share else 1.0
        )
        for part in cost.parts
    )
    return dataclasses.replace(cost, seconds=seconds, parts=parts if share else ())


def annotation(step: Instruction, file: str = "Dockerfile") -> StepCost | None:
    """What the comment above an instruction says it costs. Raises `InputError` where that cannot be read."""
    for comment in reversed(step.comments):
        match = _ANNOTATION.fullmatch(comment)
        if not match:
            continue
        seconds: float | None = None
        size: int | None = None
        files: dict[str, int] = {}
        fails = False
        for part in (text.strip() for text in match[1].split(",")):
            path, _, rest = part.partition(" ")
            try:
                if part == "fails" and isinstance(step, RunInstruction):
                    fails = True
                elif part.startswith("/"):
                    files[path.strip("/")] = int(parse(rest, "B"))
                elif isinstance(step, From):
                    size = int(parse(part, "B"))
                else:
                    seconds, size = _either(part, seconds, size)
            except InputError:
                wanted = "size; expected '# sim: 30 MB'" if isinstance(step, From) else (
                    "duration or size; expected '# sim: 41 s, 96 MB' or '# sim: /path 20 MiB'"
                )  # fmt: skip
                raise InputError(Problem(f"{part!r} in '# sim:' is no {wanted}", file, step.line)) from None
        if files and size is None:
            size = 0
        return StepCost(seconds, size, f"annotation above line {step.line}", files=files, fails=fails)
    return None


def _either(part: str, seconds: float | None, size: int | None) -> tuple[float | None, int | None]:
    try:
        return parse(part, "s"), size
    except InputError:
        return seconds, int(parse(part, "B"))


def _image(vertex: Vertex, given: StepCost | None, bound: Bound, ratio: float) -> StepCost:
    """An image that a FROM or a COPY names: bytes of its layers, unpacked."""
    if vertex.image is None:
        return StepCost(None, None, "")
    if given is not None and given.bytes is not None:
        return dataclasses.replace(given, seconds=None, compressed=round(given.bytes / ratio))
    base = base_size(vertex.image, bound, ratio)
    return StepCost(None, base.bytes, base.source, estimate=True, compressed=base.compressed)


def _remote(vertex: Vertex, given: StepCost | None, bound: Bound, ratio: float) -> StepCost:
    """What an ADD fetches, as far as it has changed: its server is asked in any case."""
    address = next(iter(_addresses(vertex)), "")
    rule = _rule_of(address)
    size = given.bytes if given is not None else None
    parts = _fetching(address, size, bound, ratio)
    if given is not None and given.seconds is not None:
        return StepCost(None, size, given.source, parts=parts[:1])
    known = size if size is not None else round(rule.bytes.at(bound))
    return StepCost(None, known, f"estimate: {rule.bytes.estimate} ({rule.id})", True, parts)


def _addresses(vertex: Vertex) -> list[str]:
    """What an ADD fetches."""
    step = vertex.step
    return [word for word in step.sources if is_url(word) or is_git(word)] if isinstance(step, Copy) else []


def _rule_of(address: str) -> Rule:
    return book().rule("git clone x" if is_git(address) else "curl x")


def _fetching(address: str, size: int | None, bound: Bound, ratio: float) -> tuple[TaskPart, TaskPart]:
    """Asking a server, and then its content. A repository comes compressed."""
    known = size if size is not None else _rule_of(address).bytes.at(bound)
    return TaskPart(wait=book().request.at(bound)), TaskPart(fetch=known / (ratio if is_git(address) else 1.0))


def _run(step: RunInstruction, costs: Book, bound: Bound, ratio: float, *, warm: bool, place: RunPlace) -> StepCost:
    commands = _commands(step)
    slept = sum(float(slept_for[1]) * _UNITS[slept_for[2]] for c in commands if (slept_for := _SLEEP.match(c)))
    cwd = place.cwd
    rules: list[tuple[Rule, Count | None]] = []
    for command in commands:
        cwd = entered(command, cwd)
        if not _SLEEP.match(command):
            rule = costs.rule(command)
            counted = (
                count(rule.counted.tool, command, cwd, place.env, place.read) if rule.counted is not None else None
            )
            rules.append((rule, counted))
    known = (
        [pair for pair in rules if pair[0] is not costs.other] or rules[:1] or ([] if slept else [(costs.other, None)])
    )
    share = costs.warm.at(bound) if warm and any("type=cache" in mount for mount in step.mounts) else 1.0
    seconds, size = costs.start.at(bound) + slept, 0.0
    parts = [TaskPart(wait=seconds)]
    for rule, counted in known:
        takes, leaves = _amount(rule, counted, bound)
        parts += _parts(rule, takes * share, leaves / ratio * share)
        seconds += takes * share
        size += leaves
    large = [rule.id for rule, _ in known if rule.id != _SMALL] or [rule.id for rule, _ in known]
    names = ", ".join(dict.fromkeys(large)) or "sleep"
    return StepCost(
        seconds, round(size), f"estimate: {_why(known, costs)} ({names})", estimate=True, parts=tuple(parts)
    )


def _commands(step: RunInstruction) -> list[str]:
    text = " ".join([*step.argv, *(doc.content for doc in step.heredocs)]).replace("\\\n", " ")
    return [command for command in _SEPARATOR.split(text) if command.strip()]


def _amount(rule: Rule, counted: Count | None, bound: Bound) -> tuple[float, float]:
    """Seconds and bytes of one command."""
    if rule.counted is None or counted is None:
        return rule.seconds.at(bound), rule.bytes.at(bound)
    return rule.counted.amount(counted, bound)


def _why(known: Sequence[tuple[Rule, Count | None]], costs: Book) -> str:
    """What an estimate is made from: what was counted, or what the catalog supposes of the first command."""
    told = [f"{c.told}, {rule.counted.reason(c)}" for rule, c in known if rule.counted is not None and c is not None]
    if told:
        return "; ".join(dict.fromkeys(told))
    supposed = [rule for rule, _ in known if rule.id != _SMALL] or [rule for rule, _ in known]
    return supposed[0].seconds.estimate if supposed else costs.start.estimate


def _parts(rule: Rule, seconds: float, size: float) -> list[TaskPart]:
    """A command's time as it is spent: first waiting, with the bytes it downloads, then computing."""
    busy = rule.shape.cpu.value * seconds
    idle = seconds - busy
    computing = TaskPart(cpu=busy, cores=rule.shape.cores.value)
    if rule.shape.fetches and size and idle:
        return [TaskPart(fetch=size, rate=size / idle), computing]
    return [TaskPart(wait=idle), computing]


def _copy(
    step: BuildStep, build: BuildGraph, steps: Mapping[str, BuildStep], costs: Book, bound: Bound, ratio: float
) -> StepCost:
    taken = [_taken(step, at, steps) for at, item in enumerate(step.vertex.inputs) if item.kind in ("context", "copy")]
    size = sum(selected.size for selected in taken)
    estimate = bool(costs.copy.estimate)
    source = f"bytes of its files; {costs.write.source}, {costs.digest.source}; {costs.copy.source}"
    if any(selected.taint for selected in taken):
        guessed = _run_behind(step, steps)
        if guessed is not None:
            cwd = str(guessed.definition.get("cwd", "/"))
            size += _left(step, guessed, place_of(steps[guessed.id], build, steps, cwd), bound, ratio)
            source = f"estimate: the size of what line {guessed.line} leaves; {source}"
    fetched = _addresses(step.vertex)
    for address in fetched:
        rule = _rule_of(address)
        size += round(rule.bytes.at(bound))
        source, estimate = f"estimate: {rule.bytes.estimate} ({rule.id}); {source}", True
    busy = size / costs.write.value + size / costs.digest.value
    parts: tuple[TaskPart, ...] = (TaskPart(wait=costs.copy.at(bound)), TaskPart(cpu=busy, write=float(size)))
    if not any(steps[item.vertex].vertex.kind in ("http", "git") for item in step.vertex.inputs):
        # The legacy builder has no step for what it fetches.
        parts = (*(part for address in fetched for part in _fetching(address, None, bound, ratio)), *parts)
    return StepCost(costs.copy.at(bound) + busy, size, source, estimate, parts)


def _left(step: BuildStep, behind: Vertex, place: RunPlace, bound: Bound, ratio: float) -> int:
    """Bytes of what a COPY takes of what a RUN leaves: all of it where it takes the directory that the RUN ran in."""
    run = behind.step
    assert isinstance(run, RunInstruction)
    given = annotation(run)
    if given is not None and given.bytes is not None:
        return given.bytes
    costs = book()
    paths = [posixpath.join("/", selector.path) for item in step.vertex.inputs for selector in item.selectors]
    whole = any((place.cwd.rstrip("/") + "/").startswith(path.rstrip("/") + "/") for path in paths)
    results = [rule.result for command in _commands(run) if (rule := costs.rule(command)).result is not None]
    if results and not whole and results[-1] is not None:
        return round(results[-1].at(bound))
    return _run(run, costs, bound, ratio, warm=False, place=place).bytes or 0


def _taken(step: BuildStep, at: int, steps: Mapping[str, BuildStep]) -> Selected:
    item = step.vertex.inputs[at]
    view = steps[item.vertex].files
    if at in step.selected or view is None:
        return step.selected.get(at, Selected("", ()))
    return select(view, item.selectors)


def _run_behind(step: BuildStep, steps: Mapping[str, BuildStep]) -> Vertex | None:
    """The last RUN of the stage a COPY takes from."""
    for item in step.vertex.inputs:
        here = item.vertex if item.kind == "copy" else ""
        while here:
            vertex = steps[here].vertex
            if isinstance(vertex.step, RunInstruction):
                return vertex
            here = next((i.vertex for i in vertex.inputs if i.kind == "parent"), "")
    return None


def critical_path(vertices: Iterable[Vertex], seconds: Mapping[str, float]) -> float:
    """The longest way through a graph, each vertex taking its seconds, all that is independent at the same time."""
    done: dict[str, float] = {}
    for vertex in vertices:
        done[vertex.id] = max((done[item.vertex] for item in vertex.inputs), default=0.0) + seconds.get(vertex.id, 0.0)
    return max(done.values(), default=0.0)
