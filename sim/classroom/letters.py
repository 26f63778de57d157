"""Answers by letter, as they are written on paper and in a receipt: "b", or "c, a, b" for an order."""

from __future__ import annotations

import re
import string
from collections.abc import Iterable

from sim.classroom.asked import AskedQuestion
from sim.errors import InputError

_NUMBER = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,15})?)(?:[eE]([-+]?[0-9]{1,2}))?")


def letter(position: int) -> str:
    """The letter of an answer: a to z, then aa and on.

    >>> letter(0), letter(25), letter(26)
    ('a', 'z', 'aa')
    """
    letters = string.ascii_lowercase
    return letters[position] if position < len(letters) else letter(position // 26 - 1) + letters[position % 26]


def letters(positions: Iterable[int]) -> str:
    """Several answers, "c, a, b"."""
    return ", ".join(letter(position) for position in positions)


def positions(question: AskedQuestion, given: str) -> tuple[int, ...]:
    """The answers that letters stand for. Raises `InputError` naming a letter that no answer has."""
    known = {letter(position): position for position in range(len(question.answers))}
    written = [word for word in re.split(r"[\s,;>]+", given.strip().lower()) if word]
    for word in written:
        if word not in known:
            last = letter(len(known) - 1)
            raise InputError(f"question {question.id}: {word[:20]!r} is no answer; expected letters from a to {last}")
    if len(set(written)) < len(written):
        raise InputError(f"question {question.id}: {given[:80]!r} names an answer twice")
    return tuple(known[word] for word in written)


def number(question: AskedQuestion, given: str) -> float:
    """A number in the unit that the question asks for, in SI units. Raises `InputError` where it is none."""
    unit, worth = question.unit
    text = given.strip().removesuffix(unit).strip().replace(",", "")
    if not _NUMBER.fullmatch(text):
        expected = f"a number of {unit}" if unit else "a number"
        raise InputError(f"question {question.id}: {given[:80]!r} is no number; expected {expected}")
    return float(text) * worth
