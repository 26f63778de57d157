"""The exported questions, read back by the rules that Moodle's importers have.

The rules are those of `question/format/gift/format.php`, `question/format/xml/format.php` and `fraction_options_full`
in `question/engine/bank.php` (Moodle 3.5; those of 2026 are the same). `docs/lessons.md` says how all lessons were read
with the importers themselves.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from sim.classroom.asked import AskedLesson, AskedQuestion, ask
from sim.classroom.questions import as_gift, as_moodle
from sim.loading import load, override
from sim.loading.shipped import lessons
from tests import shipped

GRADES = [
    1, 0.9, 0.8333333, 0.8, 0.75, 0.7, 0.6666667, 0.6, 0.5, 0.4, 0.3333333, 0.3, 0.25, 0.2, 0.1666667, 0.1428571, 0.125,
    0.1111111, 0.1, 0.05, 0,
]  # fmt: skip
"""What an answer may be worth, and as much less than nothing. Another worth is an error by default."""

LESSONS = [name for name in lessons() if name != "own-image"]


@dataclass
class Read:
    """A question as an importer understands it."""

    kind: str
    text: str
    general: str
    answers: list[str] = field(default_factory=list)
    worth: list[float] = field(default_factory=list)
    feedback: list[str] = field(default_factory=list)
    single: bool = True
    accepted: tuple[float, float] = (0, 0)


def unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text).strip()


def parts(text: str, mark: str) -> list[str]:
    return re.split(rf"(?<!\\){mark}", text)


def gift(text: str) -> list[Read]:
    """Blocks between empty lines. The first is the comment and the category."""
    first, *blocks = [block for block in text.split("\n\n") if block.strip()]
    assert re.fullmatch(r"//.*\n\$CATEGORY: \$course\$/top/[a-z0-9-]+", first)
    return [_gift(block.strip()) for block in blocks]


def _gift(block: str) -> Read:
    named = re.fullmatch(r"::((?:[^:\\]|\\.)*)::\[plain\]((?:[^{\\]|\\.)*)\{(.*)\}", block, re.DOTALL)
    assert named, block
    answers, _, general = named[3].rpartition("####") if "####" in named[3] else (named[3], "", "")
    question = Read("", unescaped(named[2]), unescaped(general))
    answers = answers.strip()
    if answers.startswith("#"):
        low, high = answers[1:].split("..")
        question.kind, question.accepted = "numerical", (float(low), float(high))
    elif len(parts(answers, "~")) > 1:
        question.kind = "multichoice"
        question.single = len(parts(answers, "=")) > 1
        for mark, answer in re.findall(r"([~=])((?:[^~=\\]|\\.)*)", answers):
            weight = re.match(r"%-*([0-9]{1,2})\.?([0-9]*)%", answer)
            question.worth.append(float(weight[0].strip("%")) / 100 if weight else float(mark == "="))
            said, *feedback = parts(answer.strip().removeprefix(weight[0] if weight else ""), "#")
            question.answers.append(unescaped(said))
            question.feedback.append(unescaped("#".join(feedback)))
    else:
        question.kind = "match"
        question.answers = [unescaped(pair.split("->", 1)[1]) for pair in filter(str.strip, parts(answers, "="))]
    return question


def moodle(text: str) -> list[Read]:
    first, *questions = ET.fromstring(text)
    assert first.get("type") == "category"
    return [_moodle(question) for question in questions]


def _moodle(element: ET.Element) -> Read:
    kind = {"matching": "match"}.get(element.get("type", ""), element.get("type", ""))
    asked, general = (element.findtext(f"{name}/text") or "" for name in ("questiontext", "generalfeedback"))
    question = Read(kind, asked, general, single=element.findtext("single", "true") != "false")
    answers = element.findall("answer")
    if kind == "match":
        question.answers = [pair.findtext("answer/text") or "" for pair in element.findall("subquestion")]
    elif kind == "numerical":
        (answer,) = answers
        middle, around = float(answer.findtext("text") or ""), float(answer.findtext("tolerance") or "")
        question.accepted = (middle - around, middle + around)
    else:
        question.answers = [answer.findtext("text") or "" for answer in answers]
        question.worth = [float(answer.get("fraction", "0")) / 100 for answer in answers]
        question.feedback = [answer.findtext("feedback/text") or "" for answer in answers]
    return question


def flat(text: str) -> str:
    return " ".join(text.split())


def hold(read: Read, question: AskedQuestion) -> None:
    """The importer understands what was asked, and takes what each answer is worth."""
    kinds = {"choice": "multichoice", "several": "multichoice", "order": "match", "number": "numerical"}
    unit = f" [{question.unit[0]}]" if question.unit[0] else ""
    assert (read.kind, flat(read.text)) == (kinds[question.kind], flat(question.ask) + unit)
    assert flat(read.general) == flat(question.explain)
    if question.number is not None:
        value = question.number.value / question.unit[1]
        assert read.accepted == pytest.approx((value / 1.25, value * 1.25), rel=1e-4)
    elif question.kind == "order":
        assert read.answers == [flat(question.answers[position].text) for position in question.key]
    else:
        _hold_choices(read, question)


def _hold_choices(read: Read, question: AskedQuestion) -> None:
    shown = len(question.answers)
    assert read.single == (question.kind == "choice")
    assert list(map(flat, read.answers[:shown])) == [flat(answer.text) for answer in question.answers]
    assert list(map(flat, read.feedback[:shown])) == [flat(answer.feedback) for answer in question.answers]
    assert len(read.answers) == shown + (question.kind == "several")
    for worth in read.worth:
        assert any(abs(abs(worth) - grade) < 1e-5 for grade in GRADES)
    right = {position for position, worth in enumerate(read.worth) if worth > 0}
    assert right == set(question.key or [shown])
    assert sum(read.worth[position] for position in right) == pytest.approx(1, abs=0.005)


@pytest.mark.parametrize("lesson", LESSONS)
def test_what_is_exported_of_a_lesson_is_read_as_it_was_asked(lesson: str) -> None:
    scenario = load(lesson)
    scenario = override(scenario, {"replications": min(2, scenario.replications)})
    for language in ("en", "ja"):
        with shipped.runs_once(lesson):
            asked = ask(scenario, language, seed=7)
        for read in (gift(as_gift(asked)), moodle(as_moodle(asked))):
            assert len(read) == len(asked.questions)
            for each, question in zip(read, asked.questions, strict=True):
                hold(each, question)


@pytest.mark.parametrize("right", [0, 1, 2, 3, 7, 10])
def test_any_number_of_right_answers_can_be_imported(right: int) -> None:
    """GIFT's weights have two digits before the point, and no question may be without a right answer."""
    asked = with_right(ask(load("layers")), right)
    for read in (gift(as_gift(asked)), moodle(as_moodle(asked))):
        hold(read[0], asked.questions[0])


def with_right(asked: AskedLesson, right: int) -> AskedLesson:
    first, *others = asked.questions
    answers: Any = tuple(replace(answer, right=at < right) for at, answer in enumerate(first.answers))
    return replace(asked, questions=(replace(first, answers=answers, key=tuple(range(right))), *others))
