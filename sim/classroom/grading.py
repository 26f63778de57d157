"""Receipts of a class, graded against keys that are computed anew.

A receipt is what a student hands in: who, which lesson, which seed, which answers. It holds no key.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sim import __version__, limits
from sim.classroom.asked import AskedLesson, AskedQuestion, ask
from sim.classroom.letters import number, positions
from sim.classroom.seeds import seed_of
from sim.errors import InputError, Problem
from sim.inputfile import is_file, read_text
from sim.loading import load
from sim.loading.envelope import ID
from sim.loading.shipped import lessons
from sim.never import never
from sim.studies.base import Tick, no_tick
from sim.wording import suggestion

FORMAT = "lesson-receipt"
"""What a receipt says of itself, so that another JSON file in the folder is told from one."""

CLOSE = 1.25
"""A guess within this factor of the value is right."""

_NAME = 60
"""Characters of a name in a receipt that are quoted, and compared with those that there are."""
_TEXTS = ("student", "scenario", "model_version")


@dataclass(frozen=True)
class Receipt:
    """What a student hands in.

    Attributes:
        student: The id that the student has in the class.
        scenario: The lesson's id.
        seed: What the questions were asked with. None for the lesson as it is written.
        model_version: The version that asked them.
        answers: By question, in letters. A guess as a number in the unit asked for.
        file: Where it was read from.
    """

    student: str
    scenario: str
    seed: int | None
    model_version: str
    answers: Mapping[str, str] = field(default_factory=dict)
    file: str = ""

    def plain(self) -> dict[str, Any]:
        """As JSON has it."""
        named = {name: getattr(self, name) for name in ("student", "scenario", "seed", "model_version")}
        return {"format": FORMAT, **named, "answers": dict(self.answers)}


@dataclass(frozen=True)
class Grade:
    """What a receipt is worth: points by question, each from 0 to 1, and what a lecturer should know of it."""

    receipt: Receipt
    points: Mapping[str, float]
    notes: tuple[str, ...] = ()

    @property
    def total(self) -> float:
        """Points in all."""
        return sum(self.points.values())


def empty(asked: AskedLesson, student: str) -> Receipt:
    """A receipt to fill in: every question without an answer."""
    answers = {question.id: "" for question in asked.questions}
    return Receipt(student, asked.scenario.id, asked.seed, __version__, answers)


def read_receipt(path: Path) -> Receipt:
    """The receipt of a file. Raises `InputError` with what is wrong with it."""
    file = str(path)
    try:
        value = json.loads(read_text(path, limits.RECEIPT))
    except json.JSONDecodeError as error:
        raise InputError(Problem(f"no JSON: {error.msg}", file, error.lineno, error.colno)) from None
    except (ValueError, RecursionError):
        raise InputError(Problem("no JSON that a receipt could be", file)) from None
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        raise InputError(Problem(f"is no receipt; expected an object with the format {FORMAT!r}", file))
    problems = [
        Problem(f"{name} is missing; expected a text", file, path=name)
        for name in _TEXTS
        if not isinstance(value.get(name), str) or not value[name].strip()
    ]
    seed, answers = value.get("seed"), value.get("answers")
    if not (seed is None or (isinstance(seed, int) and not isinstance(seed, bool) and 0 <= seed < 2**63)):
        problems.append(Problem("expected a whole number, or null", file, path="seed"))
    if not isinstance(answers, dict) or not all(isinstance(given, str) for given in answers.values()):
        problems.append(Problem("expected an object with a text for each question", file, path="answers"))
    if problems or not isinstance(answers, dict):
        raise InputError(problems)
    return Receipt(value["student"], value["scenario"], seed, value["model_version"], answers, file)


class Grader:
    """Grades receipts. The key of a lesson and seed is computed once."""

    def __init__(self, folder: Path | None = None, tick: Tick = no_tick) -> None:
        """Nothing is read yet.

        Args:
            folder: Where lessons are that do not ship, each in a file of its id. It is asked before those that do.
            tick: Told how far each run is. It may raise `CancelledError`.
        """
        self._folder = folder
        self._tick = tick
        self._keys: dict[tuple[str, int | None], AskedLesson] = {}

    def grade(self, receipt: Receipt) -> Grade:
        """Its points. Raises `InputError` where its lesson is not known or an answer is none."""
        asked = self._asked(receipt)
        known = {question.id: question for question in asked.questions}
        problems = [
            Problem(f"there is no such question{suggestion(name[:_NAME], known)}", receipt.file, path=path)
            for name in receipt.answers
            if name not in known and (path := f"answers.{name[:_NAME]}")
        ]
        points: dict[str, float] = {}
        for name, question in known.items():
            try:
                points[name] = worth(question, receipt.answers.get(name, ""))
            except InputError as error:
                problems += [Problem(problem.message, receipt.file) for problem in error.problems]
        if problems:
            raise InputError(problems)
        return Grade(receipt, points, _notes(receipt))

    def _asked(self, receipt: Receipt) -> AskedLesson:
        key = (receipt.scenario, receipt.seed)
        if key not in self._keys:
            self._keys[key] = ask(load(self._file(receipt)), seed=receipt.seed, tick=self._tick)
        return self._keys[key]

    def _file(self, receipt: Receipt) -> Path | str:
        """The file of a receipt's lesson. Only an id is looked up, so that no receipt names a file elsewhere."""
        if self._folder is not None and re.fullmatch(ID, receipt.scenario):
            own = self._folder / f"{receipt.scenario}.yaml"
            if is_file(own):
                return own
        if receipt.scenario not in lessons():
            name = receipt.scenario[:_NAME]
            raise InputError(Problem(f"no lesson {name!r}{suggestion(name, lessons())}", receipt.file, path="scenario"))
        return receipt.scenario


def worth(question: AskedQuestion, given: str) -> float:
    """What an answer is worth, from 0 to 1. Raises `InputError` where it is none.

    An order is worth the share of places that are right. Where several answers are right, each right one counts and
    each wrong one takes as much away.
    """
    if not given.strip():
        return 0.0
    if question.number is not None:
        return _worth_number(question.number.value, number(question, given))
    chosen = positions(question, given)
    if question.kind == "choice":
        if len(chosen) > 1:
            raise InputError(f"question {question.id}: {given[:80]!r} names several answers; expected one")
        return float(chosen[0] in question.key)
    if question.kind == "order":
        if len(chosen) != len(question.key):
            raise InputError(
                f"question {question.id}: {given[:80]!r} orders {len(chosen)} of {len(question.key)}; expected all"
            )
        return sum(a == b for a, b in zip(chosen, question.key, strict=True)) / len(question.key)
    right, wrong = len(set(chosen) & set(question.key)), len(set(chosen) - set(question.key))
    return max(right - wrong, 0) / len(question.key) if question.key else float(not chosen)


def _worth_number(value: float, guess: float) -> float:
    if never(value) or value <= 0 or guess <= 0:
        return float(guess == value)
    return float(1 / CLOSE <= guess / value <= CLOSE)


def _notes(receipt: Receipt) -> tuple[str, ...]:
    notes = []
    if receipt.model_version != __version__:
        notes.append(f"asked by model version {receipt.model_version[:40]}, graded by {__version__}")
    if receipt.seed is not None and receipt.seed != seed_of(receipt.student):
        notes.append("the seed is not this student's")
    return tuple(notes)
