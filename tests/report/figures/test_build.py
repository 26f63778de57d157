"""The build's graph and its cost line."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from sim.outcome import Outcome
from sim.records.images import StepRecord
from sim.records.instances import Message
from sim.report.figures.images.build import (
    build_alt,
    build_graph,
    build_table,
    cost,
    cost_line,
    first_cause,
    gutter,
    steps,
)
from sim.report.graph.svg import standalone
from sim.report.style import Style

NB = "\u202f"
SVG = "{http://www.w3.org/2000/svg}"


def nodes(svg):
    return {node.get("data-node"): node for node in ET.fromstring(svg).iter(f"{SVG}g")}


def edges(svg):
    return {
        (e.get("data-from"), e.get("data-to")): e for e in ET.fromstring(svg).iter(f"{SVG}path") if e.get("data-from")
    }


def test_every_step_is_a_focusable_button_that_says_everything(build_outcome):
    drawn = nodes(build_graph(build_outcome, Style(), selected="f3"))
    assert list(drawn) == [step.step for step in steps(build_outcome) if step.status != "context"]
    for node in drawn.values():
        assert (node.get("role"), node.get("tabindex")) == ("button", "0")
    label = drawn["f4"].get("aria-label")
    assert label == f"line 11, RUN pip install -r requirements.txt, re-runs, 41{NB}s · 96{NB}MB"
    assert [name for name, node in drawn.items() if node.get("aria-pressed") == "true"] == ["f3"]


def test_status_is_glyph_word_and_frame(build_outcome):
    drawn = nodes(build_graph(build_outcome, Style()))
    said = {name: (node.get("class"), *[t.text for t in node.iter(f"{SVG}text")][:1]) for name, node in drawn.items()}
    assert said["w1"] == ("n quiet", "↓")
    assert said["w2"] == ("n quiet", "✓")
    assert said["f3"] == ("n cause", "✗")
    assert said["f4"] == ("n hot", "✗")
    assert said["f7"] == ("n quiet", "–")
    assert "first cause" in "".join(drawn["f3"].itertext())


def test_every_edge_is_drawn_and_the_cascade_is_hot(build_outcome):
    drawn = edges(build_graph(build_outcome, Style()))
    wanted = {(source, step.step) for step in steps(build_outcome) for source, kind in step.inputs if kind != "context"}
    assert set(drawn) == wanted
    hot = {edge for edge, path in drawn.items() if " m" in path.get("class")}
    assert hot == {("f3", "f4"), ("f4", "f5"), ("f5", "f6")}
    assert drawn["w6", "f6"].get("class") == "e f"


def test_reading_the_build_context_is_a_short_edge_to_nowhere(build_outcome):
    drawn = nodes(build_graph(build_outcome, Style()))
    readers = {name for name, node in drawn.items() if node.find(f"{SVG}circle") is not None}
    assert readers == {"w3", "w5", "f3", "f5"}
    assert "reads the build context" in drawn["f3"].get("aria-label")


def test_stages_stand_in_columns_with_heads(build_outcome):
    svg = build_graph(build_outcome, Style())
    heads = [text.text for text in ET.fromstring(svg).iter(f"{SVG}text") if text.get("class") == "h"]
    assert heads == ["stage web", "final image"]
    lefts = {name: re.match(r"translate\(([\d.]+)", node.get("transform"))[1] for name, node in nodes(svg).items()}
    assert {lefts[name] for name in lefts if name.startswith("w")} != {
        lefts[name] for name in lefts if name.startswith("f")
    }
    assert len(set(lefts.values())) == 2


def test_before_the_reveal_no_fate_is_in_the_picture(build_outcome):
    svg = build_graph(build_outcome, Style(), hidden=True, said=["f4"])
    drawn = nodes(svg)
    assert "hot" not in {node.get("class").split()[-1] for node in drawn.values()}
    assert not [edge for edge in edges(svg).values() if " m" in edge.get("class")]
    assert "re-runs" not in "".join(drawn["f3"].itertext())
    assert "you: re-runs" in "".join(drawn["f4"].itertext())


def test_labels_cannot_break_out_of_the_picture(build_outcome):
    wild = replace(build_outcome.records[3], text='RUN echo "<script>&" > x', step='a"b')
    svg = build_graph(replace(build_outcome, records=(wild,)), Style())
    assert "<script" not in svg
    assert list(nodes(svg)) == ['a"b']


def test_an_export_needs_no_theme_of_a_page(build_outcome):
    style = Style("dark")
    svg = standalone(build_graph(build_outcome, style), style)
    assert "var(" not in svg
    assert style.tokens.attention in svg
    ET.fromstring(svg)


def many(stages):
    """A build of so many stages of three steps, each copied into the last."""

    def step(name, stage, word, line, *inputs):
        return StepRecord(
            "a", "1", name, name, stage, word, f"{word} {name}", line, inputs, "hit", False,
            Message("build.hit_command"), "k", "k", 1.0, 1, "x",
        )  # fmt: skip

    records = []
    for s in range(stages):
        records += [
            step(f"a{s}", f"s{s}", "FROM", 4 * s + 1),
            step(f"b{s}", f"s{s}", "RUN", 4 * s + 2, (f"a{s}", "parent")),
        ]
    copies = [(f"b{s}", "copy") for s in range(stages)]
    records.append(step("end", "last", "COPY", 4 * stages + 1, *copies))
    return Outcome("x", "build", 1, 1, ("a",), (), tuple(records))


@pytest.mark.parametrize(("stages", "columns"), [(1, 2), (2, 3), (3, 0), (12, 0)])
def test_up_to_three_stages_have_columns_and_more_have_layers(stages, columns):
    svg = build_graph(many(stages), Style())
    assert svg.count('class="h"') == columns
    assert len(edges(svg)) == 2 * stages
    if not columns:
        assert f"hit · s{stages - 1}" in svg


@pytest.mark.parametrize("dense", [False, True])
def test_an_edge_around_steps_of_the_last_column_bows_inside_the_picture(build_outcome, dense):
    """Half way along a cubic curve is 3/8 of each inner control point and 1/8 of each end."""
    around = [replace(step, inputs=(*step.inputs, ("f4", "layer"))) if step.step == "f6" else step
              for step in build_outcome.records if isinstance(step, StepRecord)]  # fmt: skip
    svg = build_graph(replace(build_outcome, records=tuple(around)), Style(), dense=dense)
    width = float(re.search(r'viewBox="0 0 (\d+)', svg)[1])
    start, _, first, _, second, _, end, _ = map(float, re.findall(r"[\d.]+", edges(svg)["f4", "f6"].get("d")))
    assert start == end
    assert end < end / 4 + 3 * (first + second) / 8 < width


def test_type_is_never_shrunk(build_outcome):
    svg = build_graph(build_outcome, Style())
    width = re.search(r'viewBox="0 0 (\d+)', svg)[1]
    assert f"min-width:{width}px" in svg
    assert min(int(size) for size in re.findall(r"font-size[:=]\"?(\d+)", svg)) >= 13


def test_the_cost_line_is_the_clean_build_split_into_again_and_saved(build_outcome, marks_of):
    spec = cost_line(build_outcome, Style())
    again, saved = (
        marks_of(spec, "bar", color=Style().tokens.attention),
        marks_of(spec, "bar", color=Style().tokens.line),
    )
    assert sum(row["end"] - row["start"] for row in again) == pytest.approx(0.2 + 41 + 0.2 + 0.3)
    assert sum(row["end"] - row["start"] for row in saved) == pytest.approx(0.1 + 0.2 + 31 + 0.2 + 12 + 0.1)
    assert min(row["start"] for row in saved) == pytest.approx(max(row["end"] for row in again))
    assert f"pip install 41{NB}s" in {row["text"] for row in again}


def test_the_costs_add_up(build_outcome):
    sums = cost(build_outcome)
    assert (sums.misses, sums.hits, sums.steps) == (4, 6, 10)
    assert sums.bytes == 100_000 + 96_000_000 + 400_000 + 6_000_000
    assert (sums.again, sums.saved) == (pytest.approx(41.7), pytest.approx(43.6))


def test_it_can_be_drawn_without_a_browser(build_outcome, drawn):
    svg = drawn(cost_line(build_outcome, Style("dark", "ja")), Style("dark"))
    assert "NaN" not in svg


def test_the_gutter_marks_the_lines(build_outcome):
    marks = gutter(build_outcome, Style())
    assert marks["10"] == {"glyph": "✗", "kind": "cause", "word": "first cause"}
    assert marks["11"]["kind"] == "miss"
    assert marks["8"] == {"glyph": "↓", "kind": "base", "word": "base image"}
    assert "7" not in marks


def test_table_and_sentence_give_the_reason(build_outcome):
    row = next(row for row in build_table(build_outcome) if row["line"] == "10")
    assert row["why"] == "Re-runs because the content of requirements.txt changed."
    assert first_cause(build_outcome) == "f3"
    assert build_alt(build_outcome).startswith(f"Build 2: 4 of 10 steps run again (42{NB}s)")
    assert "10行目" in build_alt(build_outcome, "ja")
