"""`run --format markdown`: a CI job's summary."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sim import __version__, studies
from sim.outcome import Outcome
from sim.report.bibliography import Citation, of_outcomes
from sim.report.formats.baseline import Comparison
from sim.report.formats.ran import Ran
from sim.report.formats.table import LEGEND, factor, stop, value
from sim.report.words import label_text
from sim.scenario import Scenario


def document(
    finished: Sequence[tuple[Scenario, Sequence[Outcome]]],
    failed: Sequence[Ran] = (),
    comparison: Comparison | None = None,
) -> str:
    """A table of all scenarios with what failed, then each scenario's headline metrics and expectations.

    Args:
        failed: Scenarios that could not run.
        comparison: With a baseline.
    """
    lines = ["| scenario | lesson | expectations |", "| --- | --- | --- |"]
    for scenario, outcomes in finished:
        verdicts = [verdict.passed for outcome in outcomes for verdict in outcome.verdicts]
        sign = "✅" if all(verdicts) else "❌"
        lines.append(f"| {scenario.id} | {_cell(scenario.title.en)} | {sign} {sum(verdicts)} of {len(verdicts)} hold |")
    lines += [f"| {_cell(ran.scenario)} | | ⚠️ could not run |" for ran in failed]
    lines += ["", f"Model version {__version__}."]
    for ran in failed:
        lines += ["", f"## {_cell(ran.scenario)}", ""]
        lines += [f"- ⚠️ {_cell(str(replace(problem, excerpt='')))}" for problem in ran.problems]
    if comparison:
        lines += ["", "## Baseline", "", *(f"- {_cell(line)}" for line in str(comparison).split("\n"))]
    for scenario, outcomes in finished:
        lines += ["", f"## {_cell(scenario.title.en)}"]
        for outcome in outcomes:
            lines += ["", *_metrics(outcome)]
        verdicts_ = [verdict for outcome in outcomes for verdict in outcome.verdicts]
        lines += [""] * bool(verdicts_)
        for verdict in verdicts_:
            lines.append(f"- {'✅' if verdict.passed else '❌'} {_code(verdict.text)}: {_cell(verdict.observed)}")
        lines += _sources(of_outcomes(outcomes))
    return "\n".join(lines) + "\n"


def _sources(entries: Sequence[Citation]) -> list[str]:
    """The sources, folded: they are many."""
    if not entries:
        return []
    said = [
        f"- {', '.join(entry.ids)}: {_cell(entry.source)}" + (f" <{entry.url}>" if entry.url else "")
        for entry in entries
    ]
    return ["", "<details><summary>Sources</summary>", "", *said, "", "</details>"]


def _metrics(outcome: Outcome) -> list[str]:
    chosen = studies.study(outcome.study).headlines
    names = [
        (spec.name, name)
        for spec in chosen
        for name in spec.statistics
        if any((metric.metric, metric.statistic) == (spec.name, name) for metric in outcome.metrics)
    ]
    metrics = {(metric.of, metric.metric, metric.statistic): metric for metric in outcome.metrics}
    titles = [name if statistic == "value" else f"{name} {statistic}" for name, statistic in names]
    measured = "; ".join(f"{spec.name}: {spec.interval}" for spec in chosen if spec.interval)
    lines = [f"{outcome.study}, seed {outcome.seed}, replications {outcome.replications}; {measured}", ""]
    least = {ratio.metric: ratio.to for ratio in outcome.ratios}
    compared = [(spec.name, spec.statistics[0]) for spec in chosen if spec.name in least]
    titles += [f"{name}, times {least[name]}" for name, _ in compared]
    lines += [f"| | {' | '.join(titles)} |", f"| --- |{' ---: |' * len(titles)}"]
    for label in outcome.labels:
        cells = [metrics.get((label, *name)) for name in names]
        ratios = [outcome.ratio(label, *name) for name in compared]
        written = [value(metric) if metric else "" for metric in cells]
        written += [factor(ratio) if ratio else "" for ratio in ratios]
        name = f"{label}: {_cell(label_text(outcome, label))}" if label in (outcome.names or ()) else label
        lines.append(f"| {name} | {' | '.join(written)} |")
    stops = [f"- {label} {text}" for label in outcome.labels if (text := stop(outcome, label))]
    lines += [""] * bool(stops) + stops
    if any(metric.estimate for metric in metrics.values() if (metric.metric, metric.statistic) in names):
        lines += ["", LEGEND]
    return lines


def _cell(text: str) -> str:
    """A text that breaks neither a table nor a line."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


def _code(text: str) -> str:
    return f"`{' '.join(text.split())}`"
