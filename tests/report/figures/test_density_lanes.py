"""A lane a label: its length is what fits, the word at its end what stops the next, the triangle what would then."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from sim.outcome import Outcome
from sim.records.instances import ConstraintRecord
from sim.report.figures.memory.density_lanes import (
    LANES_DESK,
    LANES_HALL,
    LANES_PHONE,
    density_lanes,
    lanes_legend,
    lanes_table,
    memory_share,
    panels_of,
    reach,
    second,
)
from sim.report.numbers import NARROW as NB
from sim.report.style import Style
from sim.report.words import LabelName

SVG = "{http://www.w3.org/2000/svg}"
GIB, MIB = 2**30, 2**20


def rung(of, name, limit, binds=False, estimate=False):
    return ConstraintRecord(of, name, limit, binds, 1.0, 64.0, "1", "fact.limit", estimate)


@pytest.fixture
def two():
    """A small application that stops at 100 and 400, and a large one that stops at 8 and 10."""
    records = (
        rung("a", "pods", 100, binds=True),
        rung("a", "addresses", 250),
        rung("a", "memory_touched", 4000, estimate=True),
        rung("b", "bridge_ports", 400, binds=True),
        rung("b", "memory_touched", 1600),
        rung("big", "memory_touched", 8, binds=True),
        rung("big", "addresses", 250),
        rung("huge", "memory_reserved", 10, binds=True),
        rung("huge", "memory_touched", 20),
    )
    parameters = {label: {"application": "web" if label in "ab" else "big"} for label in ("a", "b", "big", "huge")}
    return Outcome("x", "density", 1, 1, ("a", "b", "big", "huge"), (), records, parameters=parameters)


NAMES = {label: LabelName(label.upper()) for label in ("a", "b", "big", "huge")}


def words(svg):
    return ["".join(text.itertext()).split("\n")[-1] for text in ET.fromstring(svg).iter(f"{SVG}text")]


def boxes(svg, fill):
    found = []
    for path in ET.fromstring(svg).iter(f"{SVG}path"):
        if path.get("fill") == fill:
            found += [
                tuple(map(float, box)) for box in re.findall(r"M([\d.]+) ([\d.]+)h([\d.]+)v([\d.]+)", path.get("d"))
            ]
    return found


def test_a_panel_for_each_application_has_a_scale_of_its_own(two):
    assert panels_of(two) == [("web", ["a", "b"]), ("big", ["big", "huge"])]
    # By hand: 400 fit at most, and 1,600 is more than 2.5 times that. Of the large, 20 is within 2.5 times 10.
    assert reach(two, ["a", "b"]) == 400
    assert reach(two, ["big", "huge"]) == 20
    assert "drawn 20 times wider" in words(density_lanes(two, Style(), NAMES, ""))


def test_lengths_in_a_panel_are_as_what_fits(two):
    bars = boxes(density_lanes(two, Style(), NAMES, ""), Style().tokens.neutral)
    assert len(bars) == 4
    assert bars[1][2] / bars[0][2] == pytest.approx(400 / 100, rel=0.01)
    assert bars[3][2] / bars[2][2] == pytest.approx(10 / 8, rel=0.01)


def test_what_binds_is_the_word_at_the_bars_end_in_red(two):
    svg = ET.fromstring(density_lanes(two, Style(), NAMES, ""))
    red = [text.text for text in svg.iter(f"{SVG}text") if text.get("fill") == Style().tokens.attention]
    assert red == ["pods a node", "ports of one bridge", "memory in use", "reserved memory"]
    bars = boxes(density_lanes(two, Style(), NAMES, ""), Style().tokens.neutral)
    edges = boxes(density_lanes(two, Style(), NAMES, ""), Style().tokens.attention)
    assert [edge[0] + edge[2] / 2 for edge in edges] == pytest.approx([bar[0] + bar[2] for bar in bars], abs=0.2)


def test_the_constraint_after_it_is_a_triangle_or_an_arrow_beyond_the_scale(two):
    assert [second(two, label).constraint for label in two.labels] == [
        "addresses", "memory_touched", "addresses", "memory_touched",
    ]  # fmt: skip
    said = words(density_lanes(two, Style(), NAMES, ""))
    assert any(one.endswith("then addresses of the subnet: 250") for one in said)
    assert any(one.endswith("then memory in use: 1,600 →") for one in said)
    assert any(one.endswith("then addresses of the subnet: 250 →") for one in said)
    triangles = re.findall(r"M([\d.]+) [\d.]+l6 10h-12z", density_lanes(two, Style(), NAMES, ""))
    bars = boxes(density_lanes(two, Style(), NAMES, ""), Style().tokens.neutral)
    # 250 beside a bar of 100, and 20 beside one of 10.
    left = bars[0][0]
    assert [float(x) - left for x in triangles] == pytest.approx([2.5 * bars[0][2], 2 * bars[3][2]], abs=0.5)


def test_memory_in_use_is_what_fits_by_what_memory_alone_would_carry(two):
    assert [memory_share(two, label) for label in two.labels] == [
        (100 / 4000, True), (400 / 1600, False), (1.0, False), (0.5, False),
    ]  # fmt: skip
    assert [row["memory in use then"] for row in lanes_table(two, NAMES)] == [
        f"≈{NB}2.5{NB}% est.", f"25{NB}%", f"100{NB}%", f"50{NB}%",
    ]  # fmt: skip
    none = replace(two, records=tuple(r for r in two.records if r.constraint != "memory_touched"))
    assert memory_share(none, "a") is None


def test_one_application_has_no_heading(two):
    one = replace(two, labels=("a", "b"))
    assert "small web server" in words(density_lanes(two, Style(), NAMES, ""))
    assert "small web server" not in words(density_lanes(one, Style(), NAMES, ""))


def test_what_nothing_stops_says_so(two):
    free = replace(two, records=tuple(replace(r, limit=None, binds=False) for r in two.records))
    assert words(density_lanes(free, Style(), NAMES, "")).count("does not bind on this host") == 4
    assert {row["allows"] for row in lanes_table(free, NAMES)} == {"does not bind on this host"}


def test_pointing_at_a_limit_tells_its_demand_and_source(two):
    told = [title.text for title in ET.fromstring(density_lanes(two, Style(), NAMES, "")).iter(f"{SVG}title")]
    assert len(told) >= 12
    assert all("fact.limit" in one for one in told)


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("places", [LANES_DESK, LANES_HALL, LANES_PHONE])
def test_no_words_leave_the_picture_or_cover_one_another(two, language, places):
    from sim.report.style import text_width

    svg = ET.fromstring(density_lanes(two, Style("dark", language), NAMES, "", places))
    found = []
    for text in svg.iter(f"{SVG}text"):
        told = "".join(text.itertext()).split("fact.limit")[-1]
        size = float(text.get("font-size"))
        wide, x, y = text_width(told, size), float(text.get("x")), float(text.get("y"))
        left = x - {"start": 0, "middle": wide / 2, "end": wide}[text.get("text-anchor")]
        assert left >= -1, told
        assert left + wide <= places.width + 1, told
        found.append((left, left + wide, y - 0.7 * size, y, told))
    for i, one in enumerate(found):
        for other in found[i + 1 :]:
            apart = one[1] <= other[0] + 1 or other[1] <= one[0] + 1 or one[3] <= other[2] + 1 or other[3] <= one[2] + 1
            assert apart, (one[4], other[4])


def test_the_legend_names_the_edge_and_the_triangle():
    assert "the red edge is what stops the next one" in lanes_legend(Style())
    assert "▲" in lanes_legend(Style())
