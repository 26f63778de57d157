"""A ring encloses the marks of a place and no other, in a chart, in a picture and in a table of words."""

from __future__ import annotations

import re
from typing import Any

import pytest

from sim.report.ring import named, place, place_data, ringed_chart, ringed_picture, ringed_table
from sim.report.style import LANGUAGES, LIGHT, Spec, Style, inline, rows_of
from sim.report.texts import tr

X: Spec = {"field": "start", "type": "quantitative"}
BARS = (
    {"lane": "kvm", "owner": "kernel", "start": 0.0, "end": 1.0},
    {"lane": "kvm", "owner": "userland", "start": 1.0, "end": 2.5},
    {"lane": "kvm", "owner": "userland", "start": 2.5, "end": 3.0},
    {"lane": "kvm", "owner": "application", "start": 3.0, "end": 3.2},
    {"lane": "kvm", "owner": "userland", "start": 4.0, "end": 5.0},
    {"lane": "lxc", "owner": "userland", "start": 0.0, "end": 0.5},
)


def bars(*rows: dict[str, Any], **meta: str) -> Spec:
    """Lanes with their tracks, as the race has them."""
    track = {"data": inline([{"lane": "kvm"}]), "mark": {"type": "bar"}, "encoding": {"x": {"datum": 0}}}
    bar = {"data": inline(rows), "mark": {"type": "bar"}, "encoding": {"x": X, "x2": {"field": "end"}}}
    y = {"field": "lane", "type": "nominal"}
    of = named({"label": "lane", "owner": "owner"}, **meta)
    return {"height": {"step": 40}, "encoding": {"y": y}, "layer": [track, bar], "usermeta": of}


def rings(spec: Spec, before: Spec) -> list[tuple[float, float, Any]]:
    """From where to where the added rings are, and in which lane."""
    added = [layer for layer in spec["layer"][len(before["layer"]) :] if layer["mark"].get("stroke") == LIGHT.attention]
    return [(row["from"], row["to"], row.get("lane")) for layer in added for row in rows_of(layer["data"])]


def test_bars_that_touch_have_one_ring_and_others_none() -> None:
    spec = bars(*BARS)
    ringed, count = ringed_chart(spec, [place(label="kvm", owner="userland")], Style())
    assert rings(ringed, spec) == [(1.0, 3.0, "kvm"), (4.0, 5.0, "kvm")]
    assert count == 2
    assert spec["layer"] == ringed["layer"][: len(spec["layer"])], "what was drawn is drawn as it was"


def test_a_whole_lane_is_ringed_from_its_first_bar_to_its_last_that_touches() -> None:
    spec = bars(*BARS)
    ringed, _ = ringed_chart(spec, [place(label="lxc")], Style())
    assert rings(ringed, spec) == [(0.0, 0.5, "lxc")]


@pytest.mark.parametrize(
    "nothing", [place(label="docker"), place(server="3"), place(label="kvm", metric="startup_time")]
)
def test_a_place_that_a_chart_does_not_have_changes_nothing(nothing: Any) -> None:
    spec = bars(*BARS, metric="image_bytes")
    assert ringed_chart(spec, [nothing], Style()) == (spec, 0)


def test_what_all_of_a_chart_is_of_may_be_asked_too_but_not_alone() -> None:
    spec = bars(*BARS, metric="startup_time")
    assert ringed_chart(spec, [place(label="lxc", metric="startup_time")], Style())[1] == 1
    assert ringed_chart(spec, [place(metric="startup_time")], Style())[1] == 0, "a ring round everything shows nothing"


