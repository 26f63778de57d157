"""`run --format table`: what a person reads in a terminal, in eighty columns."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from sim import studies
from sim.never import never
from sim.outcome import Metric, MetricSpec, Outcome, Ratio
from sim.records.instances import ConstraintRecord
from sim.report.bibliography import Citation, of_outcomes
from sim.report.grid import WIDTH, panels, table, width
from sim.report.numbers import NARROW, between, unit_of, written
from sim.report.words import label_text
from sim.scenario import Scenario

ESTIMATE = "~"
"""Before a value that an estimate went into."""

LEGEND = f"{ESTIMATE} an estimate went into it"

_LEAST = 4
"""Label, value, interval and range: what a headline metric is always shown with."""

_STATISTIC = {"value": "", "p50": "median (p50)"}


def scenario(scenario: Scenario, outcomes: Sequence[Outcome]) -> str:
    """One scenario: its title, each part's metrics, and its expectations."""
    lines = _hanging("", f"{scenario.id}: {scenario.title.en}")
    lines.append("=" * max(width(line) for line in lines))
    for outcome in outcomes:
        lines += ["", *part(outcome)]
    verdicts = [verdict for outcome in outcomes for verdict in outcome.verdicts]
    if verdicts:
        lines += ["", f"Expectations: {sum(verdict.passed for verdict in verdicts)} of {len(verdicts)} hold"]
    for verdict in verdicts:
        lines += _hanging("  ok    " if verdict.passed else "  FAIL  ", verdict.text)
        if not verdict.passed:
            lines += _hanging("        ", f"observed: {verdict.observed}")
    lines += sources(of_outcomes(outcomes))
    return "\n".join(lines) + "\n"


def sources(entries: Sequence[Citation]) -> list[str]:
    """A list of sources to end a table with, each with the ids of its facts. It is empty where there is none."""
    lines = [line for entry in entries for line in _hanging("  - ", str(entry))]
    return ["", "Sources", *lines] if lines else []


def _hanging(lead: str, text: str) -> list[str]:
    return textwrap.wrap(
        text, WIDTH, initial_indent=lead, subsequent_indent=" " * len(lead), break_long_words=False,
        break_on_hyphens=False,
    )  # fmt: skip


def part(outcome: Outcome) -> list[str]:
    """The metrics of one part: headline metrics with their intervals, then the others side by side."""
    count = f"{outcome.replications} replication{'s' if outcome.replications > 1 else ''}"
    lines = [f"{outcome.study}, seed {outcome.seed}, {count}"]
    for label in outcome.names or ():
        lines += _hanging("  ", f"{label}: {label_text(outcome, label)}")
    specs = [spec for spec in studies.study(outcome.study).metrics if _of(outcome, spec.name)]
    for spec in specs:
        if spec.headline:
            lines += ["", *_headline(outcome, spec)]
    lines += _stops(outcome)
    lines += _side_by_side(outcome, [spec for spec in specs if not spec.headline])
    lines += _cached(outcome)
    if any(metric.estimate for metric in outcome.metrics):
        lines += ["", LEGEND]
    return lines


def _stops(outcome: Outcome) -> list[str]:
    said = {label: stop(outcome, label) for label in outcome.labels}
    lines = [line for label, text in said.items() if text for line in _hanging("  ", f"{label} {text}")]
    return [""] * bool(lines) + lines


def _cached(outcome: Outcome) -> list[str]:
    """What `cached_for` means for each label, in words."""
    if not _of(outcome, "cached_for"):
        return []
    from sim.report.figures.services.saturation import cache_said  # as in `stop`

    return ["", *(line for said in cache_said(outcome) for line in _hanging("  ", said))]


def stop(outcome: Outcome, label: str) -> str:
    """What stops a label's next instance, and what would after it: "stops at: pods a node (110); next: ...".

    Empty where the outcome has no constraints of the label.
    """
    if not any(isinstance(record, ConstraintRecord) for record in outcome.records):
        return ""
    from sim.report.figures.memory.density import rungs  # the figures take a while to import, and few tables need them

    every = rungs(outcome, label)
    if not every:
        return ""
    binds = [_constraint(record) for record in every if record.binds]
    following = [_constraint(record) for record in every if not record.binds and record.limit is not None]
    text = f"stops at: {binds[0] if binds else 'nothing'}"
    return f"{text}; next: {following[0]}" if following else text


def _constraint(record: ConstraintRecord) -> str:
    from sim.report.figures.memory.density import constraint_name

    limit = written(float(record.limit or 0), "1")
    return f"{constraint_name(record.constraint)} ({ESTIMATE if record.estimate else ''}{limit})"


