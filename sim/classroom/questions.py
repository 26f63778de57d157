"""A lesson's questions for other systems: Moodle XML and GIFT.

Formats: Moodle's documentation, "Moodle XML format" and "GIFT format" (4.5), and what its importers take
(`question/format/xml/format.php`, `question/format/gift/format.php`). An order becomes a matching question, which every
Moodle has: each place is matched with what stands there. Where several answers may be right, "none of these" is one
more, as Moodle takes no question without a right answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from xml.etree import ElementTree as ET

from sim.classroom.asked import AskedLesson, AskedQuestion, ShownAnswer
from sim.classroom.grading import CLOSE
from sim.classroom.sheet import made_by
from sim.report.texts import tr

_SPECIAL = re.compile(r"([~=#{}:\\])")
"""What has a meaning in GIFT, and stands for itself behind a backslash."""

_WHOLE = 99.99999
"""The largest weight in percent that GIFT takes, which has two digits before the point. Moodle reads it as 100."""


def as_moodle(asked: AskedLesson) -> str:
    """The questions as Moodle XML, in a category of the lesson's id."""
    quiz = ET.Element("quiz")
    category = ET.SubElement(quiz, "question", type="category")
    _text(ET.SubElement(category, "category"), f"$course$/top/{asked.scenario.id}")
    for question in _asked_questions(asked):
        quiz.append(_element(question, asked))
    ET.indent(quiz)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(quiz, encoding="unicode") + "\n"


def _asked_questions(asked: AskedLesson) -> Iterator[AskedQuestion]:
    """The questions as they are exported: "none of these" is one more answer where several may be right."""
    for question in asked.questions:
        if question.kind == "several":
            none = ShownAnswer(tr("sheet.none-of-these", asked.language), right=not question.key)
            key = question.key or (len(question.answers),)
            yield replace(question, answers=(*question.answers, none), key=key)
        else:
            yield question


def _element(question: AskedQuestion, asked: AskedLesson) -> ET.Element:
    kinds = {"choice": "multichoice", "several": "multichoice", "order": "matching", "number": "numerical"}
    element = ET.Element("question", type=kinds[question.kind])
    _text(ET.SubElement(element, "name"), _name(question, asked))
    _text(ET.SubElement(element, "questiontext", format="plain_text"), _asked_in(question))
    _text(ET.SubElement(element, "generalfeedback", format="plain_text"), question.explain)
    if question.number is not None:
        low, high = _accepted(question)
        answer = ET.SubElement(element, "answer", fraction="100", format="plain_text")
        _text(answer, f"{(low + high) / 2:.6g}")
        ET.SubElement(answer, "tolerance").text = f"{(high - low) / 2:.6g}"
    elif question.kind == "order":
        ET.SubElement(element, "shuffleanswers").text = "1"
        for place, position in enumerate(question.key, start=1):
            pair = ET.SubElement(element, "subquestion", format="plain_text")
            _text(pair, f"{place}")
            _text(ET.SubElement(pair, "answer"), question.answers[position].text)
    else:
        ET.SubElement(element, "single").text = "true" if question.kind == "choice" else "false"
        ET.SubElement(element, "shuffleanswers").text = "1" if question.kind == "choice" else "0"
        for shown, fraction in zip(question.answers, _fractions(question), strict=True):
            answer = ET.SubElement(element, "answer", fraction=f"{fraction:.5g}", format="plain_text")
            _text(answer, shown.text)
            _text(ET.SubElement(answer, "feedback", format="plain_text"), shown.feedback)
    return element


def _text(parent: ET.Element, text: str) -> None:
    ET.SubElement(parent, "text").text = text


def _fractions(question: AskedQuestion) -> list[float]:
    """What each answer is worth in percent: all right ones together are worth 100."""
    right = len(question.key)
    wrong = -100 / right if question.kind == "several" else 0.0
    return [100 / right if position in question.key else wrong for position in range(len(question.answers))]


def _accepted(question: AskedQuestion) -> tuple[float, float]:
    """From where to where a number is right, in the unit that it is asked in."""
    assert question.number is not None
    value = question.number.value / question.unit[1]
    return value / CLOSE, value * CLOSE


def _name(question: AskedQuestion, asked: AskedLesson) -> str:
    return f"{asked.scenario.id} {question.id} ({made_by(asked)})"


def _asked_in(question: AskedQuestion) -> str:
    return f"{question.ask} [{question.unit[0]}]" if question.unit[0] else question.ask


def as_gift(asked: AskedLesson) -> str:
    """The questions in Moodle's GIFT format."""
    lines = [f"// {made_by(asked)}", f"$CATEGORY: $course$/top/{asked.scenario.id}", ""]
    for question in _asked_questions(asked):
        lines += [f"::{_escaped(_name(question, asked))}::[plain]{_escaped(_asked_in(question))} {{", *_gift(question)]
        lines += [f"  ####{_escaped(question.explain)}"] if question.explain else []
        lines += ["}", ""]
    return "\n".join(lines)


def _gift(question: AskedQuestion) -> Iterator[str]:
    if question.number is not None:
        low, high = _accepted(question)
        yield f"  #{low:.6g}..{high:.6g}"
    elif question.kind == "order":
        for place, position in enumerate(question.key, start=1):
            yield f"  ={place} -> {_escaped(question.answers[position].text)}"
    else:
        for shown, fraction in zip(question.answers, _fractions(question), strict=True):
            weight = max(-_WHOLE, min(_WHOLE, fraction))
            mark = ("=" if fraction > 0 else "~") if question.kind == "choice" else f"~%{weight:.7g}%"
            said = f" #{_escaped(shown.feedback)}" if shown.feedback else ""
            yield f"  {mark}{_escaped(shown.text)}{said}"


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))
