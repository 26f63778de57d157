"""Any shipped scenario: pick one, change its conditions, run it."""

from __future__ import annotations

import streamlit as st

from dashboard import controls, lesson, shipped
from dashboard.frame import head
from dashboard.links import asked, plain
from dashboard.view import View
from sim.errors import InputError
from sim.report.texts import tr


def page(view: View) -> None:
    """Draw the page. The link names the scenario: `?scenario=instruction-order`."""
    names = shipped.entries()
    titles = {name: _title(name, view) for name in names}
    wanted = asked("scenario") or names[0]
    picked = wanted if wanted in names else names[0]

    def pick() -> None:
        nonlocal picked
        picked = controls.choice(
            tr("ui.scenario.pick", view.lang), titles, names[0], "scenario", key="scenario", hidden=True
        )

    head(view, pick)
    if wanted not in names:
        message = tr("ui.scenario.none", view.lang, name=wanted, list=", ".join(names))
        st.error(plain(message), icon=":material/error:")
    lesson.body(shipped.scenario(picked), view)


def _title(name: str, view: View) -> str:
    """A scenario's title. One whose file is broken goes by its name. The page tells the fault when it is picked."""
    try:
        return view.read(shipped.scenario(name).title)
    except InputError:
        return name
