"""A live page is built once for all who take it from a dashboard, and anew where its lesson is another."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from threading import Event, Thread

import pytest

import sim
from sim import limits
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


class Slow:
    """Builds a page for as long as it is told to, in a thread of its own."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, lesson: Scenario) -> None:
        self.begun, self.end, self.built = Event(), Event(), 0
        monkeypatch.setattr(builder, "page", self.page)
        self.thread = Thread(target=kept.kept_page, args=(lesson,), daemon=True)
        self.thread.start()
        assert self.begun.wait(60)

    def page(self, scenarios: Sequence[Scenario], tick: Tick) -> str:
        self.built += 1
        tick(0.5)
        self.begun.set()
        assert self.end.wait(60)
        return scenarios[0].id

    def done(self) -> None:
        self.end.set()
        self.thread.join(60)
        assert not self.thread.is_alive()


class GoneError(Exception):
    """The reader who waits has gone."""


def test_who_waits_is_told_how_far_the_page_is_and_takes_it_once_it_is_there(
    built: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lesson = sim.load("density")
    slow, told = Slow(monkeypatch, lesson), []

    def wait(share: float) -> None:
        told.append(share)
        if len(told) == 2:
            slow.end.set()

    assert kept.kept_page(lesson, wait=wait) == b"density"
    assert (told[:2], slow.built) == ([0.5, 0.5], 1)
    slow.done()


def test_a_reader_who_goes_waits_no_longer_and_a_page_that_is_there_is_given_at_once(
    built: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lesson, other = sim.load("density"), sim.load("ksm")
    there = kept.kept_page(other)
    slow = Slow(monkeypatch, lesson)

    def gone(_: float) -> None:
        raise GoneError

    for _ in range(limits.LIVE_WAITING + 1):  # a place is given back
        with pytest.raises(GoneError):
            kept.kept_page(lesson, wait=gone)
    assert kept.kept_page(other, wait=gone) == there
    slow.done()
    assert kept.kept_page(lesson) == b"density"


def test_so_many_wait_and_the_next_one_is_told_at_once(built: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    lesson = sim.load("density")
    slow = Slow(monkeypatch, lesson)
    waiting = [Event() for _ in range(limits.LIVE_WAITING - 1)]
    readers = [
        Thread(target=kept.kept_page, args=(lesson,), kwargs={"wait": lambda _, there=one: there.set()}, daemon=True)
        for one in waiting
    ]
    for reader in readers:
        reader.start()
    assert all(one.wait(60) for one in waiting)
    with pytest.raises(InputError, match=f"^{limits.LIVE_WAITING} readers wait for live pages already"):
        kept.kept_page(lesson)
    slow.done()
    for reader in readers:
        reader.join(60)
        assert not reader.is_alive()
    assert slow.built == 1
