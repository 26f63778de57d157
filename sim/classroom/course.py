"""The course as a map: its chapters with the lessons that ship, and the class of 90 minutes that is made of some."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sim.catalog.tables.course import ChapterEntry, ClassBlock, CourseEntry, blocks, chapters
from sim.report.grid import table
from sim.report.style import Language
from sim.report.texts import tr
from sim.scenario import Minutes, Prediction, Scenario, Text


@dataclass(frozen=True, slots=True)
class CourseLesson:
    """A lesson in its place.

    Attributes:
        number: From 1, through all chapters.
        teaser: Its question in few words.
        requires: The lessons that it builds on, of those that ship.
    """

    number: int
    scenario: Scenario
    teaser: Text
    requires: tuple[str, ...]

    @property
    def minutes(self) -> Minutes:
        """How long it takes."""
        return self.scenario.lesson.minutes if self.scenario.lesson else Minutes()


@dataclass(frozen=True, slots=True)
class CourseChapter:
    """A chapter: its title, its lessons in order."""

    title: Text
    lessons: tuple[CourseLesson, ...]


@dataclass(frozen=True, slots=True)
class Course:
    """The chapters, and the blocks of the class."""

    chapters: tuple[CourseChapter, ...]
    blocks: tuple[ClassBlock, ...]

    @property
    def lessons(self) -> tuple[CourseLesson, ...]:
        """All lessons in order."""
        return tuple(lesson for chapter in self.chapters for lesson in chapter.lessons)

    @property
    def numbers(self) -> dict[str, int]:
        """The number of each lesson by its id."""
        return {lesson.scenario.id: lesson.number for lesson in self.lessons}

    @property
    def in_class(self) -> tuple[CourseLesson, ...]:
        """The lessons that the class is about, as they first come."""
        known = {lesson.scenario.id: lesson for lesson in self.lessons}
        named = dict.fromkeys(name for block in self.blocks for name in block.lessons)
        return tuple(known[name] for name in named if name in known)

    @property
    def ends(self) -> tuple[CourseLesson, ...]:
        """Those of the class that no other of it builds on. What is left out first where time is short."""
        needed = {name for lesson in self.in_class for name in lesson.requires}
        return tuple(lesson for lesson in self.in_class if lesson.scenario.id not in needed)


def course(scenarios: Iterable[Scenario]) -> Course:
    """The course of some lessons. Those that no chapter names follow the others of their concept."""
    there = {scenario.id: scenario for scenario in scenarios if scenario.lesson is not None}
    placed = _placed(chapters(), there)
    made: list[CourseChapter] = []
    number = 0
    for chapter, entries in placed:
        lessons = []
        for entry in entries:
            number += 1
            requires = tuple(name for name in entry.requires if name in there)
            lessons.append(CourseLesson(number, there[entry.id], entry.teaser, requires))
        if lessons:
            made.append(CourseChapter(chapter.title, tuple(lessons)))
    return Course(tuple(made), blocks())


def _placed(
    named: tuple[ChapterEntry, ...], there: dict[str, Scenario]
) -> Iterator[tuple[ChapterEntry, tuple[CourseEntry, ...]]]:
    known = {entry.id for chapter in named for entry in chapter.lessons}
    others = [scenario for name, scenario in sorted(there.items()) if name not in known]
    for chapter in named:
        entries: list[CourseEntry] = []
        for entry in chapter.lessons:
            entries += [entry] if entry.id in there else []
            concept = there[entry.id].concept if entry.id in there else entry.id
            follow = [other for other in others if other.concept == concept]
            entries += [CourseEntry(other.id, other.title) for other in follow]
            others = [other for other in others if other not in follow]
        if chapter is named[-1]:
            entries += [CourseEntry(other.id, other.title) for other in others]
        yield chapter, tuple(entries)


def predicts(predict: Prediction) -> str:
    """The message id of what kind of prediction is made."""
    if predict.rank:
        return "course.rank"
    if predict.guess:
        return "course.guess"
    return "course.pick" if predict.choices else "course.steps"


def predicted(lesson: CourseLesson, language: Language) -> str:
    """What is done before the run, in a word or two."""
    assert lesson.scenario.lesson is not None
    return tr(predicts(lesson.scenario.lesson.predict), language)


def time_of(lesson: CourseLesson) -> str:
    """Minutes to show it and as a lab: "5/20"."""
    return f"{lesson.minutes.demonstration}/{lesson.minutes.lab}"


def named(block: ClassBlock, numbers: dict[str, int], language: Language) -> str:
    """What a block is about: "lesson 2", "lessons 16, 17". "" where it is about none."""
    found = [f"{numbers[name]}" for name in block.lessons if name in numbers]
    if not found:
        return ""
    return tr("course.lesson" if len(found) == 1 else "course.lessons", language, numbers=", ".join(found))


def as_text(plan: Course, language: Language = "en", width: int | None = None) -> str:
    """The map for a terminal: a row a lesson, then a row a block of the class.

    Args:
        width: Of the terminal. None for rows of any length.
    """
    parts = []
    for number, chapter in enumerate(plan.chapters, start=1):
        rows = [
            (
                f"{lesson.number}",
                lesson.scenario.id,
                time_of(lesson),
                predicted(lesson, language),
                ", ".join(f"{plan.numbers[name]}" for name in lesson.requires),
                lesson.teaser.read(language),
            )
            for lesson in chapter.lessons
        ]
        head = tuple(tr(f"course.column.{name}", language) for name in _COLUMNS)
        parts.append([f"{number}. {chapter.title.read(language)}", *table(head, rows, limit=width, wrap=True)])
    parts.append([tr("course.class", language), *_class_rows(plan, language, width), short_of_time(plan, language)])
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


_COLUMNS = ("number", "lesson", "minutes", "prediction", "requires", "question")


def _class_rows(plan: Course, language: Language, width: int | None) -> list[str]:
    rows = [
        (
            f"{block.start}-{block.end}",
            tr(f"course.{block.place}", language),
            ", ".join(name for name in block.lessons if name in plan.numbers),
            block.text.read(language),
        )
        for block in plan.blocks
    ]
    head = tuple(tr(f"course.column.{name}", language) for name in ("minutes", "where", "lesson", "what"))
    return table(head, rows, limit=width, wrap=True)


def short_of_time(plan: Course, language: Language) -> str:
    """What to leave out first, as a sentence: the last of those on which nothing builds."""
    last = list(reversed(plan.ends))[:_LEFT_OUT]
    return tr("course.short", language, lessons=", ".join(f"{each.number} {each.scenario.id}" for each in last))


_LEFT_OUT = 2
"""Lessons that the sentence names."""


def as_json(plan: Course) -> str:
    """The map as an object: `chapters` with their lessons, and `class` with its blocks."""
    return json.dumps(
        {
            "chapters": [
                {"title": _both(chapter.title), "lessons": [_plain(lesson) for lesson in chapter.lessons]}
                for chapter in plan.chapters
            ],
            "class": [
                {
                    "place": block.place,
                    "start": block.start,
                    "minutes": block.minutes,
                    "lessons": list(block.lessons),
                    "text": _both(block.text),
                }
                for block in plan.blocks
            ],
        },
        indent=2,
        ensure_ascii=False,
    )


def _plain(lesson: CourseLesson) -> dict[str, object]:
    return {
        "number": lesson.number,
        "scenario": lesson.scenario.id,
        "demonstration": lesson.minutes.demonstration,
        "lab": lesson.minutes.lab,
        "prediction": predicted(lesson, "en"),
        "requires": list(lesson.requires),
        "question": _both(lesson.teaser),
    }


def _both(text: Text) -> dict[str, str]:
    return {"en": text.read("en"), "ja": text.read("ja")}
