"""The scenarios that ship: where they are, which there are, and the file that an id stands for."""

from __future__ import annotations

import re
from pathlib import Path

from sim import limits
from sim.errors import InputError, Problem
from sim.lessonindex import folder as folder
from sim.loading.envelope import ID
from sim.wording import nearest

EVIDENCE = "evidence"
"""The folder among the scenarios with those that predict published figures. They are no lessons."""
PRESETS = "presets"
"""That with those from which the dashboard's page Explore may start. They are no lessons either."""


def lessons() -> tuple[str, ...]:
    """The ids of the lessons, by name. A scenario's id is the name of its file."""
    return tuple(sorted(file.stem for file in folder().glob("*.yaml")))


def presets() -> tuple[str, ...]:
    """The ids of the presets, by name."""
    return tuple(sorted(file.stem for file in (folder() / PRESETS).glob("*.yaml")))


def find(named: str | Path) -> Path:
    """The file that is meant: a path, or the id of a lesson, preset or case of evidence where no file has that name.

    Raises `InputError` naming what is near, and where the list is, for a text that could be an id and is neither.
    """
    path, text = Path(named), str(named)
    if not re.fullmatch(ID, text) or len(text) > limits.ID or path.is_file():
        return path
    for place in (folder(), folder() / PRESETS, folder() / EVIDENCE):
        if (file := place / f"{text}.yaml").is_file():
            return file
    if path.exists():
        return path
    raise InputError(Problem(f"no such file, and no scenario of that id{_hint(text)}", text))


def _hint(text: str) -> str:
    """The id that may be meant, and where all are: they are too many for a message."""
    near = nearest(text, (*lessons(), *presets()))
    return f"{f', did you mean {near!r}?' if near else ';'} 'list' shows all lessons"
