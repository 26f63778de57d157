"""The live page of a lesson in the share menu: made when it is first asked for, then downloaded."""

from __future__ import annotations

from functools import partial

import streamlit as st

from dashboard import shipped
from dashboard.links import lines
from dashboard.shown import Shown
from dashboard.view import View
from sim.errors import InputError
from sim.report.texts import tr
from sim.scenario import Scenario


def offer(shown: Shown, view: View) -> None:
    """Offer the page that runs the model itself, of a lesson as it ships: its controls are in it.

    Only where a reader's click downloads nothing onto the server.
    """
    scenario = shown.scenario
    if scenario is None or scenario.lesson is None or scenario.id not in shipped.entries():
        return
    from sim.live import kept

    if not kept.at_hand():
        return
    lesson = shipped.scenario(scenario.id)
    place = st.empty()
    if kept.is_kept(lesson) or _made(lesson, place, view):
        place.download_button(
            tr("ui.share.live", view.lang), partial(kept.kept_page, lesson), f"{lesson.id}-live.html", "text/html",
            icon=":material/download:", on_click="ignore", key="share:live",
        )  # fmt: skip


def _made(lesson: Scenario, place: st.delta_generator.DeltaGenerator, view: View) -> bool:
    """Whether the page is there now: its button was pressed, and nothing failed."""
    from sim.live import kept

    if not place.button(tr("ui.share.live.make", view.lang), icon=":material/build:", key="share:live:make"):
        return False

    def tick(share: float) -> None:
        place.progress(share, tr("ui.share.live.making", view.lang, n=round(100 * share)))

    def wait(share: float) -> None:
        place.progress(share, tr("ui.share.live.waiting", view.lang, n=round(100 * share)))

    tick(0.0)
    try:
        kept.kept_page(lesson, tick, wait)  # a run of the page that is stopped is, too, by what draws the progress
    except InputError as error:
        place.error("\n\n".join(lines(error, view.lang)), icon=":material/error:")
        return False
    return True
