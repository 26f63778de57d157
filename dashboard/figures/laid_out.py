"""Any study's drawings, top to bottom, with what the reader may choose about them. Builds have more (`build`)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from html import escape
from itertools import groupby

import streamlit as st

from dashboard.components import drawing, player
from dashboard.controls import choice, start, switch
from dashboard.figures import build
from dashboard.interpreter import hand_over
from dashboard.links import one_of, opening, set_link
from dashboard.page_part import PagePart, chart
from dashboard.refusals import answer
from dashboard.shown import add_figures
from sim.catalog.tables.assemblies import components
from sim.export import FigureFile, with_legends
from sim.loading import controls
from sim.report.shown import Drawing, FigureChoice, FigureTables, OfferedChange, of_study, one_by_one, shown
from sim.report.shown.ring import with_rings
from sim.report.texts import tr

_EXPLAINED = {"component": ("components", components)}
"""What a click on a drawing's node may pick to be explained (`Drawing.picks`): of which study, and what there is."""
_PICK = "pick"
"""What a link calls a node that is picked."""

_FIRST = 1000
"""Added to a part's number where it is drawn a first time, so that its components are others than the next one's."""
_ELEMENTS = 3
"""Elements that a drawing has at most: its heading, itself, and a change that it offers."""


def before(page_part: PagePart) -> None:
    """Draw the figure with the answer left out."""
    if page_part.outcome.study == "build":
        build.before(page_part)
        return
    request = page_part.request()
    for one in of_study(page_part.outcome.study).choices(request):
        offer(page_part, one, drawn=False)  # the link alone says what is chosen
    _drawn(page_part, shown(request, hidden=True), ())


def after(page_part: PagePart, *, over: bool = False) -> str:
    """Draw the figure, and return how to read what it shows now: "" where its choices change nothing about it.

    Args:
        over: It takes the place of a first one (`first`).
    """
    if page_part.outcome.study == "build":
        return build.after(page_part)
    study = of_study(page_part.outcome.study)
    request = page_part.request(picked(page_part))
    drawings = with_rings(study.after(request), page_part.ring, request.style)
    _drawn(page_part, drawings, study.choices(request), over=over)
    return study.note(request)


def first(page_part: PagePart, *, again: bool) -> None:
    """Draw the figure of a run that is not done yet, which another one will follow. Nothing is chosen about it.

    Its first chart is on its way to the browser before what stands below it is made.

    Args:
        again: A figure stood there before. What has choices above it stays as it is until the run is done.
    """
    study, request = of_study(page_part.outcome.study), page_part.request(picked(page_part))
    chosen = {choice.above for choice in study.choices(request)} if again else set()
    page_part, sent = replace(page_part, part=_FIRST + page_part.part), False
    for row, group in _rows(one_by_one(request)):
        if len(group) == 1 and group[0].id in chosen:
            st.container()
            continue
        _row(page_part, row, group, ())
        if not sent and any(one.kind == "vega" for one in group):
            hand_over()
            sent = True


def clear(over: bool) -> None:
    """Where figures took the place of first ones: take away what else stood below those."""
    if over:
        for _ in range(_ELEMENTS):
            st.empty()


def tables(page_part: PagePart) -> FigureTables:
    """The figure as tables: its numbers, and where they come from."""
    return of_study(page_part.outcome.study).tables(page_part.request(picked(page_part)))


def picked(page_part: PagePart) -> Mapping[str, str]:
    """What the reader has chosen about the figure, or the link says."""
    offered = of_study(page_part.outcome.study).choices(page_part.request())
    chosen = {one.name: start(one.name, one.options, one.default, key(page_part, one)) for one in offered}
    study = page_part.outcome.study
    return chosen | {name: _node(page_part, name, there()) for name, (of, there) in _EXPLAINED.items() if of == study}


def _node(page_part: PagePart, name: str, there: Collection[str]) -> str:
    """The node that is picked, at first the link's. "" for none."""
    at = _node_key(page_part, name)
    if opening(at):
        st.session_state.setdefault(at, one_of(_PICK, there, "", at))
    node: str = st.session_state[at]
    set_link(_PICK, node)
    return node


def _node_key(page_part: PagePart, name: str) -> str:
    return f"{page_part.key}:{name}:node"


def key(page_part: PagePart, offered: FigureChoice) -> str:
    """The key of a choice's widget."""
    return f"{page_part.key}:{offered.name}"


