"""Pieces of messages about what somebody wrote: a value, and the name that may be meant."""

from __future__ import annotations

import difflib
import json
import operator
import re
from collections.abc import Iterable
from typing import Any

from sim.errors import InputError
from sim.reasons import Reason

_PARTS = re.compile(r"[-_. ]")
_SLIP = 0.8
"""How alike two names are, by `difflib`, where one is the other with a slip of the finger."""

_FEW = 24
"""Most names that a message lists where something else lists all."""

_NEAR = 3
"""Names that a message has of more."""


def suggestion(name: str, known: Iterable[str]) -> str:
    """', did you mean ...?', or '; there are ...', to end a message about an unknown name."""
    known = list(known)
    near = nearest(name, known)
    if near:
        return Reason("near", ", did you mean {near}?", near=repr(near))
    return Reason("known", "; there are {known}", known=", ".join(known)) if known else ""


def suggestion_of_many(name: str, known: Iterable[str], where: str) -> str:
    """As `suggestion`, of names that may be too many to list: then the nearest few, and where all are.

    >>> suggestion_of_many("x", [f"name{number}" for number in range(500)], "the table")
    '; the nearest are name0, name1, name2; the table has all 500'
    """
    known = list(known)
    if len(known) <= _FEW or nearest(name, known):
        return suggestion(name, known)
    near = sorted(known, key=lambda one: -difflib.SequenceMatcher(None, name.lower(), one).ratio())[:_NEAR]
    return f"; the nearest are {', '.join(near)}; {where} has all {len(known):,}"


def nearest(name: str, known: Iterable[str]) -> str:
    """The name that may be meant. "" where none is near.

    >>> nearest("dokcer", ["docker", "qemu-kvm"]), nearest("KVM", ["docker", "qemu-kvm"]), nearest("x", ["docker"])
    ('docker', 'qemu-kvm', '')
    >>> nearest("kvmm", ["docker", "qemu-kvm"])
    'qemu-kvm'
    """
    known = list(known)
    given = name.lower()
    close = (
        difflib.get_close_matches(given, known, 1, _SLIP)
        or _sharing(given, known)
        or difflib.get_close_matches(given, known, 1)
        or [one for part in difflib.get_close_matches(given, _parts(known), 1, _SLIP) for one in _sharing(part, known)]
    )
    return close[0] if close else ""


def _sharing(given: str, known: Iterable[str]) -> list[str]:
    """The names of which one is a part, and those whose parts are some of its own.

    "kvm" is a part of "qemu-kvm", as "docker" is of "docker-engine". The shortest such name says the least more.
    """
    parts = set(_PARTS.split(given))
    return sorted((one for one in known if given in _PARTS.split(one) or set(_PARTS.split(one)) < parts), key=len)


def _parts(known: Iterable[str]) -> list[str]:
    """The parts of names, each once."""
    return list(dict.fromkeys(part for one in known for part in _PARTS.split(one)))


def whole_number(name: str, value: Any) -> int:
    """A value that must be a whole number: Python's own, or what counts as one, as numpy's do.

    >>> whole_number("jobs", 2)
    2

    Raises `InputError` naming the value.
    """
    try:
        return operator.index(value)
    except TypeError:
        raise InputError(f"{name}: {shown(value)} does not fit; expected a whole number") from None


def shown(value: Any) -> str:
    """A value in a message, short."""
    text = json.dumps(value, ensure_ascii=False, default=str) if not isinstance(value, str) else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
