"""The page of the accuracy: its title is computed, filters are links, and all points lead to what was published."""

from __future__ import annotations

import statistics
from typing import Any

import pytest

from sim.evidence.accuracy import accuracy
from sim.report.look import rows_of
from tests.dashboard.apptest import charts, opened, texts, title


def drawn(spec: dict[str, Any]) -> list[dict[str, Any]]:
    """The points of a chart."""
    return [row for layer in spec["layer"] if layer["mark"]["type"] == "point" for row in rows_of(layer["data"])]


@pytest.fixture(scope="module")
def rows() -> Any:
    return accuracy().rows


def test_the_title_is_the_median_of_what_was_only_checked(rows: Any) -> None:
    errors = [abs(row.error) for row in rows if row.use == "check"]
    said = title(opened("accuracy"))
    assert f"{len(errors):,}" in said
    assert f"{statistics.median(errors) * 100:.2g}".rstrip("0").rstrip(".") in said


def test_every_point_is_in_the_lanes_and_those_of_one_dimension_in_the_scatter(rows: Any) -> None:
    scatter, lanes = charts(opened("accuracy", of="memory"))
    assert len(drawn(lanes)) == len(rows)
    assert len(drawn(scatter)) == sum(row.unit in ("B", "kB", "KiB", "MB", "MiB", "GB", "GiB") for row in rows)


def test_a_link_picks_the_use_and_the_publication(rows: Any) -> None:
    at = opened("accuracy", use="calibrate", source="agache-et-al-nsdi-2020")
    assert not at.exception
    wanted = [row for row in rows if row.use == "calibrate" and row.publication == "Agache et al., NSDI 2020"]
    assert len(drawn(charts(at)[1])) == len(wanted)
    assert "calibrated" in title(at)


def test_a_link_that_names_nothing_shows_everything() -> None:
    at = opened("accuracy", use="guess", source="nobody")
    assert not at.exception
    assert len({row["publication"] for row in drawn(charts(at)[1])}) > 5


def test_both_medians_say_what_they_aim_at(rows: Any) -> None:
    said = texts(opened("accuracy"))
    assert "at most 20" in said
    assert "at most 10" in said
    assert "orderings" in said
