"""What the layer lab can build: shipped contexts, and a reader's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim import limits
from sim.errors import InputError
from sim.layerlab.contexts import BuildContext, brought, files, is_dockerfile, shipped
from sim.loading import load
from tests.dashboard.apptest import ROOT, SCENARIOS


def test_every_dockerfile_of_the_shipped_scenarios_is_offered_once_with_an_edit_of_its_own() -> None:
    contexts = shipped(load(ROOT / "scenarios" / f"{name}.yaml") for name in SCENARIOS)
    names = [context.name for context in contexts]
    assert len(names) == len(set(names))
    assert {"shop/Dockerfile", "report/Dockerfile.multi-stage", "own/Dockerfile"} <= set(names)
    for context in contexts:
        assert "FROM" in context.text
        assert not context.file or context.file in files(context)
    assert next(context for context in contexts if context.name == "shop/Dockerfile").file == "requirements.txt"
    own = next(context for context in contexts if context.name == "own/Dockerfile")
    assert Path(own.folder) == ROOT
    assert not [name for name in files(own) if name.startswith((".git/", "tests/"))]


def test_only_text_files_are_offered_for_editing_those_at_the_top_first(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    for name in ("Dockerfile", "Dockerfile.dev", ".hidden", "b.txt", "src/a.py"):
        (tmp_path / name).write_text("x\n")
    (tmp_path / "image.bin").write_bytes(b"\0\1")
    (tmp_path / "large.txt").write_text("x" * 70_000)
    assert files(BuildContext("t/Dockerfile", str(tmp_path))) == ("b.txt", "src/a.py")


def test_an_ignored_file_comes_last(tmp_path: Path) -> None:
    for name, text in (("Dockerfile", "FROM a\n"), (".dockerignore", "a.md\n"), ("a.md", "x"), ("z.py", "x")):
        (tmp_path / name).write_text(text)
    assert files(BuildContext("t/Dockerfile", str(tmp_path))) == ("z.py", "a.md")


def test_each_dockerfile_among_a_reader_s_files_is_a_ground_the_one_at_the_top_first() -> None:
    names = ["a.py", "web/Dockerfile.dev", "Dockerfile", "Containerfile", "Dockerfile.dockerignore"]
    assert [context.name for context in brought("/x", names)] == [
        "yours/Dockerfile",
        "yours/Containerfile",
        "yours/web/Dockerfile.dev",
    ]
    assert not is_dockerfile("docker-compose.yaml")


def test_files_without_a_dockerfile_are_refused_by_their_names() -> None:
    with pytest.raises(InputError, match=r"no Dockerfile among a\.py.*expected a file named Dockerfile"):
        brought("/x", ["a.py"])


def test_a_dockerfile_that_is_a_link_is_not_followed_out_of_the_context(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("FROM secret\n")
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "Dockerfile").symlink_to(tmp_path / "secret")
    with pytest.raises(InputError, match="is a link out of the build context"):
        _ = BuildContext("t/Dockerfile", str(tmp_path / "there")).text


def test_folders_and_classes_count_in_what_ignore_files_may_cost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name of one letter in each of two hundred folders is matched as often as two hundred files are."""
    monkeypatch.setattr(limits, "LAB_MATCHED", 8_000)
    names = ["Dockerfile", ".dockerignore", "a/b/c"]
    (tmp_path / ".dockerignore").write_text("x" * 99)
    assert brought(str(tmp_path), names)[0].count == 5
    with pytest.raises(InputError, match=r"at most 131072 bytes, and \d+ characters"):
        brought(str(tmp_path), [*names, "a/" * 200 + "d"])
    (tmp_path / ".dockerignore").write_text("[x]" * 33)
    with pytest.raises(InputError, match=r"each \[ counted as 50"):
        brought(str(tmp_path), names)
