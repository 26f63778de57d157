"""The figures of a rollout show what its records say: strips, panels, and what the player plays."""

from __future__ import annotations

import json
import re
import unicodedata
import xml.etree.ElementTree as ET
from typing import Any

import pytest

from sim.never import NEVER
from sim.outcome import Metric, Outcome
from sim.records.load import RequestRecord
from sim.records.replicas import NodeRecord, ReplicaRecord, WantedRecord
from sim.report.figures.parts import lane_axis
from sim.report.figures.services.rollout import (
    interesting_end,
    look,
    lost_strips,
    lost_strips_alt,
    rollout_alt,
    rollout_legend,
    rollout_table,
)
from sim.report.figures.services.rollout_panels import rollout_panels
from sim.report.figures.services.rollout_player import player_data
from sim.report.graph.svg import standalone
from sim.report.style import DARK, FONT, LIGHT, Style, rows_of
from sim.report.words import LabelName


def stretch(
    name: str, version: int, state: Any, start: float, end: float, flags: str = "", **more: Any
) -> ReplicaRecord:
    return ReplicaRecord(
        "it", name, version, more.pop("node", "n1"), state, start, end, "asked" in flags, "answers" in flags, **more
    )


RECORDS: tuple[Any, ...] = (
    stretch("web-1-aaaaa", 1, "ready", 0, 10, "asked answers"),
    stretch("web-1-aaaaa", 1, "leaving", 10, 11, "asked", why="replaced"),
    stretch("web-1-aaaaa", 1, "leaving", 11, 12, why="replaced"),
    stretch("web-2-bbbbb", 2, "pending", 5, 6, node="", why="unschedulable", detail="<b>no & room</b>"),
    stretch("web-2-bbbbb", 2, "starting", 6, 8, node="n2", why="placed", detail="n2 90, n1 80"),
    stretch("web-2-bbbbb", 2, "ready", 8, 9, node="n2"),
    stretch("web-2-bbbbb", 2, "ready", 9, 60, "asked answers", node="n2"),
    *(
        RequestRecord("it", second, 1.0, 100.0, 50.0 if second in (10, 11) else 0.0, 0.02, 0.1, 200.0)
        for second in range(60)
    ),
    NodeRecord("it", "n1", 4, 0.0, NEVER, NEVER),
    NodeRecord("it", "n2", 4, 0.0, 30.0, 50.0),
    WantedRecord("it", 0.0, 1),
)


def metric(name: str, value: float, unit: str = "1") -> Metric:
    return Metric(name, "value", "it", "window", value, unit)


def outcome(*labels: str) -> Outcome:
    metrics = (metric("lost", 100.0), metric("duration", 4.0, "s"), metric("most_pods", 2), metric("fewest_ready", 0))
    return Outcome(
        "s", "rollout", 1, 1, labels or ("it",), metrics, RECORDS, parameters={"it": {"event": "update", "at": "5 s"}}
    )


def test_a_replica_is_drawn_by_what_its_requests_meet() -> None:
    assert [look(record, 2) for record in RECORDS[:7]] == [
        "old", "gone", "leaving", "starting", "starting", "starting", "new",
    ]  # fmt: skip


def test_neighbouring_bins_that_lost_requests_are_one_bar() -> None:
    spec = lost_strips(outcome(), Style())
    (burst,) = rows_of(spec["layer"][1]["data"])
    assert (burst["from"], burst["to"], burst["share"]) == (10, 12, 0.5)
    (mark,) = rows_of(spec["layer"][2]["data"])
    assert mark["from"] == 5 + 4
    assert "100 lost" in lost_strips_alt(outcome())


def test_the_axis_ends_soon_after_the_last_change() -> None:
    assert 50 < interesting_end(outcome(), "it") < 60
    still = Outcome("s", "rollout", 1, 1, ("it",), (), tuple(r for r in RECORDS if not isinstance(r, NodeRecord)))
    assert 12 < interesting_end(still, "it") < 16


@pytest.mark.parametrize("narrow", [False, True])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_panels_are_an_image_in_the_themes_colours(theme: Any, narrow: bool) -> None:
    svg = rollout_panels(outcome(), Style(theme=theme), "it", narrow=narrow)
    root = ET.fromstring(svg)
    assert root.get("role") == "img"
    assert "100 lost" in str(root.get("aria-label"))
    tokens = LIGHT if theme == "light" else DARK
    painted = {element.get("fill") for element in root.iter()}
    assert {tokens.owners["application"], tokens.attention} <= painted
    assert "wanted: 1" in svg