def _drawn(
    page_part: PagePart, drawings: Iterable[Drawing], offered: Sequence[FigureChoice], *, over: bool = False
) -> None:
    drawings, style = list(drawings), page_part.view.style
    add_figures(
        FigureFile(one.id, one, legend, style, one.title, page_part.ring) for one, legend in with_legends(drawings)
    )
    for row, group in _rows(drawings):
        _row(page_part, row, group, offered, over=over)
    ids = {one.id for one in drawings}
    for left_out in (one for one in offered if one.above not in ids):  # a hall draws less, and reads the link
        offer(page_part, left_out, drawn=False)


def _row(
    page_part: PagePart, row: str, group: Sequence[Drawing], offered: Sequence[FigureChoice], *, over: bool = False
) -> None:
    columns = _columns(group)
    widths = [column[0].share for column in columns]
    wraps = not page_part.view.embed  # on a phone, where a lecture would be scaled
    places = st.columns(widths, gap="medium", wrap=wraps) if row else [st.container()]
    for place, column in zip(places, columns, strict=True):
        with place:
            for one in column:
                _one(page_part, one, [choice for choice in offered if choice.above == one.id])
            clear(over)


def _rows(drawings: Iterable[Drawing]) -> Iterator[tuple[str, list[Drawing]]]:
    """Drawings that stand beside one another. Those without a row stand alone."""
    for row, group in groupby(drawings, key=lambda one: one.row):
        if row:
            yield row, list(group)
        else:
            yield from (("", [one]) for one in group)


def _columns(row: Sequence[Drawing]) -> list[list[Drawing]]:
    """The drawings of a row by what stands below one another."""
    columns: dict[object, list[Drawing]] = {}
    for one in row:
        columns.setdefault(one.id if one.column is None else one.column, []).append(one)
    return list(columns.values())


def _one(page_part: PagePart, one: Drawing, offered: Sequence[FigureChoice]) -> None:
    """A drawing below its choices and its heading. A legend may stand beside the choice above it."""
    beside = any(choice.beside for choice in offered)
    with st.container(horizontal=True, vertical_alignment="center", gap="medium") if beside else nullcontext():
        for choice in offered:
            offer(page_part, choice)
        if one.title:
            _heading(page_part, one)
        if one.kind == "vega":
            chart(one.content, one.alt)
        elif one.plays is not None:
            player(one.plays, one.content, one.narrow, key=f"{page_part.key}:{one.id}")
        elif one.kind == "svg":
            on_pick = partial(_pick, page_part, one.picks) if one.picks in _EXPLAINED else None
            drawing(one.content, f"{page_part.key}:{one.id}", on_pick, narrow=one.narrow)
            if on_pick:
                _answer_pick(page_part, one.picks)
        else:
            st.html(one.content, width="content" if beside else "stretch")
        if one.offers:
            _change(page_part, one.offers)


def offer(page_part: PagePart, offered: FigureChoice, *, drawn: bool = True) -> None:
    """A choice, in the page's link by its name. Where it is not drawn, the link alone decides."""
    view, at = page_part.view, key(page_part, offered)
    drawn = drawn and (offered.in_lecture or not view.embed)
    if offered.switch:
        switch(offered.label, offered.name, offered.options, view, key=at, drawn=drawn)
        return
    choice(
        offered.label, offered.options, offered.default, offered.name, view, key=at, hidden=not offered.shown_label,
        drawn=drawn,
    )  # fmt: skip


def _change(page_part: PagePart, offered: OfferedChange) -> None:
    """A button that changes a control, where the scenario has it."""
    scenario = page_part.scenario
    if any(control.path == offered.control for control in controls(scenario)):
        st.button(
            offered.label,
            on_click=st.session_state.update,
            args=({f"{scenario.id}:{offered.control}": offered.value},),
            key=f"{page_part.key}:{offered.control}:change",
        )


def _pick(page_part: PagePart, name: str, node: str) -> None:
    st.session_state[_node_key(page_part, name)] = node


def _answer_pick(page_part: PagePart, name: str) -> None:
    """Say where the link picks a node that there is not."""
    at, view = _node_key(page_part, name), page_part.view
    none, (_, there) = tr("ui.images.next.none", view.lang), _EXPLAINED[name]
    answer(_PICK, st.session_state.get(at, ""), there(), view, key=at, called=none)


def _heading(page_part: PagePart, one: Drawing) -> None:
    """A heading, with a swatch of the shade that the band below it bears."""
    ink = page_part.view.style.tokens.ink
    shade = f"width:1em;height:1.2em;background:{ink};opacity:{one.shade}"
    swatch = f'<span style="{shade}"></span>' if one.shade else ""
    look = "font-weight:600;display:flex;align-items:center;gap:.5em"
    st.html(f'<div data-heading="{one.shade:g}" style="{look}">{swatch}{escape(one.title)}</div>')
