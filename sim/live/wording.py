"""The words of the live page: of the scenario, its controls, its prediction and its questions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sim.classroom.asked import guessed_in
from sim.loading import Control, controls
from sim.outcome import Metric, Outcome
from sim.report import controlnames, words
from sim.report.besides import besides
from sim.report.richtext import inline, paragraphs
from sim.report.style import Language
from sim.report.texts import tr
from sim.report.words import label_names, spoken
from sim.scenario import Lesson, Prediction, Scenario

WORDS = (
    "predict", "run", "skip", "cancel", "conditions", "conditions.reset", "table", "sources", "quiz", "again",
    "lesson.sources", "live.about", "live.starting", "undoing.undo", "undoing.redo", "edit", "lab.dockerfile",
    "lab.how", "error.last",
)  # fmt: skip
"""Ids of the messages that the page itself asks for, without the section that they are in."""


def head(scenario: Scenario, lang: Language) -> dict[str, Any]:
    """What the page says of a scenario before anything was run."""
    return {
        "title": scenario.title.read(lang),
        "asked": scenario.title.read(lang),
        "summary": scenario.summary.read(lang),
        "controls": [_control(one, scenario, lang) for one in controls(scenario)],
        "words": {name: tr(f"ui.{name}", lang) for name in WORDS},
    }


def _control(control: Control, scenario: Scenario, lang: Language) -> dict[str, Any]:
    choices = control.kind in ("choice", "flag")
    return {
        "path": control.path,
        "kind": control.kind,
        "title": controlnames.title(control, scenario, lang),
        "value": control.written,
        "minimum": control.minimum,
        "maximum": control.maximum,
        "whole": control.whole,
        "example": controlnames.example(control),
        "options": controlnames.options(control, lang) if choices else {},
    }


def prediction(predict: Prediction, outcome: Outcome, values: Mapping[str, Metric], lang: Language) -> dict[str, Any]:
    """The question before the run, and what it is answered by."""
    asked = inline(words.fill(predict.ask, values, lang))
    if predict.rank:
        names = spoken(label_names(outcome, lang))
        return {"kind": "order", "ask": asked, "options": [[label, names[label]] for label in outcome.labels]}
    if predict.guess:
        unit, worth = guessed_in(values[predict.guess])
        called = tr(f"ui.guess.{unit or 'count'}", lang) if unit in ("s", "") else unit
        return {"kind": "guess", "ask": asked, "unit": called, "worth": worth}
    if predict.choices:
        texts = [choice.text.read(lang) for choice in predict.choices]
        return {"kind": "choice", "ask": asked, "options": [[str(n), text] for n, text in enumerate(texts)]}
    return {"kind": "steps", "ask": f"{asked} {inline(tr('ui.lab.predict.how', lang))}"}


def after(lesson: Lesson, values: Mapping[str, Metric], lang: Language) -> dict[str, Any]:
    """The explanation, the questions, what stands beside them and where the sentences can be checked."""
    return {
        "explain": paragraphs(words.fill(lesson.explain, values, lang)),
        "quiz": [
            {
                "ask": inline(words.fill(question.ask, values, lang)),
                "choices": [inline(words.fill(choice.text, values, lang)) for choice in question.choices],
            }
            for question in lesson.quiz
        ],
        "besides": besides(lesson, values, lang),
        "cited": [[words.fill(source.text, values, lang), source.url] for source in lesson.sources],
    }
