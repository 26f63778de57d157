"""Any metric as bars."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sim.report.figures.bars import metric_alt, metric_bars, metric_table
from sim.report.figures.legend import legend
from sim.report.style import Style

NB = "\u202f"


def test_a_bar_is_as_long_as_its_metric_in_the_scenarios_order(race_outcome, names, marks_of):
    spec = metric_bars(race_outcome, Style(), "startup_time", names)
    assert spec["encoding"]["y"]["sort"] == list(race_outcome.labels)
    values = {row["lane"]: row["value"] for row in marks_of(spec, "bar")}
    assert values["docker"] == pytest.approx(0.32)
    assert {row["lane"] for row in marks_of(spec, "bar", strokeDash=[5, 3])} == {"virtualbox"}


def test_the_statistic_asked_for_is_taken_where_there_is_one(density_outcome, names, marks_of):
    spec = metric_bars(density_outcome, Style(), "instances", names)
    assert [row["label"] for row in marks_of(spec, "text")] == ["128", "110"]


def test_it_can_be_drawn_without_a_browser(race_outcome, names, drawn):
    assert "NaN" not in drawn(metric_bars(race_outcome, Style("dark", "ja"), "startup_time", names), Style("dark"))


@pytest.mark.parametrize("width", [230, 700])
def test_a_range_beyond_the_axis_is_told_beside_the_number_and_not_across_it(race_outcome, names, texts_of, width):
    far = tuple(replace(m, range=(5.0, 900.0)) if m.range else m for m in race_outcome.metrics)
    style = Style(language="ja")
    texts, picture = texts_of(
        metric_bars(replace(race_outcome, metrics=far), style, "startup_time", names), style, width
    )
    arrows = [text for text in texts if text.words.startswith("→")]
    assert len(arrows) == (width == 700), "where there is no room the strip alone runs to the end"
    for arrow in arrows:
        assert [text.words for text in texts if text is not arrow and text.meets(arrow)] == []
        assert arrow.right <= picture


def test_the_table_has_every_metric_or_one(race_outcome):
    assert len(metric_table(race_outcome)) == 15
    one = metric_table(race_outcome, "startup_time")
    assert [row["value"] for row in one][-1] == f"0.32{NB}s"
    assert one[0]["95 % interval"] == f"13–14{NB}s"
    assert metric_alt(race_outcome, "startup_time").startswith("time to ready: ")


def test_the_legend_shows_only_what_it_is_given_in_stack_order():
    html = legend(Style(), ["application", "kernel"], ["interval"], short=True)
    assert html.index(">kernel<") < html.index(">application<") < html.index("95 % interval")
    assert "estimate" not in html
    assert "user space: init, services" in legend(Style(), ["userland"])
