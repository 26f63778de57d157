"""A lesson on a projector: one bar with the lecturer's buttons, each with a key. And the lecturer's own notes."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from dashboard import shipped
from dashboard.shown import now
from dashboard.view import View, keep
from sim.report.texts import tr

BAR = "projector-bar"
"""Key of the bar's container, by which the frame's style finds it."""


def start(view: View) -> None:
    """The button that puts the page on a projector."""
    st.button(
        tr("ui.projector", view.lang), key="projector:start", type="tertiary", icon=":material/co_present:",
        shortcut="P", on_click=keep, args=("projector", "1"),
    )  # fmt: skip


def bar(view: View, follow: Callable[[str], None], notes: str) -> None:
    """The bar below the page.

    Args:
        follow: Opens the page of a scenario, by its id.
        notes: The address of the lecturer's notes on this page.
    """
    shown, lang = now(), view.lang
    before, after = neighbours(shown.scenario.id) if shown.scenario else ("", "")
    with st.container(key=BAR, horizontal=True, vertical_alignment="center", gap="small"):
        if st.button(tr("ui.projector.before", lang), key="projector:before", shortcut="Left", disabled=not before):
            follow(before)
        _step(view)
        if st.button(tr("ui.projector.after", lang), key="projector:after", shortcut="Right", disabled=not after):
            follow(after)
        locked = "unlock" if view.locked else "lock"
        st.button(
            tr(f"ui.projector.{locked}", lang), key="projector:lock", shortcut="L", on_click=keep,
            args=("locked", "" if view.locked else "1"), icon=f":material/{'lock' if view.locked else 'lock_open'}:",
        )  # fmt: skip
        if shown.scenario is not None:
            st.link_button(tr("ui.projector.notes", lang), notes, icon=":material/open_in_new:")
        st.button(
            tr("ui.projector.leave", lang), key="projector:leave", shortcut="P", on_click=keep, args=("projector", "")
        )


def _step(view: View) -> None:
    """The button that shows the answer, or goes back to the question."""
    shown = now()
    if shown.again is not None:
        st.button(tr("ui.projector.question", view.lang), key="projector:again", shortcut="Q", on_click=shown.again)
        return
    st.button(
        tr("ui.projector.reveal", view.lang), key="projector:reveal", type="primary", shortcut="Space",
        disabled=view.locked or shown.reveal is None, on_click=shown.reveal,
    )  # fmt: skip


def neighbours(name: str) -> tuple[str, str]:
    """The lessons before and after one, in the course's order. "" where there is none."""
    names = shipped.lessons()
    if name not in names:
        return "", ""
    at = names.index(name)
    return names[at - 1] if at else "", names[at + 1] if at + 1 < len(names) else ""
