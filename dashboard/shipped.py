"""The shipped scenarios: which there are, read once, in the order a course would take them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import streamlit as st

from sim.catalog.tables.course import chapters
from sim.classroom.course import course
from sim.errors import InputError
from sim.scenario import Scenario

FOLDER = Path(__file__).resolve().parent.parent / "scenarios"
_PRESETS = "presets"
"""The folder among them with scenarios that are no lessons, only starting points."""


def entries() -> tuple[str, ...]:
    """The ids of the shipped scenarios. A scenario's id is the name of its file. Evidence is not among them.

    Those that the course does not name follow, by name.
    """
    there = sorted(file.stem for file in FOLDER.glob("*.yaml"))
    named = [lesson.id for chapter in chapters() for lesson in chapter.lessons]
    return tuple([name for name in named if name in there] + [name for name in there if name not in named])


def scenario(name: str) -> Scenario:
    """The checked scenario of that id. Raises `InputError` naming those there are, or what is wrong in its file."""
    if name not in entries():
        raise InputError(f"no scenario {name!r}; there are {', '.join(entries())}")
    return _current(name)


def readable(names: Iterable[str]) -> tuple[Scenario, ...]:
    """The scenarios of those names, which are of `entries` or of files below it. A broken file is left out.

    Its own page says so.
    """
    scenarios = []
    for name in names:
        try:
            scenarios.append(_current(name))
        except InputError:
            continue
    return tuple(scenarios)


def explorable() -> tuple[Scenario, ...]:
    """What an exploration may start from: the readable lessons in the course's order, then what is there for it."""
    more = (f"{_PRESETS}/{file.stem}" for file in sorted((FOLDER / _PRESETS).glob("*.yaml")))
    return readable((*entries(), *more))


def minutes(name: str) -> int:
    """Minutes that scenario takes as a demonstration."""
    lesson = scenario(name).lesson
    return lesson.minutes.demonstration if lesson else 5


def lessons() -> tuple[str, ...]:
    """The ids of the lessons in the order of the course's page."""
    return tuple(lesson.scenario.id for lesson in course(readable(entries())).lessons)


def _current(name: str) -> Scenario:
    file = FOLDER / f"{name}.yaml"
    return _read(str(file), file.stat().st_mtime_ns)


@st.cache_resource(show_spinner=False, max_entries=128)
def _read(file: str, changed: int) -> Scenario:  # noqa: ARG001 - when the file changed is part of the cache's key
    from sim.loading import load

    return load(file)
