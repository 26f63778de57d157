"""The boot race, its first moments enlarged, and the queue of one label where many instances start."""

from __future__ import annotations

from typing import cast

import streamlit as st

from dashboard.components import drawing
from dashboard.controls import choice
from dashboard.page_part import PagePart, Sheet, chart, table
from sim.report.figures import Finish, gantt, gantt_alt, lens_cut, race, race_alt, race_sources, race_table
from sim.report.figures.history import generations, timeline, timeline_table
from sim.report.figures.legend import legend
from sim.report.figures.race import marks, owners
from sim.report.numbers import NARROW, written
from sim.report.style import Language
from sim.report.texts import tr

_MANY = 6
"""Lanes that fit on a screen together with their lens at full height."""
_IN_A_LECTURE = 5
"""Lanes that fit a lecture's screen above their lens."""
_FINISHES: tuple[Finish, ...] = ("ready", "init", "runtime")


def before(page_part: PagePart) -> None:
    """Empty lanes in the scenario's order."""
    view = page_part.view
    st.html(legend(view.style, owners(page_part.outcome)))
    spec = race(
        page_part.outcome, view.style, page_part.names, predicted=page_part.said, hidden=True, tall=_tall(page_part)
    )
    chart(spec, view.read(page_part.scenario.title))


def after(page_part: PagePart) -> str:
    """The lanes by finish, the lens where lanes differ much, and a queue where there is one."""
    outcome, view = page_part.outcome, page_part.view
    finish = _finish(page_part)
    st.html(legend(view.style, owners(outcome, finish), marks(outcome, finish), short=True))
    cut = lens_cut(outcome, finish)
    # Many lanes fit a lecture's screen only beside their lens.
    aside = view.embed and cut is not None and len(outcome.labels) > _IN_A_LECTURE
    lanes, enlarged = st.columns(2, gap="medium") if aside else (st.container(), st.container())
    with lanes:
        spec = race(
            outcome, view.style, page_part.names, predicted=page_part.said, finish=finish, tall=_tall(page_part)
        )
        chart(spec, race_alt(outcome, view.lang, finish))
    if cut is not None:
        with enlarged:
            _lens(page_part, finish, cut)
    many = [label for label in outcome.labels if _instances(page_part, label) > 1]
    if many and not view.embed:
        _queue(page_part, many)
    if generations(outcome) and not view.embed:
        _history(page_part)
    return ""


def _history(page_part: PagePart) -> None:
    """When each of the generations that race started Docker's containers, and the same as a table."""
    view = page_part.view
    st.markdown(f"**{tr('ui.history.title', view.lang)}**")
    drawing(timeline(view.style), f"{page_part.key}:history", narrow=timeline(view.style, narrow=True))
    st.caption(tr("ui.history.read", view.lang))
    with st.popover(tr("ui.history.table", view.lang), icon=":material/table:"):
        table(timeline_table(view.lang), view)


def _lens(page_part: PagePart, finish: Finish, cut: float) -> None:
    """The first moments, enlarged, under a heading that bears the shade of the band they are in."""
    view = page_part.view
    heading = tr("ui.lens.second", view.lang) if cut == 1 else tr("ui.lens", view.lang, time=_round(cut, view.lang))
    swatch = f"width:1em;height:1.2em;background:{view.style.tokens.ink};opacity:.12"
    st.html(
        f'<div style="font-weight:600;display:flex;align-items:center;gap:.5em"><span style="{swatch}"></span>'
        f"{heading}</div>"
    )
    lens = race(page_part.outcome, view.style, page_part.names, lens=True, finish=finish, tall=_tall(page_part))
    chart(lens, heading)


def sheet(page_part: PagePart) -> Sheet:
    """The lanes and the phases they are made of."""
    finish = cast("Finish", st.session_state.get(f"{page_part.key}:finish", "ready"))
    return Sheet(
        race_table(page_part.outcome, page_part.view.lang, finish), race_sources(page_part.outcome, page_part.view.lang)
    )


def _finish(page_part: PagePart) -> Finish:
    options: dict[str, str] = {finish: tr(f"ui.finish.{finish}", page_part.view.lang) for finish in _FINISHES}
    label = tr("ui.finish", page_part.view.lang)
    return cast(
        "Finish",
        choice(
            label,
            options,
            "ready",
            "finish",
            page_part.view,
            key=f"{page_part.key}:finish",
            hidden=True,
            drawn=not page_part.view.embed,
        ),
    )


def _queue(page_part: PagePart, many: list[str]) -> None:
    lang = page_part.view.lang
    label = many[0]
    if len(many) > 1:
        options = {label: page_part.called(label) for label in many}
        label = choice(tr("ui.queue.of", lang), options, many[0], "queue", page_part.view, key=f"{page_part.key}:queue")
    st.markdown("**" + tr("ui.queue", lang, name=page_part.called(label)) + "**")
    chart(gantt(page_part.outcome, page_part.view.style, label), gantt_alt(page_part.outcome, label, lang))


def _round(cut: float, lang: Language) -> str:
    """A round number of seconds without a needless digit: "2 s"."""
    unit, worth = next(((u, w) for u, w in (("min", 60.0), ("s", 1.0), ("ms", 1e-3)) if cut >= w), ("µs", 1e-6))
    word = written(cut, "s", lang).partition(NARROW)[2] if unit == "s" else unit
    return f"{cut / worth:g}{NARROW}{word}"


def _tall(page_part: PagePart) -> bool:
    """Whether lanes may be as high as on a desk: not inside a lecture, and not where they are many."""
    return not page_part.view.embed and len(page_part.outcome.labels) <= _MANY


def _instances(page_part: PagePart, label: str) -> int:
    written_as = (page_part.outcome.parameters or {}).get(label, {}).get("instances", "1")
    return int(written_as)
