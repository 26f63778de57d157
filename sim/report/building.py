"""`build`: a build and the one after an edit, step by step, as a table and as JSON, and what would be cheaper."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sim.outcome import Message, Outcome, StepRecord
from sim.report.grid import WIDTH, cut, table
from sim.report.jsonlines import number
from sim.report.numbers import NARROW, written
from sim.report.table import ESTIMATE, LEGEND
from sim.report.texts import has, told

if TYPE_CHECKING:
    from sim.images.suggest import Suggestion
    from sim.studies.build import WhatIf

_SHORT = 38
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


def as_json(
    outcome: Outcome, builder: str, suggestions: Sequence[Suggestion] = (), imagined: Sequence[WhatIf] = ()
) -> str:
    """{"builder", "builds": [{"build", "hits", "misses", "depends", "steps"}], "metrics", "suggestions", "what_if"}.

    metrics are the last build's; what_if: edits that were tried because none was given.
    """
    made = [
        {
            "build": build,
            "hits": sum(step.status == "hit" for step in steps),
            "misses": sum(step.status == "miss" for step in steps),
            "depends": sum(step.status == "depends" for step in steps),
            "steps": [_step(step) for step in steps],
        }
        for build, steps in builds(outcome).items()
    ]
    metrics = {m.metric: {"value": number(m.value), "unit": m.unit, "estimate": m.estimate} for m in outcome.metrics}
    advice = [
        {**_message(one.message), "saved_seconds": number(one.saved_seconds), "files": dict(one.files)}
        for one in suggestions
    ]
    edits = [
        {
            "path": one.path, "line": one.line, "misses": one.misses, "steps": one.steps,
            "seconds": number(one.seconds), "estimate": one.estimate,
        }
        for one in imagined
    ]  # fmt: skip
    found = {"builder": builder, "builds": made, "metrics": metrics, "suggestions": advice, "what_if": edits}
    return json.dumps(found, indent=2, ensure_ascii=False)


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


def as_table(
    outcome: Outcome, builder: str, suggestions: Sequence[Suggestion] = (), imagined: Sequence[WhatIf] = ()
) -> str:
    """A block a build: step, status, time, layer, and why; what the last build costs; what would be cheaper."""
    lines = []
    for build, steps in builds(outcome).items():
        counts = [f"{sum(step.status == 'hit' for step in steps)} hit"]
        counts.append(f"{sum(step.status == 'miss' for step in steps)} run")
        unsure = sum(step.status == "depends" for step in steps)
        counts += [f"{unsure} depend on an output"] if unsure else []
        lines += [f"Build {build} with {builder}: {', '.join(counts)}"]
        shown = [step for step in steps if step.status in ("hit", "miss", "depends")]
        if any(step.status != "hit" or step.breaks is None for step in shown):
            lines += _steps(shown)
        for step in shown:
            if step.breaks is not None and all(other.status == "hit" for other in shown):
                lines += _wrapped(f"line {step.line}: {sentence(step.breaks)}")
        causes = [step for step in shown if step.cause and step.reason.id != FIRST]
        for step in causes:
            lines += _wrapped(f"first cause, line {step.line}: {sentence(step.reason)}")
        hanging = next((step for step in shown if step.status == "depends"), None)
        if hanging is not None:
            lines += _wrapped(f"line {hanging.line}: {sentence(hanging.reason)}")
        lines.append("")
    lines += _costs(outcome)
    lines += _imagined(imagined)
    lines += _suggested(suggestions, imagined)
    if any(ESTIMATE in line for line in lines):
        lines += ["", LEGEND]
    return "\n".join(lines) + "\n"


def _steps(shown: Sequence[StepRecord]) -> list[str]:
    rows = [
        (str(step.line or ""), _mark(step), cut(step.name.replace("\n", " "), _SHORT), _time(step), _layer(step))
        for step in shown
    ]
    return table(("line", "", "step", "time", "layer"), rows, right=(0, 3, 4))


def _costs(outcome: Outcome) -> list[str]:
    values = {metric.metric: metric for metric in outcome.metrics}
    names = {
        "rebuild_time": "runs again",
        "saved_time": "saved by the cache",
        "new_bytes": "new layers",
        "push_bytes": "to push and pull",
        "image_bytes": "whole image",
    }
    starred = any(step.on_critical_path for step in outcome.of_type(StepRecord))
    found = ["* the end of the build waits for it", ""] if starred else []
    for name, words in names.items():
        if name in values:
            metric = values[name]
            low, high = metric.range or (metric.value, metric.value)
            spread = f" ({_amount(low, metric.unit)} to {_amount(high, metric.unit)})" if low < high else ""
            mark = ESTIMATE if metric.estimate else ""
            found.append(f"{words}: {mark}{_amount(metric.value, metric.unit)}{spread}")
    return found


def _amount(value: float, unit: str) -> str:
    return written(value, unit, transfer=True).replace(NARROW, " ")


def _imagined(imagined: Sequence[WhatIf]) -> list[str]:
    if not imagined:
        return []
    rows = [(one.path, str(one.line), f"{one.misses} of {one.steps}", _seconds(one)) for one in imagined]
    return ["", "If a file changes", *table(("file", "line", "run", "time"), rows, right=(1, 2, 3))]


def _seconds(one: WhatIf) -> str:
    return (ESTIMATE if one.estimate else "") + _amount(one.seconds, "s")


def _suggested(suggestions: Sequence[Suggestion], imagined: Sequence[WhatIf]) -> list[str]:
    if not suggestions:
        return []
    when = f", when {imagined[0].path} changes" if imagined else ""
    lines = ["", f"Try{when}"]
    for one in suggestions:
        lines += _wrapped(f"- saves {ESTIMATE}{_amount(one.saved_seconds, 's')}: {sentence(one.message)}")
    return lines


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False)


def _mark(step: StepRecord) -> str:
    return WORDS[step.status] + (" <-" if step.cause and step.reason.id != FIRST else "")


def _time(step: StepRecord) -> str:
    """What running it takes; nothing for a hit, which does not run. A star: the end waited for it."""
    if step.seconds is None or step.status == "hit":
        return ""
    mark = ESTIMATE if step.estimate else ""
    star = " *" if step.on_critical_path else "  "
    return mark + _amount(step.seconds, "s") + star


def _layer(step: StepRecord) -> str:
    if step.bytes is None or step.status == "hit":
        return ""
    return _amount(step.bytes, "B")
