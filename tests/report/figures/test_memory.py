"""The memory ledger: area is memory, as each ruler counts it."""

from __future__ import annotations

import itertools
import math
import re

import pytest

from sim.outcome import Metric, Outcome
from sim.records import MemoryRecord
from sim.report.figures.columns import MOST_COLUMNS, RULERS, group
from sim.report.figures.legend import legend
from sim.report.figures.memory import ledger, ledger_alt, ledger_table, marks, rulers
from sim.report.figures.parts import DASH, DOTS
from sim.report.style import Style, rows_of

NB, MIB = "\u202f", 2**20
WIDTH = 0.84


def area(found):
    """Bytes under the blocks: a full column is one instance, a slab under all columns is all instances."""
    each = found.instances / found.columns
    return math.fsum(
        (block.high - block.low)
        * (found.instances if block.kind in ("once", "host") else (block.x2 - block.x) / WIDTH * each)
        for block in found.blocks
    )


@pytest.mark.parametrize("ruler", RULERS)
@pytest.mark.parametrize("label", ["kvm", "docker"])
def test_the_area_is_what_the_ruler_says(memory_outcome, label, ruler):
    said = memory_outcome.metric(label, f"{ruler}_total").value
    if said:
        assert area(group(memory_outcome, label, ruler)) == pytest.approx(said)


def test_rss_draws_shared_pages_solid_once_and_dashed_for_all_others(memory_outcome):
    blocks = [b for b in group(memory_outcome, "docker", "rss").blocks if b.record.content_key == "image"]
    assert [block.kind for block in blocks] == ["first"] + ["again"] * 9
    assert {round((block.high - block.low) / MIB) for block in blocks} == {84}


def test_pss_draws_them_as_one_slab_of_a_tenth(memory_outcome):
    (slab,) = [b for b in group(memory_outcome, "docker", "pss").blocks if b.record.content_key == "image"]
    assert (slab.kind, slab.high - slab.low) == ("once", 8.4 * MIB)
    assert (slab.x, slab.x2) == (0, 9 + WIDTH)


def test_kernel_memory_is_physical_but_in_no_process(memory_outcome):
    def slabs(ruler):
        return [b for b in group(memory_outcome, "docker", ruler).blocks if b.record.part == "docker/slab"]

    assert [len(slabs(ruler)) for ruler in RULERS] == [0, 0, 10, 10]


def test_configured_is_the_guests_memory_with_its_untouched_rest(memory_outcome):
    found = group(memory_outcome, "kvm", "configured")
    assert found.top == 512 * MIB
    assert {b.record.part for b in found.blocks if b.kind == "promise"} == {"untouched"}
    assert not [b for b in found.blocks if b.record.part.startswith("kvm/")]


def test_columns_never_overlap(memory_outcome):
    for ruler in RULERS:
        blocks = group(memory_outcome, "kvm", ruler).blocks
        for column in range(10):
            mine = sorted((b.low, b.high) for b in blocks if b.x <= column + 0.1 < b.x2)
            assert all(high <= low + 1e-6 for (_, high), (low, _) in itertools.pairwise(mine))


def crowd(instances, processes=1):
    """One shared page of 100 MiB mapped by `processes` of each instance, 10 MiB private, a daemon of 50 MiB."""
    records = [
        MemoryRecord("a", None, "engine", "a/daemon", 50 * MIB, "", 1, True, "f"),
        MemoryRecord("a", None, "files", "image", 100 * MIB, "image", instances * processes, True, "f"),
    ]
    records += [
        MemoryRecord("a", i, "application", "heap", 10 * MIB, "", processes, True, "f") for i in range(instances)
    ]
    return Outcome("x", "memory", 1, 1, ("a",), (), tuple(records), parameters={"a": {"technology": "a"}})


@pytest.mark.parametrize("instances", [1, 7, 40, 41, 200])
@pytest.mark.parametrize("processes", [1, 3])
def test_the_area_is_right_for_any_number_of_instances_and_processes(instances, processes):
    outcome = crowd(instances, processes)
    rss = 50 + instances * processes * 110
    pss = 50 + 100 + instances * 10
    assert area(group(outcome, "a", "rss")) == pytest.approx(rss * MIB)
    assert area(group(outcome, "a", "pss")) == pytest.approx(pss * MIB)
    assert group(outcome, "a", "rss").columns == min(instances, MOST_COLUMNS)


def test_columns_that_stand_for_several_instances_say_so(names):
    assert ledger(crowd(200), Style(), "rss", {"a": names["docker"]})["title"] == "a column stands for 5"
    assert "title" not in ledger(crowd(40), Style(), "rss", {"a": names["docker"]})


