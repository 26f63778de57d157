"""Any shipped scenario: pick one, change its conditions, run it."""

from __future__ import annotations

import streamlit as st

from dashboard import controls, shipped
from dashboard.frame import head
from dashboard.lessons import lesson
from dashboard.links import asked, clear_link
from dashboard.view import View
from sim.report.texts import tr

_WRITTEN = "scenario:written"


def page(view: View) -> None:
    """Draw the page. The link names the scenario: `?scenario=instruction-order`."""
    names = shipped.entries()
    titles = {name: _title(name, view) for name in names}
    picked = names[0]
    wanted = asked("scenario")
    if wanted in names and wanted != st.session_state.get(_WRITTEN, wanted):
        st.session_state["scenario"] = wanted  # a link on the page, or the browser's way back
    line, below = st.container(), st.container()

    def pick() -> None:
        nonlocal picked
        picked = controls.choice(
            tr("ui.scenario.pick", view.lang),
            titles,
            names[0],
            "scenario",
            view,
            key="scenario",
            hidden=True,
            drawn=not (view.embed or view.notes),
            below=below,
            on_change=clear_link,
        )
        st.session_state[_WRITTEN] = asked("scenario")

    with line:
        if view.embed or view.notes:
            pick()
        else:
            head(view, pick)
    lesson.body(shipped.scenario(picked), view)


def _title(name: str, view: View) -> str:
    """A scenario's title. One whose file is broken goes by its name. The page tells the fault when it is picked."""
    return next((view.read(scenario.title) for scenario in shipped.readable([name])), name)