def test_a_line_is_ringed_at_its_end() -> None:
    rows = [{"label": name, "week": week, "value": week * 2.0} for name in ("a", "b") for week in (0, 1, 7, 3)]
    line = {"data": inline(rows), "mark": {"type": "line"}, "encoding": {"y": {"field": "value"}}}
    spec = {"encoding": {"x": {"field": "week"}}, "layer": [line], "usermeta": named({"label": "label"})}
    ringed, count = ringed_chart(spec, [place(label="b")], Style())
    (ring,) = [one for one in ringed["layer"][1:] if one["mark"].get("stroke") == LIGHT.attention]
    assert count == 1
    assert [(row["from"], row["lane"]) for row in rows_of(ring["data"])] == [(7, 14.0)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_ring_has_a_word_so_that_it_is_not_told_by_colour_alone(language: Any) -> None:
    style = Style(language=language)
    word = tr("figure.ring.here", language)
    ringed, _ = ringed_chart(bars(*BARS), [place(label="lxc")], style)
    assert word in [layer["mark"].get("text") for layer in ringed["layer"]]
    svg = f'<svg viewBox="0 0 90 90"><rect x="30" y="40" width="20" height="10"{place_data(label="lxc")}/></svg>'
    assert f">{word}</text>" in ringed_picture(svg, [place(label="lxc")], style)[0]
    assert word in ringed_table(f"<td{place_data(label='lxc')}>1</td>", [place(label="lxc")], style)[0]


def boxes(svg: str) -> list[tuple[float, ...]]:
    found = re.findall(r'<rect x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"[^>]*class="look"', svg)
    return [tuple(map(float, box)) for box in found]


def test_a_ring_in_a_picture_lies_around_its_element() -> None:
    svg = (
        '<svg viewBox="0 0 300 300">'
        f'<rect x="30" y="40" width="20" height="10"{place_data(label="kvm", constraint="pids")}/>'
        f'<rect x="130" y="40" width="20" height="10"{place_data(label="kvm", constraint="pods")}/></svg>'
    )
    ringed, count = ringed_picture(svg, [place(label="kvm", constraint="pods")], Style())
    assert count == 1
    ((x, y, width, height),) = boxes(ringed)
    assert x < 130 < 150 < x + width
    assert y < 40 < 50 < y + height
    assert x > 50, "the other one is outside"


def test_a_ring_inside_another_is_left_out() -> None:
    svg = (
        '<svg viewBox="0 0 300 300">'
        f'<rect x="30" y="40" width="200" height="30"{place_data(label="kvm")}/>'
        f'<rect x="50" y="42" width="20" height="10"{place_data(label="kvm", constraint="pods")}/></svg>'
    )
    assert ringed_picture(svg, [place(label="kvm"), place(label="kvm", constraint="pods")], Style())[1] == 1


def test_a_node_of_a_graph_is_found_by_its_id_and_where_it_stands() -> None:
    svg = (
        f'<svg viewBox="0 0 300 300"{place_data(label="edit")}>'
        '<g class="n" data-node="v4" transform="translate(40 50)">'
        '<rect class="b" width="100" height="20"/></g></svg>'
    )
    ((x, y, width, height),) = boxes(ringed_picture(svg, [place(label="edit", node="v4")], Style())[0])
    assert (x + width / 2, y + height / 2) == (90, 60)
    assert ringed_picture(svg, [place(label="other", node="v4")], Style())[1] == 0
    assert ringed_picture(svg, [place(label="edit")], Style())[1] == 0, "not the whole graph"


def test_cells_of_a_table_are_outlined_and_the_first_has_the_word() -> None:
    cells = "".join(f"<td{place_data(label=label, thing='data')}>{label}</td>" for label in ("a", "b", "c"))
    html, count = ringed_table(f"<tr>{cells}</tr>", [place(label=("a", "c"), thing="data")], Style())
    assert count == 2
    outlined = re.findall(r'<td[^>]*style="position:relative;outline:[^>]*>(?:<b[^>]*>[^<]*</b>)?(\w)', html)
    assert outlined == ["a", "c"]
    assert html.count(tr("figure.ring.here", "en")) == 1


def test_nodes_below_one_another_have_one_ring() -> None:
    """Each of their own would lie across the next one's words."""
    node = '<g data-node="{}" transform="translate(40 {})"><rect class="b" width="100" height="30"/></g>'
    nodes = [node.format(*where) for where in (("a", 20), ("b", 60), ("c", 180))]
    svg = f'<svg viewBox="0 0 300 300">{"".join(nodes)}</svg>'
    first, last = boxes(ringed_picture(svg, [place(node=("a", "b", "c"))], Style())[0])
    assert first[1] < 20 < 90 < first[1] + first[3] < 180
    assert last[1] > 150


def test_the_word_in_a_table_takes_room_of_its_own_cell_and_a_second_table_has_its_own() -> None:
    row = f"<tr><td{place_data(label='a')}>1</td><td{place_data(label='b')}>2</td></tr>"
    html, _ = ringed_table(f"<table>{row}</table><table>{row}</table>", [place(label="b")], Style())
    words = re.findall(r'<b style="([^"]*)">look here</b>(.)', html)
    assert [cell for _, cell in words] == ["2", "2"]
    assert all("absolute" not in look for look, _ in words), "it would cover another cell"


def test_the_word_at_a_lane_keeps_off_what_comes_later_in_it() -> None:
    ringed, _ = ringed_chart(bars(*BARS), [place(label="kvm", owner="kernel")], Style())
    ((reach,),) = {tuple(row["reach"] for row in rows_of(one["data"])) for one in ringed["layer"][2:]}
    assert reach == 5.0, "the lane's last bar"


def word_at(svg: str) -> tuple[float, float]:
    found = re.search(r'<text x="([\d.]+)" y="([\d.]+)"[^>]*>look here<', svg)
    assert found
    return float(found[1]), float(found[2])


def test_the_word_of_a_ring_keeps_off_what_else_is_marked() -> None:
    ringed = f'<rect x="30" y="40" width="100" height="30"{place_data(label="kvm")}/>'
    above = f'<rect x="30" y="5" width="100" height="30"{place_data(label="lxc")}/>'
    below = f'<rect x="30" y="75" width="100" height="30"{place_data(label="docker")}/>'
    svg = '<svg viewBox="0 0 300 300">{}</svg>'
    assert word_at(ringed_picture(svg.format(ringed), [place(label="kvm")], Style())[0])[1] < 44
    assert word_at(ringed_picture(svg.format(ringed + above), [place(label="kvm")], Style())[0])[1] > 74
    x, y = word_at(ringed_picture(svg.format(ringed + above + below), [place(label="kvm")], Style())[0])
    assert x > 134, "at its right"
    assert 50 < y < 70


def test_a_low_lane_has_the_word_at_its_end_alone() -> None:
    spec = {**bars(*BARS), "height": {"step": 27}}
    ringed, _ = ringed_chart(spec, [place(label="lxc")], Style())
    seen = {
        layer["mark"].get("align"): layer["encoding"]["opacity"]["value"]["expr"]
        for layer in ringed["layer"]
        if layer["mark"].get("text") == "look here"
    }
    assert seen["left"].endswith("? 0 : 0")
    assert seen["right"].endswith("? 1 : 0")


def test_the_word_of_a_ring_keeps_off_the_words_of_the_picture() -> None:
    """On a phone a lane's name stands above its bar, and what is told of it at its right end."""
    ringed = f'<rect x="0" y="40" width="300" height="20"{place_data(label="kvm")}/>'
    name = '<text x="0" y="34" text-anchor="start" font-size="15">Docker</text>'
    below = '<text x="300" y="74" text-anchor="end" font-size="13">then memory in use</text>'
    svg = f'<svg viewBox="0 0 300 90">{ringed}{name}{below}</svg>'
    assert word_at(ringed_picture(svg, [place(label="kvm")], Style())[0]) == (12, 68), "left of what ends at the right"
    wide = '<text x="0" y="74" font-size="13">all that is told below the bar, from its beginning to its end</text>'
    x, y = word_at(ringed_picture(svg.replace(below, wide), [place(label="kvm")], Style())[0])
    assert x > 6 * 15 * 0.53, "behind the name"
    assert y == 40


def test_nodes_close_to_one_another_have_one_ring_as_a_word_has_no_room_between() -> None:
    node = '<g data-node="{}" transform="translate(40 {})"><rect class="b" width="100" height="30"/></g>'
    svg = f'<svg viewBox="0 0 300 300">{node.format("a", 40)}{node.format("b", 100)}{node.format("c", 180)}</svg>'
    assert len(boxes(ringed_picture(svg, [place(node=("a", "b", "c"))], Style())[0])) == 2
