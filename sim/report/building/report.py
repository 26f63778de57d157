"""What `build` tells, whatever its form: the report, the verdict on a limit, graphs and sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sim.outcome import Outcome
from sim.records.instances import Message
from sim.report.formats.table import ESTIMATE
from sim.report.numbers import NARROW, written
from sim.report.texts import has, told

if TYPE_CHECKING:
    from sim.builds.advice.suggest import Suggestion
    from sim.builds.plan import PlannedBuild
    from sim.studies.build import WhatIf


def sentence(message: Message) -> str:
    """A message in English, or its id and arguments where the catalog has no text for it."""
    if has(message.id):
        return told(message)
    return " ".join([message.id, *(f"{name}={value}" for name, value in message.arguments)])


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
        worst = max(imagined, key=lambda tried: tried.seconds)
        return LimitVerdict(limit, worst.seconds, worst.path, worst.estimate)
    metric = next(metric for metric in outcome.metrics if metric.metric == "rebuild_time")
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
    from sim.report.figures.images.build import build_graph, graph_parts
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
        f"{ESTIMATE if plan.estimate else ''}{amount(plan.rebuild_seconds, 's')}"
        for mode, plan in plans.items()
    ]
    return (
        f"{flag}: the second build is on a fresh builder that imports what the first exported: {'; '.join(parts)}. "
        f"Shown is {f'mode {shown}' if shown in plans else f'--cache {shown}'}; --cache-to ...,mode=max exports every "
        "stage, the default min the image's own layers."
    )


def amount(value: float, unit: str) -> str:
    """A number with its unit in plain spaces, layers in MB."""
    return written(value, unit, transfer=True).replace(NARROW, " ")
