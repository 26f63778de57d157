"""`build`: a build and the one after an edit, step by step, as a table and as JSON."""

from __future__ import annotations

import json
from typing import Any

from sim.outcome import Message, Outcome, StepRecord
from sim.report.grid import cut, table
from sim.report.jsonlines import number
from sim.report.numbers import NARROW, written
from sim.report.texts import has, told

_SHORT = 44
"""Cells for a step's name in a table."""

FIRST = "build.first"
"""The reason of every step of a first build: there is nothing in the cache yet."""

WORDS = {
    "hit": "hit",
    "miss": "MISS",
    "base": "base",
    "context": "context",
    "depends": "depends",
    "metadata": "metadata",
    "unused": "unused",
}


def sentence(message: Message) -> str:
    """A message in English; its id and arguments where the catalog has no text for it."""
    if has(message.id):
        return told(message)
    return " ".join([message.id, *(f"{name}={value}" for name, value in message.arguments)])


def builds(outcome: Outcome) -> dict[str, list[StepRecord]]:
    """The steps of each build of the sequence, in order."""
    found: dict[str, list[StepRecord]] = {}
    for step in outcome.of_type(StepRecord):
        found.setdefault(step.build, []).append(step)
    return found


def as_json(outcome: Outcome, builder: str) -> str:
    """{"builder", "builds": [{"build", "hits", "misses", "steps": [...]}], "metrics"}; metrics are the last build's."""
    made = [
        {
            "build": build,
            "hits": sum(step.status == "hit" for step in steps),
            "misses": sum(step.status == "miss" for step in steps),
            "steps": [_step(step) for step in steps],
        }
        for build, steps in builds(outcome).items()
    ]
    metrics = {m.metric: {"value": number(m.value), "unit": m.unit, "estimate": m.estimate} for m in outcome.metrics}
    return json.dumps({"builder": builder, "builds": made, "metrics": metrics}, indent=2, ensure_ascii=False)


def _step(step: StepRecord) -> dict[str, Any]:
    return {
        "step": step.step,
        "name": step.name,
        "stage": step.stage,
        "instruction": step.instruction,
        "text": step.text,
        "line": step.line,
        "inputs": [{"step": source, "kind": kind} for source, kind in step.inputs],
        "status": step.status,
        "cause": step.cause,
        "reason": {"id": step.reason.id, "arguments": dict(step.reason.arguments), "text": sentence(step.reason)},
        "seconds": number(step.seconds),
        "bytes": step.bytes,
        "source": step.source,
        "estimate": step.estimate,
    }


def as_table(outcome: Outcome, builder: str) -> str:
    """A block a build: step, status, and why; then what the last build costs."""
    lines = []
    for build, steps in builds(outcome).items():
        hits, misses = (sum(step.status == status for step in steps) for status in ("hit", "miss"))
        lines += [f"Build {build} with {builder}: {hits} hit, {misses} run"]
        shown = [step for step in steps if step.status in ("hit", "miss", "depends")]
        rows = [(str(step.line or ""), _mark(step), cut(step.name, _SHORT), _time(step)) for step in shown]
        lines += table(("line", "", "step", "time"), rows, right=(0, 3))
        causes = [step for step in shown if step.cause and step.reason.id != FIRST]
        lines += [f"  first cause, line {step.line}: {sentence(step.reason)}" for step in causes]
        lines.append("")
    values = {metric.metric: metric for metric in outcome.metrics}
    for name, words in (("rebuild_time", "runs again"), ("saved_time", "saved by the cache"), ("new_bytes", "new")):
        if name in values:
            metric = values[name]
            text = written(metric.value, metric.unit, estimate=metric.estimate, transfer=True).replace(NARROW, " ")
            lines.append(f"{words}: {text}")
    return "\n".join(lines) + "\n"


def _mark(step: StepRecord) -> str:
    return WORDS[step.status] + (" <-" if step.cause and step.reason.id != FIRST else "")


def _time(step: StepRecord) -> str:
    """What running it takes; nothing for a hit, which does not run."""
    if step.seconds is None or step.status == "hit":
        return ""
    return written(step.seconds, "s").replace(NARROW, " ")
