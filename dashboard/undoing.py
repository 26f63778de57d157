"""Undo and redo of what a reader changes on a page: one mechanism for all pages that have choices.

The history is the session's. The page's address holds the last steps of it, so that they outlive a reload.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, cast

import streamlit as st

from dashboard.links import UNDO, asked, open_again, opening, refuse, set_link, whole
from dashboard.packed import pack, unpack
from dashboard.refusals import answer
from dashboard.view import View
from sim import limits
from sim.errors import InputError
from sim.history import UndoHistory, UndoState
from sim.report.texts import tr

_FEWER = (limits.UNDONE, 50, 25, 12, 6, 3, 1)
"""How many steps are tried to fit into the address."""
_WRITTEN = 64 * limits.KIB
"""Characters of all steps before compression that are tried at all."""


@dataclass(frozen=True)
class Undoable(Generic[UndoState]):
    """What can be undone on a page.

    Attributes:
        key: Of its history in the session.
        lay_out: Puts a state into the page's widgets and its link. Called in a callback.
        told: A state as a document of a link. None where a link cannot hold it.
        read: The states of such documents, all of a link at once, so that what they have in common is looked up once.
            Raises `InputError` for one that `told` would not have made.
    """

    key: str
    lay_out: Callable[[UndoState], None]
    told: Callable[[UndoState], Mapping[str, Any] | None]
    read: Callable[[Sequence[Mapping[str, Any]]], list[UndoState]]


def history(of: Undoable[UndoState], start: Callable[[], UndoState]) -> UndoHistory[UndoState]:
    """The history of this session. The first time it has the steps of the link, around the state it starts with."""
    if _key(of) not in st.session_state:
        st.session_state[_key(of)] = _from_link(of, UndoHistory(start()))
    return cast("UndoHistory[UndoState]", st.session_state[_key(of)])


def note(of: Undoable[UndoState], state: UndoState) -> bool:
    """Note the state as it is now, and write the steps into the address. Whether it is another one than before."""
    before = history(of, lambda: state)
    after = before.to(state)
    st.session_state[_key(of)] = after
    _tell(of, after)
    return after is not before


def go(of: Undoable[UndoState], state: UndoState) -> None:
    """Go on to a state and lay it out. For a callback."""
    st.session_state[_key(of)] = history(of, lambda: state).to(state)
    of.lay_out(state)


def buttons(of: Undoable[UndoState], view: View) -> None:
    """Undo and redo, each with its keys. Below them what the link has of it that cannot be used."""
    here: UndoHistory[UndoState] = st.session_state[_key(of)]
    for name, keys, able in (("undo", "Mod+Z", here.past), ("redo", "Mod+Shift+Z", here.future)):
        st.button(
            tr(f"ui.undoing.{name}", view.lang), icon=f":material/{name}:", type="tertiary", disabled=not able,
            shortcut=keys, on_click=_step, args=(of, name), key=f"{of.key}:{name}",
        )  # fmt: skip
    none, made = tr("ui.undoing.none", view.lang), tr("ui.link.undo", view.lang)
    answer(UNDO, "", (), view, key=f"{of.key}:{UNDO}", called=none, expected=made)


def _key(of: Undoable[UndoState]) -> str:
    return f"{of.key}:history"


def _step(of: Undoable[UndoState], name: str) -> None:
    here: UndoHistory[UndoState] = st.session_state[_key(of)]
    there = here.undo() if name == "undo" else here.redo()
    st.session_state[_key(of)] = there
    of.lay_out(there.now)


def _from_link(of: Undoable[UndoState], here: UndoHistory[UndoState]) -> UndoHistory[UndoState]:
    wanted = asked(UNDO, limits.LINK_UNDO)
    if not wanted or not opening(f"{of.key}:{UNDO}"):
        return here
    try:
        document = unpack(wanted)
        if not set(document) <= {"past", "future"}:
            raise InputError("not steps that this page has written")
        past, future = (_steps(document.get(name, [])) for name in ("past", "future"))
        if len(past) + len(future) > limits.UNDONE:
            raise InputError(f"more than {limits.UNDONE} steps")
        states = of.read([*past, *future])
    except InputError:
        refuse(f"{of.key}:{UNDO}", wanted, "")
        return here
    return UndoHistory(here.now, tuple(states[: len(past)]), tuple(states[len(past) :]))


def _steps(written: object) -> list[dict[str, Any]]:
    if not isinstance(written, list) or not all(isinstance(step, dict) for step in written):
        raise InputError("not steps that this page has written")
    return written


def _tell(of: Undoable[UndoState], here: UndoHistory[UndoState]) -> None:
    """Write the steps into the address: as many as fit, the nearest first."""
    told = f"{of.key}:told"
    if st.session_state.get(told, (None, ""))[0] is not here:
        st.session_state[told] = (here, _packed(of, here))
    set_link(UNDO, st.session_state[told][1])


def _packed(of: Undoable[UndoState], here: UndoHistory[UndoState]) -> str:
    past, future = _told(of, here.past[::-1])[::-1], _told(of, here.future)
    for most in _FEWER:
        steps = {name: some for name, some in (("past", past[-most:]), ("future", future[:most])) if some}
        packed = pack(steps)
        if len(packed) <= limits.LINK_UNDO and (packed or not steps):
            return packed
    return ""


def _told(of: Undoable[UndoState], states: Sequence[UndoState]) -> list[Mapping[str, Any]]:
    """The states as documents, from the nearest to the first that a link cannot hold."""
    documents: list[Mapping[str, Any]] = []
    room = _WRITTEN
    for state in states:
        document = of.told(state)
        room -= len(repr(document))
        if document is None or room < 0:
            break
        documents.append(document)
    return documents


def of_link(key: str, names: Callable[[], Sequence[str]], clear: Callable[[], None]) -> Undoable[dict[str, str]]:
    """What can be undone where a page's state is what its link says.

    Args:
        names: The parameters of the link that it is made of.
        clear: Forgets what the page's widgets hold, so that they start from the link again.
    """

    def lay_out(state: dict[str, str]) -> None:
        clear()
        for name in names():
            set_link(name, state.get(name, ""))
        for name, value in state.items():
            set_link(name, value)

    def read(documents: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
        known = {*names()} if documents else set()
        for document in documents:
            for name, value in document.items():
                if name not in known or not isinstance(value, str) or len(value) > limits.LINK:
                    raise InputError("not steps that this page has written")
        return [dict(document) for document in documents]

    return Undoable(key, lay_out, dict, read)


def of_filters(key: str, widgets: Mapping[str, str], view: View, place: st.delta_generator.DeltaGenerator) -> None:
    """Undo and redo of a page whose link has all its choices. Called once all of them are written there.

    Args:
        key: Of its history in the session.
        widgets: From the parameters of the link to the keys that hold them in the session.
        place: Where the buttons are.
    """

    def clear() -> None:
        for widget in widgets.values():
            st.session_state.pop(widget, None)
            open_again(widget)

    undoable = of_link(key, lambda: list(widgets), clear)
    note(undoable, {name: value for name, value in whole().items() if name in widgets})
    with place.container(horizontal=True, gap="small", width="content"):
        buttons(undoable, view)
