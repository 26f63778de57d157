"""What stands on a page now: told by the page, read by what is around it (share menu, keys, next lesson).

Kept in the session for the length of one run of the page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import streamlit as st

from dashboard.page_part import PagePart
from sim.export import FigureFile
from sim.report.shown import Drawing
from sim.scenario import Scenario

_NOW = "shown:now"
_ANSWERS, _FIGURES = "shown:answers", "shown:figures"


@dataclass(frozen=True, kw_only=True)
class ShownFigures:
    """The figures of a page that runs no scenario.

    Attributes:
        name: What a file of them is called.
        title: The page's.
        draw: Makes them, as they stand in a file: with light colours.
        notes: How to read them, and what they rest on.
    """

    name: str
    title: str
    draw: Callable[[], Sequence[Drawing]]
    notes: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What a page shows.

    Attributes:
        scenario: What runs, None on a page that runs none.
        own: What runs instead where the page runs its own, as the layer lab does. It is what a file is of.
        changes: The reader's changes of its controls, in written form.
        page_parts: The figures of a result. Empty while the question stands.
        reveal: Shows the answer of a question. None where there is none, or it is shown already.
        again: Goes back to the question.
        scenario_file: Makes the scenario for download where the page runs its own, as the layer lab does.
        figures: Those of a page that runs no scenario, None where it draws none.
        unlinked: Why a link does not show all of this. "" where it does.
        told: What has changed on it for those who do not see it: where an answer is corrected. "" for nothing.
    """

    scenario: Scenario | None = None
    own: Scenario | None = None
    changes: Mapping[str, str] = field(default_factory=dict)
    page_parts: tuple[PagePart, ...] = ()
    reveal: Callable[[], None] | None = None
    again: Callable[[], None] | None = None
    scenario_file: Callable[[], bytes] | None = None
    figures: ShownFigures | None = None
    unlinked: str = ""
    told: str = ""


def begin() -> None:
    """Forget what the run before has shown."""
    st.session_state[_NOW] = Shown()
    st.session_state[_FIGURES] = ()


def offer(shown: Shown) -> None:
    """Tell what the page shows."""
    st.session_state[_NOW] = shown


def offer_figures(figures: ShownFigures) -> None:
    """Tell that the page shows these figures, beside what it has told."""
    st.session_state[_NOW] = replace(now(), figures=figures)


def add_figures(figures: Iterable[FigureFile]) -> None:
    """Tell of figures that the page draws below one another."""
    st.session_state[_FIGURES] = (*_figures(), *figures)


def words() -> tuple[FigureFile, ...]:
    """The tables of words that the page shows, top to bottom."""
    return tuple(one for one in _figures() if one.drawing.words)


def explained() -> FigureFile | None:
    """The first figure whose colours a legend explains, None where no figure on the page has one."""
    return next((one for one in _figures() if one.legend), None)


def _figures() -> tuple[FigureFile, ...]:
    told: tuple[FigureFile, ...] = st.session_state.get(_FIGURES, ())
    return told


def now() -> Shown:
    """What the page shows, as far as it has told."""
    shown: Shown = st.session_state.get(_NOW, Shown())
    return shown


def answer_shown() -> None:
    """Note that an answer is shown by the reader's own doing, so that the focus goes to it. For a callback."""
    st.session_state[_ANSWERS] = st.session_state.get(_ANSWERS, 0) + 1


def answers_shown() -> int:
    """How many answers this session has asked for."""
    count: int = st.session_state.get(_ANSWERS, 0)
    return count
