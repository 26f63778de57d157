"""What of a page's link cannot be used, in the reader's language: a value that there is not, a name that nobody reads.

The model's own reasons are said by the catalog of texts too (`sim.reasons`). What an engine prints is English.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

import streamlit as st

from dashboard.links import lines, read_names, refused, set_link, whole
from dashboard.view import View
from sim.errors import InputError, Problem, cut
from sim.reasons import of_label
from sim.report.style import Language
from sim.report.texts import tr
from sim.wording import nearest

_LISTED = 8
"""Values that are all listed. Of more, the first few are."""
_FIRST = 4
_NAME = 60
"""Characters of an unknown name that are shown."""
_NAMES = 5
"""Unknown names that are shown."""
_LATER = frozenset(
    {
        "builder", "context", "drawn", "edit", "every", "file", "find", "finish", "folder", "how", "layer", "look",
        "measure", "next", "of", "page", "pick", "quiz", "ruler", "said", "search", "seed", "step", "store", "undo",
    }
)  # fmt: skip
"""Names that some page reads, though it may not while a question stands or nothing is picked."""
_OTHERS = ("utm_", "fbclid", "gclid")
"""What mail and other sites put behind an address."""


def answer(
    name: str,
    shown: object,
    allowed: Iterable[str],
    view: View,
    *,
    key: str,
    called: str,
    expected: str = "",
    rest: bool = False,
) -> None:
    """Say which value of the link cannot be used and what can, until the reader chooses something else.

    Args:
        shown: The value as it is now.
        allowed: What may be meant.
        called: What the reader sees it called.
        expected: What can be used, in the reader's language. One of those that are allowed where it is "".
        rest: What is shown is what else the link lists, and not a default.
    """
    wanted = refused(key, shown)
    if wanted is None:
        return
    known = [one for one in allowed if one]
    said = tr("ui.link.value", view.lang, name=name, value=repr(wanted), expected=expected or listed(known, view.lang))
    near = nearest(wanted, known) or _with_part(wanted, known)
    meant = tr("ui.link.near", view.lang, near=repr(near)) if near else ""
    instead = tr("ui.link.rest", view.lang, value=called) if rest else shown_instead(called, view)
    show_error(InputError(said + meant), view, instead, link=True)


def _with_part(wanted: str, known: Iterable[str]) -> str:
    """The shortest name that has a part which may be meant: "qemu-kvm" for "kvmm". "" where none has."""
    parts = {one: one.split("-") for one in known}
    near = nearest(wanted, {part for several in parts.values() if len(several) > 1 for part in several})
    return min((one for one in parts if near in parts[one]), key=len, default="")


def listed(known: Iterable[str], language: Language, *, what: str = "one") -> str:
    """That some of these are expected: all where they are few, else the first, and how many more there are.

    Args:
        what: Which sentence it is: "one", "some" or "each".
    """
    known = list(known)
    first = known if len(known) <= _LISTED else known[:_FIRST]
    text = tr(f"ui.link.{what}", language, list=tr("ui.link.comma", language).join(first))
    return text + (tr("ui.link.more", language, n=len(known) - _FIRST) if len(known) > _LISTED else "")


def shown_instead(called: str, view: View) -> str:
    """What is shown instead. A question keeps its own mark at the end."""
    said = tr("ui.error.shown", view.lang, value=called)
    return said[:-1] if called.endswith(("?", "？", "!", ".")) else said


def named(error: InputError, name: Callable[[str], str]) -> InputError:
    """The problems with what the link calls the control of each before them.

    Args:
        name: What the link calls a path.
    """
    return InputError(
        [
            replace(problem, message=of_label(name(problem.path), problem.message)) if name(problem.path) else problem
            for problem in error.problems
        ]
    )


def show_error(error: InputError, view: View, instead: str = "", *, link: bool = False, title: str = "") -> None:
    """Every problem of an input, said once each, in the place where it was made.

    Args:
        instead: What is shown all the same.
        link: The value came with the page's link.
        title: The message above, where it is another one.
    """
    title = title or ("ui.error.link" if link else "ui.error")
    text = "\n\n".join([*lines(error, view.lang), *([instead] if instead else [])])
    st.error(text, icon=":material/error:", title=tr(title, view.lang))


@contextlib.contextmanager
def unknown_names(path: str, view: View) -> Iterator[None]:
    """Around a page: name above it what of its link nobody reads, until the reader changes something.

    Such a name is taken out of the link, so that it is not shared.

    Args:
        path: The page's.
    """
    kept: _Unknown | None = st.session_state.pop(_KEPT, None)
    new = tuple(name for name in whole() if name not in _LATER and not name.startswith(_OTHERS))
    place = st.container()  # always, as what follows would be drawn anew in another place, without its focus
    yield
    known = read_names()
    unread = [name for name in new if name not in known and name in whole()]
    for name in unread:
        set_link(name, "")
    if unread:
        kept = path, whole(), [_unknown(name, known, view.lang) for name in unread[:_NAMES]]
    if kept is not None and kept[:2] == (path, whole()):
        st.session_state[_KEPT] = kept
        with place:
            show_error(InputError([Problem(text) for text in kept[2]]), view, title="ui.error.name")


_KEPT = "link:unknown"
_Unknown = tuple[str, dict[str, str], list[str]]
"""A page, its link, and what is said of it."""


def _unknown(name: str, known: Iterable[str], language: Language) -> str:
    near = nearest(name[:_NAME], sorted(known))
    meant = tr("ui.link.near", language, near=repr(near)) if near else ""
    return tr("ui.link.name", language, name=repr(cut(name, _NAME))) + meant
