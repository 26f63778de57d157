"""How a student says something before the run: an order, a number, a choice or steps of a build."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from dashboard.page_part import PagePart
from dashboard.renamed import call_again
from sim.classroom.asked import PREDICTION, guessed_in
from sim.classroom.predicted import Said
from sim.classroom.seeds import order
from sim.outcome import Metric
from sim.report.numbers import NARROW
from sim.report.texts import tr
from sim.scenario import Prediction


def ask(
    page_part: PagePart, predict: Prediction, values: Mapping[str, Metric], seed: int | None = None
) -> tuple[Said, bool]:
    """Draw the widget of a prediction, and return what is said so far and whether it is complete.

    Args:
        seed: Orders the choices.
    """
    lang, key = page_part.view.lang, f"{page_part.scenario.id}:predict"
    if predict.rank:
        return _ask_rank(page_part, key)
    if predict.guess:
        metric = values[predict.guess]
        unit, worth = guessed_in(metric)
        label = tr(f"ui.guess.{unit or 'count'}", lang) if unit in ("s", "") else unit
        number = st.number_input(label, min_value=0.0, value=None, step=1.0, key=key, format="%g", width=220)
        return Said(guess=None if number is None else number * worth), number is not None
    if predict.choices:
        texts = [page_part.view.read(choice.text) for choice in predict.choices]
        shown = order(page_part.scenario.id, PREDICTION, len(texts), seed)
        call_again(key, texts)
        picked = st.radio(
            tr("ui.predict", lang), shown, index=None, format_func=lambda i: texts[i], key=key,
            label_visibility="collapsed",
        )  # fmt: skip
        return Said(choice=picked), picked is not None
    chosen: tuple[str, ...] = tuple(st.session_state.get(f"{page_part.scenario.id}:steps", ()))
    st.caption(tr("ui.lab.chosen", lang, n=len(chosen)))
    return Said(steps=chosen), True


def _ask_rank(page_part: PagePart, key: str) -> tuple[Said, bool]:
    labels = page_part.outcome.labels
    names = [page_part.called(label) for label in labels]
    call_again(key, names)
    with st.container(key=_RANKED):
        picked = st.pills(
            tr("ui.predict", page_part.view.lang), list(labels), selection_mode="multi",
            format_func=dict(zip(labels, names, strict=True)).__getitem__, key=key, label_visibility="collapsed",
            wrap=True,
        )  # fmt: skip
        st.html(f"<style>{_placed(labels, picked)}</style>")
    return Said(order=tuple(picked)), len(picked) == len(labels)


_RANKED = "ranked"
"""The key of what is put into an order."""


def _placed(labels: Sequence[str], picked: Sequence[str]) -> str:
    """The style that writes before each name the place that it was given.

    In the name itself it would make another button of it, and the focus would be lost with the one that was pressed.
    """
    at = f".st-key-{_RANKED} [role=toolbar] button:nth-child"
    children = [labels.index(label) + 1 for label in picked]
    rules = [f"{at}({n})::before{{content:'{place}{NARROW}·{NARROW}'}}" for place, n in enumerate(children, 1)]
    return "".join(rules) or f"{at}{{}}"
