"""Runs a scenario for a page: from the store of finished runs, else with progress and a Cancel button.

A run is made in the script of the page. Streamlit interrupts that script at its next word to the browser when a reader
presses anything, so that reporting progress is also what makes a run stop.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

import streamlit as st

from dashboard.view import View
from sim import limits
from sim.errors import CancelledError, InputError
from sim.outcome import Outcome
from sim.reasons import Reason
from sim.report.texts import tr
from sim.scenario import Scenario
from sim.studies import study

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

_PATIENCE = 0.3
"""Seconds until a run says that it is running, and the most that a first replication may compute."""
_WORTH = 0.05
"""Seconds that all replications take at least where the first is shown before them: a browser draws it meanwhile."""
_PACE = 0.1
"""Seconds between two words about progress."""
_KEPT = 128
"""Finished runs that are kept, for all readers together."""


Draw = Callable[[tuple[Outcome, ...]], None]
"""Draws the figures of outcomes."""


@dataclass
class FirstFigure:
    """Where the figures of a run stand. Those of its first replication may stand there until all have run.

    Attributes:
        place: An empty place. What is drawn there next takes the place of those figures.
        draw: Draws them. None where none may be seen before all have run.
        tried: Whether the first replication was made.
        quick: Whether all take so short that it is not shown.
        bar: Where it is told below them how far the run is. None where they are not shown.
    """

    place: DeltaGenerator
    draw: Draw | None
    tried: bool = False
    quick: bool = False
    bar: DeltaGenerator | None = None

    @property
    def shown(self) -> bool:
        """Whether the figures of a first replication stand there, or stood there in this run of the page."""
        return self.bar is not None


class CancelledByReaderError(Exception):
    """The reader stopped this run and has not asked for it again."""


class _Finished:
    """The last runs, by what they were of. Outcomes are immutable, so they are shared and never copied."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._runs: OrderedDict[Hashable, tuple[Outcome, ...]] = OrderedDict()

    def get(self, key: Hashable) -> tuple[Outcome, ...] | None:
        with self._lock:
            if key in self._runs:
                self._runs.move_to_end(key)
            return self._runs.get(key)

    def put(self, key: Hashable, outcomes: tuple[Outcome, ...]) -> None:
        with self._lock:
            self._runs[key] = outcomes
            while len(self._runs) > _KEPT:
                self._runs.popitem(last=False)


@st.cache_resource(show_spinner=False)
def _finished() -> _Finished:
    return _Finished()


def kept(key: Hashable, seed: int) -> tuple[Outcome, ...] | None:
    """The outcomes of a run, where it is kept. None where it is not."""
    return _finished().get((key, seed))


def run(
    key: Hashable,
    scenario: Scenario,
    place: DeltaGenerator,
    view: View,
    height: int = 380,
    first: FirstFigure | None = None,
) -> tuple[Outcome, ...]:
    """The outcomes of a scenario's parts, one a part.

    Args:
        key: What the run is of. Two runs of equal keys and seeds are one.
        place: An empty place where progress may be shown.
        height: Pixels of the figure that will stand there.
        first: Shows the first replication until all have run. Nothing is shown of it where all do not take long, where
            it alone does, or where nothing is given.

    Raises `InputError` where the model cannot run it, or not in `limits.PAGE_SECONDS`, and `CancelledByReaderError`
    where the reader has stopped it.
    """
    done = kept(key, scenario.seed)
    if done is not None:
        return done
    if st.session_state.get("cancelled") == key:
        raise CancelledByReaderError
    from sim.batch.run import run as run_batch

    progress = _Progress(key, scenario, place, view, height)
    progress.before = first.place if first is not None else None
    if first is not None:
        begin(key, scenario, first, view)
        progress.bar = first.bar
    outcomes = run_batch(scenario, tick=progress)
    place.empty()
    _finished().put((key, scenario.seed), outcomes)
    return outcomes


