"""Who looks, and how: language, size, theme, embedded or not, read from the link and kept while pages change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from dashboard.links import asked, set_link
from sim.report.style import Language, Style
from sim.scenario import Text

_SMALLEST, _LARGEST = 0.8, 2.0


@dataclass(frozen=True, slots=True)
class View:
    """How a page is to be drawn.

    Attributes:
        size: Factor on type and lanes, for a projector the server cannot measure.
        embed: Inside a lecture's iframe, so no navigation and one column.
        show: The link asks for the result without a prediction.
    """

    lang: Language
    size: float
    dark: bool
    embed: bool
    show: bool

    @property
    def style(self) -> Style:
        """The same, as figures take it."""
        return Style("dark" if self.dark else "light", self.lang, self.size)

    def read(self, text: Text) -> str:
        """A text in this view's language."""
        return text.read(self.lang)


def current() -> View:
    """The view of this session, from the link first and from the session where the link is silent.

    Streamlit drops the link's parameters when the reader goes to another page. So language and size are kept in the
    session and written back. Any view is a link.
    """
    lang: Language = "ja" if _kept("lang", "en", _language) == "ja" else "en"
    return View(
        lang=lang,
        size=float(_kept("size", "1", _size)),
        dark=st.context.theme.type == "dark",
        embed=bool(st.context.is_embedded),
        show=asked("show") == "1",
    )


def use_language(lang: Language) -> None:
    """Change the page's language, in the session and in the link."""
    st.session_state["view-lang"] = lang
    set_link("lang", "" if lang == "en" else lang)


def _language(written: str) -> str:
    return "ja" if written == "ja" else "en"


def _size(written: str) -> str:
    """The nearest size that there is. 1 for what is no number."""
    try:
        wanted = float(written)
    except ValueError:
        return "1"
    return f"{min(_LARGEST, max(_SMALLEST, wanted)):g}" if wanted == wanted else "1"


def _kept(name: str, default: str, read: Callable[[str], str]) -> str:
    """A parameter that stays while pages change.

    Args:
        read: What is made of its written form.
    """
    key = f"view-{name}"
    value = read(asked(name) or str(st.session_state.get(key, default)))
    st.session_state[key] = value
    set_link(name, "" if value == default else value)
    return value


def other_language(lang: Language) -> tuple[Language, str]:
    """The language a reader may change to, and its name in itself."""
    return ("en", "English") if lang == "ja" else ("ja", "日本語")
