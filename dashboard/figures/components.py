"""Assemblies: one as a drawing of who calls whom, all as a table of what they take and still do."""

from __future__ import annotations

import streamlit as st

from dashboard.components import drawing
from dashboard.controls import choice
from dashboard.page_part import PagePart, Sheet, linked
from dashboard.view import View
from sim.catalog.assemblies import assembly_documents, components
from sim.loading import controls
from sim.report.figures import metric_table
from sim.report.figures.assembling import assembly_drawing
from sim.report.figures.components import assemblies_table, assembly_grid, components_table, parts_legend
from sim.report.texts import tr
from sim.scenario import Source


def before(page_part: PagePart) -> None:
    """Who calls whom and takes what, with nothing left out yet."""
    _show(page_part, hidden=True)


def after(page_part: PagePart) -> str:
    """The same with what no longer works in red."""
    _show(page_part, hidden=False)
    return tr("ui.parts.read", page_part.view.lang)


def sheet(page_part: PagePart) -> Sheet:
    """Every component with its calls and source, and the assemblies with their releases and all metrics."""
    outcome, lang = page_part.outcome, page_part.view.lang
    return Sheet(
        components_table(outcome, lang), [*assemblies_table(outcome, lang), *metric_table(outcome, language=lang)]
    )


def _show(page_part: PagePart, *, hidden: bool) -> None:
    """The drawing above the table, and in a lecture beside it."""
    left, right = st.columns([3, 7], gap="medium") if page_part.view.embed else (st.container(), st.container())
    with left:
        _draw(page_part, hidden=hidden)
    with right:
        embed = page_part.view.embed
        st.html(assembly_grid(page_part.outcome, page_part.view.style, hidden=hidden, compact=embed))
        if not hidden:
            st.html(parts_legend(page_part.view.style))


def _draw(page_part: PagePart, *, hidden: bool) -> None:
    view, outcome = page_part.view, page_part.outcome
    label = choice(
        tr("ui.parts.which", view.lang),
        {label: page_part.called(label) for label in outcome.labels},
        outcome.labels[0],
        "drawn",
        view,
        key=f"{page_part.key}:drawn",
        hidden=True,
        drawn=not view.embed,
    )
    key = f"{page_part.key}:picked"
    picked = str(st.session_state.get(key, ""))
    wide, narrow = (
        assembly_drawing(outcome, view.style, label, picked=picked, hidden=hidden, narrow=slim)
        for slim in (False, True)
    )
    drawing(
        narrow if view.embed else wide,
        f"{page_part.key}:graph",
        lambda node: st.session_state.update({key: node}),
        narrow=narrow,
    )
    if picked in components() and not view.embed:
        _tell(picked, view)
        if not hidden:
            _offer(page_part, picked)


def _offer(page_part: PagePart, picked: str) -> None:
    """The picked component may be left out instead, where the scenario has that control."""
    scenario, view = page_part.scenario, page_part.view
    if any(control.path == "left_out" for control in controls(scenario)):
        name = components()[picked].name.read(view.lang)
        st.button(
            tr("ui.parts.leave", view.lang, name=name),
            on_click=st.session_state.update,
            args=({f"{scenario.id}:left_out": picked},),
            key=f"{page_part.key}:leave",
        )


def _tell(picked: str, view: View) -> None:
    """What the picked component does, and where that can be read."""
    found = components()[picked]
    said = " · ".join(linked(text) for text in (found.name.read(view.lang), found.home, found.does.read(view.lang)))
    links = " · ".join(_link(assembly_documents()[name]) for name in found.sources)
    st.html(f'<div style="font-size:.9rem">{said} {links}</div>')


def _link(document: Source) -> str:
    where = f'href="{linked(document.url)}" target="_blank" rel="noopener noreferrer" style="color:inherit"'
    return f"<a {where}>{linked(document.text.en)}</a>"
