"""The stored accuracy is given only where nothing that it hangs on was changed since it was computed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from sim.evidence import stored
from sim.evidence.accuracy import Accuracy
from sim.evidence.cases import CASES

MODULES = json.loads(stored.ROWS.read_text("utf-8"))["modules"]


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The files that the accuracy hangs on, in another place."""
    package, cases = tmp_path / "sim", tmp_path / "cases"
    shutil.copytree(CASES, cases)
    shutil.copytree(stored._PACKAGE / "catalog", package / "catalog", ignore=shutil.ignore_patterns("__pycache__"))
    for name in MODULES:
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(stored._PACKAGE / name, package / name)
    for name in ("ROWS", "DIGEST"):
        monkeypatch.setattr(stored, name, Path(shutil.copy(getattr(stored, name), tmp_path)))
    monkeypatch.setattr(stored, "_PACKAGE", package)
    monkeypatch.setattr(stored, "CASES", cases)
    return tmp_path


def test_what_is_committed_is_current() -> None:
    found = stored.current()
    assert found is not None, "run python -m scripts.generate"
    assert {row.case for row in found.rows} == {path.stem for path in CASES.glob("*.yaml")}


def test_what_computed_it_is_the_model() -> None:
    """A few modules and studies that no case could be predicted without."""
    assert {"engine/fluid.py", "platforms/start.py", "studies/memory.py", "catalog/load.py"} <= set(MODULES)
    assert not [name for name in MODULES if name.startswith(("cli/", "report/figures/", "kubernetes/"))]


@pytest.mark.parametrize(
    "changed", ["sim/engine/fluid.py", "sim/catalog/parts/runc.toml", "cases/kata-memory.yaml", "accuracy_rows.json"]
)
def test_a_changed_file_makes_it_stale(copied: Path, changed: str) -> None:
    assert stored.current() is not None
    file = copied / changed
    file.write_text(file.read_text("utf-8") + "\n", "utf-8")
    assert stored.current() is None


@pytest.mark.parametrize("gone", ["sim/engine/fluid.py", "cases/kata-memory.yaml", "accuracy_rows.sha256"])
def test_a_file_that_is_gone_makes_it_stale(copied: Path, gone: str) -> None:
    (copied / gone).unlink()
    assert stored.current() is None


def test_a_new_case_makes_it_stale(copied: Path) -> None:
    shutil.copy(copied / "cases" / "kata-memory.yaml", copied / "cases" / "another.yaml")
    assert stored.current() is None


@pytest.mark.parametrize("rows", ["", "{", "[]", '{"modules": ["engine/fluid.py"]}', "null"])
def test_rows_that_cannot_be_read_are_none(copied: Path, rows: str) -> None:
    stored.ROWS.write_text(rows, "utf-8")
    assert stored.current() is None


def test_line_ends_make_no_other_content(copied: Path) -> None:
    file = copied / "sim" / "engine" / "fluid.py"
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    assert stored.current() is not None


def test_of_the_digests_that_a_merge_keeps_the_right_one_counts(copied: Path) -> None:
    known = stored.DIGEST.read_text("utf-8")
    stored.DIGEST.write_text(f"{'0' * 64}\n{known}", "utf-8")
    assert stored.current() is not None
    stored.DIGEST.write_text(f"{'0' * 64}\n{'1' * 64}\n", "utf-8")
    assert stored.current() is None


def test_it_is_computed_where_it_is_stale(copied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    empty = Accuracy((), ())
    monkeypatch.setattr(stored, "accuracy", lambda tick: empty)
    assert stored.stored_or_computed() is not empty
    stored.DIGEST.write_text("", "utf-8")
    assert stored.stored_or_computed() is empty
