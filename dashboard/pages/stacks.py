"""Stacks side by side: what stands on what, for any selection of the catalog's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import streamlit as st

from dashboard import shipped, undoing
from dashboard.components import drawing
from dashboard.controls import choice
from dashboard.frame import head
from dashboard.links import asked_names, refuse, set_link, set_names
from dashboard.page_part import table
from dashboard.refusals import answer, listed
from dashboard.renamed import call_again
from dashboard.shown import ShownFigures, offer_figures
from dashboard.view import View
from sim.catalog.load import application, technology
from sim.catalog.tables.stacks import Stack, stacks
from sim.report.figures.legend import legend
from sim.report.figures.stacks import (
    INSTANCES,
    MoreMemory,
    all_technologies,
    shown_owners,
    stack_cards,
    stacks_finding,
    stacks_table,
)
from sim.report.numbers import about
from sim.report.shown import Drawing
from sim.report.shown.drawing import html
from sim.report.style import Style
from sim.report.texts import tr
from sim.studies.memory import one_more
from sim.studies.memory_parameters import Memory

FIRST = ("virtualbox", "qemu-kvm", "firecracker", "gvisor", "lxc", "docker", "docker-desktop")
"""What is drawn until the reader chooses."""
_KEY, _INSTANCES = "stacks:chosen", "stacks:instances"
_REST = "stacks:rest"
"""The key of whether some of the stacks that the link listed are there."""
_LESSON, _CONTAINER = "memory-ledger", "container"
"""The lesson on one more instance, and its label of a container."""


def page(view: View) -> None:
    """Draw the page. The link names the stacks and how many instances: `?stacks=docker,qemu-kvm&instances=10`."""
    head(view, lambda: st.caption(tr("ui.stacks.kicker", view.lang)))
    title = st.container()
    line, below = st.container(horizontal=True, vertical_alignment="center", gap="small"), st.container()
    with line:
        chosen = _chosen(view, below)
        bar = st.container(width="content")
    _draw(chosen, title, view)
    if not view.embed:
        undoing.of_filters("stacks", {"stacks": _KEY, "instances": _INSTANCES}, view, bar)


def _draw(chosen: list[Stack], title: st.delta_generator.DeltaGenerator, view: View) -> None:
    """The stacks, and how to read them."""
    more = {stack.id: MoreMemory(*one_more(stack.technology)) for stack in chosen}
    finding = stacks_finding(chosen, more, view.lang)
    title.title(finding, anchor=False)
    if not chosen:
        st.info(tr("ui.stacks.none", view.lang))
        return
    line, below = (
        st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"),
        st.container(),
    )
    with line:
        st.html(legend(view.style, shown_owners(chosen), short=True), width="content")
        instances = _instances(view, below)
    notes = (tr("ui.stacks.read", view.lang), _provenance(view))
    offer_figures(
        ShownFigures(name="stacks", title=finding, draw=lambda: _file(chosen, more, instances, view), notes=notes)
    )
    drawing(stack_cards(chosen, more, view.style, instances), "stacks:drawn")
    if not view.embed:
        st.markdown(notes[0])
        with st.container(horizontal=True):
            with st.popover(tr("ui.table", view.lang), icon=":material/table:"):
                table(stacks_table(chosen, more, view.lang), view)
            every = all_technologies(view.lang)
            with st.popover(tr("ui.stacks.all", view.lang, n=len(every)), icon=":material/list:"):
                table(every, view)
    with st.container(key="provenance"):
        st.caption(notes[1])


def _file(chosen: list[Stack], more: Mapping[str, MoreMemory], instances: int, view: View) -> tuple[Drawing, ...]:
    """The same as it stands in a file."""
    style = Style(language=view.lang)
    cards, rows = stack_cards(chosen, more, style, instances), stacks_table(chosen, more, view.lang)
    return (
        html("legend", legend(style, shown_owners(chosen), short=True)),
        replace(html("stacks", cards), table=rows),
    )


def _provenance(view: View) -> str:
    """What is started, and what it would be with the application of the lesson that asks the same."""
    lesson = shipped.scenario(_LESSON).parts[0].variants[_CONTAINER]
    size, _ = one_more(lesson.technology, lesson.application)
    return tr(
        "ui.stacks.provenance",
        view.lang,
        application=view.read(application(Memory.application).name),
        other=view.read(application(lesson.application).name),
        technology=view.read(technology(lesson.technology).name),
        size=about(size, "B", view.lang),
    )


def _chosen(view: View, below: st.delta_generator.DeltaGenerator) -> list[Stack]:
    """The stacks that the link or the reader names, in the catalog's order. Names that are none are answered below."""
    every, state = stacks(), st.session_state
    if _KEY not in state:
        given = asked_names("stacks")
        wanted = FIRST if given is None else tuple(dict.fromkeys(given))
        unknown = [name for name in wanted if name not in every]
        there = [name for name in wanted if name in every]
        state[_KEY] = there or list(FIRST if unknown else ())
        state[_REST] = bool(there)
        if unknown:
            refuse(_KEY, unknown[0], list(state[_KEY]))
    if not view.embed:
        call_again(_KEY, (stack.name.read(view.lang) for stack in every.values()))
        st.multiselect(
            tr("ui.stacks.which", view.lang),
            list(every),
            format_func=lambda name: every[name].name.read(view.lang),
            key=_KEY,
            label_visibility="collapsed",
            placeholder=tr("ui.stacks.which", view.lang),
            select_all=view.lang == "en",  # Streamlit has the words in English alone
        )
    names = [name for name in every if name in state[_KEY]]
    if set(names) == set(FIRST):
        set_link("stacks", "")
    else:
        set_names("stacks", names)
    called = ", ".join(every[name].name.read(view.lang) for name in names)
    some = listed(every, view.lang, what="some")
    with below:
        answer("stacks", list(state[_KEY]), every, view, key=_KEY, called=called, expected=some, rest=state[_REST])
    return [every[name] for name in names]


def _instances(view: View, below: st.delta_generator.DeltaGenerator) -> int:
    options = {str(count): str(count) for count in INSTANCES}
    options[str(INSTANCES[-1])] = tr("ui.stacks.instances", view.lang, n=INSTANCES[-1])
    label = tr("ui.stacks.many", view.lang)
    drawn = not view.embed
    return int(choice(label, options, "2", "instances", view, key=_INSTANCES, hidden=True, drawn=drawn, below=below))
