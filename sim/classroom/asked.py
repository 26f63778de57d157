"""The questions of a lesson as a student sees them, with the key that a run computes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from sim.batch.kept import KeptRuns
from sim.batch.run import run
from sim.classroom.seeds import for_seed, order, what_if
from sim.errors import InputError, Problem
from sim.never import never
from sim.outcome import Metric, Outcome
from sim.report import words
from sim.report.figures.images.build import steps
from sim.report.numbers import unit_of, written
from sim.report.style import Language
from sim.report.words import label_text
from sim.scenario import Choice, Lesson, Prediction, Question, Scenario
from sim.studies.base import Tick, no_tick

QuestionKind = Literal["choice", "several", "order", "number"]
"""One answer of some, any of some, all of some in an order, a number."""

PREDICTION = "predict"
"""The id of the question before the run. The others are numbers, from 1."""


@dataclass(frozen=True)
class ShownAnswer:
    """An answer as it is shown, and what is said to whoever gives it.

    Attributes:
        right: Whether it is part of the key.
    """

    text: str
    right: bool
    feedback: str = ""


@dataclass(frozen=True)
class AskedQuestion:
    """A question in one language, its answers in the order they are shown.

    Attributes:
        id: "predict", or the question's number from 1.
        kind: What kind of answer it takes.
        ask: The question.
        answers: What there is to choose from, or to put in order. Empty for a number.
        key: Positions in `answers`: the right ones, or the right order. Empty for a number.
        number: The right number, in SI units. None but for a number.
        unit: The unit that the number is asked in, as "s" or "MiB", and what one of it is in SI units.
        explain: Why.
    """

    id: str
    kind: QuestionKind
    ask: str
    answers: tuple[ShownAnswer, ...] = ()
    key: tuple[int, ...] = ()
    number: Metric | None = None
    unit: tuple[str, float] = ("", 1.0)
    explain: str = ""


@dataclass(frozen=True)
class AskedLesson:
    """A lesson that was run with one seed: its outcomes, and its questions in one language."""

    scenario: Scenario
    lesson: Lesson
    language: Language
    seed: int | None
    outcomes: tuple[Outcome, ...]
    values: Mapping[str, Metric]
    questions: tuple[AskedQuestion, ...]

    @property
    def finding(self) -> str:
        """What the run shows, in one sentence."""
        return words.finding(self.lesson, self.values, self.language)


def ask(
    scenario: Scenario,
    language: Language = "en",
    seed: int | None = None,
    tick: Tick = no_tick,
    kept: KeptRuns | None = None,
) -> AskedLesson:
    """Run a lesson as a seed varies it, and ask its questions. Without a seed, as the file has it.

    Args:
        tick: Told how far each run is. It may raise `CancelledError`.
        kept: Runs of labels that need not run again, as of the same lesson in another language.

    Raises `InputError` where the scenario has no lesson.
    """
    if scenario.lesson is None:
        raise InputError(Problem("has no lesson; expected one with objectives and questions", scenario.file))
    varied = for_seed(scenario, seed)
    kept = KeptRuns() if kept is None else kept
    outcomes = run(varied, tick=tick, kept=kept)
    values = words.values(*outcomes)
    questions = [_prediction(scenario.lesson.predict, varied, outcomes[0], values, language, seed)]
    questions += [
        _question(question, number, varied, values, language, seed, tick, kept)
        for number, question in enumerate(scenario.lesson.quiz, start=1)
    ]
    return AskedLesson(varied, scenario.lesson, language, seed, outcomes, values, tuple(questions))


def _question(
    question: Question, number: int, scenario: Scenario, values: Mapping[str, Metric], language: Language,
    seed: int | None, tick: Tick, kept: KeptRuns,
) -> AskedQuestion:  # fmt: skip
    if question.change:
        values = words.values(*run(what_if(scenario, question), tick=tick, kept=kept))
    answers = _answers(question.choices, f"{number}", scenario, values, language, seed)
    return AskedQuestion(
        f"{number}",
        "choice",
        words.fill(question.ask, values, language),
        answers,
        tuple(position for position, answer in enumerate(answers) if answer.right),
        explain=words.fill(question.explain, values, language),
    )


def _answers(
    choices: tuple[Choice, ...], question: str, scenario: Scenario, values: Mapping[str, Metric], language: Language,
    seed: int | None,
) -> tuple[ShownAnswer, ...]:  # fmt: skip
    shown = [choices[number] for number in order(scenario.id, question, len(choices), seed)]
    return tuple(
        ShownAnswer(
            words.fill(choice.text, values, language),
            words.holds(choice.holds, values),
            words.fill(choice.feedback, values, language) if choice.feedback else "",
        )
        for choice in shown
    )


def _prediction(
    predict: Prediction, scenario: Scenario, outcome: Outcome, values: Mapping[str, Metric], language: Language,
    seed: int | None,
) -> AskedQuestion:  # fmt: skip
    asked = words.fill(predict.ask, values, language)
    if predict.guess:
        metric = values[predict.guess]
        return AskedQuestion(PREDICTION, "number", asked, number=metric, unit=guessed_in(metric))
    if predict.choices:
        answers = _answers(predict.choices, PREDICTION, scenario, values, language, seed)
        right = tuple(position for position, answer in enumerate(answers) if answer.right)
        return AskedQuestion(PREDICTION, "choice", asked, answers, right)
    if predict.rank:
        labels = [outcome.labels[at] for at in order(scenario.id, PREDICTION, len(outcome.labels), seed)]
        ranked = sorted(range(len(labels)), key=lambda at: values[f"{labels[at]}.{predict.rank}"].value)
        named = tuple(ShownAnswer(label_text(outcome, label, language), right=True) for label in labels)
        return AskedQuestion(PREDICTION, "order", asked, named, tuple(ranked))
    there = steps(outcome, label=outcome.labels[0])
    cards = tuple(ShownAnswer(step.name, step.status == "miss") for step in there if step.status != "depends")
    again = tuple(position for position, card in enumerate(cards) if card.right)
    return AskedQuestion(PREDICTION, "several", asked, cards, again)


def guessed_in(metric: Metric) -> tuple[str, float]:
    """The unit that a metric is guessed in, and what one of it is in SI units: MiB of memory, MB of layers."""
    if metric.transfer:
        return "MB", 1e6
    return {"s": ("s", 1.0), "B": ("MiB", 2.0**20), "1": ("", 1.0)}.get(metric.unit, (metric.unit, 1.0))


def told_number(question: AskedQuestion, language: Language) -> str:
    """The right number of a question, with its unit."""
    metric = question.number
    assert metric is not None
    if never(metric.value):
        return written(metric.value, "s", language)
    return written(metric.value, unit_of(metric), language, metric.estimate, transfer=metric.transfer)
