"""What is said to a choice: whether it is right, and to a wrong one what is wrong with it and which is right.

One wording for the dashboard and the live page. Texts are a lesson's, as `sim.report.richtext` reads them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from sim.outcome import Metric
from sim.report import words
from sim.report.style import Language
from sim.report.texts import tr
from sim.scenario import Choice, Prediction, Question, Text


@dataclass(frozen=True, slots=True)
class CorrectedAnswer:
    """What came of a question's answer.

    Attributes:
        right: None where no choice holds, so that none could be right.
        said: Paragraphs.
    """

    right: bool | None
    said: tuple[str, ...]


def corrected(
    question: Question, chosen: int, values: Mapping[str, Metric], language: Language = "en", *, where: str = ""
) -> CorrectedAnswer:
    """What came of an answer of a question.

    Args:
        chosen: The choice, counted from 0 as the file has them.
        values: The metrics that the question is answered by.
        where: Where in the figure the right one is to be seen (`sim.classroom.look`), told of a wrong answer.
    """
    right = _right(question.choices, values)
    if not any(right):
        return CorrectedAnswer(None, (tr("ui.quiz.none", language),))
    if right[chosen]:
        why = words.fill(question.explain, values, language)
        return CorrectedAnswer(True, (f"**{tr('ui.quiz.right', language)}** {why}",))
    feedback = question.choices[chosen].feedback
    why = words.fill(feedback, values, language) if feedback else tr("ui.quiz.look", language)
    others = _others(question.choices, chosen, right, question.explain, values, language)
    return CorrectedAnswer(False, (f"**{tr('ui.quiz.wrong', language)}** {why}", *filter(None, [where]), *others))


def corrected_prediction(
    predict: Prediction,
    chosen: int | None,
    values: Mapping[str, Metric],
    language: Language = "en",
    *,
    where: str = "",
    brief: bool = False,
) -> tuple[str, ...]:
    """Paragraphs below the verdict on a prediction: what is wrong with a wrong choice, then the right one.

    Empty for a right choice, and where no choice holds.

    Args:
        where: Where in the figure what came is to be seen, "" where nothing is ringed.
        brief: Without what is wrong with the choices that were not taken.
    """
    right = _right(predict.choices, values)
    if chosen is None:
        return (where,) if where else ()
    if not any(right) or right[chosen]:
        return ()
    feedback = predict.choices[chosen].feedback
    why = (words.fill(feedback, values, language),) if feedback else ()
    others = _others(predict.choices, chosen, right, None, values, language)
    return *why, *filter(None, [where]), *islice(others, right.count(True) if brief else None)


def _right(choices: Sequence[Choice], values: Mapping[str, Metric]) -> list[bool]:
    return [words.holds(choice.holds, values) for choice in choices]


def _others(
    choices: Sequence[Choice],
    chosen: int,
    right: Sequence[bool],
    explain: Text | None,
    values: Mapping[str, Metric],
    language: Language,
) -> Iterator[str]:
    """The right choices with their reason, then what is wrong with the other wrong ones."""
    for choice, holds in zip(choices, right, strict=True):
        if holds:
            why = f": {words.fill(explain, values, language)}" if explain else ""
            yield f"**✓ {words.fill(choice.text, values, language)}**{why}"
    for number, (choice, holds) in enumerate(zip(choices, right, strict=True)):
        if number != chosen and choice.feedback and not holds:
            text, why = (words.fill(one, values, language) for one in (choice.text, choice.feedback))
            yield f"✗ {text}: {why}"
