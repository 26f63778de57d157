"""What a student says before the run, and how near it came: an order, a number, a choice or steps of a build."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from dashboard.page_part import PagePart
from sim.classroom.asked import PREDICTION, guessed_in
from sim.classroom.seeds import order
from sim.never import never
from sim.outcome import Metric
from sim.report import words
from sim.report.figures import steps
from sim.report.numbers import NARROW, written
from sim.report.style import Language
from sim.report.texts import tr
from sim.scenario import Prediction

_CLOSE = 1.25
"""A guess within this factor of the value is close."""


@dataclass(frozen=True, slots=True)
class Said:
    """A prediction. Exactly one is set, by its kind. None where the reader skipped it."""

    order: tuple[str, ...] = ()
    guess: float | None = None
    choice: int | None = None
    steps: tuple[str, ...] | None = None


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
        picked = st.radio(
            tr("ui.predict", lang), shown, index=None, format_func=lambda i: texts[i], key=key,
            label_visibility="collapsed",
        )  # fmt: skip
        return Said(choice=picked), picked is not None
    chosen: tuple[str, ...] = tuple(st.session_state.get(f"{page_part.scenario.id}:steps", ()))
    st.caption(tr("ui.lab.chosen", lang, n=len(chosen)))
    return Said(steps=chosen), True


def judge(page_part: PagePart, predict: Prediction, said: Said, values: Mapping[str, Metric]) -> str:
    """One sentence on how near the prediction came."""
    lang = page_part.view.lang
    if said.order:
        order = ranking(page_part.outcome.labels, predict.rank, values)
        right = sum(a == b for a, b in zip(said.order, order, strict=False))
        return tr("ui.score", lang, n=right, all=len(order))
    if said.guess is not None:
        return _judge_guess(page_part, said.guess, values[predict.guess])
    if said.choice is not None:
        choice = predict.choices[said.choice]
        verdict = "ui.score.right" if words.holds(choice.holds, values) else "ui.score.wrong"
        return tr(verdict, lang, said=page_part.view.read(choice.text))
    if said.steps is not None:
        return judge_steps(said.steps, *again(page_part), lang)
    return tr("ui.score.skip", lang)


def ranking(labels: Sequence[str], rank: str, values: Mapping[str, Metric]) -> list[str]:
    """The labels by the metric they were ranked by, smallest first."""
    return sorted(labels, key=lambda label: values[f"{label}.{rank}"].value)


def again(page_part: PagePart) -> tuple[set[str], set[str]]:
    """The steps of the first label's last build that run again, and those of which only a run could tell."""
    there = steps(page_part.outcome, label=page_part.outcome.labels[0])
    missed, unsure = ({step.step for step in there if step.status == status} for status in ("miss", "depends"))
    return missed, unsure


def judge_steps(said: Sequence[str], truth: set[str], unsure: set[str], lang: Language) -> str:
    """One sentence on the steps that were named. To name an unsure one is neither right nor wrong."""
    right = len(truth & set(said))
    extra = len(set(said) - truth - unsure)
    if right == len(truth) and not extra:
        return tr("ui.score.steps.exact", lang)
    return tr("ui.score.steps", lang, n=right, all=len(truth), extra=extra)


def _ask_rank(page_part: PagePart, key: str) -> tuple[Said, bool]:
    picked: list[str] = list(st.session_state.get(key) or [])

    def name(label: str) -> str:
        place = f"{picked.index(label) + 1}{NARROW}·{NARROW}" if label in picked else ""
        return place + page_part.called(label)

    lang = page_part.view.lang
    st.pills(
        tr("ui.predict", lang), list(page_part.outcome.labels), selection_mode="multi", format_func=name, key=key,
        label_visibility="collapsed", wrap=True,
    )  # fmt: skip
    return Said(order=tuple(picked)), len(picked) == len(page_part.outcome.labels)


def _judge_guess(page_part: PagePart, guess: float, metric: Metric) -> str:
    lang = page_part.view.lang
    value, said = words_of(metric, metric.value, page_part), words_of(metric, guess, page_part)
    if metric.value <= 0 or guess <= 0 or never(metric.value):
        return tr("ui.score.exact" if guess == metric.value else "ui.score.off", lang, said=said, value=value)
    factor = guess / metric.value
    if 1 / _CLOSE <= factor <= _CLOSE:
        return tr("ui.score.exact", lang, said=said, value=value)
    which = "ui.score.above" if factor > 1 else "ui.score.below"
    return tr(which, lang, said=said, value=value, factor=f"{max(factor, 1 / factor):.2g}")


def words_of(metric: Metric, value: float, page_part: PagePart) -> str:
    """A value of a metric's unit, as a figure writes it."""
    return written(value, metric.unit, page_part.view.lang, transfer=metric.transfer)
