"""The frame around every page: theme-wide style, navigation, language. Knows no study."""

from __future__ import annotations

import importlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from dashboard import hall, projector, shipped
from dashboard.components import connection, page_state
from dashboard.interpreter import take_turns
from dashboard.links import asked, plain, whole
from dashboard.progress import note_lesson
from dashboard.refusals import answer, unknown_names
from dashboard.resting import rest
from dashboard.sharing import share
from dashboard.shown import answers_shown, begin, now
from dashboard.view import (
    ALLOWED,
    LARGEST_SIZE,
    SMALLEST_SIZE,
    View,
    current,
    language_query,
    other_language,
    use_language,
)
from sim import __version__
from sim.errors import InputError
from sim.report.texts import tr

_LOG = logging.getLogger(__name__)
_NAMED = "frame:named"
"""The key of what a session's first address named."""
_HEAD = "head"
"""The key of the line above a page's title."""
_VERSION = 20
"""Characters that are shown of a version that a link names."""


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
    PageLink("comparison", "comparison", "comparison"),
    PageLink("stacks", "stacks", "stacks"),
    PageLink("images", "images", "images"),
    PageLink("accuracy", "accuracy", "accuracy"),
    PageLink("sources", "sources", "sources"),
    PageLink("scenarios", "scenarios", "scenarios"),
    PageLink("explore", "explore", "explore"),
)

# What no theme option can do. Type grows with the window, as a projector is a wide window and everything in Streamlit
# is rem. Figures do not jump under a slider. Text keeps a readable measure. Japanese titles break between phrases. On a
# phone the question and Run stand above the figure, whose own buttons would cover its title, and no button tells its
# keys. Elsewhere a figure stays in sight while a longer text beside it is scrolled, as `page_state` places it. While
# the server is away the page says so itself. Firefox rounds a button's width down, and would cut its label.
_STYLE = """<style>
html{{font-size:calc({size} * clamp(16px,.42vw + 11.2px,22px));font-variant-numeric:tabular-nums}}
[data-testid=stMain] [data-testid=stMarkdownContainer] p{{max-width:68ch}}
[data-testid=stMain] h1{{padding:0 0 .5rem;text-wrap:balance;word-break:auto-phrase;max-width:38em}}
[data-testid=stMainBlockContainer]{{max-width:1800px;margin:0 auto}}
[data-server-away] [data-testid=stDialog]{{display:none}} .st-key-connection{{position:absolute;left:0}}
[data-testid=stPopoverButton] [data-testid=stMarkdownContainer]{{overflow:visible;text-overflow:clip}}
@media(max-width:640px){{[data-testid=stColumn]:has(.st-key-ask){{order:-1}}
[data-testid=stMainBlockContainer]{{padding-top:4rem}}[data-testid=stMain] h1{{font-size:1.5rem}}
.st-key-projector-start,[data-testid=stElementToolbar],[data-has-shortcut] kbd{{display:none}}
.st-key-head{{flex-wrap:nowrap;gap:.3rem}}
.st-key-head>:first-child{{flex:1 1 0;min-width:0}}}}
@property --figure-top{{syntax:"*";inherits:false}}
@media(min-width:641px){{[data-testid=stColumn]:has(+[data-testid=stColumn] .st-key-told){{
position:sticky;top:var(--figure-top,4rem);align-self:flex-start}}}}
[data-testid=stMain] code{{font-size:max(.875em,12px)}}
[data-testid=stPageLink] p{{white-space:normal;overflow:visible}}
{contrast}{hall}</style>"""

# Streamlit writes white on the primary colour, which in the dark theme is a light one.
_CONTRAST = (
    "[data-testid=stBaseButton-primary]:enabled p,[data-testid=stBaseButton-primary]:enabled span,"
    "[data-testid=stMultiSelectTagsContainer] [data-tag] *{color:#14171C}"
)


def main() -> None:
    """Draw the page the link asks for."""
    rest()
    take_turns()
    view = current()
    st.set_page_config(
        page_title=tr("ui.app", view.lang), page_icon="⚖️", layout="wide", initial_sidebar_state="collapsed"
    )
    hall_style = hall.style(view) if view.embed else ""
    st.html(_STYLE.format(size=view.size, contrast=_CONTRAST if view.dark else "", hall=hall_style))
    connection({name: tr(f"ui.connection.{name}", view.lang) for name in ("lost", "wait")})
    pages = [_page(place, view) for place in PLACES]
    if address_named() not in {place.path for place in PLACES}:
        pages.append(_page(PageLink("unknown", address_named(), "unknown"), view, hidden=True))
    st.navigation(pages, position="hidden" if view.embed or view.notes else "top").run()
    page_state(view.lang, answers_shown(), now().told)
    if view.embed:
        hall.fit(view)


