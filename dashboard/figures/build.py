"""What each build of a comparison costs, and the graph of the one the reader picks, a step of it explained."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import streamlit as st

from dashboard.components import Reel, drawing
from dashboard.controls import choice
from dashboard.links import one_of, opening, set_link
from dashboard.page_part import PagePart, chart
from dashboard.refusals import answer
from sim.report.figures.images.build import first_cause, steps
from sim.report.shown import Drawing, FigureChoice
from sim.report.shown import build as shown
from sim.report.shown.ring import with_rings
from sim.report.style import Language
from sim.report.texts import tr

_WIDTHS = (7, 13)
"""What it costs, and the graph, side by side inside a lecture."""
_MOST_IN_LECTURE = 9
"""Steps of a stage whose graph fits a lecture's screen. The graph of more scrolls in a frame."""


def reel(focus: str, lang: Language) -> Reel:
    """The frame of a build's graph that is too large for its page."""
    words = (tr(f"ui.graph.{name}", lang) for name in ("here", "all", "smaller", "larger"))
    return Reel(focus, tr("figure.graph", lang), *words)


def before(page_part: PagePart) -> None:
    """The first label's graph without the fate of any step. Steps may be picked where that is the prediction."""
    _label(page_part, drawn=False)
    (graph,) = shown.before(page_part.request())
    pick = (lambda node: say_step(page_part.scenario.id, node)) if graph.picks == "said" else None
    _graph(page_part, page_part.outcome.labels[0], graph, f"{page_part.key}:hidden", pick)


def after(page_part: PagePart) -> str:
    """What every label's next build costs, with one label's graph and the reason of one step.

    Inside a lecture the graph stands beside them, so that both fit a screen.
    """
    view = page_part.view
    left, right = st.columns(_WIDTHS, gap="small") if view.embed else (st.container(), st.container())
    with left:
        costs, label = st.container(), _label(page_part, drawn=True)
        cost = st.container()
    picked = {"of": label, "step": _selected(page_part, label)}
    drawings = with_rings(shown.after(page_part.request(picked)), page_part.ring, view.style)
    by_id = {one.id: one for one in drawings}
    for place, name in ((costs, "bars"), (costs, "bars-time"), (cost, "cost")):
        if name in by_id and not (view.embed and name == "bars-time"):
            with place:
                if by_id[name].title and not view.embed:
                    st.markdown(f"**{by_id[name].title}**")
                chart(by_id[name].content, by_id[name].alt)
    with right:
        key = f"{page_part.key}:{label}:graph"
        _graph(page_part, label, by_id["graph"], key, lambda node: _pick(page_part, label, node))
    with left if view.embed else right:
        for name in ("reason", "caption"):
            if name in by_id:
                st.html(by_id[name].content)
    return ""


def _graph(page_part: PagePart, label: str, graph: Drawing, key: str, on_pick: Callable[[str], None] | None) -> None:
    """The graph of a label's next build: in a frame of its own where it is too long for a lecture."""
    view = page_part.view
    longest = max(Counter(step.stage for step in steps(page_part.outcome, label=label)).values(), default=0)
    frame = reel(graph.focus, view.lang) if view.embed and longest > _MOST_IN_LECTURE else None
    drawing(graph.content, key, on_pick, narrow="" if frame else graph.narrow, reel=frame)


def _label(page_part: PagePart, *, drawn: bool) -> str:
    """The label that is shown. Before the run the link alone says which."""
    offered: tuple[FigureChoice, ...] = shown.choices(page_part.request())
    for one in offered:
        key = f"{page_part.key}:{one.name}"
        return choice(one.label, one.options, one.default, one.name, page_part.view, key=key, hidden=True, drawn=drawn)
    return page_part.outcome.labels[0]


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
