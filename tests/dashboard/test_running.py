"""Runs made for a page: once each, with progress where they take long, and stopped when asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.testing.v1 import AppTest

from dashboard import running
from dashboard.figures import laid_out
from dashboard.view import View
from sim.archives import archive, streams
from sim.builds import plan
from sim.builds.advice import suggest
from sim.builds.plan import plan_builds
from sim.outcome import Outcome
from sim.report.shown import Drawing, one_by_one
from sim.scenario import Scenario, Text
from tests.dashboard.apptest import PATHS, charts, forget_runs, opened
from tests.dashboard.test_images_page import saved, tar

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


@pytest.mark.parametrize("path", PATHS)
def test_a_page_whose_runs_are_all_slow_is_drawn(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each run draws its own Cancel: one key for all of them would be drawn twice by the layer lab."""
    forget_runs()
    monkeypatch.setattr("dashboard.running._PATIENCE", -1.0)
    monkeypatch.setattr("dashboard.running._PACE", -1.0)
    at = opened(path, show="1")
    assert not at.exception
    assert not at.error


@pytest.fixture
def talkative(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every tick is a word to the browser."""
    monkeypatch.setattr("dashboard.running._PATIENCE", -1.0)
    monkeypatch.setattr("dashboard.running._PACE", -1.0)


def close_session() -> None:
    """What the server does to the script of a session that was closed (AppSession.request_script_stop)."""
    context = get_script_run_ctx()
    assert context is not None
    assert context.script_requests is not None
    context.script_requests.request_stop()


@pytest.mark.usefixtures("talkative")
def test_a_run_ends_with_its_session(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []

    def run(scenario: Any, *, tick: Callable[[float], None], **_: Any) -> tuple[Outcome, ...]:
        for step in range(1_000):
            if step == 5:
                close_session()
            tick(step / 1_000)
            made.append(step)
        return DONE

    monkeypatch.setattr("sim.batch.run.run", run)
    AppTest.from_function(script, args=("closed",)).run()
    assert made == [0, 1, 2, 3, 4]


@pytest.mark.usefixtures("talkative")
def test_the_plans_of_a_build_end_with_their_session(monkeypatch: pytest.MonkeyPatch) -> None:
    planned: list[str] = []
    real = plan._plan

    def counted(*args: Any) -> Any:
        planned.append("")
        if len(planned) == 2:
            close_session()
        return real(*args)

    forget_runs()
    monkeypatch.setattr(plan, "_plan", counted)
    opened("scenarios", scenario="instruction-order", show="1")
    assert len(planned) == 2


@pytest.mark.usefixtures("talkative")
def test_suggestions_end_with_their_session(monkeypatch: pytest.MonkeyPatch) -> None:
    planned: list[str] = []
    real = plan_builds

    def counted(*args: Any, **asked: Any) -> Any:
        planned.append("")
        close_session()
        return real(*args, **asked)

    monkeypatch.setattr(suggest, "plan_builds", counted)
    opened("layers", show="1")
    assert len(planned) == 1, "what is there is planned, no suggestion is tried"


@pytest.mark.usefixtures("talkative")
def test_the_reading_of_an_archive_ends_with_its_session(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    real = streams.file_chunks

    def counted(path: Path) -> Iterator[bytes]:
        for chunk in real(path):
            read.append(len(chunk))
            close_session()
            yield chunk

    monkeypatch.setattr(archive, "file_chunks", counted)
    at = opened("images")
    layer = tar(**{"etc/big": bytes(8 * 2**20)})
    at.file_uploader(key="images:upload").set_value([("a.tar", saved("a:1", layer), "application/x-tar")]).run()
    assert len(read) == 1


@pytest.mark.parametrize(
    ("seconds", "waits", "shows"),
    [(0.05, 0.0, True), (0.05, 5.0, True), (0.002, 0.0, False), (25.0, 0.0, False)],
    ids=["the whole takes a second", "on a busy machine", "it takes 40 ms", "one replication takes 25 s"],
)
def test_a_long_run_shows_its_first_replication(
    monkeypatch: pytest.MonkeyPatch, seconds: float, waits: float, shows: bool
) -> None:
    """It is judged by what it computes, and not by how long others keep it waiting."""
    computed, clock = [0.0], [0.0]
    asked: list[tuple[int, bool]] = []

    def run(_: Any, *, tick: Callable[[float], None], replications: int = 20, ranges: bool = True) -> Any:
        asked.append((replications, ranges))
        computed[0] += seconds
        clock[0] += seconds + waits
        tick(0.5)
        return DONE * replications

    times = SimpleNamespace(monotonic=lambda: clock[0], thread_time=lambda: computed[0])
    monkeypatch.setattr(running, "time", times)
    monkeypatch.setattr("sim.batch.run.run", run)
    forget_runs()
    drawn: list[tuple[Outcome, ...]] = []
    text = Text(en="x", ja="x")
    scenario = Scenario(id="made", concept="c", title=text, summary=text, parts=(), replications=20)
    view = View(lang="en", size=1.0, dark=False, embed=False, show=False)
    first = running.FirstFigure(st.empty(), drawn.append)
    assert running.run("long", scenario, st.empty(), view, first=first) == DONE * 20
    assert asked == [(1, False), (20, True)]
    assert drawn == ([DONE] if shows else [])
    assert first.shown == shows


def test_nothing_stays_of_a_first_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    """Elements at the same place follow one another. A first figure may have more of them, as a lens or a heading."""

    def crowded(_page_part: Any, *, again: bool) -> None:
        drawn.append(again)
        for _ in range(3):
            with st.container():
                for _ in range(2):  # a heading and a chart
                    st.code("first")

    drawn: list[bool] = []
    clock = count(0.0, 0.004)
    monkeypatch.setattr(running, "time", SimpleNamespace(monotonic=lambda: 0.0, thread_time=lambda: next(clock)))
    monkeypatch.setattr(laid_out, "first", crowded)
    forget_runs()
    at = opened("taxonomy", embed=True, show="1")
    assert drawn == [False]
    assert not at.code
    assert len(charts(at)) == 2
    assert not [button for button in at.button if button.label == "Cancel"]


def test_a_first_chart_is_on_its_way_before_the_next_one_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    def noted(request: Any) -> Iterator[Drawing]:
        for one in one_by_one(request):
            happened.append(one.id)
            yield one

    happened: list[str] = []
    clock = count(0.0, 0.004)
    monkeypatch.setattr(running, "time", SimpleNamespace(monotonic=lambda: 0.0, thread_time=lambda: next(clock)))
    monkeypatch.setattr(laid_out, "one_by_one", noted)
    monkeypatch.setattr(laid_out, "hand_over", lambda: happened.append("sent"))
    forget_runs()
    opened("taxonomy", show="1")
    assert happened == ["legend", "race", "sent", "lens"]
