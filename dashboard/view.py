"""Who looks, and how: language, size, theme, embedded or not, read from the link and kept while pages change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from dashboard.links import asked, refuse, set_link
from sim.report.richtext import unbroken
from sim.report.style import SMALLEST, Language, Style
from sim.scenario import Text

SMALLEST_SIZE, LARGEST_SIZE = 0.8, 2.0

ALLOWED = {
    "lang": ("en", "ja"),
    "size": (),
    "show": ("1", "0"),
    "projector": ("1", "0"),
    "locked": ("1", "0"),
    "notes": ("1", "0"),
}
"""The parameters of every page's link, with what they may be. A size is a number."""


@dataclass(frozen=True, slots=True)
class View:
    """How a page is to be drawn.

    Attributes:
        size: Factor on type and lanes, for a projector the server cannot measure.
        embed: For a hall, inside a lecture's iframe or on a projector: no navigation and one column.
        show: The link asks for the result without a prediction.
        projector: The page itself is on the projector, with the keys and the buttons of a lecturer.
        locked: No answer is shown until the lecturer unlocks it.
        notes: The lecturer's own window: what to ask, what to say, which answers are right.
    """

    lang: Language
    size: float
    dark: bool
    embed: bool
    show: bool
    projector: bool = False
    locked: bool = False
    notes: bool = False

    @property
    def style(self) -> Style:
        """The same, as figures take it."""
        return Style("dark" if self.dark else "light", self.lang, self.size)

    def read(self, text: Text) -> str:
        """A text in this view's language, its options of commands in one piece."""
        return unbroken(text.read(self.lang))


def smallest_text() -> int:
    """Pixels of the smallest text of a figure: 18 on a projector, and 16 in a lecture, which may be scaled to 3/4."""
    if st.session_state.get("view-projector") == "1":
        return 18
    return 16 if st.context.is_embedded else SMALLEST


def current() -> View:
    """The view of this session, from the link first and from the session where the link is silent.

    Where both are, the language is what the reader's browser asks for. Streamlit drops the link's parameters when the
    reader goes to another page. So language and size are kept in the session and written back. Any view is a link.
    """
    lang = _kept_language()
    for name in ("show", "notes"):
        wanted = asked(name)
        if wanted and wanted not in ALLOWED[name]:
            refuse(f"view-{name}", wanted, "")
    projector, locked = (_kept(name, "0", _flag) == "1" for name in ("projector", "locked"))
    return View(
        lang=lang,
        size=float(_kept("size", "1", _size)),
        dark=st.context.theme.type == "dark",
        embed=bool(st.context.is_embedded) or projector,
        show=asked("show") == "1" and not locked,
        projector=projector,
        locked=locked,
        notes=asked("notes") == "1",
    )


def keep(name: str, value: str) -> None:
    """Set a parameter that stays while pages change, "" for its default. For a callback."""
    st.session_state[f"view-{name}"] = value or {"projector": "0", "locked": "0"}[name]
    set_link(name, value)


def _flag(written: str) -> str:
    return "1" if written == "1" else "0"


def use_language(lang: Language) -> None:
    """Change the page's language, in the session and in the link."""
    st.session_state["view-lang"] = lang
    set_link("lang", written_language(lang))


def written_language(lang: Language) -> str:
    """What a link says of a language. "" for English, unless the browser asks for another one."""
    return "" if lang == "en" and _of_browser() == "en" else lang


def language_query(lang: Language) -> dict[str, str]:
    """The same as a link's parameters."""
    written = written_language(lang)
    return {"lang": written} if written else {}


def _kept_language() -> Language:
    """The language that the link says, else the session's, else the browser's.

    A frame on a slide and a link that "Share" wrote show what their author saw: English where they say nothing.
    """
    wanted, kept = asked("lang"), st.session_state.get("view-lang")
    made_here = st.context.is_embedded or asked("model")
    silent: Language = kept or ("en" if made_here else _of_browser())
    lang: Language = silent if not wanted else "ja" if wanted == "ja" else "en"
    if wanted and wanted != lang:
        refuse("view-lang", wanted, lang)
    st.session_state["view-lang"] = lang
    set_link("lang", written_language(lang))
    return lang


def _of_browser() -> Language:
    """The language that the reader's browser asks for first, of those that there are."""
    first = st.context.locale or st.context.headers.get("Accept-Language", "")
    return "ja" if first.lower().startswith("ja") else "en"


def _size(written: str) -> str:
    """The nearest size that there is. 1 for what is no number."""
    try:
        wanted = float(written)
    except ValueError:
        return "1"
    return f"{min(LARGEST_SIZE, max(SMALLEST_SIZE, wanted)):g}" if wanted == wanted else "1"


def _plainly(written: str) -> str:
    """A number without needless digits, as `_size` has it; any other text as it is."""
    try:
        return f"{float(written):g}"
    except ValueError:
        return written


def _kept(name: str, default: str, read: Callable[[str], str]) -> str:
    """A parameter that stays while pages change.

    Args:
        read: What is made of its written form.
    """
    key = f"view-{name}"
    wanted = asked(name)
    value = read(wanted or str(st.session_state.get(key, default)))
    if wanted and value != _plainly(wanted):
        refuse(key, wanted, value)
    st.session_state[key] = value
    set_link(name, "" if value == default else value)
    return value


def other_language(lang: Language) -> tuple[Language, str]:
    """The language a reader may change to, and its name in itself."""
    return ("en", "English") if lang == "ja" else ("ja", "日本語")
