"""The command: bad input, its table and its JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from sim.errors import InputError
from sim.laboratory.calibrate import PROBES, calibrate
from sim.laboratory.calibrate.command import as_table, command
from sim.laboratory.calibrate.results import Calibration


def refused(*arguments: str) -> str:
    done = CliRunner().invoke(command, arguments)
    assert isinstance(done.exception, InputError)
    assert done.stdout == ""
    return str(done.exception)


def test_every_unknown_probe_is_named_with_what_is_near_it() -> None:
    said = refused("--only", "sycsall,nothing-like-it")
    assert "no probe 'sycsall'; did you mean 'syscall'?" in said
    assert "no probe 'nothing-like-it'; there are syscall, page_fault" in said


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "inf", "1e9"])
def test_a_time_that_makes_no_sense_is_refused(seconds: str) -> None:
    assert "not between 1 and 3600" in refused("--seconds", seconds)


@pytest.mark.parametrize("name", ["My Host.toml", "host.yaml", "host"])
def test_a_profile_is_named_as_the_catalogs_files_are(tmp_path: Path, name: str) -> None:
    assert "lower-case letters, digits and hyphens" in refused("--out", str(tmp_path / name))


def test_a_place_that_cannot_be_written_is_refused_before_anything_is_measured(tmp_path: Path) -> None:
    assert "cannot be written" in refused("--out", str(tmp_path / "none" / "host.toml"))


def test_other_systems_are_told_that_all_else_runs_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "darwin")
    with pytest.raises(InputError, match="measures Linux hosts, and this is darwin"):
        calibrate(None)


def test_the_table_has_a_row_a_measurement_and_a_line_for_what_was_not_measured(found: Calibration) -> None:
    lines = as_table(found).splitlines()
    assert "Example 9000: 4 cores, 8 threads, 16.0 GiB" in lines[0]
    (row,) = (line for line in lines if line.startswith("cgroup.v2.attach_quiet"))
    assert row.split()[1:8] == ["4", "ms", "5", "ms", "6", "ms", "9"]
    assert any("(2000 MB/s)" in line for line in lines if line.startswith("disk.read"))
    assert lines[-1].strip() == "docker: docker is not installed"


def test_json_on_standard_output_is_the_calibration_alone() -> None:
    done = CliRunner().invoke(command, ["--only", "syscall,sha256", "--seconds", "1", "--format", "json"])
    assert done.exit_code == 0, done.output
    document = json.loads(done.stdout)
    assert [row["id"] for row in document["measurements"]] == ["syscall", "sha256"]
    assert done.stderr == ""


def test_probes_run_in_a_given_order_whatever_the_order_of_asking() -> None:
    assert list(PROBES)[:3] == ["syscall", "page_fault", "process"]
