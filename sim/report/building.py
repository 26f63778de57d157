"""`build`: a build and the one after an edit, step by step, as a table and as JSON, and what would be cheaper."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING, Any

from sim.outcome import Message, Outcome, StepRecord
from sim.report.grid import WIDTH, cut, table
from sim.report.jsonlines import number
from sim.report.numbers import NARROW, written
from sim.report.table import ESTIMATE, LEGEND
from sim.report.texts import has, told

if TYPE_CHECKING:
    from sim.builds.plan import PlannedBuild
    from sim.builds.suggest import Suggestion
    from sim.studies.build import WhatIf

_SHORT = 38
"""Cells for a step's name in a table."""

FEW_HITS = 12
"""Up to so many hits of a build that also runs steps, the table says of each what would break it."""

MOST_CAUSES = 50
"""So many causes of a build are told: for each, what it alone would cost is reckoned."""

SHOWN_CAUSES = 5
"""So many of them the table tells."""

_PLACES = 4
"""So many lines of one cause are named."""

FIRST = "build.first"
"""The reason of every step of a first build: there is nothing in the cache yet."""

WHOLE = (FIRST, "build.no_cache")
"""Reasons that hold for all steps alike: none is told as a cause of its own."""

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
    """A message in English, or its id and arguments where the catalog has no text for it."""
    if has(message.id):
        return told(message)
    return " ".join([message.id, *(f"{name}={value}" for name, value in message.arguments)])


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
    from sim.builds.rates import book

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


@dataclass(frozen=True, slots=True)
class Limit:
    """The most that the second build may take.

    Attributes:
        text: The option as it was written.
    """

    text: str
    seconds: float


@dataclass(frozen=True, slots=True)
class LimitVerdict:
    """What a limit comes to.

    Attributes:
        observed: Seconds.
        path: The file whose edit was judged, "" where a change was given.
    """

    limit: Limit
    observed: float
    path: str
    estimate: bool

    @property
    def passed(self) -> bool:
        """Whether it is held. What just meets it holds it."""
        return self.observed <= self.limit.seconds


def judged(outcome: Outcome, imagined: Sequence[WhatIf], limit: Limit, *, changed: bool) -> LimitVerdict:
    """The verdict on the last build.

    Without a change nothing runs again, so the dearest edit that was tried is judged.
    """
    if not changed and imagined:
        worst = max(imagined, key=lambda one: one.seconds)
        return LimitVerdict(limit, worst.seconds, worst.path, worst.estimate)
    metric = next(one for one in outcome.metrics if one.metric == "rebuild_time")
    return LimitVerdict(limit, metric.value, "", metric.estimate)


@dataclass(frozen=True, slots=True)
class BuildReport:
    """All that `build` tells.

    Attributes:
        notes: What flags do here.
        verdict: None where there is no limit.
    """

    outcome: Outcome
    builder: str
    suggestions: Sequence[Suggestion] = ()
    imagined: Sequence[WhatIf] = ()
    notes: Sequence[str] = ()
    verdict: LimitVerdict | None = None


def graph(outcome: Outcome, form: str) -> str:
    """The last build's graph as "dot", "mermaid" or "svg": the same nodes and edges in each."""
    from sim.report.figures.build import build_graph, graph_parts
    from sim.report.graph import texts
    from sim.report.graph.svg import standalone
    from sim.report.style import Style

    style = Style()
    if form == "svg":
        return standalone(build_graph(outcome, style), style) + "\n"
    return (texts.dot if form == "dot" else texts.mermaid)(*graph_parts(outcome, style), style)


