"""The first page: one question, three figures with their answers left out, and what else there is."""

from __future__ import annotations

import streamlit as st

from dashboard import shipped
from dashboard.components import drawing
from dashboard.frame import head, link
from dashboard.view import View
from sim.report import previews
from sim.report.figures.memory.columns import RULERS
from sim.report.style import Language
from sim.report.texts import tr
from sim.scenario import Scenario

_RACE, _LEDGER, _LAYERS = "taxonomy", "memory-ledger", "layers"


def page(view: View) -> None:
    """Draw the page. What a card says of its scenario is read from it, so that it stays true."""
    lang = view.lang
    head(view, lambda: st.caption(tr("ui.app", lang)))
    st.title(tr("ui.title", lang), anchor=False)
    st.markdown(tr("ui.lead", lang))
    st.space("small")
    lanes = previews.lanes(shipped.scenario(_RACE), lang)
    cards = (
        ("race", _RACE, previews.race(view.style, lanes), _said_of_race([name for name, _ in lanes], lang)),
        ("memory", _LEDGER, previews.ledger(view.style), _said_of_ledger(shipped.scenario(_LEDGER), lang)),
        ("layers", _LAYERS, previews.layers(view.style), tr("ui.start.layers.sub", lang)),
    )
    with st.grid(3, min_column_width=230, gap="medium"):
        for name, scenario, tease, said in cards:
            with st.container(border=True):
                drawing(tease, key=f"tease-{name}")
                st.markdown("## " + tr(f"ui.start.{name}", lang))
                st.markdown(said)
                st.page_link(
                    link(name, view),
                    label=tr("ui.predict.then", lang, minutes=shipped.minutes(scenario)),
                    icon=":material/arrow_forward:",
                )
    st.space("small")
    count, promise = st.columns([3, 2], gap="large")
    with count:
        st.markdown(tr("ui.start.count", lang, n=len(shipped.entries())))
        st.page_link(link("scenarios", view), icon=":material/arrow_forward:")
    promise.markdown(tr("ui.start.promise", lang))


def _said_of_race(names: list[str], lang: Language) -> str:
    return tr("ui.start.race.sub", lang, n=len(names), first=names[0], last=names[-1])


def _said_of_ledger(scenario: Scenario, lang: Language) -> str:
    instances = max(params.instances for params in scenario.parts[0].variants.values())
    return tr("ui.start.memory.sub", lang, n=instances, rulers=len(RULERS))
