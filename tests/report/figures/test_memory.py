"""The memory ledger: area is memory, as each ruler counts it, and the two bars' difference is counted again."""

from __future__ import annotations

import itertools
import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from sim.outcome import Metric, Outcome
from sim.records.instances import MemoryRecord
from sim.report.figures.legend import legend
from sim.report.figures.memory.columns import MOST_COLUMNS, RULERS, area, group, sums
from sim.report.figures.memory.memory import (
    DESK,
    HALL,
    PHONE,
    compared,
    estimated,
    ledger,
    ledger_alt,
    ledger_table,
    marks,
)
from sim.report.figures.memory.scales import scaled
from sim.report.numbers import NARROW as NB
from sim.report.style import LANGUAGES, Style, text_width
from sim.report.words import LabelName, label_names

MIB = 2**20
SVG = "{http://www.w3.org/2000/svg}"


def words(svg):
    """The texts of a picture, top to bottom as they are drawn."""
    return [text.text for text in ET.fromstring(svg).iter(f"{SVG}text")]


def shapes(svg, fill, colour=""):
    """(x, y, width, height) of every rectangle whose fill begins so."""
    found = []
    for path in ET.fromstring(svg).iter(f"{SVG}path"):
        if path.get("fill", "").startswith(fill):
            for box in re.findall(r"M([\d.-]+) ([\d.-]+)h([\d.-]+)v([\d.-]+)", path.get("d")):
                found.append(tuple(map(float, box)))
    return found


@pytest.mark.parametrize("ruler", RULERS)
@pytest.mark.parametrize("label", ["kvm", "docker"])
def test_the_area_is_what_the_ruler_says(memory_outcome, label, ruler):
    said = memory_outcome.metric(label, f"{ruler}_total").value
    if said:
        assert area(group(memory_outcome, label, ruler), ruler) == pytest.approx(said)


def test_rss_is_what_is_physical_less_what_no_process_maps_and_what_is_counted_again(memory_outcome):
    found = sums(memory_outcome, "docker")
    # By hand: 84 MiB of the image and 15 of the shim, each counted nine more times; 1 MiB of slab for each of ten.
    assert found.again == 9 * (84 + 15) * MIB
    assert (found.shared, found.outside) == (99 * MIB, 10 * MIB)
    for label in memory_outcome.labels:
        found, said = sums(memory_outcome, label), memory_outcome.metric
        assert said(label, "rss_total").value == said(label, "physical_total").value - found.outside + found.again
        assert (found.rss, found.physical) == tuple(said(label, f"{m}_total").value for m in ("rss", "physical"))


def test_rss_draws_shared_pages_solid_once_and_hatched_for_all_others(memory_outcome):
    blocks = [b for b in group(memory_outcome, "docker", "rss").blocks if b.record.content_key == "image"]
    assert [block.kind for block in blocks] == ["first"] + ["again"] * 9
    assert {round((block.high - block.low) / MIB) for block in blocks} == {84}


def test_pss_draws_them_as_one_slab_of_a_tenth(memory_outcome):
    (slab,) = [b for b in group(memory_outcome, "docker", "pss").blocks if b.record.content_key == "image"]
    assert (slab.kind, slab.high - slab.low) == ("once", pytest.approx(8.4 * MIB))
    assert (slab.x, slab.x2) == (0, 10)


def test_kernel_memory_is_below_the_line_as_it_is_in_no_process(memory_outcome):
    for ruler in RULERS:
        slabs = [b for b in group(memory_outcome, "docker", ruler).blocks if b.record.part == "docker/slab"]
        assert len(slabs) == 10
        assert {(b.low, b.high, b.kind) for b in slabs} == {(-MIB, 0, "outside")}


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
    assert area(group(outcome, "a", "rss"), "rss") == pytest.approx(rss * MIB)
    assert area(group(outcome, "a", "pss"), "pss") == pytest.approx(pss * MIB)
    assert group(outcome, "a", "rss").columns == min(instances, MOST_COLUMNS)
    assert sums(outcome, "a").rss == rss * MIB
    assert ET.fromstring(ledger(outcome, Style(), "rss", {"a": LabelName("A")})) is not None


def test_columns_that_stand_for_several_instances_say_so(names):
    assert "a column stands for 5" in words(ledger(crowd(200), Style(), "rss", {"a": names["docker"]}))
    assert "a column each; area is memory" in words(ledger(crowd(40), Style(), "rss", {"a": names["docker"]}))


