"""`calibrate --check`: starts predicted by a profile, held against those that were measured."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from sim.cli import answer
from sim.laboratory import calibrate as calibration
from sim.laboratory.calibrate.check import CheckedStart, checked, predicted
from sim.laboratory.calibrate.profile import written
from sim.laboratory.calibrate.results import Calibration, Measurement


def start(prediction: float, p10: float) -> CheckedStart:
    return CheckedStart("crun", prediction, Measurement("crun.quiet.first_byte", "", p10, p10, p10, 9))


def test_a_prediction_holds_within_a_factor_of_two() -> None:
    ratios = [start(prediction, 0.010).held for prediction in (0.0049, 0.0051, 0.010, 0.0199, 0.0201)]
    assert ratios == [False, True, True, True, False]


def slower(row: Measurement) -> Measurement:
    return dataclasses.replace(row, minimum=row.minimum * 10, p10=row.p10 * 10, median=row.median * 10)


def test_the_starts_themselves_set_nothing(found: Calibration, tmp_path: Path) -> None:
    """A host whose crun takes ten times as long gets the same prediction, which is then off."""
    profile = tmp_path / "my-host.toml"
    profile.write_text(written(found), encoding="utf-8")
    (one,) = checked(found, profile)
    rows = tuple(slower(row) if row.id.startswith("crun") else row for row in found.measurements)
    slow = dataclasses.replace(found, measurements=rows)
    profile.write_text(written(slow), encoding="utf-8")
    (other,) = checked(slow, profile)
    assert one.predicted == other.predicted == predicted("crun", str(profile))
    assert (other.measured.p10, other.held) == (pytest.approx(0.12), False)


def test_the_command_shows_both_and_fails_where_they_are_far_apart(
    found: Calibration, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given = found

    def calibrate(*_: object, **__: object) -> Calibration:
        return given

    monkeypatch.setattr(calibration, "calibrate", calibrate)
    assert answer(["calibrate", "--check"]) == 0
    table = capsys.readouterr().out
    assert "predicted from the measurements above, without the starts themselves" in table
    assert "Other processes had 2% of the CPU time" in table
    assert answer(["calibrate", "--check", "--format", "json"]) == 0
    (told,) = json.loads(capsys.readouterr().out)["check"]
    assert (told["technology"], told["measured"], told["held"]) == ("crun", "crun.quiet.first_byte", True)
    rows = tuple(dataclasses.replace(row, p10=1.0) for row in found.measurements if row.id.startswith("crun"))
    given = dataclasses.replace(found, measurements=rows)
    assert answer(["calibrate", "--check"]) == 1
    given = dataclasses.replace(found, measurements=())
    assert answer(["calibrate", "--check"]) == 2
    assert "docker: docker is not installed" in capsys.readouterr().err
