"""Pulls: bars are seconds, a queue is an outline, lanes are in unpacking order, and all nodes are counted."""

from __future__ import annotations

import pytest

from sim.outcome import Metric, Outcome
from sim.records.images import PullRecord
from sim.report.figures.images.pulls import (
    completions,
    completions_alt,
    first_node,
    pull_marks,
    pulled,
    pulls,
    pulls_table,
)
from sim.report.style import LANGUAGES, Style
from sim.report.words import LabelName, label_names

MB = 1_000_000


def record(layer, kind, start, end, queued=0.0, size=MB, node=0, of="pull", **more):
    return PullRecord(of, node, f"sha256:{layer}", kind, start, end, queued, size, "fact", image="i", **more)


@pytest.fixture
def outcome():
    """Two layers: the upper one is fetched first and waits for the lower one to be unpacked."""
    records = (
        record("top", "download", 0.5, 1.0, nodes=1000),
        record("base", "download", 0.5, 4.0, size=40 * MB, nodes=1000),
        record("base", "unpack", 4.0, 6.0, size=120 * MB, nodes=1000),
        record("top", "unpack", 6.0, 6.5, queued=5.0, nodes=1000),
        record("base", "download", 1.0, 9.0, node=7),
    )
    metrics = tuple(
        Metric("pull_time", statistic, of, "request to image unpacked", value, "s")
        for of, values in (("pull", (6.5, 7.0, 9.0, 12.0)), ("none", (0.0, 0.0, 0.0, 0.0)))
        for statistic, value in zip(("min", "p50", "p95", "max"), values, strict=True)
    )
    parameters = {
        "pull": {"technology": "docker", "lazy": ""},
        "none": {"technology": "docker", "lazy": "estargz"},
    }
    return Outcome("s", "distribution", 1, 1, ("pull", "none"), metrics, records, parameters=parameters)


NAMES = {"pull": LabelName("pull"), "none": LabelName("none")}


def test_lanes_are_in_the_order_of_unpacking_and_bars_are_seconds(outcome, marks_of):
    bars = marks_of(pulls(outcome, Style(), "pull"), "bar", color=Style().tokens.owners["files"])
    assert {(row["lane"], row["upper"], row["start"], row["end"]) for row in bars} == {
        ("0", True, 0.5, 4.0),
        ("0", False, 4.0, 6.0),
        ("1", True, 0.5, 1.0),
        ("1", False, 6.0, 6.5),
    }


def test_a_queue_is_an_outline_from_when_it_could_have_begun(outcome, marks_of):
    (row,) = marks_of(pulls(outcome, Style(), "pull"), "bar", fillOpacity=0)
    assert (row["lane"], row["asked"], row["start"]) == ("1", 1.0, 6.0)
    assert pull_marks(outcome, "pull") == ["queued"]


def test_the_first_node_stands_for_those_that_do_the_same(outcome):
    assert {each.node for each in first_node(outcome, "pull")} == {0}
    assert "1,000" in pulls(outcome, Style(), "pull")["title"]["text"]["expr"]
    assert pulled(outcome) == ["pull"]


def test_all_nodes_are_told_by_the_first_half_and_last(outcome, marks_of):
    spec = completions(outcome, Style(), NAMES)
    rows = {row["lane"]: row for row in marks_of(spec, "bar", color=Style().tokens.owners["files"])}
    assert (rows["pull"]["min"], rows["pull"]["p50"], rows["pull"]["p95"], rows["pull"]["max"]) == (6.5, 7.0, 9.0, 12.0)
    assert {row["lane"] for row in marks_of(spec, "tick")} == {"pull"}
    texts = {row["lane"]: row["text"] for row in marks_of(spec, "text")}
    assert texts == {"pull": "12\u202fs, half by 7.0\u202fs", "none": "0\u202fs"}


def test_before_the_run_no_time_is_in_the_figure(outcome, marks_of):
    spec = completions(outcome, Style(), NAMES, hidden=True)
    assert {row["text"] for row in marks_of(spec, "text")} == {"?"}
    assert "12" not in str(marks_of(spec, "text"))


def test_the_table_has_a_row_for_everything_the_node_did(outcome):
    rows = pulls_table(outcome, "pull")
    assert [(row["layer"], row["does"]) for row in rows] == [
        ("2", "↓ fetched"),
        ("1", "↓ fetched"),
        ("1", "unpacked"),
        ("2", "unpacked"),
    ]
    assert rows[3]["queued"] == "5.0\u202fs"


def test_labels_of_ways_to_pull_are_called_by_what_differs(outcome):
    names = label_names(outcome)
    assert names["pull"] == LabelName("pull")
    assert names["none"].name == "none"
    assert "estargz" in names["none"].kind.casefold()
    assert "12\u202fs" in completions_alt(outcome)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_figures_compile(outcome, language, drawn):
    style = Style("dark", language)
    drawn(pulls(outcome, style, "pull"), style)
    drawn(completions(outcome, style, NAMES), style)
    drawn(completions(outcome, style, NAMES, hidden=True), style)