def test_a_file_has_the_panels_words_in_a_font_and_says_whose_they_are() -> None:
    alone = ET.fromstring(standalone(rollout_panels(outcome(), Style(), "it"), Style()))
    assert f"font-family:{FONT}" in str(alone.get("style"))
    assert "inherit" not in ET.tostring(alone, "unicode"), "a file has nothing to inherit from, and its words are lost"
    headings = [
        next(one for one in ET.fromstring(rollout_panels(outcome(*labels), Style(), "it")).iter() if one.text).text
        for labels in (("it",), ("it", "other"))
    ]
    assert headings == ["Replicas that answer", "it: Replicas that answer"]


def test_the_player_has_every_node_and_what_each_replica_is_at() -> None:
    data = player_data(outcome(), Style(), "it")
    assert [(node["name"], node["failed"], node["down"], node["noticed"]) for node in data["nodes"]] == [
        ("n1", False, None, None), ("n2", False, 30.0, 50.0),
    ]  # fmt: skip
    first, second = data["replicas"]
    assert (first["name"], first["version"]) == ("aaaaa", "v1")
    assert [piece[:4] for piece in first["pieces"]] == [
        [0, 10, "n1", "old"], [10, 11, "n1", "gone"], [11, 12, "n1", "leaving"],
    ]  # fmt: skip
    assert [piece[2] for piece in second["pieces"]] == ["", "n2", "n2", "n2"]
    assert data["roomy"]


def test_the_list_tells_each_reason_once_in_time_and_marks_what_costs_requests() -> None:
    events = player_data(outcome(), Style(), "it")["events"]
    assert [event["t"] for event in events] == sorted(event["t"] for event in events)
    assert [event["t"] for event in events if event["bad"]] == [10]
    told = " ".join(event["text"] for event in events)
    assert "n2 90, n1 80" in told
    assert "<b>no & room</b>" in told  # the player writes it as text


def test_a_table_has_a_row_a_stretch_with_its_reason_in_both_languages() -> None:
    rows = rollout_table(outcome(), "it")
    assert len(rows) == 7
    assert any("n2 90, n1 80" in row["why"] for row in rows)
    assert len(rollout_table(outcome(), "it", "ja")) == 7
    assert rollout_alt(outcome(), "it", "ja") != rollout_alt(outcome(), "it")


def test_the_legend_has_what_there_is_and_one_version_needs_no_other() -> None:
    legend = rollout_legend(outcome(), Style(), "it")
    assert "new version" in legend
    assert "dead node" not in legend
    one = Outcome("s", "rollout", 1, 1, ("it",), (), RECORDS[:1])
    assert "version" not in rollout_legend(one, Style(), "it")


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("narrow", [False, True])
def test_no_word_of_the_panels_goes_beyond_the_picture(language: Any, narrow: bool) -> None:
    svg = ET.fromstring(rollout_panels(outcome(), Style(language=language), "it", narrow=narrow))
    width = float(svg.get("viewBox", "").split()[2])
    beside = [one for one in svg.iter("{http://www.w3.org/2000/svg}text") if one.get("text-anchor") == "start"]
    assert len(beside) > 3
    for text in beside:
        letters = sum(1 if unicodedata.east_asian_width(c) in "WF" else 0.55 for c in text.text or "")
        assert float(text.get("x", "0")) + 13 * letters <= width, text.text


@pytest.mark.parametrize("two_lines", [False, True])
def test_lanes_that_differ_in_brackets_alone_keep_them(two_lines: bool) -> None:
    names = {"k8s": LabelName("ノード停止"), "swarm": LabelName("ノード停止（Swarm）"), "vm": LabelName("停止（VM）")}
    axis = lane_axis(names, Style(language="ja"), two_lines=two_lines)
    shown = [json.loads(found) for found in re.findall(r"\{.*?\}", axis["labelExpr"])]
    assert len(shown) == 2, "a phone has two lines always"
    for labels in shown:
        assert len({str(label) for label in labels.values()}) == 3
        assert "".join(labels["swarm"]) == "ノード停止（Swarm）"
        assert labels["vm"] == "停止"
