"""A live page is built once for all who take it from a dashboard, and anew where its lesson is another."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import pytest

import sim
from sim.errors import InputError
from sim.export.packages import PYODIDE
from sim.live import builder, kept
from sim.scenario import Scenario
from sim.studies.base import Tick


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """What was built, in a cache of its own. A page is its lesson's title."""
    found: list[str] = []

    def page(scenarios: Sequence[Scenario], _: Tick) -> str:
        found.append(scenarios[0].title.en)
        return found[-1]

    monkeypatch.setenv("SIM_CACHE", str(tmp_path))
    monkeypatch.setattr(builder, "page", page)
    return found


def test_a_page_is_built_once_and_anew_for_another_lesson_of_its_name(built: list[str], tmp_path: Path) -> None:
    lesson = sim.load("density")
    other = dataclasses.replace(lesson, title=sim.load("ksm").title)
    assert not kept.is_kept(lesson)
    pages = [kept.kept_page(one).decode() for one in (lesson, lesson, other, other)]
    assert pages == [lesson.title.en] * 2 + [other.title.en] * 2
    assert built == [lesson.title.en, other.title.en]
    assert len(list(tmp_path.rglob("*.html"))) == 1, "what nobody can be given any more is gone"
    assert (kept.is_kept(lesson), kept.is_kept(other)) == (False, True)


def test_a_page_that_cannot_be_built_is_not_kept(built: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_: Sequence[Scenario], __: Tick) -> str:
        raise InputError("there is no node")

    lesson = sim.load("density")
    monkeypatch.setattr(builder, "page", fails)
    with pytest.raises(InputError, match="no node"):
        kept.kept_page(lesson)
    monkeypatch.undo()
    assert built == []


def test_nothing_is_at_hand_in_an_empty_cache(
    built: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("shutil.which", lambda _: "/usr/bin/node")
    assert not kept.at_hand()
    (tmp_path / f"{PYODIDE.name}-{PYODIDE.version}" / "package").mkdir(parents=True)
    assert not kept.at_hand(), "the library and the wheels are wanted too"
    assert built == []


def test_the_project_is_hashed_once_and_each_lesson_whenever_it_is_asked_for(
    built: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lesson = sim.load("density")
    kept.is_kept(lesson)
    monkeypatch.setattr(kept, "package", lambda: pytest.fail("the package is read again"))
    kept.kept_page(lesson)
    assert kept.is_kept(lesson)
    assert not kept.is_kept(dataclasses.replace(lesson, seed=2))
    assert len(built) == 1
