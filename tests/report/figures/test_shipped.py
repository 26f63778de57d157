"""The figures of every shipped scenario: they can be drawn in both languages, and agree with the metrics."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from sim.batch.run import run
from sim.loading import load
from sim.records.images import StepRecord
from sim.report import words
from sim.report.figures.bars import metric_bars
from sim.report.figures.images.build import build_alt, build_graph, build_table, cost_line
from sim.report.figures.images.pulls import completions, completions_alt, pulled, pulls, pulls_table
from sim.report.figures.memory.columns import RULERS, area, group, sums
from sim.report.figures.memory.density import ladder, ladder_alt, ladder_table
from sim.report.figures.memory.memory import ledger, ledger_alt, ledger_table
from sim.report.figures.memory.pressure import over_time, pressure, pressure_alt, pressure_table
from sim.report.figures.services.bringup import bringup, bringup_alt, bringup_table, savings_table
from sim.report.figures.services.radius import compared_table, radius, radius_alt, radius_table
from sim.report.figures.starts.gantt import gantt
from sim.report.figures.starts.race import race, race_alt, race_sources, race_table
from sim.report.style import LANGUAGES, Style
from tests import shipped

SCENARIOS = sorted((Path(__file__).resolve().parents[3] / "scenarios").glob("*.yaml"))


def figures(outcome, style):
    """Every specification of an outcome, and its tables and sentences."""
    names, language = words.label_names(outcome, style.language), style.language
    if outcome.study == "startup":
        yield race(outcome, style, names)
        yield race(outcome, style, names, lens=True)
        yield gantt(outcome, style, outcome.labels[-1])
        yield race_table(outcome, language), race_sources(outcome, language), race_alt(outcome, language)
    elif outcome.study == "memory":
        for ruler in RULERS:
            ET.fromstring(ledger(outcome, style, ruler, names))
        yield ledger_table(outcome, language), ledger_alt(outcome, "rss", language)
        for label in over_time(outcome)[:1]:
            yield pressure(outcome, style, label)
            yield pressure_table(outcome, label, language), pressure_alt(outcome, label, language)
    elif outcome.study == "density":
        yield ladder(outcome, style, names)
        yield ladder_table(outcome, language), ladder_alt(outcome, language)
    elif outcome.study == "distribution":
        yield completions(outcome, style, names)
        yield completions_alt(outcome, language)
        for label in pulled(outcome)[-1:]:
            yield pulls(outcome, style, label)
            yield (pulls_table(outcome, label, language),)
    elif outcome.study == "compose":
        for label in outcome.labels:
            yield bringup(outcome, style, label)
            yield (bringup_alt(outcome, label, language),)
        yield bringup_table(outcome, language), savings_table(outcome, outcome.labels[0], language)
    elif outcome.study == "microservices":
        yield radius(outcome, style)
        yield (radius_alt(outcome, language),)
        yield radius_table(outcome, language), compared_table(outcome, language)
    elif outcome.study == "build":
        yield metric_bars(outcome, style, "rebuild_time", names)
        for label in outcome.labels:
            yield cost_line(outcome, style, label=label)
            yield build_table(outcome, language, label=label), build_alt(outcome, language, label=label)


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_every_figure_of_a_shipped_scenario_can_be_drawn(path, drawn):
    scenario = shipped.read(path)
    outcomes = shipped.outcomes(scenario, 1)
    for outcome in outcomes:
        for language in LANGUAGES:
            style = Style(language=language)
            for made in figures(outcome, style):
                if isinstance(made, dict):
                    assert "NaN" not in drawn(made, style)
                else:
                    assert all(made)
        for label in outcome.labels if outcome.of_type(StepRecord) else ():
            ET.fromstring(build_graph(outcome, Style(), label=label))
    if scenario.lesson is not None:
        metrics = words.values(*outcomes)
        for language in LANGUAGES:
            title = words.finding(scenario.lesson, metrics, language)
            assert title, "no finding holds"
            assert "{" not in title
            assert "{" not in words.fill(scenario.lesson.explain, metrics, language)


@pytest.mark.parametrize("ruler", RULERS)
def test_the_shipped_ledgers_area_is_what_the_study_counted(ruler):
    path = next(path for path in SCENARIOS if path.stem == "memory-ledger")
    (outcome,) = run(load(path))
    for label in outcome.labels:
        said = outcome.metric(label, f"{ruler}_total").value
        assert not said or area(group(outcome, label, ruler), ruler) == pytest.approx(said)


def test_the_shipped_ledgers_difference_is_what_is_counted_again() -> None:
    (outcome,) = run(load(next(path for path in SCENARIOS if path.stem == "memory-ledger")))
    for label in outcome.labels:
        found = sums(outcome, label)
        rss, physical = (outcome.metric(label, f"{ruler}_total").value for ruler in ("rss", "physical"))
        assert rss == pytest.approx(physical - found.outside + found.again, rel=1e-12)
    container = sums(outcome, "container")
    # By hand: the shim's code of 15.8 MiB in 20 shims, the libraries of 4 MiB in three processes of 20 containers.
    assert container.again / 2**20 == pytest.approx(15.8 * 19 + 4 * 59, abs=0.01)
