"""All that `build` tells as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sim.records.images import StepRecord
from sim.records.instances import Message
from sim.report.building.rebuilds import both_ways, builds, causes
from sim.report.building.report import BuildReport, LimitVerdict, sentence
from sim.report.formats.jsonlines import number


def as_json(told: BuildReport, graphs: Mapping[str, str] | None = None) -> str:
    """{"builder", "builds": [{"build", "hits", "misses", "depends", ...}], "metrics", "suggestions", "what_if", ...}.

    A build also has "if_same" and "if_changed" in seconds, null where no step depends on an output. "causes" has each
    with what it would cost were it the only one. "steps" has the steps.

    "metrics" are the last build's. "what_if" has edits that were tried because none was given. "notes" are of flags.
    "budgets" has the verdict on a limit. "graphs" has those that were asked for, by form.
    """
    outcome, builder, suggestions, imagined = told.outcome, told.builder, told.suggestions, told.imagined
    either = {build: both_ways(steps, builder) for build, steps in builds(outcome).items()}
    made = [
        {
            "build": build,
            "hits": sum(step.status == "hit" for step in steps),
            "misses": sum(step.status == "miss" for step in steps),
            "depends": sum(step.status == "depends" for step in steps),
            "if_same": number(ways.same) if (ways := either[build]) else None,
            "if_changed": number(ways.changed) if ways else None,
            "causes": [
                {
                    **_message(cause.message),
                    "lines": list(cause.lines),
                    "first": cause.first,
                    "misses": cause.misses,
                    "seconds": number(cause.seconds),
                }
                for cause in causes(steps, builder)
            ],
            "steps": [_step(step) for step in steps],
        }
        for build, steps in builds(outcome).items()
    ]
    metrics = {m.metric: {"value": number(m.value), "unit": m.unit, "estimate": m.estimate} for m in outcome.metrics}
    advice = [
        {
            **_message(suggestion.message),
            "together": [_message(said) for said in suggestion.together],
            "saved_seconds": number(suggestion.saved_seconds),
            "files": dict(suggestion.files),
        }
        for suggestion in suggestions
    ]
    edits = [
        {
            "path": tried.path, "line": tried.line, "misses": tried.misses, "steps": tried.steps,
            "seconds": number(tried.seconds), "estimate": tried.estimate,
        }
        for tried in imagined
    ]  # fmt: skip
    document = {
        "builder": builder, "builds": made, "metrics": metrics, "suggestions": advice, "what_if": edits,
        "notes": list(told.notes), "budgets": [_verdict(told.verdict)] if told.verdict is not None else [],
        **({"graphs": dict(graphs)} if graphs else {}),
    }  # fmt: skip
    return json.dumps(document, indent=2, ensure_ascii=False)


def _verdict(verdict: LimitVerdict) -> dict[str, Any]:
    return {
        "budget": verdict.limit.text,
        "figure": "rebuild_time",
        "limit": number(verdict.limit.seconds),
        "observed": number(verdict.observed),
        "path": verdict.path,
        "estimate": verdict.estimate,
        "passed": verdict.passed,
    }


def _message(message: Message) -> dict[str, Any]:
    return {"id": message.id, "arguments": dict(message.arguments), "text": sentence(message)}


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
        "reason": _message(step.reason),
        "also": [_message(said) for said in step.also],
        "breaks": _message(step.breaks) if step.breaks is not None else None,
        "seconds": number(step.seconds),
        "start": number(step.start),
        "end": number(step.end),
        "on_critical_path": step.on_critical_path,
        "bytes": step.bytes,
        "compressed": step.compressed,
        "source": step.source,
        "estimate": step.estimate,
    }
