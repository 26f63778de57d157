"""A click while a page loads: Streamlit stops the run at any use of the session, and begins another one."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from streamlit.runtime.scriptrunner.script_runner import ScriptRunner
from streamlit.runtime.scriptrunner_utils.exceptions import RerunException
from streamlit.runtime.scriptrunner_utils.script_requests import RerunData
from streamlit.testing.v1 import AppTest

from dashboard.layers import lab
from sim.layerlab import state as lab_state

LINK = "builder=legacy"
Stopping = Callable[[int], Callable[[], bool]]


@pytest.fixture
def stopping(monkeypatch: pytest.MonkeyPatch) -> Stopping:
    """Stops the next run at its n-th use of the session, once, as a click does. It gives whether one was stopped."""

    def stop(at: int) -> Callable[[], bool]:
        left = [at]

        def request(runner: ScriptRunner) -> None:
            if runner._execing:
                left[0] -= 1
                if left[0] == 0:
                    raise RerunException(RerunData(query_string=LINK))

        monkeypatch.setattr(ScriptRunner, "_maybe_handle_execution_control_request", request)
        return lambda: left[0] <= 0

    return stop


def _lab() -> None:
    import streamlit as st

    from dashboard.layers import lab

    builder = lab.undo_history().now.builder
    st.text(st.session_state["lab:text"])
    st.text(f"{builder} {st.session_state['lab:builder']} {st.session_state['lab:revision']}")


def test_the_layer_lab_lays_out_its_state_whole_whenever_a_click_stops_its_first_run(stopping: Stopping) -> None:
    dockerfile = lab_state.fresh(lab.own_context()).dockerfile.strip()
    stopped = 0
    while True:
        done = stopping(stopped + 1)
        at = AppTest.from_function(_lab, default_timeout=60)
        at.query_params["builder"] = "legacy"  # as LINK
        at.run()
        assert not at.exception, f"stopped at use {stopped + 1} of the session"
        assert [text.value.strip() for text in at.text] == [dockerfile, "legacy legacy 1"]
        if not done():
            break
        stopped += 1
    assert stopped > 30, "each use of the session, from the link's parts to the widgets' values"