def _of(outcome: Outcome, name: str) -> list[Metric]:
    return [metric for metric in outcome.metrics if metric.metric == name]


def _headline(outcome: Outcome, spec: MetricSpec) -> list[str]:
    """label, first statistic, its 95 % interval, its sources' range, then what there is room for.

    That is how many times the least it is, and its other statistics.
    """
    metrics = {(metric.of, metric.statistic): metric for metric in _of(outcome, spec.name)}
    first, *others = [name for name in spec.statistics if any(key[1] == name for key in metrics)]
    firsts = [metric for (_, name), metric in metrics.items() if name == first]
    columns: list[tuple[str, list[str]]] = [("", [metric.of for metric in firsts])]
    columns.append((first, [value(metric) for metric in firsts]))
    if any(metric.low is not None for metric in firsts):
        columns.append(("95 % interval", [_ends(metric, metric.low, metric.high) for metric in firsts]))
    if any(metric.range for metric in firsts):
        columns.append(("sources allow", [_ends(metric, *(metric.range or (None, None))) for metric in firsts]))
    columns += _times(outcome, firsts)
    columns += [(name, [value(metrics[metric.of, name]) for metric in firsts]) for name in others]
    while len(columns) > _LEAST and _wide(columns) > WIDTH:
        columns.pop()
    heading = f"{spec.name}: {spec.interval}" if spec.interval else spec.name
    return [heading, *_in_panels(columns)]


def _times(outcome: Outcome, metrics: Sequence[Metric]) -> list[tuple[str, list[str]]]:
    """How many times the least each is, with the 95 % interval of the paired ratios.

    It is empty where there is none.
    """
    ratios = [outcome.ratio(metric.of, metric.metric, metric.statistic) for metric in metrics]
    least = next((ratio.to for ratio in ratios if ratio), None)
    if least is None:
        return []
    return [(f"times {least}", [factor(ratio) if ratio else "" for ratio in ratios])]


def factor(ratio: Ratio) -> str:
    """A ratio in a terminal: "~44 (43 to 45)"."""
    text = (ESTIMATE if ratio.estimate and not never(ratio.value) else "") + written(ratio.value, "1")
    if ratio.low is None or ratio.high is None:
        return text
    ends = between(ratio.low, ratio.high, "1").replace("–", " to ")
    return text if ends == text.removeprefix(ESTIMATE) else f"{text} ({ends})"


def _side_by_side(outcome: Outcome, specs: Sequence[MetricSpec]) -> list[str]:
    """The first statistic of each metric, a column each. Files and JSON have the others too."""
    lines: list[str] = []
    for statistic in dict.fromkeys(spec.statistics[0] for spec in specs):
        columns: list[tuple[str, list[str]]] = [(_STATISTIC.get(statistic, statistic), list(outcome.labels))]
        for spec in specs:
            if spec.statistics[0] == statistic:
                metrics = {metric.of: metric for metric in _of(outcome, spec.name) if metric.statistic == statistic}
                texts = [value(metrics[of]) if of in metrics else "" for of in outcome.labels]
                columns.append((spec.name, texts))
        lines += ["", *_in_panels(columns)]
    return lines


def _wide(columns: Sequence[tuple[str, list[str]]]) -> int:
    return sum(max(width(text) for text in (title, *texts)) + 2 for title, texts in columns) - 2


def _in_panels(columns: Sequence[tuple[str, list[str]]]) -> list[str]:
    """A table, or several below each other where it is wider than a terminal."""
    sizes = [max(width(title), *(width(text) for text in texts)) for title, texts in columns]
    lines: list[str] = []
    for chosen in panels(sizes[1:], sizes[0]):
        shown = [columns[0], *(columns[number + 1] for number in chosen)]
        rows = list(zip(*(texts for _, texts in shown), strict=True))
        lines += [""] * bool(lines) + table([title for title, _ in shown], rows, right=range(1, len(shown)))
    return lines


def value(metric: Metric) -> str:
    """A metric's value in a terminal."""
    text = written(metric.value, unit_of(metric), transfer=metric.transfer).replace(NARROW, " ")
    return f"{ESTIMATE}{text}" if metric.estimate and metric.value and not never(metric.value) else text


def _ends(metric: Metric, low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return ""
    text = between(low, high, unit_of(metric), transfer=metric.transfer)
    return text.replace(NARROW, " ").replace("–", " to ")