def address_named() -> str:
    """What the address named that this session began with, below the dashboard's own. "" for nothing.

    Streamlit tells nobody in its documented interface where it stands itself, so that behind a proxy an address does
    not say which part of it is a page. Where what it has found out cannot be read, Streamlit's own words are shown.
    """
    context = get_script_run_ctx()
    manager = getattr(context, "pages_manager", None)
    named = str(getattr(manager, "intended_page_name", None) or "").strip().strip("/")
    if named and "/" not in named:
        st.session_state.setdefault(_NAMED, named)
    return str(st.session_state.get(_NAMED, ""))


def link(name: str, view: View) -> st.Page:
    """The page of a name, as `st.page_link` takes it."""
    return _page(next(place for place in PLACES if place.name == name), view)


def of_lesson(name: str, view: View) -> tuple[st.Page, dict[str, str]]:
    """The page of a scenario and what its link says: a page of its own where there is one, else that of them all."""
    own = next((place for place in PLACES if place.path == name), None)
    return (_page(own, view), {}) if own else (link("scenarios", view), {"scenario": name})


def address_of_lesson(name: str, view: View) -> str:
    """The address of a scenario's page below the dashboard's, for a link in HTML."""
    own = any(place.path == name for place in PLACES)
    query = ({} if own else {"scenario": name}) | language_query(view.lang)
    path = name if own else "scenarios"
    return f"{path}?{urlencode(query)}" if query else path


def _follow(name: str, view: View) -> None:
    """Open the page of a scenario."""
    page, query = of_lesson(name, view)
    st.switch_page(page, query_params=query)


def _next_lesson(view: View) -> None:
    """At a page's end: the way to the lesson after this one."""
    scenario = now().scenario
    after = projector.neighbours(scenario.id)[1] if scenario and scenario.lesson else ""
    for following in shipped.readable([after] if after else []):
        page, query = of_lesson(after, view)
        label = tr("ui.next", view.lang, title=plain(view.read(following.title)))
        st.page_link(page, label=label, icon=":material/arrow_forward:", query_params=query)


def head(view: View, draw: Callable[[], object]) -> None:
    """The line above a figure: what `draw` says this is, and at its end sharing, projector and the other language.

    Inside a lecture there is none.
    """
    if view.embed or view.notes:
        return
    lang, name = other_language(view.lang)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", key=_HEAD):
        draw()
        with st.container(horizontal=True, vertical_alignment="center", gap="small", width="content"):
            share.menu(view)
            projector.start(view)
            st.button(
                name, type="tertiary", key="language", icon=":material/translate:", on_click=use_language, args=(lang,)
            )


def _answer_link(place: PageLink, view: View) -> None:
    """Say what of the link no page can use, on the page that it opened."""
    if st.session_state.setdefault("view-page", place.path) != place.path:
        return
    flags = {"projector": f"{view.projector:d}", "locked": f"{view.locked:d}", "show": "", "notes": ""}
    shown = {"lang": view.lang, "size": f"{view.size:g}", **flags}
    for name, allowed in ALLOWED.items():
        bounds = tr("ui.link.size", view.lang, low=SMALLEST_SIZE, high=LARGEST_SIZE) if name == "size" else ""
        answer(name, shown[name], allowed, view, key=f"view-{name}", called=shown[name], expected=bounds)
    made = asked("model")
    if made and made != __version__:
        st.caption(tr("ui.link.model", view.lang, made=plain(made[:_VERSION]), here=__version__))


def _around(view: View) -> None:
    """What stands around a page once it has said what it shows."""
    note_lesson(view)
    if view.projector:
        notes = share.address({**whole(), "notes": "1", "projector": "0"})
        projector.bar(view, lambda name: _follow(name, view), notes)
    elif not view.embed and not view.notes:
        share.fill(view)
        _next_lesson(view)


def _page(place: PageLink, view: View, *, hidden: bool = False) -> st.Page:
    def draw() -> None:
        begin()
        try:
            with unknown_names(place.path, view):
                _answer_link(place, view)
                drawn: Callable[[View], None] = importlib.import_module(f"dashboard.pages.{place.module}").page
                drawn(view)
            _around(view)
        except InputError as error:
            for problem in error.problems:
                st.error(plain(str(problem)), icon=":material/error:")
        except Exception:  # noqa: BLE001 -- strangers look at the page: a traceback is for the server's log
            _LOG.exception("the page %r failed", place.path)
            st.error(tr("ui.error.page", view.lang), icon=":material/error:")

    return st.Page(
        draw, title=tr(f"ui.nav.{place.name}", view.lang), url_path=place.path, default=not place.path,
        visibility="hidden" if hidden else "visible",
    )  # fmt: skip