def test_equal_areas_of_panels_are_equal_bytes_but_for_the_power_of_ten_that_is_said():
    # Ten times the pages of one that has 10 x 60 MiB: the nearest power is one.
    small, large = crowd(10), crowd(10)
    large = replace(large, records=tuple(replace(r, of="b", bytes=8 * r.bytes) for r in large.records))
    both = replace(small, labels=("a", "b"), records=small.records + large.records)
    groups = [group(both, label, "rss") for label in ("a", "b")]
    panels = scaled(groups, "rss", 350, 270)
    assert [panel.power for panel in panels] == [0, 1]
    assert panels[0].per_byte == pytest.approx(10 * panels[1].per_byte)
    for panel in panels:
        # A private page of ten MiB, and eight times that: the pixels of one column's block, by the panel's own scale.
        block = next(b for b in panel.found.blocks if b.kind == "private")
        pixels = panel.pitch * (block.high - block.low) * panel.unit
        assert pixels == pytest.approx(block.record.bytes * panel.per_byte)
    svg = ledger(both, Style(), "rss", {"a": LabelName("A"), "b": LabelName("B")})
    said = words(svg)
    assert "drawn at 1/10 of the scale" in said
    squares = [shape for shape in shapes(svg, "none") if shape[2] == pytest.approx(shape[3], abs=0.11)]
    assert len({shape[2] for shape in squares}) == 1, "the square is the same in both"
    assert [f"= 10{NB}MiB" in said, f"= 100{NB}MiB" in said] == [True, True]


def test_the_hatched_length_and_the_bracket_are_what_is_counted_again(memory_outcome, names):
    svg = ledger(memory_outcome, Style(), "rss", names)
    assert compared(memory_outcome, "rss") == "docker"
    bars = [shape for shape in shapes(svg, "") if shape[3] == DESK.bar]
    hatched = sum(shape[2] for shape in shapes(svg, "url(#again") if shape[3] == DESK.bar)
    first = sum(shape[2] for shape in bars if shape[1] == min(bar[1] for bar in bars))
    second = sum(shape[2] for shape in bars) - first
    # By hand: RSS 10 x (84 + 15 + 4 + 22), really used 84 + 15 + 10 x (4 + 22 + 1).
    assert first / second == pytest.approx(1250 / 369, rel=0.01)
    assert hatched / first == pytest.approx(9 * 99 / 1250, rel=0.01)
    start, end = map(
        float,
        re.search(rf'M([\d.]+) [\d.]+v6H([\d.]+)v-6" fill="none" stroke="{Style().tokens.attention}', svg).groups(),
    )
    assert end - start == pytest.approx(hatched, abs=0.3)
    assert f"+ 891{NB}MiB, counted again" in words(svg)
    assert f"the same 99{NB}MiB, again and again" in words(svg)


@pytest.mark.parametrize(("processes", "times"), [(1, 9), (3, 29)])
def test_how_often_a_part_is_counted_again_is_computed_for_each(processes, times):
    said = words(ledger(crowd(10, processes), Style(), "rss", {"a": LabelName("A")}))
    assert f"the same 100{NB}MiB," in said
    assert f"counted {times} more times" in said


def test_a_part_that_is_little_of_the_sum_is_not_named(memory_outcome, names):
    # 12 MiB of QEMU's code, nine more times: 108 of 2,470 MiB are under five per cent.
    assert f"the same 12{NB}MiB," not in words(ledger(memory_outcome, Style(), "rss", names))
    assert f"the same 84{NB}MiB," in words(ledger(memory_outcome, Style(), "rss", names))


def test_switching_between_rulers_of_the_same_pages_moves_no_panel(memory_outcome, names):
    def axes(ruler):
        svg = ledger(memory_outcome, Style(), ruler, names)
        return re.findall(r'd="M[\d.]+ [\d.]+H[\d.]+" fill="none" stroke="#15181D"', svg)

    lines = [[line.split("H")[1] for line in axes(ruler)] for ruler in ("rss", "pss", "physical", "configured")]
    assert lines[0] == lines[1] == lines[2] != lines[3]


def test_the_other_rulers_say_their_own_difference(memory_outcome, names):
    said = {ruler: words(ledger(memory_outcome, Style(), ruler, names)) for ruler in RULERS}
    assert f"+ 10{NB}MiB of the kernel's" in said["pss"]
    assert not [line for line in said["physical"] if line.startswith("+ ")]
    assert f"+ 2.9{NB}GiB, never touched" in said["configured"]
    assert compared(memory_outcome, "configured") == "kvm"
    assert "nothing configured" in said["configured"]


def test_one_hatch_means_counted_again_and_nothing_else_is_hatched(memory_outcome, names):
    assert shapes(ledger(memory_outcome, Style(), "rss", names), "url(#again-files")
    for ruler in ("pss", "physical", "configured"):
        assert not shapes(ledger(memory_outcome, Style(), ruler, names), "url(")
    assert marks(memory_outcome, "rss") == ["again"]
    assert marks(memory_outcome, "configured") == ["untouched"]
    assert "repeating-linear-gradient" in legend(Style(), marks=["again"])
    assert "gradient" not in legend(Style(), marks=["estimate", "untouched"])


def test_estimates_are_one_mark_in_the_legend_and_no_dashed_columns(memory_outcome, names):
    records = memory_outcome.of_type(MemoryRecord)
    guessed = replace(memory_outcome, records=tuple(replace(r, estimate=r.part == "inner/app") for r in records))
    assert estimated(guessed) == (2, 12)
    assert "2 of 12 parts estimated" in legend(Style(), estimates=estimated(guessed))
    assert "estimated" not in legend(Style(), estimates=estimated(memory_outcome))
    svg = ledger(guessed, Style(), "rss", names)
    assert "dasharray" not in svg
    assert f"application ≈{NB}22{NB}MiB" in words(svg)


