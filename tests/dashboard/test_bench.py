"""The layer lab's bench: which edits the next build sees, and what it follows."""

from __future__ import annotations

from pathlib import Path

import pytest

from dashboard.bench import Bench, arguments, files

TEXT = "FROM python:3.13-slim\nCOPY requirements.txt .\n"


@pytest.fixture
def bench() -> Bench:
    return Bench(dockerfile=TEXT, base=TEXT)


def test_a_bench_without_a_change_has_no_edit(bench: Bench) -> None:
    assert bench.changes() == []


@pytest.mark.parametrize(
    ("how", "change"),
    [
        ("append", {"append": "redis\n"}),
        ("touch", {"touch": True}),
        ("mode", {"mode": "0755"}),
        ("content", {"content": "flask\n"}),
        ("delete", {"delete": True}),
    ],
)
def test_what_happens_to_a_file_is_one_edit(how: str, change: dict[str, object]) -> None:
    bench = Bench(dockerfile=TEXT, base=TEXT, file="requirements.txt", how=how, content="flask\n")  # type: ignore[arg-type]
    assert bench.changes() == [{"path": "requirements.txt", **change}]


def test_an_edited_dockerfile_is_an_edit_of_its_own() -> None:
    bench = Bench(dockerfile=TEXT + "RUN ls\n", base=TEXT, file="a.py", how="touch")
    assert [change["path"] for change in bench.changes()] == ["a.py", "Dockerfile"]


def test_a_kept_build_stays_and_nothing_is_changed_after_it() -> None:
    edited = Bench(dockerfile=TEXT + "RUN ls\n", base=TEXT, file="requirements.txt", how="append")
    kept = edited.keep()
    assert kept.changes() == []
    assert [dict(change) for change in kept.kept[0]] == edited.changes()


def test_benches_of_equal_changes_are_one_run() -> None:
    one, two = (Bench(dockerfile=TEXT, base=TEXT, file="a").keep() for _ in range(2))
    assert hash(one) == hash(two)
    assert one == two


def test_build_arguments_are_read_with_their_defaults() -> None:
    text = 'ARG VERSION=3.13\nFROM python:${VERSION}\n  arg TOKEN\nARG A="x" B=y\nRUN echo ARG\n'
    assert arguments(text) == {"VERSION": "3.13", "TOKEN": "", "A": "x", "B": "y"}


def test_only_text_files_of_the_context_are_offered_for_editing(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    for name in ("Dockerfile", "Dockerfile.dev", ".dockerignore", "b.txt", "src/a.py"):
        (tmp_path / name).write_text("x\n")
    (tmp_path / "image.bin").write_bytes(b"\0\1")
    (tmp_path / "large.txt").write_text("x" * 70_000)
    assert files(tmp_path) == ("b.txt", "src/a.py")
