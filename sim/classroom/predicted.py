"""What a student said before the run, and how near it came: an order, a number, a choice or steps of a build."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sim.classroom.grading import CLOSE
from sim.never import never
from sim.outcome import Metric, Outcome
from sim.report import words
from sim.report.figures.images.build import steps
from sim.report.numbers import written
from sim.report.style import Language
from sim.report.texts import tr
from sim.scenario import Prediction


@dataclass(frozen=True, slots=True)
class Said:
    """A prediction. Exactly one is set, by its kind. None where the reader skipped it."""

    order: tuple[str, ...] = ()
    guess: float | None = None
    choice: int | None = None
    steps: tuple[str, ...] | None = None


def judge(
    outcome: Outcome, predict: Prediction, said: Said, values: Mapping[str, Metric], lang: Language = "en"
) -> str:
    """One sentence on how near the prediction came."""
    if said.order:
        order = ranking(outcome.labels, predict.rank, values)
        times = {label: values[f"{label}.{predict.rank}"].value for label in order}
        right = sum(times[a] == times[b] for a, b in zip(said.order, order, strict=False))
        return tr("ui.score", lang, n=right, all=len(order))
    if said.guess is not None:
        return _judge_guess(said.guess, values[predict.guess], lang)
    if said.choice is not None:
        choice = predict.choices[said.choice]
        verdict = "ui.score.right" if words.holds(choice.holds, values) else "ui.score.wrong"
        return tr(verdict, lang, said=choice.text.read(lang))
    if said.steps is not None:
        return judge_steps(said.steps, *again(outcome), lang)
    return tr("ui.score.skip", lang)


def ranking(labels: Sequence[str], rank: str, values: Mapping[str, Metric]) -> list[str]:
    """The labels by the metric they were ranked by, smallest first."""
    return sorted(labels, key=lambda label: values[f"{label}.{rank}"].value)


def again(outcome: Outcome) -> tuple[set[str], set[str]]:
    """The steps of the first label's last build that run again, and those of which only a run could tell."""
    there = steps(outcome, label=outcome.labels[0])
    missed, unsure = ({step.step for step in there if step.status == status} for status in ("miss", "depends"))
    return missed, unsure


def judge_steps(said: Sequence[str], truth: set[str], unsure: set[str], lang: Language) -> str:
    """One sentence on the steps that were named. To name an unsure one is neither right nor wrong."""
    right = len(truth & set(said))
    extra = len(set(said) - truth - unsure)
    if right == len(truth) and not extra:
        return tr("ui.score.steps.exact", lang)
    return tr("ui.score.steps", lang, n=right, all=len(truth), extra=extra)


def _judge_guess(guess: float, metric: Metric, lang: Language) -> str:
    value, said = words_of(metric, metric.value, lang), words_of(metric, guess, lang)
    if metric.value <= 0 or guess <= 0 or never(metric.value):
        return tr("ui.score.exact" if guess == metric.value else "ui.score.off", lang, said=said, value=value)
    factor = guess / metric.value
    if 1 / CLOSE <= factor <= CLOSE:
        return tr("ui.score.exact", lang, said=said, value=value)
    which = "ui.score.above" if factor > 1 else "ui.score.below"
    return tr(which, lang, said=said, value=value, factor=f"{max(factor, 1 / factor):.2g}")


def words_of(metric: Metric, value: float, lang: Language) -> str:
    """A value of a metric's unit, as a figure writes it."""
    return written(value, metric.unit, lang, transfer=metric.transfer)
