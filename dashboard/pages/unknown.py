"""An address that names no page: said in the project's words, with the page or lesson that may be meant."""

from __future__ import annotations

import streamlit as st

from dashboard import shipped
from dashboard.frame import PLACES, address_named, head, link, of_lesson
from dashboard.links import plain
from dashboard.view import View
from sim.errors import cut
from sim.report.texts import tr
from sim.wording import nearest

_SHOWN = 60
"""Characters of an address that are shown and compared."""


def page(view: View) -> None:
    """Draw the page."""
    head(view, lambda: None)
    named = cut(address_named(), _SHOWN)
    st.title(tr("ui.unknown", view.lang, path=plain(named)), anchor=False)
    places = {place.path: place.name for place in PLACES if place.path}
    near = nearest(named, (*places, *shipped.entries()))
    if near:
        st.markdown(tr("ui.unknown.near", view.lang))
    if near in places:
        st.page_link(link(places[near], view), icon=":material/arrow_forward:")
    elif near:
        page, query = of_lesson(near, view)
        title = plain(view.read(shipped.scenario(near).title))
        st.page_link(page, label=title, icon=":material/arrow_forward:", query_params=query)
    st.markdown(tr("ui.unknown.all", view.lang))
    st.page_link(link("start", view), icon=":material/home:")
