"""What would have made the lab's next build cheaper, each tried out on the same change, and a button to take it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import streamlit as st

from dashboard import running
from dashboard.layers import lab
from dashboard.links import plain
from dashboard.running import CancelledByReaderError, Heartbeat
from dashboard.view import View
from sim.builds.advice.suggest import Suggestion, suggestions
from sim.builds.context.edits import apply
from sim.errors import InputError
from sim.layerlab.state import LabState
from sim.outcome import Outcome
from sim.report.numbers import about, written
from sim.report.texts import told, tr
from sim.scenario import Scenario

_MOST = 3


@dataclass(frozen=True)
class Advice:
    """A suggestion with what it saves of this build: seconds of its critical path, bytes of new layers."""

    suggestion: Suggestion
    seconds: float
    bytes: float
    estimate: bool


def show(state: LabState, outcome: Outcome, lesson: Scenario, view: View) -> None:
    """The suggestions, where there are any, each with its saving."""
    offered = _cached(state, outcome, lesson, view)
    if not offered:
        return
    lang = view.lang
    st.markdown(f"**{tr('ui.lab.suggest', lang)}**")
    for number, advice in enumerate(offered):
        write = about if advice.estimate else written
        saving = tr("ui.lab.saves", lang, time=write(advice.seconds, "s", lang))
        if advice.bytes >= 1e6:
            saving += " · " + write(advice.bytes, "B", lang, transfer=True)
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"{plain(told(advice.suggestion.message, lang))} **{saving}**", width="stretch")
            st.button(
                tr("ui.lab.suggest.take", lang),
                key=f"lab:take:{number}",
                on_click=lab.take,
                args=(advice.suggestion,),
            )
    st.caption(tr("ui.lab.suggest.note", lang))


def _cached(state: LabState, outcome: Outcome, lesson: Scenario, view: View) -> tuple[Advice, ...]:
    known: tuple[LabState, tuple[Advice, ...]] | None = st.session_state.get("lab:advice")
    if known is None or known[0] != state:
        known = (state, advise(state, outcome, lesson, view))
        st.session_state["lab:advice"] = known
    return known[1]


def advise(state: LabState, outcome: Outcome, lesson: Scenario, view: View) -> tuple[Advice, ...]:
    """What would have saved most, the best first. Each is built as the lab would build it once taken."""
    *made, change = state.planned()
    label = outcome.labels[0]
    now = outcome.metric(label, "rebuild_time"), outcome.metric(label, "new_bytes")
    offered = []
    place = st.empty()
    try:
        tree = apply(state.context.tree, [edit for build in made for edit in build.edits])
        there: dict[str, Any] = {"path": state.context.dockerfile, "target": state.context.target}
        for suggestion in suggestions(tree, [change], state.builder, **there, limit=_MOST, tick=Heartbeat(place)):
            taken = state.taken(suggestion)
            (then,) = running.run(("lab", taken), taken.scenario(lesson), place, view)
            seconds, size = (before.value - then.metric(label, before.metric).value for before in now)
            if seconds > 0:
                offered.append(Advice(suggestion, seconds, size, now[0].estimate))
    except (InputError, CancelledByReaderError):
        return ()
    return tuple(offered)
