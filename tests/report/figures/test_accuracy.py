"""Predicted against published: positions are the numbers, fills the use, and attention only what is far off."""

from __future__ import annotations

import html
import json
import re
from typing import Any

import pytest

from sim.evidence.rows import AccuracyRow
from sim.quantity import dimension_of
from sim.report.figures.accuracy import (
    LINK,
    accuracy_alt,
    accuracy_rows,
    dimensions,
    error_text,
    lanes,
    lanes_title,
    scatter,
    shapes,
)
from sim.report.figures.textlines import shortened
from sim.report.style import LANGUAGES, PHONE, Style


def point(publication, predicted, published, unit="ms", use="check", **more: Any):
    given: dict[str, Any] = {
        "case": "c",
        "metric": "startup_time",
        "statistic": "p50",
        "of": "docker",
        "at": "alone",
        "interval": "",
        "subject": ("docker",),
    }
    given |= {
        "low": predicted,
        "high": predicted,
        "estimate": False,
        "source": "F0001",
        "url": "https://example.org/paper",
    } | more
    error = (predicted - published) / published
    return AccuracyRow(
        publication=publication, predicted=predicted, published=published, unit=unit, use=use, error=error, **given
    )


POINTS = [
    point("A 2020", 110.0, 100.0),
    point("A 2020", 2.0, 2.0, "s", use="calibrate"),
    point("B 2021", 65.0, 100.0, low=50.0, high=80.0, estimate=True),
    point("B 2021", 3.0, 3.0, "MiB", url="a note without a page"),
]


def test_points_are_drawn_in_seconds_and_bytes_whatever_their_unit(marks_of):
    rows = marks_of(scatter(POINTS, Style(), "s"), "point")
    assert sorted((row["published"], row["predicted"]) for row in rows) == [
        (0.1, pytest.approx(0.065)),
        (0.1, pytest.approx(0.11)),
        (2.0, 2.0),
    ]
    (row,) = marks_of(scatter(POINTS, Style(), "B"), "point")
    assert (row["published"], row["predicted"]) == (3 * 2**20, 3 * 2**20)


def test_hollow_is_what_the_model_was_calibrated_with(marks_of):
    spec = scatter(POINTS, Style(), "s")
    assert [row["published"] for row in marks_of(spec, "point", fillOpacity=0)] == [2.0]
    assert len(marks_of(spec, "point")) == 3


def test_only_errors_beyond_a_fifth_are_far():
    rows = {(row["publication"], row["error"]) for row in map(_as_row, POINTS) if row["far"]}
    assert rows == {("B 2021", "\u221235\u202f%")}


def _as_row(one):
    return {"publication": one.publication, "error": error_text(one.error), "far": abs(one.error) > 0.2}


def test_a_range_stands_behind_its_point(marks_of):
    (row,) = (row for row in marks_of(scatter(POINTS, Style(), "s"), "rule") if row["low"] < row["high"])
    assert (row["low"], row["high"]) == (0.05, 0.08)


OWN = "measured on the reference host"


def test_what_this_project_measured_is_said_in_the_readers_language(marks_of):
    measured = [*POINTS, point(OWN, 1.0, 1.0)]
    for spec in (scatter(measured, Style(language="ja"), "s"), lanes(measured, Style(language="ja"))):
        named = {row["publication"] for row in marks_of(spec, "point")}
        assert "基準ホストでの実測" in named
        assert OWN not in named
    assert OWN in {row["publication"] for row in accuracy_rows(measured)}


@pytest.mark.parametrize("width", [260, 420, 560, 700, 1000])
def test_no_name_of_the_legend_is_cut(width):
    """The names stand in the SVG whole, and the legend is no wider than the figure."""
    import vl_convert

    from sim.export.files import fixed

    long = [
        "inno-devops-labs PRs 1616/1576/1553/16",
        "van Rijn & Rellermeyer, Middleware 2021",
        "Manco et al., SOSP 2017",
    ]
    spec = fixed(scatter([point(name, 1.0, 1.0) for name in long], Style(), "s"), Style(), width)
    svg = vl_convert.vegalite_to_svg(spec, vl_version="6.4")
    for name in long:
        assert f">{html.escape(name, quote=False)}<" in svg
    full = float(re.search(r'viewBox="0 0 ([\d.]+)', svg)[1])
    left = float(re.search(r"translate\(([\d.]+),", svg)[1])
    assert full - left - width - 16 < max(60, 345 - width)


@pytest.mark.parametrize(
    ("on_phone", "lines"),
    [("true", ["cloud-hypervisor", "issue 1175, 2020"]), ("false", ["cloud-hypervisor issue 1175, 2020"])],
)
def test_the_name_of_a_lane_has_two_lines_on_a_phone(on_phone: str, lines: list[str]) -> None:
    import vl_convert

    from sim.export.files import fixed

    spec = fixed(lanes([point("cloud-hypervisor issue 1175, 2020", 1.0, 1.0)], Style()), Style(), 900)
    spec = json.loads(json.dumps(spec).replace(PHONE, on_phone))
    svg = vl_convert.vegalite_to_svg(spec, vl_version="6.4")
    assert all(f">{line}<" in svg for line in lines)


