"""Statistics of samples, and a calibration as JSON."""

from __future__ import annotations

import json

import pytest

from sim.laboratory.calibrate.results import Calibration, line, summary


def test_a_summary_is_minimum_tenth_percentile_and_median() -> None:
    assert summary([30.0, 10.0, 20.0, 0.0, 40.0, 50.0, 60.0, 70.0, 80.0, 90.0, 100.0]) == (0.0, 10.0, 50.0)


def test_a_line_goes_through_the_minima_and_the_medians_apart() -> None:
    """Minima 5, 7, 9 at 0, 1, 2: 5 + 2 x. Medians 10, 13, 16: 10 + 3 x."""
    intercept, slope = line({0: [5.0, 10.0, 11.0], 1: [7.0, 13.0, 14.0], 2: [9.0, 16.0, 17.0]})
    assert (intercept[0], slope[0]) == pytest.approx((5.0, 2.0))
    assert (intercept[2], slope[2]) == pytest.approx((10.0, 3.0))


def test_a_cost_that_falls_with_size_is_noise_and_given_as_zero() -> None:
    _, slope = line({1: [3.0, 3.0, 3.0], 100: [2.0, 2.0, 2.0]})
    assert slope == (0.0, 0.0, 0.0)


def test_json_has_seconds_and_rates_and_what_was_not_measured_and_why(found: Calibration) -> None:
    document = json.loads(json.dumps(found.plain()))
    rows = {row["id"]: row for row in document["measurements"]}
    assert rows["disk.read"]["rate"] == pytest.approx(2e9)
    assert (rows["syscall"]["unit"], rows["syscall"]["minimum"]) == ("s", 82e-9)
    assert "rate" not in rows["syscall"]
    assert document["skipped"] == [{"probe": "docker", "reason": "docker is not installed"}]
    assert document["host"]["cgroups"] == "v2"
    assert (document["busy"]["others"], document["busy"]["is_busy"]) == (0.02, False)
