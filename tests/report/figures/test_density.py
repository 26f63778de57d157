"""The ladder of constraints: lengths are limits, and the one that binds is marked in colour and in words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sim.records.instances import ConstraintRecord
from sim.report.figures.memory.density import fits, ladder, ladder_alt, ladder_table, rungs
from sim.report.numbers import NARROW as NB
from sim.report.style import Style


def test_rungs_are_tightest_first_and_those_that_never_bind_last(density_outcome):
    assert [r.constraint for r in rungs(density_outcome, "docker")] == [
        "pods",
        "bridge_ports",
        "memory_touched",
        "pids",
        "memory_reserved",
    ]
    assert (fits(density_outcome, "kvm"), fits(density_outcome, "docker")) == (128, 110)


def test_a_bar_is_as_long_as_its_limit_or_runs_off_and_says_so(density_outcome, names, marks_of):
    rows = {row["lane"]: row for row in marks_of(ladder(density_outcome, Style(), names), "bar")}
    assert rows["docker|pods"]["end"] == 110
    assert rows["kvm|memory_touched"]["end"] == 254
    cap = 2.5 * 128
    assert rows["docker|bridge_ports"]["end"] == pytest.approx(cap, rel=0.03)
    assert rows["docker|bridge_ports"]["text"] == "→ 1,023 · next"


def test_only_what_binds_has_the_attention_colour(density_outcome, names, marks_of):
    style = Style()
    spec = ladder(density_outcome, style, names)
    red = marks_of(spec, "bar", color=style.tokens.attention)
    assert [row["lane"] for row in red] == ["kvm|memory_reserved", "docker|pods"]
    assert [row["text"] for row in red] == ["128 · stops here", "110 · stops here"]


def test_what_never_binds_has_no_bar_but_words(density_outcome, names, marks_of):
    rows = {row["lane"]: row for row in marks_of(ladder(density_outcome, Style(), names), "bar")}
    assert (rows["kvm|pods"]["end"], rows["kvm|pods"]["text"]) == (0.0, "does not bind on this host")


def test_heads_say_how_many_fit(density_outcome, names, marks_of):
    heads = [row["text"] for row in marks_of(ladder(density_outcome, Style(), names), "text") if row.get("head")]
    assert heads == ["128 fit", "110 fit"]


def test_before_the_run_no_limit_is_in_the_figure(density_outcome, names, marks_of):
    spec = ladder(density_outcome, Style(), names, hidden=True)
    assert {row["text"] for row in marks_of(spec, "text")} == {"?"}
    assert {row["end"] for row in marks_of(spec, "bar")} == {0.0}
    assert not any("limit" in row or "capacity" in row for row in marks_of(spec, "bar"))
    assert "1,023" not in str(spec)


def test_an_estimated_limit_is_dashed_and_says_so(density_outcome, names, marks_of):
    dashed = marks_of(ladder(density_outcome, Style(), names), "bar", strokeDash=[5, 3])
    assert [row["lane"] for row in dashed] == ["kvm|idle_cpu"]
    assert dashed[0]["text"] == f"→ ≈{NB}800 est."


def test_what_fits_by_an_estimate_is_marked_like_every_other_label(density_outcome, names, marks_of):
    guessed = replace(
        density_outcome, records=tuple(replace(r, estimate=True) for r in density_outcome.of_type(ConstraintRecord))
    )
    heads = [row["text"] for row in marks_of(ladder(guessed, Style(), names), "text") if row.get("head")]
    assert heads == [f"≈{NB}128 fit est.", f"≈{NB}110 fit est."]
    every = [row["text"] for row in marks_of(ladder(guessed, Style(), names), "text") if row["text"][0].isdigit()]
    assert not every
    assert {row["allows"] for row in ladder_table(guessed)} >= {f"≈{NB}128 est."}
    assert f"≈{NB}110 fit" in ladder_alt(guessed)


@pytest.mark.parametrize("hidden", [False, True])
def test_it_can_be_drawn_without_a_browser(density_outcome, names, drawn, hidden):
    style = Style("dark", "ja")
    svg = drawn(ladder(density_outcome, style, names, hidden=hidden), style)
    assert "NaN" not in svg
    assert "予約メモリ" in svg


def test_table_and_sentence(density_outcome):
    table = ladder_table(density_outcome)
    assert [row["allows"] for row in table[:2]] == ["128", "254"]
    assert [row["stops the next"] for row in table[:2]] == ["yes", "no"]
    assert "110 fit, stopped by pods a node" in ladder_alt(density_outcome)


@pytest.mark.parametrize("width", [500, 780, 1300])
def test_words_behind_the_longest_rung_are_inside_the_figure(density_outcome, names, width):
    import re

    import vl_convert

    from sim.export.files import fixed

    svg = vl_convert.vegalite_to_svg(fixed(ladder(density_outcome, Style(), names), Style(), width), vl_version="6.4")
    full, left = (float(re.search(where, svg)[1]) for where in (r'viewBox="0 0 ([\d.]+)', r"translate\(([\d.]+),"))
    assert full - left - width - 16 < 10, "a text runs out of the figure, which grows by it"
