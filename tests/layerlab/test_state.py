"""The layer lab's state: which edits the next build sees, and what it follows."""

from __future__ import annotations

from types import MappingProxyType

import pytest

from sim.builds.advice.suggest import Suggestion
from sim.history import UndoHistory
from sim.layerlab.contexts import BuildContext
from sim.layerlab.state import Base, How, LabState, arguments, bases, rebased
from sim.records.instances import Message

GROUND = BuildContext("shop/Dockerfile", "/nowhere")
TEXT = "FROM python:3.13-slim\nCOPY requirements.txt .\n"


@pytest.fixture
def state() -> LabState:
    return LabState(context=GROUND, dockerfile=TEXT, base=TEXT)


def test_a_bench_without_a_change_has_no_edit(state: LabState) -> None:
    assert state.changes() == []


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
def test_what_happens_to_a_file_is_one_edit(how: How, change: dict[str, object]) -> None:
    state = LabState(context=GROUND, dockerfile=TEXT, base=TEXT, file="requirements.txt", how=how, content="flask\n")
    assert state.changes() == [{"path": "requirements.txt", **change}]


def test_an_edited_dockerfile_is_an_edit_of_its_own() -> None:
    state = LabState(context=GROUND, dockerfile=TEXT + "RUN ls\n", base=TEXT, file="a.py", how="touch")
    assert [change["path"] for change in state.changes()] == ["a.py", "Dockerfile"]


def test_a_kept_build_stays_and_nothing_is_changed_after_it() -> None:
    edited = LabState(context=GROUND, dockerfile=TEXT + "RUN ls\n", base=TEXT, file="requirements.txt", how="append")
    kept = edited.keep()
    assert kept.changes() == []
    assert [dict(change) for change in kept.kept[0]] == edited.changes()


def test_benches_of_equal_changes_are_one_run() -> None:
    one, two = (LabState(context=GROUND, dockerfile=TEXT, base=TEXT, file="a").keep() for _ in range(2))
    assert hash(one) == hash(two)
    assert one == two


def test_build_arguments_are_read_with_their_defaults() -> None:
    text = 'ARG VERSION=3.13\nFROM python:${VERSION}\n  arg TOKEN\nARG A="x" B=y\nRUN echo ARG\n'
    assert arguments(text) == {"VERSION": "3.13", "TOKEN": "", "A": "x", "B": "y"}


def test_a_taken_suggestion_is_a_build_before_the_change_and_no_change_itself() -> None:
    better = "FROM python:3.13-slim\nRUN ls\n"
    state = LabState(context=GROUND, dockerfile=TEXT, base=TEXT, file="a.py", how="append")
    taken = state.taken(Suggestion(Message("x"), 1.0, MappingProxyType({"Dockerfile": better})))
    assert taken.changes() == state.changes()
    assert taken.dockerfile == taken.base == better
    assert [dict(change) for change in taken.kept[-1]] == [{"path": "Dockerfile", "content": better}]


def test_an_ignore_file_that_is_taken_leaves_the_dockerfile_alone() -> None:
    state = LabState(context=GROUND, dockerfile=TEXT, base=TEXT, file="a.py")
    taken = state.taken(Suggestion(Message("x"), 1.0, MappingProxyType({".dockerignore": "a.py\n"})))
    assert taken.dockerfile == TEXT
    assert dict(taken.kept[-1][0])["path"] == ".dockerignore"


def test_the_planner_gets_the_builds_already_made_and_the_next_one_last() -> None:
    state = LabState(context=GROUND, dockerfile=TEXT, base=TEXT, file="a.py").keep()
    made, after = state.planned()
    assert [edit.path for edit in made.edits] == ["a.py"]
    assert after.edits == ()


def test_undo_and_redo_go_back_and_forth_until_something_new_is_done() -> None:
    one, two, three = (LabState(context=GROUND, dockerfile=TEXT, base=TEXT, file=name) for name in "abc")
    undo_history = UndoHistory(one).to(two).to(three)
    assert undo_history.undo().now == two
    assert undo_history.undo().undo().undo().now == one
    assert undo_history.undo().undo().redo().redo().redo() == undo_history
    assert undo_history.undo().to(one).future == ()
    assert UndoHistory(one).to(one) == UndoHistory(one)


def test_images_a_dockerfile_starts_from_are_told_from_its_stages() -> None:
    text = (
        "# syntax=docker/dockerfile:1\nFROM node:22 AS web\nRUN ls\nFROM WEB AS two\n"
        "FROM --platform=$BUILDPLATFORM python:3.13\nFROM scratch\n"
    )
    assert bases(text) == (Base(2, "node:22"), Base(5, "python:3.13"))


def test_another_image_changes_its_line_and_nothing_else() -> None:
    text = "FROM --platform=linux/amd64  node:22   AS web\nRUN echo FROM node:22\n"
    assert rebased(text, 1, " node:24 ") == "FROM --platform=linux/amd64  node:24   AS web\nRUN echo FROM node:22\n"
    for line, image in ((1, "  "), (2, "x"), (9, "x")):
        assert rebased(text, line, image) == text
