"""A checked scenario as a list has it, and what of the catalog takes part in it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sim import lessonindex
from sim.catalog import ledger
from sim.lessonindex import ListedLesson
from sim.loading.parameters import fields
from sim.scenario import Scenario

_BY_NAME = {"workload": "workloads", "registry": "registries"}
"""Parameters that name an entry of the catalog by a choice of their own."""


def listed(scenario: Scenario) -> ListedLesson:
    """What a list says of a scenario."""
    entries = {entry for part in scenario.parts for variant in part.variants.values() for entry in _entries(variant)}
    studies = tuple(part.study for part in scenario.parts)
    return ListedLesson(
        scenario.id, scenario.concept, studies, scenario.title, scenario.file, tuple(sorted(entries))
    )  # fmt: skip


def index() -> str:
    """The text of the shipped lessons' index."""
    from sim.loading import load

    files = sorted(lessonindex.folder().glob("*.yaml"))
    lines = [json.dumps(lessonindex.plain(listed(load(file)), file), ensure_ascii=False) for file in files]
    return "[\n" + ",\n".join(lines) + "\n]\n"


def _entries(parameters: Any) -> Iterator[str]:
    """The entries that a label's parameters name, the guest included that a technology starts by itself."""
    named = dict(_named(parameters))
    yield from (f"{kind}/{name}" for kind, name in named.items())
    guests = ledger.guests_of().get(named.get("technologies", ""), ())
    if guests and "guests" not in named:
        yield f"guests/{guests[0]}"


def _named(parameters: Any) -> Iterator[tuple[str, str]]:
    for name, control in fields(type(parameters)).items():
        kind = control.catalog or _BY_NAME.get(name)
        value = getattr(parameters, name)
        called = value if isinstance(value, str) else str(getattr(value, "id", "")).partition(" (")[0]
        if kind and kind != "images" and called and not Path(called).suffix:
            yield kind, called


def used_by(lessons: Mapping[str, ListedLesson]) -> dict[str, tuple[str, ...]]:
    """The ids of the lessons in which each entry takes part."""
    found: dict[str, list[str]] = {}
    for name, lesson in lessons.items():
        for entry in lesson.entries:
            found.setdefault(entry, []).append(name)
    return {entry: tuple(names) for entry, names in found.items()}
