"""What the re-runs of a build take, reckoned from its records: either way of an output, and cause by cause."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter
from typing import Any

from sim.outcome import Outcome
from sim.records.images import StepRecord
from sim.records.instances import Message

MOST_CAUSES = 50
"""Most causes of a build that are told. For each, what it alone would cost is reckoned."""

FIRST = "build.first"
"""The reason of every step of a first build, as there is nothing in the cache yet."""

WHOLE = (FIRST, "build.no_cache")
"""Reasons that hold for all steps alike. None is told as a cause of its own."""


def builds(outcome: Outcome) -> dict[str, list[StepRecord]]:
    """The steps of each build of the sequence, in order."""
    by_build: dict[str, list[StepRecord]] = {}
    for step in outcome.of_type(StepRecord):
        by_build.setdefault(step.build, []).append(step)
    return by_build


@dataclass(frozen=True, slots=True)
class BothWays:
    """Seconds of a build where steps depend on what a RUN leaves: if each such RUN leaves the same, and if not."""

    same: float
    changed: float
    estimate: bool


def both_ways(steps: Sequence[StepRecord], builder: str) -> BothWays | None:
    """What a build takes either way, from its records. None where nothing depends on an output.

    The records are scheduled as if every output were another. For the other way each step begins once its inputs have
    ended, and keeps the time it has in the records. A step that is then found takes none. In the legacy builder it
    takes the time of looking, one step after the other. What steps win by not sharing the host with those is left out.
    """
    hanging = {step.step: dict(step.reason.arguments) for step in steps if step.status == "depends"}
    if not hanging:
        return None
    takes: dict[str, float] = {}
    for step in steps:
        takes[step.step] = _takes(step)
        if step.step in hanging:
            again = hanging[step.step].get("if_same") == "miss"
            takes[step.step] = (takes[step.step] or step.seconds or 0.0) if again else _looking(builder)
    ends = _ends(steps, takes)
    same = sum(takes.values()) if builder == "legacy" else max(ends.values())
    changed = max((step.end for step in steps if step.end is not None), default=0.0)
    return BothWays(same, changed, any(step.estimate for step in steps if step.end is not None))


def _looking(builder: str) -> float:
    """Seconds a step takes that is found."""
    from sim.builds.cost.rates import book

    return book().cached.at("value") if builder == "legacy" else 0.0


@dataclass(frozen=True, slots=True)
class Cause:
    """A difference that makes steps run, were it the only one.

    Attributes:
        lines: Where it does.
        misses: Steps that would run.
        seconds: What they take, as `both_ways` reckons.
        first: Whether nothing before it ran.
    """

    message: Message
    lines: tuple[int, ...]
    misses: int
    seconds: float
    first: bool


def causes(steps: Sequence[StepRecord], builder: str) -> list[Cause]:
    """The causes of a build's re-runs, the first `MOST_CAUSES` by the line of the first step that has one."""
    roots: dict[tuple[Any, ...], list[StepRecord]] = {}
    messages: dict[tuple[Any, ...], Message] = {}
    for step in steps:
        for said in [*([step.reason] if step.cause and step.reason.id not in WHOLE else []), *step.also]:
            kind = (said.id, *(pair for pair in said.arguments if pair[0] != "more"))
            messages.setdefault(kind, said)
            roots.setdefault(kind, []).append(step)
    listed = []
    for kind, begun in sorted(roots.items(), key=lambda item: item[1][0].line)[:MOST_CAUSES]:
        run = _from(begun, steps)
        ends = _ends(run, {step.step: _takes(step) for step in run})
        seconds = sum(map(_takes, run)) if builder == "legacy" else max(ends.values(), default=0.0)
        lines = tuple(sorted({step.line for step in begun}))
        counted = sum(step.status in ("miss", "depends") for step in run)
        listed.append(Cause(messages[kind], lines, counted, seconds, any(step.cause for step in begun)))
    return sorted(listed, key=lambda cause: (cause.lines, not cause.first))


def _from(begun: Sequence[StepRecord], steps: Sequence[StepRecord]) -> list[StepRecord]:
    """The steps that run and that some of those are among the inputs of, at any distance, and those themselves."""
    known = {step.step: step for step in steps if step.status in ("miss", "depends")}
    takers: dict[str, list[str]] = {}
    for step in known.values():
        for source, _ in step.inputs:
            takers.setdefault(source, []).append(step.step)
    reached = dict.fromkeys(step.step for step in begun)
    queue = list(reached)
    for name in queue:
        for taker in takers.get(name, ()):
            if taker not in reached:
                reached[taker] = None
                queue.append(taker)
    return [step for name, step in known.items() if name in reached]


def _takes(step: StepRecord) -> float:
    """The seconds a step has in the plan."""
    return step.end - step.start if step.end is not None and step.start is not None else 0.0


def _ends(steps: Sequence[StepRecord], takes: Mapping[str, float]) -> dict[str, float]:
    """When each step ends, were it to begin once those of its inputs have ended that are among the steps."""
    ends: dict[str, float] = {}
    known = {step.step: [source for source, _ in step.inputs if source in takes] for step in steps}
    for name in TopologicalSorter(known).static_order():
        ends[name] = max((ends[source] for source in known[name]), default=0.0) + takes[name]
    return ends
