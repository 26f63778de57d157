"""What the page of the layer lab shows of a build: its title, its graph, its Dockerfile, and why a step runs again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

import streamlit as st

from dashboard.components import drawing, editor
from dashboard.figures.build import reel, say_step
from dashboard.layers import lab
from dashboard.links import plain
from dashboard.page_part import PagePart, chart
from dashboard.view import View
from sim import limits
from sim.layerlab.state import LabState
from sim.outcome import Metric, Outcome
from sim.records.images import StepRecord
from sim.report.figures.images.build import build_alt, build_graph, cost_line, steps
from sim.report.figures.images.critical import critical_path, emphasised
from sim.report.numbers import about, written
from sim.report.ring import ringed_picture
from sim.report.style import Language
from sim.report.texts import told, tr
from sim.scenario import Scenario, Text

_MOST_OF_TEXT = 2_000
"""Characters of an instruction that are shown beside its reason."""
_MOST_ON_PAGE = 40
"""Steps that are drawn at their full size on the page. More scroll in a frame."""


def question(state: LabState, scenario: Scenario, view: View) -> str:
    """The title before the run: the lesson's, until something was edited."""
    return view.read(scenario.title) if state == lab.first() else tr("ui.lab.question", view.lang)


def own(state: LabState, scenario: Scenario) -> Scenario:
    """The build as files are of it, with the page's question. It has no lesson, whose labels it lacks."""
    made = state.scenario(scenario)
    if state == lab.first():
        return made
    return replace(made, title=Text(en=tr("ui.lab.question", "en"), ja=tr("ui.lab.question", "ja")))


def finding(state: LabState, outcome: Outcome, view: View) -> str:
    """The title after the run, from the metrics of this build."""
    label, lang = outcome.labels[0], view.lang
    misses, count = (int(outcome.metric(label, name).value) for name in ("misses", "steps"))
    changes = state.changes()
    if not misses:
        if not changes and not state.kept and not state.arguments:
            return tr("ui.lab.found.unedited", lang, n=count)
        if [change for change in changes if "touch" in change] == changes and changes:
            return tr("ui.lab.found.touch", lang)
        return tr("ui.lab.found.known" if state.kept else "ui.lab.found.none", lang)
    unsure = sum(step.status == "depends" for step in steps(outcome))
    again = tr("ui.lab.between", lang, low=misses - unsure, high=misses) if unsure else str(misses)
    time = _said(outcome.metric(label, "rebuild_time"), lang)
    size = _said(outcome.metric(label, "new_bytes"), lang, transfer=True)
    named = [*changes, *state.arguments]
    single = len(named) == 1
    if single and state.arguments:
        return tr(
            "ui.lab.found.argument", lang, name=plain(state.arguments[0][0]), n=again, all=count, time=time, size=size
        )
    if single and state.file:
        claim = "ui.lab.found.touched" if state.how == "touch" else f"ui.lab.found.{state.how}"
    else:
        claim = "ui.lab.found.dockerfile" if single else "ui.lab.found.several"
    return tr(claim, lang, file=plain(state.file.rpartition("/")[2]), n=again, all=count, time=time, size=size)


def _said(metric: Metric, lang: Language, *, transfer: bool = False) -> str:
    """A metric inside a sentence."""
    return (about if metric.estimate and metric.value else written)(metric.value, metric.unit, lang, transfer=transfer)


def cost(outcome: Outcome, view: View) -> None:
    """What the build takes and what the cache saves, in a sentence and as a chart."""
    label = outcome.labels[0]
    again, saved, size = (outcome.metric(label, name) for name in ("rebuild_time", "saved_time", "new_bytes"))
    st.markdown(
        tr(
            "ui.lab.cost",
            view.lang,
            again=_said(again, view.lang),
            saved=_said(saved, view.lang),
            size=_said(size, view.lang, transfer=True),
        )
    )
    chart(cost_line(outcome, view.style), build_alt(outcome, view.lang))


def graph(page_part: PagePart, view: View, step: StepRecord | None, said: tuple[str, ...], *, revealed: bool) -> None:
    """The build's graph, its critical path marked. One that is too large for a page has a frame of its own."""
    outcome, style, lang = page_part.outcome, view.style, view.lang
    focus = step.step if step else ""
    path = critical_path(outcome) if revealed else ()
    svg, narrow = (
        ringed_picture(emphasised(drawn, path, style), page_part.ring, style)[0]
        for drawn in (
            build_graph(outcome, style, selected=focus, hidden=not revealed, said=said, narrow=slim, dense=view.embed)
            for slim in (False, True)
        )
    )
    frame = reel(focus, lang) if len(steps(outcome)) > _MOST_ON_PAGE else None
    key, pick = ("lab:graph", _pick) if revealed else ("lab:hidden", partial(say_step, page_part.scenario.id))
    drawing(svg, key, pick, narrow="" if frame else narrow, reel=frame)


def legend(outcome: Outcome, view: View) -> str:
    """What the marks of the graph mean."""
    legend = tr("ui.legend.build", view.lang)
    if critical_path(outcome):
        time = _said(outcome.metric(outcome.labels[0], "rebuild_time"), view.lang)
        legend += "  \n" + tr("ui.legend.critical", view.lang, time=time)
    return legend


def paper(
    state: LabState, marks: Mapping[str, Mapping[str, str]], line: int, outcome: Outcome | None, view: View
) -> None:
    """The Dockerfile of the next build, with each line's fate in the gutter."""

    def typed(text: str) -> None:
        st.session_state["lab:text"] = text[: limits.LAB_TEXT + 1].rstrip() + "\n"

    def clicked(line: int) -> None:
        for step in steps(outcome) if outcome else ():
            if step.line == line:
                _pick(step.step)

    editor(
        state.dockerfile.rstrip(),
        st.session_state["lab:revision"],
        marks,
        line,
        tr("ui.lab.dockerfile", view.lang),
        "lab:editor",
        typed,
        clicked,
    )


def reason(step: StepRecord | None, view: View) -> None:
    """One sentence of why, then the evidence."""
    lang = view.lang
    with st.container(border=True, gap="xsmall"):
        if step is None:
            st.markdown(f"**{tr('ui.build.all_hit', lang)}**")
            st.caption(tr("ui.lab.every.hit.hint", lang))
            return
        text = (step.text or step.name).replace("`", "'")[:_MOST_OF_TEXT]
        st.markdown(f"`{text}`")
        st.markdown(f"**{plain(told(step.reason, lang))}**")
        evidence = []
        if step.old_key and step.old_key != step.new_key:
            evidence.append(tr("ui.build.key", lang, old=step.old_key, new=step.new_key))
        elif step.new_key:
            evidence.append(tr("ui.lab.key.same", lang, new=step.new_key))
        if step.seconds is not None:
            time = written(step.seconds, "s", lang, step.estimate)
            evidence.append(tr("ui.lab.saves", lang, time=time) if step.status == "hit" else time)
        if step.bytes:
            evidence.append(written(step.bytes, "B", lang, transfer=True))
        st.caption(" · ".join(evidence))


def _pick(node: str) -> None:
    st.session_state["lab:step"] = node
