"""`list`: the lessons there are, by concept."""

from __future__ import annotations

import json
from collections.abc import Sequence

from sim.report.grid import table
from sim.scenario import Scenario


def _ordered(scenarios: Sequence[Scenario]) -> list[Scenario]:
    return sorted(scenarios, key=lambda scenario: (scenario.concept, scenario.id != scenario.concept, scenario.id))


def as_table(scenarios: Sequence[Scenario], width: int | None = None) -> str:
    """A row a lesson. A concept's own lesson comes first among its lessons.

    Args:
        width: Of the terminal, where titles that are longer go on below. None for a line each, whatever its length.
    """
    rows = [
        (s.concept, s.id, " + ".join(part.study for part in s.parts), s.title.en) for s in _ordered(scenarios)
    ]  # fmt: skip
    return "\n".join(table(("concept", "scenario", "study", "title"), rows, limit=width, wrap=True)) + "\n"


def as_json(scenarios: Sequence[Scenario]) -> str:
    """A list of objects, in the same order."""
    rows = [
        {
            "concept": s.concept,
            "scenario": s.id,
            "studies": [part.study for part in s.parts],
            "title": {language: s.title.read(language) for language in ("en", "ja")},
            "file": s.file,
        }
        for s in _ordered(scenarios)
    ]
    return json.dumps(rows, indent=2, ensure_ascii=False)
