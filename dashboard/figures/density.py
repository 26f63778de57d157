"""The ladder of constraints: how many fit, and what stops the next."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from dashboard.controls import answer
from dashboard.links import one_of, set_link
from dashboard.page_part import PagePart, Sheet, chart
from sim.outcome import Outcome
from sim.records import ConstraintRecord
from sim.report.figures import ladder, ladder_alt, ladder_table
from sim.report.figures.density import constraint_name
from sim.report.texts import tr

_NEAR = 2
"""Constraints of a label that are shown at first: the one that binds and the one that would bind next."""
_FEW = 16
"""Rungs and heads that fit on a screen together."""
_SWITCH = ("true", "false")


def before(page_part: PagePart) -> None:
    """What is compared, without a number and without a hint at what may stop it."""
    _asked_every(page_part)
    _answer_every(page_part)
    # One nameless rung a label, so that the lanes are seen and nothing hints at what may stop them.
    records = page_part.outcome.of_type(ConstraintRecord)
    firsts = [next(record for record in records if record.of == label) for label in page_part.outcome.labels]
    lanes = replace(page_part.outcome, records=tuple(replace(record, constraint=" ") for record in firsts))
    tall = not page_part.view.embed
    chart(
        ladder(lanes, page_part.view.style, page_part.names, hidden=True, tall=tall),
        page_part.view.read(page_part.scenario.title),
    )
    lang = page_part.view.lang
    names = sorted({constraint_name(record.constraint, lang) for record in page_part.outcome.of_type(ConstraintRecord)})
    st.caption(tr("ui.candidates", lang, list=("、" if lang == "ja" else ", ").join(names)))


def after(page_part: PagePart) -> str:
    """The constraints of every label on one scale, the one that binds marked.

    The far ones are shown only when asked for.
    """
    outcome, view = page_part.outcome, page_part.view
    if len(outcome.of_type(ConstraintRecord)) + len(outcome.labels) > _FEW:
        outcome = outcome if not view.embed and _every(page_part) else near(outcome, _NEAR)
    chart(ladder(outcome, view.style, page_part.names, tall=not view.embed), ladder_alt(page_part.outcome, view.lang))
    return ""


def sheet(page_part: PagePart) -> Sheet:
    """The constraints. Each row names its source."""
    rows = ladder_table(page_part.outcome, page_part.view.lang)
    return Sheet(rows, rows)


def near(outcome: Outcome, count: int) -> Outcome:
    """The outcome with only the `count` tightest constraints of each label."""
    kept = []
    for label in outcome.labels:
        bounded = [r for r in outcome.of_type(ConstraintRecord) if r.of == label and r.limit is not None]
        kept += sorted(bounded, key=lambda record: (record.limit or 0, not record.binds))[:count]
    return replace(outcome, records=tuple(kept))


def _every(page_part: PagePart) -> bool:
    key = _asked_every(page_part)
    every = st.toggle(tr("ui.every", page_part.view.lang), key=key)
    set_link("every", "true" if every else "")
    _answer_every(page_part)
    return every


def _asked_every(page_part: PagePart) -> str:
    """The key of the switch, which the first time stands where the link says."""
    key = f"{page_part.key}:every"
    if key not in st.session_state:
        st.session_state[key] = one_of("every", _SWITCH, "false", key) == "true"
    return key


def _answer_every(page_part: PagePart) -> None:
    key, view = f"{page_part.key}:every", page_part.view
    shown = str(st.session_state[key]).lower()
    answer("every", shown, _SWITCH, view, key=key, called=tr("figure.no", view.lang))
