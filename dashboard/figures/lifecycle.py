"""Containers' lives as lanes: the first seconds enlarged, then the whole window with the count of starts."""

from __future__ import annotations

import streamlit as st

from dashboard.page_part import PagePart, Sheet, chart
from sim.report.figures import metric_table
from sim.report.figures.lifecycle import LENS_SECONDS, enlarges, life_alt, life_legend, life_table, lifelines, window_of
from sim.report.numbers import written
from sim.report.texts import tr


def before(page_part: PagePart) -> None:
    """Empty lanes in the scenario's order."""
    view = page_part.view
    st.html(life_legend(view.style))
    spec = lifelines(page_part.outcome, view.style, page_part.names, hidden=True, stacked=not view.embed)
    chart(spec, view.read(page_part.scenario.title))


def after(page_part: PagePart) -> str:
    """The lens where a container starts twice in it, and all lanes below."""
    outcome, view = page_part.outcome, page_part.view
    st.html(life_legend(view.style))
    alt, stacked = life_alt(outcome, view.lang), not view.embed
    if not enlarges(outcome):
        chart(lifelines(outcome, view.style, page_part.names, stacked=stacked), alt)
        return tr("ui.life.read", view.lang)
    # A lecture's screen has room for both beside one another, not below.
    lens, whole = st.columns(2, gap="medium") if view.embed else (st.container(), st.container())
    with lens:
        _heading(tr("ui.lens", view.lang, time=written(LENS_SECONDS, "s", view.lang)), shaded=view.style.tokens.ink)
        chart(lifelines(outcome, view.style, page_part.names, lens=True, stacked=stacked), alt)
    with whole:
        _heading(tr("ui.life.window", view.lang, time=written(window_of(outcome), "s", view.lang)))
        chart(lifelines(outcome, view.style, page_part.names, stacked=stacked), alt)
    return tr("ui.life.read", view.lang)


def sheet(page_part: PagePart) -> Sheet:
    """Every start with its exit code and wait, and all metrics."""
    outcome, lang = page_part.outcome, page_part.view.lang
    return Sheet(life_table(outcome, lang), metric_table(outcome, language=lang))


def _heading(text: str, shaded: str = "") -> None:
    """A heading, with a swatch of the shade that the band below bears."""
    swatch = f'<span style="width:1em;height:1.2em;background:{shaded};opacity:.15"></span>' if shaded else ""
    st.html(f'<div style="font-weight:600;display:flex;align-items:center;gap:.5em">{swatch}{text}</div>')