def test_rss_pss_and_physical_share_one_scale(memory_outcome, names):
    def scale(ruler):
        return next(
            layer["encoding"]["y"]["scale"]["domain"]
            for layer in ledger(memory_outcome, Style(), ruler, names)["layer"]
        )

    assert scale("rss") == scale("pss") == scale("physical") != scale("configured")


def test_the_sums_and_the_note_are_written_in_the_figure(memory_outcome, names, marks_of):
    words = marks_of(ledger(memory_outcome, Style(), "rss", names), "text")
    assert {row["total"] for row in words if "total" in row} == {f"2.4{NB}GiB", f"1.2{NB}GiB"}
    assert {row["text"] for row in words if "text" in row} == {f"the same 84{NB}MiB,\ncounted 9 more times"}
    words = marks_of(ledger(memory_outcome, Style(), "configured", names), "text")
    assert {row["total"] for row in words if "total" in row} == {f"5.0{NB}GiB", "nothing configured"}


def test_hollow_is_what_is_not_there(memory_outcome, names, marks_of):
    spec = ledger(memory_outcome, Style(), "rss", names)
    assert {row["kind"] for row in marks_of(spec, "rect", strokeDash=DOTS)} == {"again"}
    promised = ledger(memory_outcome, Style(), "configured", names)
    assert {row["kind"] for row in marks_of(promised, "rect", fillOpacity=0.1)} == {"promise"}
    assert {row["kind"] for row in marks_of(spec, "rect", strokeDash=None)} == {"private", "first"}
    assert marks(memory_outcome, "rss") == ["again"]
    assert marks(memory_outcome, "configured") == ["untouched"]


def test_an_estimate_and_pages_counted_again_differ_in_stroke_and_fill_not_in_colour(names):
    drawn = {str(m.get("strokeDash")): m for m in (x["mark"] for x in _both(names)["layer"]) if m["type"] == "rect"}
    guess, again = drawn[str(DASH)], drawn[str(DOTS)]
    assert guess["fillOpacity"] > 5 * again["fillOpacity"]
    assert (guess.get("strokeCap"), again["strokeCap"]) == (None, "round")
    for theme in ("light", "dark"):
        html = legend(Style(theme), marks=["estimate", "again"])
        one, other = re.findall(r'<span style="width:[^"]*?border:([^"]*)"></span>(?:estimate|the same)', html)
        assert "dashed" in one
        assert "background" in one
        assert "dotted" in other
        assert "background" not in other


def _both(names):
    """A ledger with an estimated part, and one that two processes map."""
    records = (
        MemoryRecord("docker", 0, "kernel", "docker/slab", MIB, "", 1, True, "estimate: guess", estimate=True),
        MemoryRecord("docker", None, "files", "docker/image", MIB, "image", 2, True, "f"),
        MemoryRecord("docker", 1, "kernel", "docker/slab", MIB, "", 1, True, "estimate: guess", estimate=True),
    )
    return ledger(Outcome("x", "memory", 1, 1, ("docker",), (), records), Style(), "rss", names)


def test_a_lectures_ledger_is_lower(memory_outcome, names):
    tall, low = (ledger(memory_outcome, Style(), "rss", names, tall=tall) for tall in (True, False))
    assert low["height"] < 0.8 * tall["height"]


def test_the_ruler_in_use_is_marked_among_the_sums(memory_outcome, names):
    specs = rulers(memory_outcome, Style(), "pss", names)
    assert [label for label, _ in specs] == ["kvm", "docker"]
    rows = rows_of(specs[1][1]["data"])
    assert [row["ruler"] for row in rows if row["on"]] == ["sum of PSS"]
    assert rows[0]["value"] == 1250 * MIB


@pytest.mark.parametrize("ruler", RULERS)
def test_it_can_be_drawn_without_a_browser(memory_outcome, names, drawn, ruler):
    style = Style("dark", "ja")
    assert "NaN" not in drawn(ledger(memory_outcome, style, ruler, names), style)
    assert "NaN" not in drawn(rulers(memory_outcome, style, ruler, names)[0][1], style)


def test_an_estimated_part_is_pale(names, marks_of):
    record = MemoryRecord("docker", 0, "kernel", "docker/slab", MIB, "", 1, True, "estimate: guess", estimate=True)
    metric = Metric("rss_total", "value", "docker", "", MIB, "B", estimate=True)
    spec = ledger(Outcome("x", "memory", 1, 1, ("docker",), (metric,), (record,)), Style(), "rss", names)
    assert len(marks_of(spec, "rect", fillOpacity=0.38)) == 1


def test_table_and_sentence(memory_outcome):
    table = ledger_table(memory_outcome)
    assert len(table) == 6 + 4 + 2 + 1
    assert {row["mapped by"] for row in table} == {"10", "private to this instance"}
    assert f"2.4{NB}GiB" in ledger_alt(memory_outcome, "rss")
