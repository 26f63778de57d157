"""The component of an assembly that the reader picked may be left out."""

from __future__ import annotations

import streamlit as st

from dashboard.page_part import PagePart
from sim.catalog.assemblies import components
from sim.loading import controls
from sim.report.texts import tr


def offer_to_leave_out(page_part: PagePart, picked: str) -> None:
    """Offer to run without the picked component, where the scenario has that control."""
    scenario, lang = page_part.scenario, page_part.view.lang
    if picked not in components() or all(control.path != "left_out" for control in controls(scenario)):
        return
    st.button(
        tr("ui.parts.leave", lang, name=components()[picked].name.read(lang)),
        on_click=st.session_state.update,
        args=({f"{scenario.id}:left_out": picked},),
        key=f"{page_part.key}:leave",
    )
