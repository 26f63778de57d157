"""The layer lab's edit in a link: another session plans the same build, and a forged one is refused."""

from __future__ import annotations

import io
import zipfile
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from dashboard.layers import lab, lab_link
from dashboard.packed import pack, unpack
from dashboard.sharing.share import bundle
from sim import limits
from sim.errors import InputError
from sim.layerlab import state as lab_state
from sim.loading import load
from tests.dashboard.apptest import click, error, opened, texts, title
from tests.dashboard.test_answers import again, link_of


@cache
def untouched() -> lab_state.LabState:
    """The lab before any edit. Asked for by tests alone: to find the context reads all lessons."""
    return lab_state.fresh(lab.own_context())


def test_an_edited_dockerfile_an_argument_and_a_build_that_was_kept_come_back_from_the_link() -> None:
    at = opened("layers", show="1")
    click(at, "lab:keep")
    at.session_state["lab:text"] = at.session_state["lab:text"].replace("WORKDIR /app", "WORKDIR /srv")
    at.run()
    assert "edit" in link_of(at)
    other = again("layers", at)
    assert not other.exception
    assert not other.error
    assert other.session_state["lab:history"].now == at.session_state["lab:history"].now
    assert title(other) == title(at)
    click(other, "lab:reset")
    assert "edit" not in other.query_params


def test_a_state_is_what_it_was_after_the_way_through_a_link() -> None:
    from dataclasses import replace

    kept = replace(untouched().keep(), file="src/app.py", how="content", content="print()\n")
    state = replace(kept, arguments=(("A", "1"),), dockerfile="FROM a\n")
    there = replace(untouched(), file=state.file, how=state.how)
    assert lab_link.restored(there, unpack(pack(lab_link.document(state)))) == state
    assert lab_link.document(untouched()) == {}, "what is as it lies there needs no room in a link"


def test_all_steps_of_a_link_read_their_context_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Equal steps pack into a short link: what each costs is bounded by what is looked up once for all."""
    step = lab_link.remembered(untouched())
    assert step is not None
    reads: list[str] = []
    fresh = lab_state.fresh
    monkeypatch.setattr(lab_link, "fresh", lambda context: reads.append(context.name) or fresh(context))
    found = lab_link.recalled([step] * limits.UNDONE, {untouched().context.name: untouched().context})
    assert found == [untouched()] * limits.UNDONE
    assert reads == [untouched().context.name]


def test_past_and_future_of_a_link_are_bounded_together() -> None:
    step = lab_link.remembered(untouched())
    at = opened("layers", show="1", undo=pack({"past": [step] * limits.UNDONE, "future": [step]}))
    history = at.session_state["lab:history"]
    assert (history.past, history.future) == ((), ())
    assert error(at)


@pytest.mark.parametrize(
    "document",
    [
        {"secret": 1},
        {"dockerfile": 1},
        {"dockerfile": "x" * 200_000},
        {"arguments": []},
        {"arguments": {"A": 1}},
        {"kept": {}},
        {"kept": [[]] * 51},
        {"kept": [{"path": "a"}]},
        {"kept": [[{"path": "a"}]]},
        {"kept": [[{"path": "a", "touch": False}]]},
        {"kept": [[{"path": "a", "symlink": "/etc/passwd"}]]},
        {"kept": [[{"path": "a", "mode": "4777"}]]},
        {"kept": [[{"path": 1, "touch": True}]]},
    ],
)
def test_an_edit_that_the_lab_would_not_have_written_is_refused(document: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        lab_link.restored(untouched(), document)


@pytest.mark.parametrize("edit", ["nope", pack({"kept": [[{"path": "../../x", "delete": True}]]})])
def test_a_page_answers_an_edit_that_cannot_be_used(edit: str) -> None:
    at = opened("layers", show="1", edit=edit)
    assert not at.exception
    assert "edit: " in error(at) or "../../x" in error(at)


def test_the_scenario_to_download_runs_elsewhere_with_the_same_numbers(tmp_path: Path) -> None:
    """The lab's build and a shipped lesson, from an archive, against the build of the page."""
    lesson = load("layers")
    packed = bundle(untouched().scenario(lesson), untouched().context.folder)
    zipfile.ZipFile(io.BytesIO(packed)).extractall(tmp_path)
    from sim.batch.run import run

    (there,), (here,) = run(load(tmp_path / "layers.yaml")), run(untouched().scenario(lesson))
    assert there.metrics == here.metrics
    assert "5 of 11" in texts(opened("layers", show="1"))


@pytest.mark.parametrize("name", ["compose", "run-chain", "taxonomy"])
def test_a_lesson_that_is_taken_home_is_the_lesson(name: str, tmp_path: Path) -> None:
    zipfile.ZipFile(io.BytesIO(bundle(load(name)))).extractall(tmp_path)
    taken = load(tmp_path / f"{name}.yaml")
    assert taken.parts == load(name).parts
    assert taken.lesson == load(name).lesson


def test_what_was_changed_in_the_lab_can_be_undone_after_a_reload() -> None:
    at = opened("layers", show="1")
    first = at.session_state["lab:history"].now
    at.segmented_control(key="lab:how").set_value("touch").run()
    at.selectbox(key="lab:builder").set_value("legacy").run()
    later = again("layers", at)
    assert later.session_state["lab:history"] == at.session_state["lab:history"]
    click(later, "lab:undo")
    assert later.selectbox(key="lab:builder").value == first.builder
    click(later, "lab:undo")
    assert later.session_state["lab:history"].now == first
    assert later.button(key="lab:undo").disabled
    click(later, "lab:redo")
    assert later.segmented_control(key="lab:how").value == "touch"


@pytest.mark.parametrize(
    "step",
    [
        {"context": "nope"},
        {"context": "layers/Dockerfile", "file": "../x", "how": "append", "builder": "legacy", "edit": {}},
        {"context": 1, "file": "", "how": "append", "builder": "legacy", "edit": {"kept": 3}},
    ],
)
def test_a_strange_step_of_the_lab_s_link_is_refused(step: dict[str, object]) -> None:
    at = opened("layers", show="1", undo=pack({"past": [step]}))
    assert "undo" in error(at)
    assert at.button(key="lab:undo").disabled
