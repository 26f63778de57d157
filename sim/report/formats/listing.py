"""`list`: the lessons there are, by concept."""

from __future__ import annotations

import json
from collections.abc import Sequence

from sim.lessonindex import ListedLesson
from sim.report.grid import table


def _ordered(lessons: Sequence[ListedLesson]) -> list[ListedLesson]:
    return sorted(lessons, key=lambda lesson: (lesson.concept, lesson.id != lesson.concept, lesson.id))


def as_table(lessons: Sequence[ListedLesson], width: int | None = None) -> str:
    """A row a lesson. A concept's own lesson comes first among its lessons.

    Args:
        width: Of the terminal, where titles that are longer go on below. None for a line each, whatever its length.
    """
    rows = [(each.concept, each.id, " + ".join(each.studies), each.title.en) for each in _ordered(lessons)]
    return "\n".join(table(("concept", "scenario", "study", "title"), rows, limit=width, wrap=True)) + "\n"


def as_json(lessons: Sequence[ListedLesson]) -> str:
    """A list of objects, in the same order."""
    rows = [
        {
            "concept": each.concept,
            "scenario": each.id,
            "studies": list(each.studies),
            "title": {language: each.title.read(language) for language in ("en", "ja")},
            "file": each.file,
        }
        for each in _ordered(lessons)
    ]
    return json.dumps(rows, indent=2, ensure_ascii=False)
