"""Memory over time: areas stack to the ledger's bytes, the RAM is a line, and what happened is said in words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sim import load
from sim.outcome import Metric, Outcome
from sim.records.memory import LedgerRecord
from sim.report.figures.memory.pressure import (
    events,
    over_time,
    pressure,
    pressure_alt,
    pressure_table,
    ram,
    series,
)
from sim.report.shown import request, shown
from sim.report.style import LANGUAGES, Style, rows_of

GIB = 2**30
LEDGER = {
    "host": (1, 1, 1),
    "kernel": (2, 3, 2),
    "application": (1, 3, 4),
    "merged": (0, 0, 1),
    "cache": (1, 1, 0),
    "free": (3, 0, 0),
    "saved": (0, 0, 2),
    "swapped": (0, 0, 1),
}


@pytest.fixture
def outcome():
    """Eight GiB that fill up: cache dropped at 50 s, memory swapped at 60 s, nothing killed."""
    records = tuple(
        LedgerRecord("kvm", 40.0 * step, part, sizes[step] * GIB) for step in range(3) for part, sizes in LEDGER.items()
    )
    values = {"reclaimed": GIB, "first_reclaim": 50.0, "swapped": GIB, "first_swap": 60.0, "oom_kills": 0}
    values |= {"first_kill": 80.0, "ksm_saved_most": 2 * GIB, "half_saving_time": 30.0}
    metrics = tuple(Metric(name, "value", "kvm", "", value, "B") for name, value in values.items())
    parameters = {"kvm": {"technology": "qemu-kvm"}}
    return Outcome("s", "memory", 1, 1, ("kvm",), metrics, records, parameters=parameters)


def test_areas_stack_up_to_what_is_used(outcome, marks_of):
    rows = marks_of(pressure(outcome, Style(), "kvm"), "area")
    at = {(row["key"], row["time"]): (row["low"], row["high"]) for row in rows}
    assert at["host", 0.0] == (0, 1)
    assert at["kernel", 40.0] == (1, 4)
    assert at["application", 80.0] == (3, 7)
    assert at["merged", 80.0] == (7, 8)
    assert at["cache", 0.0] == (4, 5)
    assert "machine" not in {row["key"] for row in rows}


def test_the_ram_is_what_all_parts_add_up_to(outcome, marks_of):
    assert ram(series(outcome, "kvm")) == 8 * GIB
    spec = pressure(outcome, Style(), "kvm")
    (line,) = [row for row in marks_of(spec, "rule", color=Style().tokens.ink) if "at" in row]
    assert (line["at"], line["text"]) == (8, "RAM 8.0\u202fGiB")


def test_savings_are_dashed_above_the_stack_and_swap_is_in_attention(outcome, marks_of):
    spec = pressure(outcome, Style(), "kvm")
    assert [row["at"] for row in marks_of(spec, "line", strokeDash=[4, 3])] == [5, 8, 10]
    assert [row["at"] for row in marks_of(spec, "line", color=Style().tokens.attention)] == [0, 0, 1]


def test_events_come_in_order_and_what_never_happened_is_left_out(outcome, marks_of):
    assert [(event.time, event.costs) for event in events(outcome, "kvm")] == [
        (30.0, False),
        (50.0, False),
        (60.0, True),
    ]
    texts = [row["text"] for row in marks_of(pressure(outcome, Style(), "kvm"), "text") if "part" not in row]
    assert any("swapped" in text for text in texts)
    assert not any("killed" in text for text in texts)


def test_words_of_events_cover_the_uprights_that_pass_them(outcome):
    """In Vega what comes later lies above: a halo of page colour, as wide as the gaps between letters and more."""
    layers = pressure(outcome, Style(), "kvm")["layer"]
    uprights = [n for n, layer in enumerate(layers) if layer["mark"].get("strokeDash") == [2, 2]]
    halos = [n for n, layer in enumerate(layers) if layer["mark"].get("stroke") == Style().tokens.background]
    halos = [n for n in halos if layers[n]["mark"]["type"] == "text"]
    assert len(uprights) == len(halos) == len(events(outcome, "kvm"))
    assert max(uprights) < min(halos)
    for halo in halos:
        words = layers[halo + 1]
        assert (words["data"], words["encoding"]) == (layers[halo]["data"], layers[halo]["encoding"])
        assert "stroke" not in words["mark"]


def test_the_table_has_the_most_of_each_part(outcome):
    rows = {row["part"]: row for row in pressure_table(outcome, "kvm")}
    assert rows["kernel"]["at most"] == "3.0\u202fGiB"
    assert rows["free"]["at the end"] == "0\u202fB"
    assert "held by balloons" not in rows


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_figure_compiles(outcome, language, drawn):
    style = Style("dark", language)
    drawn(pressure(outcome, style, "kvm"), style)
    assert over_time(outcome) == ["kvm"]
    assert "8.0" in pressure_alt(outcome, "kvm", language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_one_of_several_labels_that_is_drawn_is_named(outcome, language):
    others = {"kvm": "qemu-kvm", "box": "lxc", "docker": "docker"}
    records = [replace(record, of=label) for label in others for record in outcome.records]
    parameters = {label: {"technology": technology} for label, technology in others.items()}
    three = replace(outcome, labels=tuple(others), records=tuple(records), parameters=parameters)
    [drawing] = [one for one in shown(request(load("ksm"), three, Style(language=language))) if one.kind == "vega"]
    [name] = [layer for layer in drawing.content["layer"] if says(layer, "QEMU/KVM")]
    assert name["mark"]["align"] == "left"
    rows = len(events(three, "kvm", language))
    assert name["encoding"]["y"]["value"] == -(8 + 20 * rows), "it has a row of its own above those of the events"
    alone = pressure(outcome, Style(language=language), "kvm")
    assert not any(says(layer, "QEMU/KVM") for layer in alone["layer"]), "one label alone is the page's title"


def says(layer, text):
    """Whether a layer writes that."""
    return layer["mark"]["type"] == "text" and any(row.get("text") == text for row in rows_of(layer["data"]))
