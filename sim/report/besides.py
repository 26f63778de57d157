"""What a lesson says beside its questions: half-true claims, what to try next, commands for a real engine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape

from sim.outcome import Metric
from sim.report import words
from sim.report.richtext import inline, paragraphs
from sim.report.style import Language
from sim.report.texts import tr
from sim.scenario import Lesson


def lists(
    lesson: Lesson, values: Mapping[str, Metric], language: Language, *, answers: bool = True
) -> Iterator[tuple[str, list[str]]]:
    """The half-true claims and what to try next, each list under its title. One without texts is left out.

    Args:
        answers: Whether what gives an answer away may be told, as what is true of a claim does.
    """
    for message, texts in (("sheet.half-true", lesson.half_true if answers else ()), ("sheet.next", lesson.next)):
        if texts:
            yield tr(message, language), [words.fill(text, values, language) for text in texts]


def besides(lesson: Lesson, values: Mapping[str, Metric], language: Language) -> str:
    """All of it as HTML. The commands are folded. "" where a lesson has none of it."""
    listed = "".join(
        f"<h2>{escape(title)}</h2><ul>{''.join(f'<li>{inline(text)}</li>' for text in texts)}</ul>"
        for title, texts in lists(lesson, values, language)
    )
    commands = "".join(
        f"<pre><code>{escape(command.run)}</code></pre>{paragraphs(words.fill(command.shows, values, language))}"
        for command in lesson.commands
    )
    folded = f"<details><summary>{escape(tr('sheet.commands', language))}</summary>{commands}</details>"
    return listed + (folded if commands else "")
