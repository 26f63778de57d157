"""The order of a course and the plan of a class: `course/course.toml` and `course/class.toml` as types.

They name lessons by their ids. Which of them ship, `sim.classroom.course` sees.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, cast, get_args

from sim.catalog.read import Table
from sim.catalog.rules import entries
from sim.errors import InputError
from sim.quantity import parse
from sim.scenario import Text

FILE = Path(__file__).parents[1] / "course" / "course.toml"
CLASS_FILE = Path(__file__).parents[1] / "course" / "class.toml"

ClassPlace = Literal["projector", "hall", "laptops", "paper"]
"""What those in the class look at or do: the lecturer's picture, a vote by hand, work in pairs, a sheet."""

PLACES: tuple[ClassPlace, ...] = get_args(ClassPlace)


@dataclass(frozen=True, slots=True)
class CourseEntry:
    """A lesson's place in the course.

    Attributes:
        id: The lesson's id.
        teaser: Its question in few words.
        requires: Ids of lessons that it builds on. They stand before it.
    """

    id: str
    teaser: Text
    requires: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ChapterEntry:
    """A chapter with its lessons in order."""

    id: str
    title: Text
    lessons: tuple[CourseEntry, ...]


@dataclass(frozen=True, slots=True)
class ClassBlock:
    """A stretch of the class in one place.

    Attributes:
        start: Minutes since the class began.
        minutes: How long it takes.
        lessons: Ids of the lessons that it is about. Empty for none.
        text: What is done.
    """

    id: str
    place: ClassPlace
    start: int
    minutes: int
    lessons: tuple[str, ...]
    text: Text

    @property
    def end(self) -> int:
        """Minutes from the beginning of the class to its end."""
        return self.start + self.minutes


@cache
def chapters(path: Path = FILE) -> tuple[ChapterEntry, ...]:
    """The chapters in order. Raises `CatalogError` with every rule that the file breaks."""
    found: list[ChapterEntry] = []
    for name, table in entries(path):
        known = {lesson.id for chapter in found for lesson in chapter.lessons}
        found.append(ChapterEntry(name, table.text("title"), tuple(_lessons(table, known))))
    return tuple(found)


def _lessons(chapter: Table, known: set[str]) -> Iterator[CourseEntry]:
    for table in chapter.tables("lessons"):
        entry = CourseEntry(table.string("id"), table.text("teaser"), table.strings("requires"))
        if entry.id in known:
            table.problem(f"{entry.id!r} is there twice", "id")
        for needed in entry.requires:
            if needed not in known:
                table.problem(f"{needed!r} does not stand before {entry.id!r}", "requires")
        known.add(entry.id)
        table.done()
        yield entry


@cache
def blocks(path: Path = CLASS_FILE) -> tuple[ClassBlock, ...]:
    """The blocks of the class by their beginning. Raises `CatalogError` with every rule that the file breaks."""
    found = [_block(name, table) for name, table in entries(path)]
    return tuple(sorted(found, key=lambda block: (block.start, PLACES.index(block.place))))


def _block(name: str, table: Table) -> ClassBlock:
    place = cast("ClassPlace", table.string("place", allowed=PLACES))
    start, minutes = _minutes(table, "start", 0), _minutes(table, "length", 1)
    return ClassBlock(
        name, place if place in PLACES else "projector", start, minutes, table.strings("lessons"), table.text("text")
    )


def _minutes(table: Table, key: str, least: int) -> int:
    """A time in whole minutes."""
    value = table.string(key)
    try:
        seconds = parse(value, "s") if value else least * _MINUTE
    except InputError as error:
        table.problem(str(error), key)
        return least
    minutes = round(seconds / _MINUTE)
    if minutes * _MINUTE != seconds or minutes < least:
        table.problem(f"{value!r} is not a whole number of minutes from {least} on", key)
        return least
    return minutes


_MINUTE = 60
"""Seconds."""
