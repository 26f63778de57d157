"""A pool of function instances: bars are the means of the metrics, and the curves are those of the records."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sim import run
from sim.export.legends import chips
from sim.loading import load, override
from sim.outcome import Outcome
from sim.records.load import PoolRecord
from sim.report.figures.services.functions import pool_alt, pool_lanes, pool_over_time, pool_table, time_alt
from sim.report.shown import request, shown
from sim.report.style import LANGUAGES, Style
from sim.report.words import label_names
from sim.scenario import Scenario

FILE = Path(__file__).parents[3] / "scenarios" / "presets" / "functions.yaml"


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return override(load(FILE), {"duration": "10000 s"})


@pytest.fixture(scope="module")
def pool(scenario: Scenario) -> Outcome:
    (outcome,) = run(scenario, replications=2)
    return outcome


def test_a_lane_is_the_instances_that_serve_and_then_those_that_wait(pool: Outcome, marks_of: Any) -> None:
    bars = marks_of(pool_lanes(pool, Style(), label_names(pool)), "bar")
    for label in pool.labels:
        busy, idle = (
            next(row for row in bars if (row["lane"], row["key"]) == (label, key)) for key in ("busy", "idle")
        )
        assert busy["start"] == 0
        assert busy["end"] == idle["start"] == pool.metric(label, "busy_instances", "value").value
        assert idle["end"] == pool.metric(label, "pool_instances", "value").value


def test_behind_a_lane_stands_the_share_of_cold_starts(pool: Outcome, marks_of: Any) -> None:
    said = marks_of(pool_lanes(pool, Style(), label_names(pool)), "text", fontWeight=700)
    share = pool.metric("minute", "cold_share", "value").value
    assert [row["label"] for row in said if row["lane"] == "minute"] == [f"{100 * share:.1f}\u202f% start cold"]


def test_the_bars_of_cold_starts_have_one_scale_for_all_labels(pool: Outcome, marks_of: Any) -> None:
    """How tall a bar is for each cold start is the same everywhere."""
    per_start = set()
    for label in pool.labels:
        records = {one.start: one.cold for one in pool.of_type(PoolRecord) if one.of == label and one.cold}
        bars = marks_of(pool_over_time(pool, Style(), label), "bar")
        assert {row["time"] for row in bars} == set(records)
        per_start |= {round((row["high"] - row["low"]) / records[row["time"]], 9) for row in bars}
    assert len(per_start) == 1


def test_the_areas_stand_on_one_another_and_end_at_the_instances_that_were_there(pool: Outcome, marks_of: Any) -> None:
    areas = marks_of(pool_over_time(pool, Style(), "ten"), "area")
    for record in (one for one in pool.of_type(PoolRecord) if one.of == "ten"):
        at = {row["key"]: row for row in areas if row["time"] == record.start}  # the later one of two at an edge
        assert (at["busy"]["low"], at["busy"]["high"]) == (0, record.busy)
        assert (at["idle"]["low"], at["idle"]["high"]) == (record.busy, record.instances)


def test_a_page_shows_lanes_and_curves_and_a_lecture_has_curves_side_by_side(scenario: Scenario, pool: Outcome) -> None:
    page = shown(request(scenario, pool, Style()))
    lecture = shown(request(scenario, pool, Style(), lecture=True))
    assert [one.id for one in page] == [one.id for one in lecture] == ["legend", "pool", "time-1", "time-2", "time-3"]
    assert {one.row for one in lecture[2:]} == {"times"}
    assert len(chips(page[0].content)) == 3, "the files for a lecture can draw the legend"
    assert not any("%" in str(one.content) for one in shown(request(scenario, pool, Style()), hidden=True))


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_and_rows_name_every_label_with_its_cold_starts(pool: Outcome, language: Any) -> None:
    rows = pool_table(pool, language)
    assert len(rows) == 3
    for label, row in zip(pool.labels, rows, strict=True):
        name, starts, *_ = row.values()
        assert name in pool_alt(pool, language)
        assert starts in pool_alt(pool, language)
        assert str(sum(one.cold for one in pool.of_type(PoolRecord) if one.of == label)) in time_alt(
            pool, label, language
        )
