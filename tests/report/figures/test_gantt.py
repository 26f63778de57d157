"""Many starts at once: the queue is where it was."""

from __future__ import annotations

import pytest

from sim.report.figures.starts.gantt import gantt, gantt_alt
from sim.report.style import Style, rows_of

NB = "\u202f"


def test_queued_time_is_an_outline_between_what_came_before_and_the_service(crowd_outcome, marks_of):
    spec = gantt(crowd_outcome, Style(), "docker")
    queued = [row for row in marks_of(spec, "bar") if row["style"] == "queued"]
    assert [round(row["end"] - row["start"], 9) for row in queued] == [0.03, 0.06, 0.09, 0.12, 0.15, 0.18, 0.21]
    assert {row["start"] for row in queued} == {0.1}
    held = [row for row in marks_of(spec, "bar") if row["owner"] == "kernel" and row["style"] == "served"]
    assert [round(row["start"], 9) for row in held] == [0.1, 0.13, 0.16, 0.19, 0.22, 0.25, 0.28, 0.31]


def test_those_that_came_together_stand_by_finish(crowd_outcome):
    spec = gantt(crowd_outcome, Style(), "docker")
    assert spec["encoding"]["y"]["sort"] == [f"#{n}" for n in range(1, 9)]
    ends = [row["end"] for row in rows_of(spec["layer"][-1]["data"])]
    assert ends == sorted(ends)
    assert ends[-1] == pytest.approx(0.1 + 8 * 0.03 + 0.05)


def test_more_than_fit_are_sampled_and_the_figure_says_so(crowd_outcome):
    spec = gantt(crowd_outcome, Style(), "docker", most=4)
    assert spec["encoding"]["y"]["sort"] == ["#1", "#3", "#6", "#8"]
    assert spec["title"] == "4 of 8 instances"
    assert "title" not in gantt(crowd_outcome, Style(), "docker")


def test_it_can_be_drawn_without_a_browser(crowd_outcome, drawn):
    assert "NaN" not in drawn(gantt(crowd_outcome, Style("dark", "ja"), "docker"), Style("dark"))


def test_the_sentence_agrees_with_the_arithmetic(crowd_outcome):
    # queued: 0.03 * (1 + ... + 7) = 0.84 s of 8 * 0.15 + 0.03 * (1 + ... + 8) = 2.28 s
    assert gantt_alt(crowd_outcome, "docker").endswith(f"37{NB}% of all their time is spent in queues.")
