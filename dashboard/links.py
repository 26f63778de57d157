"""What a page's link asks for, and how it is said back: the only reader and writer of the query.

A link is written by strangers. A value is cut to what can be of use, and what is shown of it is shown as plain text.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import cast

import streamlit as st

from sim import limits
from sim.errors import InputError, cut
from sim.printable import printable
from sim.report.style import Language
from sim.report.texts import reason_in


def asked(name: str, most: int = limits.LINK) -> str | None:
    """A parameter of the page's link, None where the link has none. Where it is repeated, the last one counts.

    A value of over `most` characters is cut there and ends in "…": it is none that can be used.
    """
    _note(name)
    value = st.query_params.get(name)
    if value is None or len(value) <= most:
        return value
    return value[:most] + "…"


def _note(name: str) -> None:
    st.session_state.setdefault(_READ, set()).add(name)


def read_names() -> frozenset[str]:
    """The parameters that pages of this session have asked for, whether a link had them or not."""
    return frozenset(st.session_state.get(_READ, ()))


def whole() -> dict[str, str]:
    """Every parameter of the page's link as it stands now."""
    return st.query_params.to_dict()


def opening(key: str) -> bool:
    """Whether this is the first time that a session asks so: only then does the link say where something starts."""
    first = st.session_state.setdefault(f"{key}:opened", True) is True
    st.session_state[f"{key}:opened"] = False
    return first


def open_again(key: str) -> None:
    """Let the link say once more where something starts. For a callback."""
    st.session_state.pop(f"{key}:opened", None)


def clear_link(*kept: str) -> None:
    """Take every parameter but these out of the link, and those of every page. For a callback."""
    for name in [name for name in st.query_params if name not in (*kept, *_EVERYWHERE)]:
        del st.query_params[name]


def set_link(name: str, value: str) -> None:
    """Write a parameter of the page's link. "" takes it out.

    One that says so already is left alone: Streamlit would tell the browser, which writes its address again.
    """
    _note(name)
    if value:
        if st.query_params.get_all(name) != [value]:
            st.query_params[name] = value
    elif name in st.query_params:
        del st.query_params[name]


def asked_names(name: str) -> list[str] | None:
    """The names that a parameter lists, [] where it says that there are none. None where the link does not have it."""
    wanted = asked(name)
    if wanted is None:
        return None
    return [] if wanted == _NO_NAMES else list(filter(None, wanted.split(",")))


def set_names(name: str, values: Sequence[str]) -> None:
    """Write a parameter that lists names, which may be none."""
    set_link(name, ",".join(values) or _NO_NAMES)


def one_of(name: str, allowed: Collection[str], default: str, key: str) -> str:
    """A parameter's value where it is allowed, else the default; one that cannot be used is to be answered (`refused`).

    Args:
        key: Of what it is the start, as a widget's key. Only the first time does a link say where to start: later it
            may say what was allowed before the reader changed something else.
    """
    first = st.session_state.setdefault(f"{key}:asked", True) is True
    st.session_state[f"{key}:asked"] = False
    wanted = asked(name)
    if not wanted or wanted in allowed:
        return wanted or default
    if first:
        refuse(key, wanted, default)
    return default


def refuse(key: str, wanted: str, instead: object) -> None:
    """Remember that a value of the link cannot be used, and what is shown instead."""
    st.session_state[f"{key}:unusable"] = (cut(wanted, _QUOTED), instead)


def refused(key: str, shown: object) -> str | None:
    """A value of the link that cannot be used, as it is to be quoted, until something else is shown than instead."""
    wanted, instead = st.session_state.get(f"{key}:unusable", (None, shown))
    if instead != shown:
        del st.session_state[f"{key}:unusable"]
        return None
    return cast("str | None", wanted)


_READ = "links:read"
UNDO = "undo"
"""The parameter of what can be undone. Nobody shares it: what is shared is what is seen."""
_EVERYWHERE = ("lang", "size", "projector", "locked", "model")
_NO_NAMES = "none"
"""What a list of no names is in a link. Without a word it would be as a link that has no list."""
_QUOTED = 80
"""Characters of a value that are quoted."""
_JOINER = "\u2060"
"""Takes no room and breaks no line (Unicode's word joiner)."""
_SHOWN = 400
"""Characters of a line of a message that are shown."""


def plain(text: str) -> str:
    r"""Markdown that shows a text as it is, in lines that wrap: no link, picture or formula, no control character.

    >>> print(plain("![x](y) a_b"))
    \!\[x\]\(y\) a\_b
    """
    visible = printable(text, keep="\n", instead="�")
    for linked in ("://", "www.", "@"):  # Markdown makes links of these even where they are escaped
        visible = visible.replace(linked, f"{linked[0]}{_JOINER}{linked[1:]}")
    return re.sub(r"([\\`*_{}\[\]()#+\-.!|~<>:$&/@^=\"'])", r"\\\1", visible).replace("\n", "  \n")


def lines(error: InputError, language: Language) -> Sequence[str]:
    """What is wrong with an input, each problem once and short, as Markdown."""
    messages = dict.fromkeys(reason_in(problem.message, language) for problem in error.problems)
    return [plain(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…") for text in messages]
