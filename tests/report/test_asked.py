"""A figure shows the metric whose number its title has."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sim.batch.run import run
from sim.loading import load
from sim.report.shown import request, shown
from sim.report.shown.asked import titled
from sim.report.style import Style

SCENARIOS = Path(__file__).resolve().parents[2] / "scenarios"


def scenario(name):
    return load(SCENARIOS / f"{name}.yaml")


@pytest.mark.parametrize(
    ("name", "measures", "says"),
    [
        ("run-chain", ("rebuild_time", "image_bytes"), "image_bytes"),
        ("instruction-order", ("rebuild_time", "image_bytes"), "rebuild_time"),
        ("first-start", ("pull_time", "first_start_time"), "first_start_time"),
        ("registry-fleet", ("pull_time", "bytes_moved"), "pull_time"),
        ("registry", ("pull_time", "bytes_moved"), "bytes_moved"),
    ],
)
def test_the_title_decides_what_is_drawn(name, measures, says):
    assert titled(scenario(name), measures, measures[0]) == says


def test_where_no_finding_names_a_measure_the_prediction_does_and_else_the_default():
    chain = scenario("run-chain")
    silent = replace(chain, lesson=replace(chain.lesson, findings=()))
    assert titled(silent, ("rebuild_time", "image_bytes"), "rebuild_time") == "image_bytes"
    assert titled(silent, ("nothing",), "rebuild_time") == "rebuild_time"
    assert titled(replace(chain, lesson=None), ("image_bytes",), "rebuild_time") == "rebuild_time"


def test_the_bars_of_a_chain_are_its_sizes_and_then_its_times():
    chain = scenario("run-chain")
    (outcome,) = run(chain)
    drawings = {one.id: one for one in shown(request(chain, outcome, Style()))}
    assert "22" in drawings["bars"].alt
    assert drawings["bars"].title == "all layers of the image"
    assert drawings["bars-time"].title == "time of the rebuild"
    order = scenario("instruction-order")
    alone = {one.id: one for one in shown(request(order, run(order)[0], Style()))}
    assert alone["bars"].title == ""
    assert "bars-time" not in alone


def test_a_first_start_is_drawn_by_the_time_of_the_start():
    first = scenario("first-start")
    (outcome,) = run(first)
    (drawn,) = [one for one in shown(request(first, outcome, Style())) if one.id == "completions"]
    for label in ("present", "estargz"):
        value = outcome.metric(label, "first_start_time", "p50").value
        assert f"{value:.2g}" in drawn.alt
