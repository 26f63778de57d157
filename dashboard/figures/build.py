"""What each build of a comparison costs, and the graph of the one the reader picks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import streamlit as st

from dashboard.components import Reel, drawing
from dashboard.controls import answer, choice, show_error
from dashboard.links import one_of, opening, plain, set_link
from dashboard.page_part import PagePart, Sheet, chart
from sim.errors import InputError
from sim.report.figures import (
    build_alt,
    build_graph,
    build_table,
    cost_line,
    first_cause,
    metric_alt,
    metric_bars,
    steps,
)
from sim.report.style import Language
from sim.report.texts import told, tr

_WIDTHS = (4, 7)
"""What it costs, and the graph, side by side inside a lecture."""
_MOST_IN_LECTURE = 9
"""Steps of a stage whose graph fits a lecture's screen. The graph of more scrolls in a frame."""


def reel(focus: str, lang: Language) -> Reel:
    """The frame of a build's graph that is too large for its page."""
    words = (tr(f"ui.graph.{name}", lang) for name in ("here", "all", "smaller", "larger"))
    return Reel(focus, tr("figure.graph", lang), *words)


def before(page_part: PagePart) -> None:
    """The first label's graph without the fate of any step. Steps may be picked where that is the prediction."""
    label = page_part.outcome.labels[0]
    if len(page_part.outcome.labels) > 1:
        _label(page_part, drawn=False)
    lesson = page_part.scenario.lesson
    steps_are_said = lesson is not None and lesson.predict.steps
    pick = (lambda node: say_step(page_part.scenario.id, node)) if steps_are_said else None
    _graph(page_part, label, f"{page_part.key}:hidden", pick, hidden=True)


def after(page_part: PagePart) -> str:
    """The time of every label's next build, with one label's cost line and graph, and the reason of one step.

    Inside a lecture the graph stands beside them, so that both fit a screen.
    """
    outcome, view = page_part.outcome, page_part.view
    left, right = st.columns(_WIDTHS, gap="medium") if view.embed else (st.container(), st.container())
    with left:
        if len(outcome.labels) > 1:
            bars = metric_bars(outcome, view.style, "rebuild_time", page_part.names, tall=not view.embed)
            chart(bars, metric_alt(outcome, "rebuild_time", view.lang))
        label = _label(page_part, drawn=True)
        chart(cost_line(outcome, view.style, label=label), build_alt(outcome, view.lang, label=label))
    selected = _selected(page_part, label)
    with right:
        key = f"{page_part.key}:{label}:graph"
        _graph(page_part, label, key, lambda node: _pick(page_part, label, node), selected=selected)
    with left if view.embed else right:
        for step in steps(outcome, label=label):
            if step.step == selected:
                st.markdown(f"`{step.text or step.name}`: {plain(told(step.reason, view.lang))}")
        st.caption(tr("ui.legend.build", view.lang))
    return ""


def _graph(
    page_part: PagePart,
    label: str,
    key: str,
    on_pick: Callable[[str], None] | None,
    *,
    selected: str = "",
    hidden: bool = False,
) -> None:
    """The graph of a label's next build: one column on a phone, lower inside a lecture, in a frame where it is long."""
    outcome, view = page_part.outcome, page_part.view
    try:
        svg, narrow = (
            build_graph(
                outcome,
                view.style,
                selected=selected,
                label=label,
                hidden=hidden,
                said=page_part.said if hidden else (),
                narrow=narrow,
                dense=view.embed,
            )
            for narrow in (False, True)
        )
    except InputError as error:  # a build that can be planned may be too large to draw
        show_error(error, view)
        return
    longest = max(Counter(step.stage for step in steps(outcome, label=label)).values(), default=0)
    frame = reel(selected, view.lang) if view.embed and longest > _MOST_IN_LECTURE else None
    drawing(svg, key, on_pick, narrow="" if frame else narrow, reel=frame)


def sheet(page_part: PagePart) -> Sheet:
    """The steps of the label that is shown."""
    label = st.session_state.get(f"{page_part.key}:label", page_part.outcome.labels[0])
    rows = build_table(page_part.outcome, page_part.view.lang, label=label)
    return Sheet(rows, rows)


def _label(page_part: PagePart, *, drawn: bool) -> str:
    """The label that is shown. Before the run the link alone says which."""
    options = {label: page_part.called(label) for label in page_part.outcome.labels}
    first = page_part.outcome.labels[0]
    return choice(
        tr("ui.build.of", page_part.view.lang),
        options,
        first,
        "of",
        page_part.view,
        key=f"{page_part.key}:label",
        hidden=True,
        drawn=drawn,
    )


def _selected(page_part: PagePart, label: str) -> str:
    """The step the reader or the link picked. Otherwise the first cause."""
    key, first = f"{page_part.key}:{label}:step", first_cause(page_part.outcome, label=label)
    there = [step.step for step in steps(page_part.outcome, label=label)]
    once = f"{page_part.key}:step"
    if opening(once):
        st.session_state[key] = one_of("step", there, "", once)
    picked = st.session_state.get(key, "")
    set_link("step", picked)
    answer("step", picked, there, page_part.view, key=once, called=first)
    return picked or first


def _pick(page_part: PagePart, label: str, node: str) -> None:
    st.session_state[f"{page_part.key}:{label}:step"] = node


def say_step(scenario: str, node: str) -> None:
    """Name a step as one that will run again, or take that back."""
    key = f"{scenario}:steps"
    said: list[str] = list(st.session_state.get(key, ()))
    st.session_state[key] = [step for step in said if step != node] if node in said else [*said, node]
