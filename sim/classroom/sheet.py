"""A lesson as a text for a terminal, and as a sheet of one page to print, in black and white."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator

from sim import __version__
from sim.classroom.asked import AskedLesson, AskedQuestion, told_number
from sim.classroom.letters import letter, letters
from sim.classroom.paper import printed_page
from sim.report import words
from sim.report.besides import lists
from sim.report.grid import paragraph
from sim.report.texts import tr
from sim.report.words import label_text
from sim.scenario import Text

_WIDTH = 96

_STRONG = re.compile(r"\*\*([^*]+)\*\*")
"""Strong words, as a lesson's texts mark them."""


def as_text(asked: AskedLesson, *, answers: bool = False, student: str = "") -> str:
    """The lesson for a terminal: questions alone, or with the key that the run computed."""
    lines = [words.fill(asked.scenario.title, asked.values, asked.language), made_by(asked, student), ""]
    lines += [*_wrapped(words.fill(asked.scenario.summary, asked.values, asked.language)), ""]
    for heading, sentences in _lists(asked):
        lines += [heading, *(line for sentence in sentences for line in _wrapped(sentence, "  - ")), ""]
    lines += [tr("sheet.compared", asked.language)]
    lines += [
        f"  - {label_text(outcome, label, asked.language)}" for outcome in asked.outcomes for label in outcome.labels
    ]
    for question in asked.questions:
        lines += ["", *_wrapped(f"{heading_of(question, asked)} {question.ask}")]
        lines += [
            line
            for position, answer in enumerate(question.answers)
            for line in _wrapped(answer.text, f"  {letter(position)}) ")
        ]
        if answers:
            lines += _wrapped(f"{tr('sheet.key', asked.language)} {key_of(question, asked)}", "  ")
            lines += _wrapped(question.explain, "  ")
    if answers:
        lines += ["", *_wrapped(asked.finding), "", *_wrapped(_said(asked, asked.lesson.explain))]
    for heading, sentences in _after(asked, answers=answers):
        lines += ["", heading, *(line for sentence in sentences for line in _wrapped(sentence, "  - "))]
    return "\n".join(lines) + "\n"


def as_page(asked: AskedLesson, *, answers: bool = False, student: str = "") -> str:
    """The lesson, or its key, as an HTML page that prints on one A4 in black and white and loads nothing."""
    return printed_page(
        title=_escaped(_said(asked, asked.scenario.title)),
        body="\n".join(_key_body(asked) if answers else _sheet_body(asked, student)),
        foot=_escaped(made_by(asked, student)),
        language=asked.language,
        style=_STYLE,
    )


def made_by(asked: AskedLesson, student: str = "") -> str:
    """What made the sheet, so that a key fits it: scenario, seed, model version, student."""
    seed = asked.scenario.seed if asked.seed is None else asked.seed
    made = tr("sheet.made", asked.language, scenario=asked.scenario.id, seed=seed, version=__version__)
    return f"{made} · {student}" if student else made


def heading_of(question: AskedQuestion, asked: AskedLesson) -> str:
    """What a question is called: "Before the run", or its number."""
    return (
        tr("sheet.predict", asked.language)
        if question.number is not None or question.id == "predict"
        else f"{question.id}."
    )


def key_of(question: AskedQuestion, asked: AskedLesson) -> str:
    """The right answer, in letters and words, or as a number with its unit."""
    if question.number is not None:
        return told_number(question, asked.language)
    if question.kind == "choice":
        return "; ".join(f"{letter(at)}) {question.answers[at].text}" for at in question.key)
    return letters(question.key) or tr("sheet.none", asked.language)


def _said(asked: AskedLesson, text: Text) -> str:
    return words.fill(text, asked.values, asked.language)


def _lists(asked: AskedLesson) -> Iterator[tuple[str, list[str]]]:
    yield tr("sheet.objectives", asked.language), [_said(asked, text) for text in asked.lesson.objectives]


def _after(asked: AskedLesson, *, answers: bool) -> Iterator[tuple[str, list[str]]]:
    """What follows the questions. What would give an answer away is with the key alone."""
    lesson, language = asked.lesson, asked.language
    yield from lists(lesson, asked.values, language, answers=answers)
    if lesson.commands:
        yield (
            tr("sheet.commands", language),
            [f"{one.run}\n{_said(asked, one.shows)}" if answers else one.run for one in lesson.commands],
        )
    if lesson.sources:
        yield tr("sheet.sources", language), [f"{_said(asked, source.text)} {source.url}" for source in lesson.sources]


def _wrapped(text: str, lead: str = "") -> list[str]:
    plain = _STRONG.sub(r"\1", text)
    lines = [line for part in plain.splitlines() if part.strip() for line in paragraph(part, _WIDTH - len(lead))]
    return [(lead if number == 0 else " " * len(lead)) + line for number, line in enumerate(lines)]


def _sheet_body(asked: AskedLesson, student: str) -> Iterator[str]:
    name = _escaped(student) or '<span class="line"></span>'
    yield f"<p>{_escaped(tr('sheet.name', asked.language))} {name}</p>"
    yield f"<p>{_escaped(_said(asked, asked.scenario.summary))}</p>"
    yield f"<h2>{_escaped(tr('sheet.objectives', asked.language))}</h2>"
    yield _items(_said(asked, text) for text in asked.lesson.objectives)
    for question in asked.questions:
        yield f"<h2>{_escaped(heading_of(question, asked))} {_escaped(question.ask)}</h2>"
        yield _choices(question)
        if question.kind in ("order", "number"):
            unit = _escaped(question.unit[0])
            yield f'<p>{_escaped(tr("sheet.answer", asked.language))} <span class="line"></span> {unit}</p>'


def _key_body(asked: AskedLesson) -> Iterator[str]:
    yield f"<p><b>{_escaped(asked.finding)}</b></p>"
    for question in asked.questions:
        yield f"<h2>{_escaped(heading_of(question, asked))} {_escaped(question.ask)}</h2>"
        yield f"<p><b>{_escaped(key_of(question, asked))}</b> {_escaped(question.explain)}</p>"
    for part in _said(asked, asked.lesson.explain).splitlines():
        strong = _STRONG.sub(r"<b>\1</b>", _escaped(part))
        yield f"<p>{strong}</p>" if part.strip() else ""


def _choices(question: AskedQuestion) -> str:
    """The answers, with a box to tick where one is to be chosen."""
    if not question.answers:
        return ""
    box = "☐ " if question.kind in ("choice", "several") else ""
    shown = (f"{box}{letter(position)}) {answer.text}" for position, answer in enumerate(question.answers))
    return _items(shown, 'class="choices"')


def _items(texts: Iterable[str], attributes: str = "") -> str:
    return f"<ul {attributes}>" + "".join(f"<li>{_escaped(text)}</li>" for text in texts) + "</ul>"


def _escaped(text: str) -> str:
    return html.escape(text, quote=True)


_STYLE = """
@page { size: A4; margin: 16mm; }
body { font-size: 10.5pt; line-height: 1.4; max-width: 178mm; margin: 0 auto; }
h2 { font-size: 10.5pt; margin: 4mm 0 1mm; }
p, ul { margin: 0 0 1.5mm; }
ul { padding-left: 5mm; }
ul.choices { list-style: none; padding-left: 3mm; }
.line { display: inline-block; min-width: 60mm; border-bottom: 0.3mm solid #000; }
"""
