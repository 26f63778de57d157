"""The critical path of a build, from records made by hand and against the planner's own sum."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest

from sim.batch.run import run
from sim.loading import load, override
from sim.outcome import Outcome
from sim.records.images import StepRecord
from sim.records.instances import Message
from sim.report.figures.images.build import build_graph, steps
from sim.report.figures.images.critical import critical_path, emphasised
from sim.report.style import Style

SCENARIOS = Path(__file__).resolve().parents[3] / "scenarios"


def step(name, inputs, seconds, status="miss"):
    links = tuple((source, "parent") for source in inputs)
    reason = Message("build.first")
    return StepRecord(
        "a", "1", name, name, "s", "RUN", f"RUN {name}", 1, links, status, False, reason, "", "", seconds, 0, ""
    )


def outcome(*records, builder="buildkit-containerd"):
    return Outcome("made", "build", 1, 1, ("a",), (), records, parameters={"a": {"builder": builder}})


DIAMOND = (
    step("base", [], None, "base"),
    step("top", ["base"], 1.0),
    step("slow", ["top"], 5.0),
    step("fast", ["top"], 2.0),
    step("last", ["slow", "fast"], 1.0),
    step("aside", ["base"], 3.0),
)


def test_the_path_is_the_slowest_way_and_holds_only_what_runs():
    assert critical_path(outcome(*DIAMOND)) == ("top", "slow", "last")


def test_a_step_that_hits_takes_no_time_and_is_passed_over():
    records = (step("a", [], 9.0, "hit"), step("b", ["a"], 1.0), step("c", ["b"], 9.0, "hit"), step("d", ["c"], 1.0))
    assert critical_path(outcome(*records)) == ("b", "d")
    assert critical_path(outcome(step("a", [], 9.0, "hit"))) == ()


def test_a_step_that_hangs_on_an_output_counts_as_run():
    assert critical_path(outcome(step("a", [], 1.0), step("b", ["a"], 1.0, "depends"))) == ("a", "b")


def test_the_legacy_builder_runs_one_step_after_the_other():
    assert critical_path(outcome(*DIAMOND, builder="legacy")) == ("top", "slow", "fast", "last", "aside")


@pytest.mark.parametrize("builder", ["buildkit-containerd", "buildkit-overlay2"])
@pytest.mark.parametrize("name", ["layers", "instruction-order", "own-image"])
def test_the_seconds_on_the_path_are_the_planner_s_rebuild_time(name, builder):
    (planned,) = run(override(load(SCENARIOS / f"{name}.yaml"), {"builder": builder}))
    for label in planned.labels:
        path = critical_path(planned, label=label)
        seconds = {record.step: record.seconds or 0.0 for record in steps(planned, label=label)}
        total = planned.metric(label, "rebuild_time").value
        assert math.fsum(seconds[name] for name in path) == pytest.approx(total, abs=1e-6), label


def test_the_path_is_marked_by_heavy_edges_bars_and_words():
    style = Style()
    made = outcome(*DIAMOND)
    svg = emphasised(build_graph(made, style), critical_path(made), style)
    heavy = re.findall(r'class="e[^"]* k" data-from="(\w+)" data-to="(\w+)"', svg)
    assert sorted(heavy) == [("slow", "last"), ("top", "slow")]
    assert svg.count('class="k-bar"') == 3
    said = re.findall(r'data-node="(\w+)"[^>]*aria-label="[^"]*, on the critical path"', svg)
    assert sorted(said) == ["last", "slow", "top"]
    assert emphasised(svg, (), style) == svg


def test_the_mark_is_said_in_japanese():
    style = Style(language="ja")
    made = outcome(*DIAMOND)
    assert "クリティカルパス上" in emphasised(build_graph(made, style), critical_path(made), style)
