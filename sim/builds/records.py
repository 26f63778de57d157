"""The records of a planned build: one for each step, with its fate, its reason and its cost."""

from __future__ import annotations

from collections.abc import Mapping

from sim.builds.cache.buildkit import BuildStep
from sim.builds.cost.schedule import Schedule
from sim.builds.cost.steps import StepCost
from sim.builds.dockerfile.instructions import Instruction
from sim.builds.graph.vertices import Vertex
from sim.builds.reasons.breaks import breaks
from sim.builds.reasons.causes import causes
from sim.builds.reasons.why import Built, depends, is_cause, reason
from sim.records.images import StepRecord, StepStatus
from sim.records.instances import Message


def records_of(
    of: str,
    build: str,
    now: Built,
    best: Built,
    before: Built | None,
    pairs: Mapping[str, str],
    costs: Mapping[str, StepCost],
    when: Schedule,
) -> tuple[StepRecord, ...]:
    """A record for each vertex the builder shows and each instruction without one, by line.

    Args:
        now: Walked as if every RUN that runs leaves something else.
        best: As if it left the same.
        when: The same steps in time.
    """
    records: list[StepRecord] = []
    critical = set(when.now.critical)
    every = causes(now, before, pairs)
    broken = next((step.vertex for step in now.steps.values() if step.outcome == "failed"), None)
    for name, step in now.steps.items():
        vertex = step.vertex
        if vertex.internal and vertex.kind != "context":
            continue
        status = _status(step, best.steps[name])
        old = before.steps.get(pairs.get(name, "")) if before is not None else None
        cost = costs[name]
        if status == "depends":
            why = depends(step, now, best)
        elif status == "metadata":
            why = _metadata(vertex.instruction)
        elif status == "unused":
            why = Message("build.cancelled", (("line", broken.line), ("step", broken.name)) if broken else ())
        else:
            why = reason(step, now, before, pairs)
        span = when.now.spans.get(name)
        also = tuple(said for said in every.get(name, ()) if said != why) if status in ("miss", "depends") else ()
        records.append(
            StepRecord(
                of,
                build,
                name,
                vertex.name,
                vertex.stage if vertex.kind != "context" else "",
                vertex.instruction,
                vertex.text,
                vertex.line,
                _inputs(vertex, now),
                status,
                status == "miss" and is_cause(step, now),
                why,
                _key(old),
                _key(step),
                cost.seconds,
                cost.bytes,
                cost.source,
                cost.estimate,
                cost.compressed,
                span[0] if span else None,
                span[1] if span else None,
                name in critical,
                breaks(step, now) if status == "hit" else None,
                also,
            )
        )
    records += _settings(of, build, now)
    return tuple(sorted(records, key=lambda record: record.line))


def _key(step: BuildStep | None) -> str:
    """Its key. A build context has none that means anything beyond its build."""
    return step.key if step is not None and step.outcome != "context" else ""


def _status(step: BuildStep, best: BuildStep) -> StepStatus:
    if step.vertex.kind == "config" and "global" in step.vertex.definition:
        return "metadata"
    if step.outcome == "skipped":
        return "unused"
    if step.outcome in ("base", "context"):
        return "base" if step.outcome == "base" else "context"
    if step.outcome != best.outcome:
        return "depends"
    return "hit" if step.outcome == "hit" else "miss"


def _inputs(vertex: Vertex, now: Built) -> tuple[tuple[str, str], ...]:
    """Its inputs. Those the builder does not show are left out."""
    shown = []
    for item in vertex.inputs:
        source = now.steps[item.vertex].vertex
        if not source.internal or source.kind == "context":
            shown.append((item.vertex, item.kind))
    return tuple(shown)


def _metadata(instruction: str) -> Message:
    return Message("build.metadata", (("instruction", instruction),))


def _settings(of: str, build: str, now: Built) -> list[StepRecord]:
    """Instructions that make no step.

    Those of stages that are built stand each behind what is before them. Then come those of stages left out.
    """
    records: list[StepRecord] = []
    shown = [step.vertex for step in now.steps.values() if step.vertex.line and not step.vertex.internal]
    behind: dict[str, list[tuple[int, str]]] = {}
    for vertex in shown:
        behind.setdefault(vertex.stage, []).append((vertex.line, vertex.id))
    for stage, instruction in now.graph.settings:
        earlier = [item for item in behind.get(stage, ()) if item[0] < instruction.line]
        name = f"s{instruction.line}-{len(records)}"
        above = max(earlier)[1] if earlier else _start(stage, now)
        behind.setdefault(stage, []).append((instruction.line, name))
        message = _metadata(instruction.name)
        records.append(_setting(of, build, name, stage, instruction, "metadata", message, above))
    for stage, instruction in now.graph.unused:
        message = Message("build.unused", (("stage", stage),))
        records.append(_setting(of, build, f"u{instruction.line}", stage, instruction, "unused", message, ""))
    return records


def _start(stage: str, now: Built) -> str:
    """The step that a stage starts from where another stage, which starts from the same, has given it its name."""
    inside = [vertex for vertex in now.graph.vertices if vertex.stage == stage and vertex.line]
    first = min(inside, key=lambda vertex: vertex.line, default=None)
    parents = [item.vertex for item in first.inputs if item.kind == "parent"] if first else []
    start = parents[0] if parents else "" if first else now.graph.stage_ends.get(stage, "")
    return start if start in now.steps and now.steps[start].vertex.line else ""


def _setting(
    of: str,
    build: str,
    name: str,
    stage: str,
    step: Instruction,
    status: StepStatus,
    message: Message,
    above: str,
) -> StepRecord:
    inputs = ((above, "parent"),) if above else ()
    return StepRecord(
        of, build, name, step.text, stage, step.name, step.text, step.line, inputs, status, False, message, "", "",
        None, None, "",
    )  # fmt: skip