def test_lanes_run_from_the_best_publication_to_the_worst_and_clip_at_the_ends(marks_of):
    wild = [*POINTS, point("C 2022", 900.0, 100.0)]
    spec = lanes(wild, Style())
    assert spec["encoding"]["y"]["sort"] == ["A 2020", "B 2021", "C 2022"]
    rows = {row["publication"]: row for row in marks_of(spec, "point")}
    assert (rows["C 2022"]["shown"], rows["C 2022"]["error"]) == (1.0, 8.0)
    told = {row["publication"]: row["text"] for row in marks_of(spec, "text")}
    assert told["C 2022"] == "1 point · 800\u202f%"
    assert told["A 2020"] == "1 of 2 points · 10\u202f%", "the other was calibrated with"


def test_the_table_has_the_worst_first_and_links_only_where_there_is_an_address():
    rows = accuracy_rows(POINTS)
    assert [row["error"] for row in rows][:2] == ["\u221235\u202f%", "+10\u202f%"]
    assert rows[0]["predicted"] == "≈\u202f65\u202fms est."
    assert {
        row["publication"]: row[LINK] for row in rows if row["measured"] and row["published"] == "3.0\u202fMiB"
    } == {"B 2021": ""}
    assert rows[0][LINK] == "https://example.org/paper"
    beyond = point("A 2020", 1.0, 1.0, url="https://example.org/data (file a.csv)")
    assert accuracy_rows([beyond])[0][LINK] == "https://example.org/data"


def test_a_points_tooltip_says_where_it_was_published(marks_of):
    spec = scatter(POINTS, Style(), "s")
    assert {row["seen"] for row in marks_of(spec, "point")} == {"https://example.org/paper"}
    fields = {entry["field"] for layer in spec["layer"] for entry in layer.get("encoding", {}).get("tooltip", ())}
    assert {"seen", "fact", "case", "error_text"} <= fields


def test_the_publications_with_most_points_have_shapes_of_their_own():
    many = [point(f"{letter} 20", 1.0, 1.0) for letter in "ABCDEFGH" for _ in range(ord(letter))]
    own = shapes(many)
    assert list(own) == ["H 20", "G 20", "F 20", "E 20", "D 20", "C 20"]
    assert len(set(own.values())) == 6
    assert "circle" not in own.values()


@pytest.mark.parametrize("published", [(1.0,), (1.0, 30.0), (0.01, 90_000.0)])
@pytest.mark.parametrize("unit", ["ms", "MiB"])
def test_an_axis_has_a_few_round_ticks_whatever_its_reach(published, unit):
    spec = scatter([point("A 2020", value, value, unit) for value in published], Style(), dimension_of(unit))
    assert 2 <= len(spec["encoding"]["x"]["axis"]["values"]) <= 9


def test_units_and_dimensions():
    assert [dimension_of(unit) for unit in ("ms", "MiB", "GB", "1/s", "1")] == ["s", "B", "B", "1/s", "1"]
    assert dimensions(POINTS) == ["s", "B"]


def test_errors_are_said_with_their_sign_and_no_finer_than_a_tenth_of_a_per_cent():
    assert error_text(-0.354) == "\u221235\u202f%"
    assert error_text(0.12) == "+12\u202f%"
    assert error_text(0.00001) == "<\u202f0.1\u202f%"
    assert error_text(0.0) == "0\u202f%"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_figures_compile_and_the_sentence_counts(language, drawn):
    style = Style("dark", language)
    assert "B 2021" in drawn(scatter(POINTS, style, "s"), style)
    assert "B 2021" in drawn(lanes(POINTS, style), style)
    drawn(scatter([], style, "s"), style)
    assert "4" in accuracy_alt(POINTS, language)
    assert accuracy_alt([], language)


def test_a_name_without_room_is_cut_behind_a_word() -> None:
    name = "performance study of Lawrence Livermore, 2019"
    assert shortened(name, 14, 1000) == name
    assert shortened(name, 14, 200).removesuffix("…") in ("performance study of", "performance study of Lawrence")


def test_publications_are_judged_by_what_was_not_calibrated_with(marks_of):
    """C is exact, as it was calibrated with. A's only checked point is 10 % off, B's two are 35 % and none."""
    points = [*POINTS, point("C 2022", 1.0, 1.0, use="calibrate")]
    spec = lanes(points, Style())
    assert spec["encoding"]["y"]["sort"] == ["A 2020", "B 2021", "C 2022"]
    told = [row["text"] for row in marks_of(spec, "text")]
    assert told == ["1 of 2 points · 10\u202f%", "2 points · 18\u202f%", "1 point · calibrated with"]
    assert "checked" in lanes_title(points, "en")
    assert "checked" not in lanes_title(points[-1:], "en"), "the reader asked for those alone"
