"""Runs made for a page: once each, with progress where they take long, and stopped when asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from sim.outcome import Outcome

DONE = (Outcome("made", "startup", 1, 1, (), ()),)


def script(key: str) -> None:
    import streamlit as st

    from dashboard import running
    from dashboard.view import View
    from sim.scenario import Scenario, Text

    text = Text(en="x", ja="x")
    scenario = Scenario(id="made", concept="c", title=text, summary=text, parts=(), replications=20)
    view = View(lang="en", size=1.0, dark=False, embed=False, show=False)
    try:
        outcomes = running.run(key, scenario, st.empty(), view)
        st.write(f"{len(outcomes)} done")
    except running.CancelledByReaderError:
        st.write("cancelled")
        st.button("after all", on_click=running.run_after_all, key="after-all")


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What the model was told to run; each run ticks at 0 and at one half."""
    made: list[float] = []

    def run(scenario: Any, *, tick: Callable[[float], None], **_: Any) -> tuple[Outcome, ...]:
        made.append(0.0)
        for share in (0.0, 0.5):
            tick(share)
        return DONE

    monkeypatch.setattr("sim.batch.run.run", run)
    return made


def said(at: AppTest) -> str:
    return str(at.markdown[0].value)


def test_a_run_of_the_same_thing_is_made_once_for_all_readers(runs: list[float]) -> None:
    for _ in range(3):
        assert said(AppTest.from_function(script, args=("once",)).run()) == "1 done"
    assert len(runs) == 1


def test_a_quick_run_shows_no_progress_and_a_slow_one_leaves_none_behind(
    runs: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr("streamlit.skeleton", lambda **_: opened.append("skeleton"))
    assert not AppTest.from_function(script, args=("quick",)).run().button
    assert opened == []
    monkeypatch.setattr("dashboard.running._PATIENCE", -1.0)
    at = AppTest.from_function(script, args=("slow",)).run()
    assert not at.exception
    assert opened == ["skeleton"]
    assert not at.button


def test_a_run_the_reader_stopped_is_not_made_until_asked_for_again(runs: list[float]) -> None:
    at = AppTest.from_function(script, args=("stopped",))
    at.session_state["cancelled"] = "stopped"
    at.run()
    assert said(at) == "cancelled"
    assert runs == []
    at.button(key="after-all").click().run()
    assert said(at) == "1 done"
    assert len(runs) == 1