def imported(flag: str, plans: Mapping[str, PlannedBuild], shown: str) -> str:
    """What the second build does on a fresh builder that imports what the first exported, in each mode."""
    parts = [
        f"mode {mode}, {plan.misses + plan.depends} of {plan.steps} run, "
        f"{ESTIMATE if plan.estimate else ''}{_amount(plan.rebuild_seconds, 's')}"
        for mode, plan in plans.items()
    ]
    return (
        f"{flag}: the second build is on a fresh builder that imports what the first exported: {'; '.join(parts)}. "
        f"Shown is {f'mode {shown}' if shown in plans else f'--cache {shown}'}; --cache-to ...,mode=max exports every "
        "stage, the default min the image's own layers."
    )


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
            **_message(one.message),
            "together": [_message(said) for said in one.together],
            "saved_seconds": number(one.saved_seconds),
            "files": dict(one.files),
        }
        for one in suggestions
    ]
    edits = [
        {
            "path": one.path, "line": one.line, "misses": one.misses, "steps": one.steps,
            "seconds": number(one.seconds), "estimate": one.estimate,
        }
        for one in imagined
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


def as_table(told: BuildReport, breaks: bool | None = None) -> str:
    """A block a build, then what the last build costs and what would be cheaper.

    Args:
        breaks: Whether it says what would break each hit. None for where hits are few or there is nothing else to say.
    """
    outcome, builder, suggestions, imagined = told.outcome, told.builder, told.suggestions, told.imagined
    lines = []
    for build, steps in builds(outcome).items():
        counts = [f"{sum(step.status == 'hit' for step in steps)} hit"]
        counts.append(f"{sum(step.status == 'miss' for step in steps)} run")
        unsure = sum(step.status == "depends" for step in steps)
        counts += [f"{unsure} depend on an output"] if unsure else []
        lines += [f"Build {build} with {builder}: {', '.join(counts)}"]
        shown = [step for step in steps if step.status in ("hit", "miss", "depends")]
        bare = all(step.status == "hit" and step.breaks is not None for step in shown) and breaks is not False
        lines += _broken(shown) if bare else _steps(shown)
        lines += _causes(steps, builder)
        hanging = next((step for step in shown if step.status == "depends"), None)
        if hanging is not None:
            lines += _wrapped(f"line {hanging.line}: {sentence(hanging.reason)}")
        if (ways := both_ways(steps, builder)) is not None:
            mark = ESTIMATE if ways.estimate else ""
            same, other = (mark + _amount(seconds, "s") for seconds in (ways.same, ways.changed))
            lines += _wrapped(f"if it leaves the same: {same}, if not: {other}")
        lines += [] if bare else _breaking(shown, breaks)
        lines.append("")
    lines += _costs(outcome)
    lines += _sources(outcome)
    lines += _imagined(imagined)
    lines += _suggested(suggestions, imagined)
    lines += ["", "Flags", *(line for note in told.notes for line in _wrapped(f"- {note}"))] if told.notes else []
    lines += _judged(told.verdict) if told.verdict is not None else []
    if any(ESTIMATE in line for line in lines):
        lines += ["", LEGEND]
    return "\n".join(lines) + "\n"


def _causes(steps: Sequence[StepRecord], builder: str) -> list[str]:
    """The causes, first those before which nothing ran. Where there are several, each has what it alone would cost."""
    listed = causes(steps, builder)
    for_all = [step for step in steps if step.cause and step.reason.id in WHOLE and step.reason.id != FIRST]
    lines = [line for step in for_all for line in _wrapped(f"first cause, line {step.line}: {sentence(step.reason)}")]
    for place, cause in enumerate(listed[:SHOWN_CAUSES], 1):
        where = f"line{'s' if len(cause.lines) > 1 else ''} {_listed(cause.lines)}"
        text = f"{'first cause' if cause.first else f'cause {place}'}, {where}: {sentence(cause.message)}"
        if len(listed) > 1:
            mark = ESTIMATE if any(step.estimate for step in steps) else ""
            text += f" Alone: {cause.misses} run, {mark}{_amount(cause.seconds, 's')}."
        lines += _wrapped(text)
    if len(listed) > SHOWN_CAUSES:
        lines += _wrapped(f"and more causes (--format json has up to {MOST_CAUSES})")
    if len(listed) > 1:
        end = max((step.end for step in steps if step.end is not None), default=0.0)
        mark = ESTIMATE if any(step.estimate for step in steps) else ""
        count = sum(step.status in ("miss", "depends") for step in steps)
        both = "both" if len(listed) == 2 else "all"
        lines += _wrapped(f"{both} together: {count} run, {mark}{_amount(end, 's')}")
    return lines


def _listed(lines: Sequence[int]) -> str:
    shown = ", ".join(map(str, lines[:_PLACES]))
    return f"{shown} and {len(lines) - _PLACES} more" if len(lines) > _PLACES else shown


_TOLD_SOURCES = 6
"""Of so many RUNs the table says what their estimate is made from, the longest first."""


def _sources(outcome: Outcome) -> list[str]:
    """What the estimates of the RUNs are made from that run in the last build that runs any."""
    for steps in reversed(builds(outcome).values()):
        ran = [s for s in steps if s.status in ("miss", "depends") and s.instruction == "RUN" and s.estimate]
        longest = sorted(ran, key=lambda step: -(step.seconds or 0.0))[:_TOLD_SOURCES]
        if longest:
            lines = ["", "Estimated from"]
            for step in sorted(longest, key=lambda one: one.line):
                lines += _wrapped(f"line {step.line}: {step.source.removeprefix('estimate: ')}")
            return lines
    return []


def _judged(verdict: LimitVerdict) -> list[str]:
    """Whether a limit is held, and by what."""
    when = f" when {verdict.path} changes" if verdict.path else ""
    taken = f"{ESTIMATE if verdict.estimate else ''}{_amount(verdict.observed, 's')}"
    return ["", f"{'held' if verdict.passed else 'BROKEN'}: {verdict.limit.text}: {taken} to rebuild{when}"]


def _breaking(shown: Sequence[StepRecord], breaks: bool | None) -> list[str]:
    """The block on what would break the hits, behind a table of steps."""
    hits = sum(step.breaks is not None for step in shown)
    if not hits or breaks is False:
        return []
    if breaks is None and hits > FEW_HITS:
        return ["", f"--breaks says what would break the {hits} hits"]
    return ["", "What would break the hits", *_broken(shown)]


def _broken(shown: Sequence[StepRecord]) -> list[str]:
    """What would break each hit. Lines of which the same is true stand together."""
    lines_of: dict[str, list[str]] = {}
    for step in shown:
        if step.breaks is not None:
            lines_of.setdefault(sentence(step.breaks), []).append(str(step.line))
    return [
        line
        for text, places in lines_of.items()
        for line in _wrapped(f"line{'s' if len(places) > 1 else ''} {', '.join(places)}: {text}")
    ]


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
    lines = ["* the end of the build waits for it", ""] if starred else []
    for name, words in names.items():
        if name in values:
            metric = values[name]
            low, high = metric.range or (metric.value, metric.value)
            spread = f" ({_amount(low, metric.unit)} to {_amount(high, metric.unit)})" if low < high else ""
            mark = ESTIMATE if metric.estimate and (metric.value or low < high) else ""
            lines.append(f"{words}: {mark}{_amount(metric.value, metric.unit)}{spread}")
    return lines


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
        both = " Also: ".join(sentence(said) for said in (one.message, *one.together))
        lines += _wrapped(f"- saves {ESTIMATE}{_amount(one.saved_seconds, 's')}: {both}")
    return lines


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False)


def _mark(step: StepRecord) -> str:
    return WORDS[step.status] + (" <-" if step.cause and step.reason.id != FIRST else "")


def _time(step: StepRecord) -> str:
    """What running it takes. A hit has nothing, as it does not run. A star says that the end waited for it."""
    if step.seconds is None or step.status == "hit":
        return ""
    mark = ESTIMATE if step.estimate else ""
    star = " *" if step.on_critical_path else "  "
    return mark + _amount(step.seconds, "s") + star


def _layer(step: StepRecord) -> str:
    if step.bytes is None or step.status == "hit":
        return ""
    return _amount(step.bytes, "B")
