"""The first page: one question, three figures with their answers left out, and what else there is."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from dashboard import shelf, teasers
from dashboard.components import drawing
from dashboard.frame import head, link
from dashboard.view import View
from dashboard.wording import say
from sim.report.look import Look
from sim.report.texts import tr

_CARDS: tuple[tuple[str, str, Callable[[Look], str]], ...] = (
    ("race", "taxonomy", teasers.race),
    ("memory", "memory-ledger", teasers.ledger),
    ("layers", "layers", teasers.layers),
)


def page(view: View) -> None:
    """Draw the page."""
    lang = view.lang
    head(view, lambda: st.title(tr("ui.title", lang), anchor=False))
    st.markdown(tr("ui.lead", lang))
    st.space("small")
    with st.grid(3, min_column_width=270, gap="medium"):
        for name, scenario, tease in _CARDS:
            with st.container(border=True):
                drawing(tease(view.look), key=f"tease-{name}")
                st.markdown(f"#### {say(f'start.{name}', lang)}")
                st.markdown(say(f"start.{name}.sub", lang))
                st.page_link(
                    link(name, view),
                    label=tr("ui.predict.then", lang, minutes=shelf.minutes(scenario)),
                    icon=":material/arrow_forward:",
                )
    st.space("small")
    count, promise = st.columns([3, 2], gap="large")
    with count:
        st.markdown(say("start.count", lang, n=len(shelf.entries())))
        st.page_link(link("scenarios", view), icon=":material/arrow_forward:")
    promise.markdown(say("start.promise", lang))
