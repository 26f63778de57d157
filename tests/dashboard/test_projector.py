"""A lecture's form: the page on a projector, its lock, its neighbours in the course, the notes."""

from __future__ import annotations

import dataclasses

import pytest

from dashboard import projector, shipped
from sim.catalog.tables.course import chapters
from sim.report.style import PHONE, legible
from tests.dashboard.apptest import charts, click, drawings, error, opened, texts, title


def test_the_button_puts_the_page_on_a_projector_and_the_link_says_so() -> None:
    at = opened("density")
    click(at, "projector:start")
    assert not at.exception
    assert at.query_params["projector"] in ("1", ["1"])
    assert not at.expander, "the side text is away"
    click(at, "projector:reveal")
    assert not title(at).endswith("?")
    click(at, "projector:again")
    assert title(at).endswith("?")
    click(at, "projector:leave")
    assert "projector" not in at.query_params
    assert at.expander


def test_no_answer_is_shown_while_it_is_locked_whatever_the_link_says() -> None:
    at = opened("density", projector="1", locked="1", show="1", said="5")
    assert title(at).endswith("?")
    assert at.button(key="projector:reveal").disabled
    assert at.button(key="density:run").disabled
    assert at.button(key="density:skip").disabled
    lab = opened("layers", locked="1", show="1")
    assert title(lab).endswith("?")
    assert lab.button(key="lab:run").disabled
    click(at, "projector:lock")
    assert not at.button(key="projector:reveal").disabled


def test_every_lesson_has_the_neighbours_of_the_course() -> None:
    names = [lesson.id for chapter in chapters() for lesson in chapter.lessons]
    ways = [projector.neighbours(name) for name in names]
    assert [before for before, _ in ways] == ["", *names[:-1]]
    assert [after for _, after in ways] == [*names[1:], ""]
    assert projector.neighbours("nope") == ("", "")


def test_a_lesson_that_no_chapter_names_follows_those_of_its_concept(monkeypatch: pytest.MonkeyPatch) -> None:
    """On the course's page it stands there too."""
    named = chapters()
    concept = {lesson.id: shipped.scenario(lesson.id).concept for chapter in named for lesson in chapter.lessons}
    pairs = [pair for chapter in named for pair in zip(chapter.lessons, chapter.lessons[1:], strict=False)]
    before, left_out = next((a.id, b.id) for a, b in pairs if concept[a.id] == concept[b.id])
    fewer = tuple(
        dataclasses.replace(chapter, lessons=tuple(one for one in chapter.lessons if one.id != left_out))
        for chapter in named
    )
    monkeypatch.setattr("sim.classroom.course.chapters", lambda: fewer)
    monkeypatch.setattr(shipped, "chapters", lambda: fewer)
    assert shipped.entries()[-1] == left_out
    assert projector.neighbours(before)[1] == left_out


@pytest.mark.parametrize("path", ["taxonomy", "memory-ledger", "density", "layers"])
def test_the_notes_say_the_finding_and_which_answers_are_right(path: str) -> None:
    notes = opened(path, notes="1")
    assert not notes.exception
    assert title(notes).endswith("?")
    assert title(opened(path, show="1")) in texts(notes) or path == "layers"
    assert "✓" in texts(notes)
    assert not notes.radio, "they ask nothing"


@pytest.mark.parametrize("name", ["projector", "locked", "notes"])
def test_a_value_that_is_none_is_named(name: str) -> None:
    assert f"{name}: 'nope' cannot be used here; expected one of 1, 0" in error(opened("images", **{name: "nope"}))


def test_a_figure_in_a_hall_has_no_small_text() -> None:
    sizes = [13, {"expr": "width > 1000 ? 19 : 13"}, "unknown"]
    spec = {"layer": [{"mark": {"fontSize": size}} for size in sizes], "height": 13}
    assert [part["mark"]["fontSize"] for part in legible(spec, 16)["layer"]] == [
        16,
        {"expr": "max(16, width > 1000 ? 19 : 13)"},
        "unknown",
    ]
    assert legible(spec, 16)["height"] == 13
    room = {"axis": {"labelLimit": 150, "minExtent": {"expr": "width / 4"}}}
    grown = f"({PHONE} ? {18 / 13:g} : 1.2) * (width / 4)"
    assert legible(room, 18)["axis"] == {"labelLimit": 180, "minExtent": {"expr": grown}}
    assert legible(room, 13) == room
    assert spec["layer"] == [{"mark": {"fontSize": size}} for size in sizes], "what was given is left alone"
    assert "max(16" in str(charts(opened("taxonomy", embed=True)))
    assert "max(18" in str(charts(opened("taxonomy", projector="1")))


def test_a_hall_is_told_that_its_prediction_was_wrong_and_where() -> None:
    for link in ({"embed": True}, {"projector": "1"}):
        at = opened("memory-ledger", show="1", said="1", **link)
        assert "you said" not in title(at)
        assert "Less" in texts(at), "what was said"
        assert "✓ Several times as much" in texts(at).replace("**", "")
        assert any("look here" in one for one in drawings(at)), "a ring"
    assert "look here" not in str(drawings(opened("memory-ledger", embed=True, show="1", said="3")))


def test_a_hall_is_shown_one_part_at_a_time_the_ringed_one_first() -> None:
    at = opened("scenarios", scenario="production", show="1", embed=True)
    first = charts(at)
    at.segmented_control(key="production:part:1").set_value("2").run()
    assert at.query_params["part"] in ("2", ["2"])
    assert charts(at) != first
    assert not at.exception
    assert len(charts(opened("scenarios", scenario="production", show="1"))) > len(first)
