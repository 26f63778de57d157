"""All that `build` tells as a table."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

from sim.outcome import Outcome
from sim.records.images import StepRecord
from sim.report.building.rebuilds import FIRST, MOST_CAUSES, WHOLE, both_ways, builds, causes
from sim.report.building.report import BuildReport, LimitVerdict, amount, sentence
from sim.report.formats.table import ESTIMATE, LEGEND
from sim.report.grid import WIDTH, cut, table

if TYPE_CHECKING:
    from sim.builds.advice.suggest import Suggestion
    from sim.studies.build import WhatIf

_SHORT = 38
"""Cells for a step's name in a table."""

FEW_HITS = 12
"""Most hits of a build that also runs steps of which the table says what would break each."""

SHOWN_CAUSES = 5
"""Most causes of a build that the table tells."""

_PLACES = 4
"""Most lines of one cause that are named."""

WORDS = {
    "hit": "hit",
    "miss": "MISS",
    "base": "base",
    "context": "context",
    "depends": "depends",
    "metadata": "metadata",
    "unused": "unused",
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
        lines += _steps(shown)
        lines += _causes(steps, builder)
        hanging = next((step for step in shown if step.status == "depends"), None)
        if hanging is not None:
            lines += _wrapped(f"line {hanging.line}: {sentence(hanging.reason)}")
        if (ways := both_ways(steps, builder)) is not None:
            mark = ESTIMATE if ways.estimate else ""
            same, other = (mark + amount(seconds, "s") for seconds in (ways.same, ways.changed))
            lines += _wrapped(f"if it leaves the same: {same}, if not: {other}")
        lines += _breaking(shown, breaks)
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
            text += f" Alone: {cause.misses} run, {mark}{amount(cause.seconds, 's')}."
        lines += _wrapped(text)
    if len(listed) > SHOWN_CAUSES:
        lines += _wrapped(f"and more causes (--format json has up to {MOST_CAUSES})")
    if len(listed) > 1:
        end = max((step.end for step in steps if step.end is not None), default=0.0)
        mark = ESTIMATE if any(step.estimate for step in steps) else ""
        count = sum(step.status in ("miss", "depends") for step in steps)
        both = "both" if len(listed) == 2 else "all"
        lines += _wrapped(f"{both} together: {count} run, {mark}{amount(end, 's')}")
    return lines


def _listed(lines: Sequence[int]) -> str:
    shown = ", ".join(map(str, lines[:_PLACES]))
    return f"{shown} and {len(lines) - _PLACES} more" if len(lines) > _PLACES else shown


_TOLD_SOURCES = 6
"""Most RUNs of which the table says what their estimate is made from, the longest first."""


def _sources(outcome: Outcome) -> list[str]:
    """What the estimates of the RUNs are made from that run in the last build that runs any."""
    for steps in reversed(builds(outcome).values()):
        ran = [s for s in steps if s.status in ("miss", "depends") and s.instruction == "RUN" and s.estimate]
        longest = sorted(ran, key=lambda step: -(step.seconds or 0.0))[:_TOLD_SOURCES]
        if longest:
            lines = ["", "Estimated from"]
            for step in sorted(longest, key=lambda listed: listed.line):
                lines += _wrapped(f"line {step.line}: {step.source.removeprefix('estimate: ')}")
            return lines
    return []


def _judged(verdict: LimitVerdict) -> list[str]:
    """Whether a limit is held, and by what."""
    when = f" when {verdict.path} changes" if verdict.path else ""
    taken = f"{ESTIMATE if verdict.estimate else ''}{amount(verdict.observed, 's')}"
    return ["", f"{'held' if verdict.passed else 'BROKEN'}: {verdict.limit.text}: {taken} to rebuild{when}"]


def _breaking(shown: Sequence[StepRecord], breaks: bool | None) -> list[str]:
    """The block on what would break the hits, behind a table of steps."""
    hits = sum(step.breaks is not None for step in shown)
    if not hits or breaks is False:
        return []
    if breaks is None and hits > FEW_HITS and hits < len(shown):
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
            spread = f" ({amount(low, metric.unit)} to {amount(high, metric.unit)})" if low < high else ""
            mark = ESTIMATE if metric.estimate and (metric.value or low < high) else ""
            lines.append(f"{words}: {mark}{amount(metric.value, metric.unit)}{spread}")
    return lines


def _imagined(imagined: Sequence[WhatIf]) -> list[str]:
    if not imagined:
        return []
    rows = [(tried.path, str(tried.line), f"{tried.misses} of {tried.steps}", _seconds(tried)) for tried in imagined]
    return ["", "If a file changes", *table(("file", "line", "run", "time"), rows, right=(1, 2, 3))]


def _seconds(tried: WhatIf) -> str:
    return (ESTIMATE if tried.estimate else "") + amount(tried.seconds, "s")


def _suggested(suggestions: Sequence[Suggestion], imagined: Sequence[WhatIf]) -> list[str]:
    if not suggestions:
        return []
    when = f", when {imagined[0].path} changes" if imagined else ""
    lines = ["", f"Try{when}"]
    for suggestion in suggestions:
        both = " Also: ".join(sentence(said) for said in (suggestion.message, *suggestion.together))
        lines += _wrapped(f"- saves {ESTIMATE}{amount(suggestion.saved_seconds, 's')}: {both}")
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
    return mark + amount(step.seconds, "s") + star


def _layer(step: StepRecord) -> str:
    if step.bytes is None or step.status == "hit":
        return ""
    return amount(step.bytes, "B")
