"""The classic comparison, existing virtualization against Docker: each cell opens the lesson on it."""

from __future__ import annotations

from urllib.parse import urlencode

import streamlit as st

from dashboard.frame import head, link
from dashboard.page_part import table
from dashboard.view import View, written_language
from sim.report.comparing import comparison_grid, comparison_rows, halves
from sim.report.texts import tr


def page(view: View) -> None:
    """Draw the page."""
    lang = view.lang
    head(view, lambda: st.caption(tr("ui.comparison.kicker", lang)))
    half, every = halves()
    st.title(tr("ui.comparison.title", lang, half=half, all=every), anchor=False)
    st.html(comparison_grid(view.style, lambda lesson: _address(lesson, view), compact=view.embed))
    if view.embed:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        with st.popover(tr("ui.table", lang), icon=":material/table:"):
            table(comparison_rows(lang), view)
        st.page_link(link("stacks", view), label=tr("ui.comparison.stacks", lang), icon=":material/arrow_forward:")


def _address(lesson: str, view: View) -> str:
    """The page of a lesson, in the same language and form."""
    kept = {
        "lang": written_language(view.lang),
        "embed": "true" if view.embed and not view.projector else "",
        "projector": "1" if view.projector else "",
        "locked": "1" if view.locked else "",
    }
    asked = {"scenario": lesson} | {name: value for name, value in kept.items() if value}
    return f"scenarios?{urlencode(asked)}"
