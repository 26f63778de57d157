"""A lesson's questions in a report, each folded: its answers with their reasons, and a drawing with a ring."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from html import escape
from pathlib import PurePath

from sim.classroom.look import look
from sim.loading.shipped import folder
from sim.outcome import Metric, Outcome
from sim.report import words
from sim.report.richtext import inline
from sim.report.shown import Drawing, of_study, request
from sim.report.shown.ring import find, with_rings
from sim.report.style import Language, Style
from sim.report.texts import tr
from sim.scenario import Question, Scenario


def questions(
    scenario: Scenario, outcomes: Sequence[Outcome], style: Style, drawn: Callable[[Drawing], str]
) -> Iterator[str]:
    """The questions that the run itself answers, and where those about a changed run are answered.

    Args:
        drawn: A drawing as HTML.
    """
    values = words.values(*outcomes)
    quiz = scenario.lesson.quiz if scenario.lesson else ()
    asked = [question for question in quiz if not question.change]
    if quiz:
        yield f"<h2>{escape(tr('ui.quiz', style.language))}</h2>"
    for question in asked:
        summary = inline(words.fill(question.ask, values, style.language))
        answers = "".join(_answers(question, values, style.language))
        yield f"<details><summary>{summary}</summary><ul>{answers}</ul>"
        yield from _place(scenario, outcomes, question, values, style, drawn)
        yield "</details>"
    if len(asked) < len(quiz):
        yield _elsewhere(scenario, style.language)


def _elsewhere(scenario: Scenario, language: Language) -> str:
    """Where the questions about a changed run are answered. A file of one's own is called by its name alone."""
    file = PurePath(scenario.file)
    name = scenario.id if file.parent == folder() else shlex.quote(file.name)
    command = f"python -m sim lesson {name} --answers --language {language}"
    return f"<p>{inline(tr('sheet.what-if', language, command=command))}</p>"


def _answers(question: Question, values: Mapping[str, Metric], language: Language) -> Iterator[str]:
    """Each answer with its reason, the right one marked."""
    for choice in question.choices:
        right = words.holds(choice.holds, values)
        why = question.explain if right else choice.feedback
        said = inline(words.fill(choice.text, values, language))
        told = f": {inline(words.fill(why, values, language))}" if why else ""
        yield f"<li>✓ <b>{said}</b>{told}</li>" if right else f"<li>✗ {said}{told}</li>"


def _place(
    scenario: Scenario,
    outcomes: Sequence[Outcome],
    question: Question,
    values: Mapping[str, Metric],
    style: Style,
    drawn: Callable[[Drawing], str],
) -> Iterator[str]:
    """Where the right answer is to be seen: in words, and the first drawing that has it, ringed."""
    chosen = next((n for n, choice in enumerate(question.choices) if not words.holds(choice.holds, values)), None)
    wanted = look(question, chosen, values) if chosen is not None else None
    for outcome in outcomes if wanted else ():
        assert wanted is not None
        study = of_study(outcome.study)
        found = find(request(scenario, outcome, style), study, wanted.wanted)
        drawings = study.after(request(scenario, outcome, style, picked=dict(found.picked)))
        pairs = zip(drawings, with_rings(drawings, found.places, style), strict=True)
        ringed = next((after for before, after in pairs if after is not before), None)
        if ringed is not None:
            yield f"<p>{escape(found.said)}</p>{drawn(ringed)}"
