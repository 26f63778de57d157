"""The frame around every page: theme-wide style, navigation, language. Knows no study."""

from __future__ import annotations

import importlib
import logging
from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from dashboard.components import page_lang
from dashboard.controls import answer
from dashboard.links import plain
from dashboard.view import ALLOWED, View, current, other_language, use_language
from sim.errors import InputError
from sim.report.texts import tr

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PageLink:
    """A page: its name in the message catalog, its path in a link, and the module whose `page(view)` draws it."""

    name: str
    path: str
    module: str


PLACES = (
    PageLink("start", "", "start"),
    PageLink("course", "course", "course"),
    PageLink("race", "taxonomy", "race"),
    PageLink("memory", "memory-ledger", "memory"),
    PageLink("density", "density", "density"),
    PageLink("layers", "layers", "layers"),
    PageLink("images", "images", "images"),
    PageLink("accuracy", "accuracy", "accuracy"),
    PageLink("scenarios", "scenarios", "scenarios"),
)

# What no theme option can do. Type grows with the window, as a projector is a wide window and everything in Streamlit
# is rem. Figures do not jump under a slider. Text keeps a readable measure. Japanese titles break between phrases.
_STYLE = """<style>
html{{font-size:calc({size} * clamp(16px,.42vw + 11.2px,22px));font-variant-numeric:tabular-nums}}
[data-testid=stMain] [data-testid=stMarkdownContainer] p{{max-width:68ch}}
[data-testid=stMain] h1{{padding:0 0 .5rem;text-wrap:balance;word-break:auto-phrase;max-width:38em}}
[data-testid=stMainBlockContainer]{{max-width:1800px;margin:0 auto}}
{contrast}</style>"""

# Streamlit writes white on the primary colour, which in the dark theme is a light one.
_CONTRAST = (
    "[data-testid=stBaseButton-primary]:enabled p,[data-testid=stBaseButton-primary]:enabled span,"
    "[data-testid=stMultiSelectTagsContainer] [data-tag] *{color:#14171C}"
)


def main() -> None:
    """Draw the page the link asks for."""
    view = current()
    st.set_page_config(
        page_title=tr("ui.app", view.lang), page_icon="⚖️", layout="wide", initial_sidebar_state="collapsed"
    )
    st.html(_STYLE.format(size=view.size, contrast=_CONTRAST if view.dark else ""))
    pages = [_page(place, view) for place in PLACES]
    st.navigation(pages, position="hidden" if view.embed else "top").run()
    page_lang(view.lang)


def link(name: str, view: View) -> st.Page:
    """The page of a name, as `st.page_link` takes it."""
    return _page(next(place for place in PLACES if place.name == name), view)


def head(view: View, draw: Callable[[], object]) -> None:
    """The line above a figure: what `draw` says this is, and at its end the way to the other language.

    Inside a lecture there is neither.
    """
    if view.embed:
        return
    lang, name = other_language(view.lang)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        draw()
        st.button(
            name, type="tertiary", key="language", icon=":material/translate:", on_click=use_language, args=(lang,)
        )


def _answer_link(place: PageLink, view: View) -> None:
    """Say what of the link no page can use, on the page that it opened."""
    if st.session_state.setdefault("view-page", place.path) != place.path:
        return
    shown = {"lang": view.lang, "size": f"{view.size:g}", "show": ""}
    for name, allowed in ALLOWED.items():
        what = "" if name == "size" else "one of "
        answer(name, shown[name], allowed, view, key=f"view-{name}", called=shown[name], what=what)


def _page(place: PageLink, view: View) -> st.Page:
    def draw() -> None:
        try:
            _answer_link(place, view)
            drawn: Callable[[View], None] = importlib.import_module(f"dashboard.pages.{place.module}").page
            drawn(view)
        except InputError as error:
            for problem in error.problems:
                st.error(plain(str(problem)), icon=":material/error:")
        except Exception:  # noqa: BLE001 -- strangers look at the page: a traceback is for the server's log
            _LOG.exception("the page %r failed", place.path)
            st.error(tr("ui.error.page", view.lang), icon=":material/error:")

    return st.Page(draw, title=tr(f"ui.nav.{place.name}", view.lang), url_path=place.path, default=not place.path)
