"""The index of the shipped lessons: what a list says of each, without reading 30 YAML files and checking them.

`python -m scripts.generate` makes it, and a test holds that it is current. It names the content of each file, so that
a file that was changed since is never listed by what it was.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sim.scenario import Text

NAME = "index.json"
"""The index in the scenarios' folder."""

_PACKAGE = Path(__file__).resolve().parent


@dataclass(frozen=True, slots=True)
class ListedLesson:
    """A lesson as a list has it.

    Attributes:
        id: Its id.
        concept: The concept that it is about.
        studies: Those of its parts, in order.
        title: Its title.
        file: Where it was read.
        entries: What of the catalog takes part in it, "technologies/docker".
    """

    id: str
    concept: str
    studies: tuple[str, ...]
    title: Text
    file: str = ""
    entries: tuple[str, ...] = ()


def folder() -> Path:
    """The folder of the scenarios: inside the package where it is installed, beside it in a checkout."""
    inside = _PACKAGE / "scenarios"
    return inside if inside.is_dir() else _PACKAGE.parent / "scenarios"


def content(path: Path) -> str:
    """What tells a file's content from every other. Line ends do not count."""
    return hashlib.sha256(path.read_bytes().replace(b"\r\n", b"\n")).hexdigest()


def plain(lesson: ListedLesson, path: Path) -> dict[str, Any]:
    """A lesson as the index has it.

    Args:
        path: Its file.
    """
    return {
        "id": lesson.id,
        "content": content(path),
        "concept": lesson.concept,
        "studies": list(lesson.studies),
        "title": {"en": lesson.title.en, "ja": lesson.title.ja},
        "entries": list(lesson.entries),
    }


def indexed() -> dict[Path, ListedLesson]:
    """The shipped lessons by their files: those that the index knows, and that are as they were then."""
    try:
        entries = json.loads((folder() / NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    found = {}
    for entry in entries:
        path = folder() / f"{entry['id']}.yaml"
        if path.is_file() and content(path) == entry["content"]:
            found[path] = _lesson(entry, path)
    return found


def _lesson(entry: dict[str, Any], path: Path) -> ListedLesson:
    return ListedLesson(
        id=entry["id"],
        concept=entry["concept"],
        studies=tuple(entry["studies"]),
        title=Text(**entry["title"]),
        file=str(path),
        entries=tuple(entry["entries"]),
    )