def run_after_all(key: Hashable = None) -> None:
    """Forget that the reader stopped a run. For a callback.

    Args:
        key: What that run was of. Whichever it was where nothing is given.
    """
    if key in (None, st.session_state.get("cancelled")):
        st.session_state.pop("cancelled", None)


class Heartbeat:
    """A tick that shows nothing: Streamlit ends a script that nobody waits for at its next word to the browser."""

    def __init__(self, place: DeltaGenerator) -> None:
        self._place = place
        self._next = 0.0

    def __call__(self, _share: float = 0.0) -> None:
        """Give Streamlit the word, now and then."""
        now = time.monotonic()
        if now >= self._next:
            self._next = now + _PACE
            self._place.empty()


class _TooLongError(CancelledError):
    """One replication alone takes too long to be waited for."""


def begin(key: Hashable, scenario: Scenario, first: FirstFigure, view: View) -> None:
    """Show the first replication, without ranges, where it comes soon and all do not. Once for each run of a page.

    Raises `InputError` where the model cannot run it.
    """
    random = all(study(part.study).random for part in scenario.parts)
    if first.tried or first.draw is None or scenario.replications == 1 or not random:
        return
    if kept(key, scenario.seed) is not None or st.session_state.get("cancelled") == key:
        return
    first.tried = True
    from sim.batch.run import run as run_batch

    # What it computes, and not how long it waits: on a busy machine it would else be given up for the same work, and
    # the figure would come after all replications.
    begun = time.thread_time()

    def tick(_share: float) -> None:
        if time.thread_time() - begun > _PATIENCE:
            raise _TooLongError

    try:
        outcomes = run_batch(scenario, replications=1, tick=tick, ranges=False)
    except _TooLongError:
        return
    first.quick = (time.thread_time() - begun) * scenario.replications < _WORTH
    if not first.quick:
        with first.place.container():
            first.draw(outcomes)
            first.bar = _bar(key, view)


def _bar(key: Hashable, view: View) -> DeltaGenerator:
    """Right here a place to tell how far a run is, and the button that stops it."""
    bar = st.empty()
    st.button(
        tr("ui.cancel", view.lang),
        type="tertiary",
        key=f"cancel:{hash(key)}",  # a page may make several slow runs
        on_click=st.session_state.update,
        args=({"cancelled": key},),
    )
    return bar


class _Progress:
    """A tick that draws nothing for the first moments. Then a skeleton, how far it is, and Cancel.

    bar: where it tells how far it is. None until there is a place.
    before: where a figure of an earlier run may stand, which the skeleton takes the place of.
    """

    def __init__(self, key: Hashable, scenario: Scenario, place: DeltaGenerator, view: View, height: int) -> None:
        self._key, self._view, self._height = key, view, height
        self._replications = scenario.replications
        self._place = place
        self.bar: DeltaGenerator | None = None
        self.before: DeltaGenerator | None = None
        self._next = time.monotonic() + _PATIENCE
        self._until = time.thread_time() + limits.PAGE_SECONDS

    def __call__(self, share: float) -> None:
        if time.thread_time() > self._until:
            raise InputError(
                Reason(
                    "page_seconds",
                    "given up after {seconds} seconds of computing, the most that a page spends on one run; "
                    "python -m sim run FILE has no such limit",
                    seconds=limits.PAGE_SECONDS,
                )
            )
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + _PACE
        if self.bar is None:
            if self.before is not None:
                self.before.empty()
            with self._place.container():
                st.skeleton(height=self._height)
                self.bar = _bar(self._key, self._view)
        self.bar.progress(min(1.0, max(0.0, share)), self._words(share))

    def _words(self, share: float) -> str:
        if self._replications > 1:
            done = min(self._replications, int(share * self._replications))
            return tr("ui.loading", self._view.lang, n=done, all=self._replications)
        return tr("ui.progress.share", self._view.lang, n=round(100 * share))
