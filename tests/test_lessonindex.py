"""The index of the shipped lessons is believed only of files that are as they were when it was made."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from sim import lessonindex
from sim.cli import answer
from sim.loading import load
from sim.loading.listed import listed, used_by

ROOT = Path(__file__).parents[1]


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two shipped lessons in a folder of their own that stands for the shipped one."""
    for name in ("density", "taxonomy"):
        shutil.copy(ROOT / "scenarios" / f"{name}.yaml", tmp_path)
    shutil.copy(ROOT / "scenarios" / lessonindex.NAME, tmp_path)
    monkeypatch.setattr(lessonindex, "folder", lambda: tmp_path)
    return tmp_path


def test_the_index_says_what_reading_the_files_says() -> None:
    known = lessonindex.indexed()
    assert set(known) == set((ROOT / "scenarios").glob("*.yaml"))
    for path in (ROOT / "scenarios" / "density.yaml", ROOT / "scenarios" / "ci-pipeline.yaml"):
        assert known[path] == listed(load(path))


def test_a_file_that_was_changed_is_read_and_what_is_wrong_with_it_told(
    copied: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = copied / "density.yaml"
    file.write_text(file.read_text("utf-8").replace("concept: density", "concept: moved"), "utf-8")
    assert answer(["list", "--format", "json"]) == 0
    concepts = {item["scenario"]: item["concept"] for item in json.loads(capsys.readouterr().out)}
    assert concepts == {"density": "moved", "taxonomy": "taxonomy"}
    file.write_text(file.read_text("utf-8").replace("host: server", "host: serverr"), "utf-8")
    assert answer(["list"]) == 2
    out, err = capsys.readouterr()
    assert "taxonomy" in out
    assert "serverr" in err


@pytest.mark.parametrize("text", ["", "[", "\x00"])
def test_without_an_index_that_can_be_read_the_files_are(
    copied: Path, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (copied / lessonindex.NAME).write_text(text, "utf-8")
    assert lessonindex.indexed() == {}
    assert answer(["list", "--format", "json"]) == 0
    assert len(json.loads(capsys.readouterr().out)) == 2


def test_line_ends_make_no_other_content(tmp_path: Path) -> None:
    """A checkout on Windows may have other ones."""
    (tmp_path / "unix").write_bytes(b"a: 1\nb: 2\n")
    (tmp_path / "windows").write_bytes(b"a: 1\r\nb: 2\r\n")
    assert lessonindex.content(tmp_path / "unix") == lessonindex.content(tmp_path / "windows")


def test_entries_are_what_the_labels_name_and_the_guest_that_a_technology_starts_by_itself() -> None:
    """Read from scenarios/density.yaml: seven labels of five technologies, two applications, one host."""
    lesson = listed(load(ROOT / "scenarios" / "density.yaml"))
    by_kind: dict[str, set[str]] = {}
    for entry in lesson.entries:
        kind, _, name = entry.partition("/")
        by_kind.setdefault(kind, set()).add(name)
    assert by_kind["technologies"] == {"qemu-kvm", "firecracker", "docker", "lxc", "containerd"}
    assert by_kind["applications"] == {"web", "big"}
    assert by_kind["hosts"] == {"server"}
    assert used_by({"density": lesson})["hosts/server"] == ("density",)
