"""The race as it runs: what the player gets agrees with the metrics, and its lanes with their times."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from itertools import pairwise

import pytest

from sim.report.figures.starts.race_player import race_end, race_lanes, race_player_data
from sim.report.style import LANGUAGES, Style

SVG = "{http://www.w3.org/2000/svg}"


def test_each_finish_is_an_event_at_its_time(race_outcome):
    data = race_player_data(race_outcome, Style())
    times = {event["text"]: event["t"] for event in data["events"]}
    assert times["Firecracker is there"] == pytest.approx(0.27)
    assert times["VirtualBox is there"] == pytest.approx(13.7)
    assert [event["t"] for event in data["events"]] == sorted(times.values())
    # By hand: the last is there after 13.7 s, and three tenths more are left for its words.
    assert data["end"] == data["at"] == pytest.approx(1.3 * 13.7)
    assert data["curtain"]
    assert data["speeds"][0] < 1 < data["speeds"][-1]


def test_another_finish_is_another_race(race_outcome):
    # By hand: QEMU's own time is 0.28 s, VirtualBox's VMM 1.5 s.
    assert race_end(race_outcome, "runtime") == pytest.approx(1.3 * 1.5)
    times = [event["t"] for event in race_player_data(race_outcome, Style(), "runtime")["events"]]
    assert times == pytest.approx([0.02, 0.03, 0.045, 0.28, 1.5])


@pytest.mark.parametrize("narrow", [False, True])
def test_bars_end_where_the_player_is_at_their_time(race_outcome, names, narrow):
    svg = race_lanes(race_outcome, Style(), names, "said", narrow=narrow)
    data = race_player_data(race_outcome, Style())
    plot = data["plot"]["narrow" if narrow else "wide"]
    width = float(ET.fromstring(svg).get("viewBox").split()[2])
    boxes = [
        tuple(map(float, re.match(r"M([\d.]+) ([\d.]+)h([\d.]+)", path.get("d")).groups()))
        for path in ET.fromstring(svg).iter(f"{SVG}path")
        if path.get("fill") != Style().tokens.track
    ]
    ends = {}
    for x, y, w in boxes:
        ends[y] = max(ends.get(y, 0.0), x + w)
    for (_, end), event in zip(sorted(ends.items()), data["events"], strict=True):
        share = plot["left"] + (plot["right"] - plot["left"]) * event["t"] / data["end"]
        assert end == pytest.approx(share * width, abs=0.2)
    assert all(first <= second for first, second in pairwise(end for _, end in sorted(ends.items())))


@pytest.mark.parametrize("language", LANGUAGES)
def test_its_words_are_in_both_languages_and_pieces_tell_their_sources(race_outcome, names, language):
    svg = ET.fromstring(race_lanes(race_outcome, Style("dark", language), names, "said"))
    told = [title.text for title in svg.iter(f"{SVG}title")]
    assert any("fact.docker" in one for one in told)
    assert svg.get("aria-label") == "said"
    assert all(race_player_data(race_outcome, Style(language=language))["words"][word] for word in ("play", "scrub"))
