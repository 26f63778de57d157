"""Pages and pictures to take home that were made already: the same is answered from here, whoever asks."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from threading import Lock

import streamlit as st

from sim.export import FigureFile, figure_svg
from sim.outcome import Outcome
from sim.report.style import Language
from sim.scenario import Scenario

_KEPT = 32_000_000
"""Characters of pages that are kept, for all readers together. A report has a million."""

_PICTURES = 64
"""Pictures that are kept, for all readers together. One has at most some 200,000 characters."""

PageMaker = Callable[[Sequence[Outcome], Scenario, Language], str]
"""Makes the page of a result."""


@dataclass(frozen=True, slots=True)
class _MadePage:
    """A page, with what it was made of. That holds the outcomes, so that no others can have their identity."""

    outcomes: tuple[Outcome, ...]
    scenario: Scenario
    text: str


class MadePages:
    """The last pages, by what they were made of: a form, a language, a scenario and its very outcomes.

    The store of finished runs gives the same outcomes to all whose links say the same (`dashboard.running`).

    Args:
        kept: Characters of pages that are kept. The one that was not asked for longest goes first.
    """

    def __init__(self, kept: int = _KEPT) -> None:
        self._lock = Lock()
        self._kept, self._size = kept, 0
        self._pages: OrderedDict[tuple[object, ...], _MadePage] = OrderedDict()

    @property
    def size(self) -> int:
        """Characters of all pages that are kept."""
        return self._size

    def page(
        self, name: str, make: PageMaker, outcomes: Sequence[Outcome], scenario: Scenario, language: Language
    ) -> str:
        """The page, made now where it was not before.

        Args:
            name: The form's.
        """
        key = (name, language, scenario.id, *map(id, outcomes))
        with self._lock:
            made = self._pages.get(key)
            if made is not None and made.scenario == scenario:
                self._pages.move_to_end(key)
                return made.text
        text = make(outcomes, scenario, language)
        with self._lock:
            self._keep(key, _MadePage(tuple(outcomes), scenario, text))
        return text

    def _keep(self, key: tuple[object, ...], page: _MadePage) -> None:
        self._forget(key)
        if len(page.text) > self._kept:
            return
        self._pages[key] = page
        self._size += len(page.text)
        while self._size > self._kept:
            self._forget(next(iter(self._pages)))

    def _forget(self, key: tuple[object, ...]) -> None:
        gone = self._pages.pop(key, None)
        self._size -= len(gone.text) if gone else 0


@st.cache_resource(show_spinner=False)
def made_pages() -> MadePages:
    """Those of this server."""
    return MadePages()


class MadePictures:
    """The last pictures of figures, by the value of all that they are drawn from. Drawing one takes some 20 ms.

    Args:
        kept: How many are kept. The one that was not asked for longest goes first.
    """

    def __init__(self, kept: int = _PICTURES) -> None:
        self._lock = Lock()
        self._kept = kept
        self._pictures: OrderedDict[bytes, str] = OrderedDict()

    def picture(self, figure: FigureFile) -> str:
        """The figure as an SVG, drawn now where no equal one was drawn before."""
        key = blake2b(repr(figure).encode()).digest()
        with self._lock:
            if key in self._pictures:
                self._pictures.move_to_end(key)
                return self._pictures[key]
        drawn = figure_svg(figure)
        with self._lock:
            self._pictures[key] = drawn
            while len(self._pictures) > self._kept:
                self._pictures.popitem(last=False)
        return drawn


@st.cache_resource(show_spinner=False)
def made_pictures() -> MadePictures:
    """Those of this server."""
    return MadePictures()