def test_a_lectures_ledger_is_lower_and_a_phones_narrower(memory_outcome, names):
    sizes = {}
    for places in (DESK, HALL, PHONE):
        svg = ET.fromstring(ledger(memory_outcome, Style(), "rss", names, places))
        sizes[places] = tuple(map(float, svg.get("viewBox").split()[2:]))
    assert sizes[HALL][1] < 400 < sizes[DESK][1] < sizes[PHONE][1]
    assert sizes[PHONE][0] == 360


def test_pointing_at_a_part_tells_what_it_is_and_its_source(memory_outcome, names):
    svg = ET.fromstring(ledger(memory_outcome, Style(), "rss", names))
    told = [title.text for title in svg.iter(f"{SVG}title")]
    assert any("fact.image" in one and "counted again" in one for one in told)
    assert all("fact." in one or "scale" in one for one in told)


def placed(svg):
    """(left, right, top, bottom, text) of every text that lies, at the width that its letters are assumed to have."""
    found = []
    for text in ET.fromstring(svg).iter(f"{SVG}text"):
        if text.get("transform"):
            continue
        size, x, y = (float(text.get(name)) for name in ("font-size", "x", "y"))
        wide = text_width(text.text or "", size)
        left = x - {"start": 0, "middle": wide / 2, "end": wide}[text.get("text-anchor")]
        found.append((left, left + wide, y - 0.75 * size, y + 0.2 * size, text.text))
    return found


@pytest.mark.parametrize("ruler", RULERS)
@pytest.mark.parametrize("language", ["en", "ja"])
def test_no_words_leave_the_picture(memory_outcome, names, ruler, language):
    for places in (DESK, HALL, PHONE):
        for left, right, _, _, text in placed(ledger(memory_outcome, Style("dark", language), ruler, names, places)):
            assert left >= 0, text
            assert right <= places.width, text


SIX = {
    "lxd": {"technology": "lxd"},
    "lxc": {"technology": "lxc"},
    "thin": {"technology": "docker-devicemapper"},
    "docker28": {"technology": "docker-28"},
    "old": {"technology": "qemu-kvm", "guest": "ubuntu-14-04"},
    "new": {"technology": "qemu-kvm", "guest": "debian-cloud"},
}


@pytest.fixture(scope="module")
def six():
    """Twenty of each of six, as a reader may write them."""
    from sim.batch.run import run
    from sim.loading import from_document

    written = {"id": "six", "concept": "memory-ledger", "study": "memory", "instances": 20, "compare": SIX}
    written |= {"title": "Six", "summary": "Six"}
    return run(from_document(written))[0]


@pytest.mark.parametrize("ruler", RULERS)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("places", [DESK, HALL, PHONE])
def test_no_words_of_six_labels_leave_the_picture_or_meet(six, ruler, language, places):
    texts = placed(ledger(six, Style(language=language), ruler, label_names(six, language), places))
    assert [text for left, right, *_, text in texts if left < 0 or right > places.width + 0.1] == []
    met = [
        (one[4], other[4])
        for one, other in itertools.combinations(texts, 2)
        if one[0] < other[1] and other[0] < one[1] and one[2] < other[3] and other[2] < one[3]
    ]
    assert met == []
    assert not any("…" in text[4] for text in texts)


def test_labels_of_one_name_say_what_differs_in_their_panels_and_in_the_bar(six):
    said = words(ledger(six, Style(), "rss", label_names(six)))
    assert said.count("20 × QEMU/KVM") == 2
    assert [after for before, after in itertools.pairwise(said) if before == "20 × QEMU/KVM"] == [
        "Ubuntu 14.04",
        "Debian cloud image",
    ]
    machines = replace(six, labels=("old", "new"))
    assert compared(machines, "rss") == "old"
    bar = words(ledger(machines, Style(), "rss", label_names(machines)))[:3]
    assert bar == ["20 × QEMU/KVM", "Ubuntu 14.04", "sum of RSS"]


def test_table_and_sentence(memory_outcome):
    table = ledger_table(memory_outcome)
    assert len(table) == 6 + 4 + 2 + 1
    assert {row["mapped by"] for row in table} == {"10", "private to this instance"}
    said = ledger_alt(memory_outcome, "rss")
    assert f"2.4{NB}GiB" in said
    assert f"Docker: + 891{NB}MiB, counted again" in said


def test_a_label_without_metrics_is_drawn_from_its_records():
    outcome = Outcome("x", "memory", 1, 1, ("a",), (Metric("rss_total", "value", "a", "", MIB, "B"),), crowd(3).records)
    assert ET.fromstring(ledger(outcome, Style(), "rss", {"a": LabelName("A")})) is not None
