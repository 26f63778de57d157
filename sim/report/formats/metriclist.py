"""`list --metrics`: what studies measure, as `expect` and `--show` name it, by study."""

from __future__ import annotations

import json
from collections.abc import Iterable

from sim import studies
from sim.report.grid import table


def as_table(names: Iterable[str], width: int | None = None) -> str:
    """A row a metric, with its statistics.

    Args:
        names: The studies.
        width: Of the terminal, where the last column goes on below. None for a line each, whatever its length.
    """
    rows = [
        (name, spec.name, spec.unit, f"{spec.description.removesuffix('.')}: {', '.join(spec.statistics)}")
        for name in names
        for spec in studies.study(name).metrics
    ]
    return "\n".join(table(("study", "metric", "unit", "what"), rows, limit=width, wrap=True)) + "\n"


def as_json(names: Iterable[str]) -> str:
    """A list of objects, in the same order."""
    rows = [
        {
            "study": name,
            "metric": spec.name,
            "statistics": list(spec.statistics),
            "unit": spec.unit,
            "interval": spec.interval,
            "what": spec.description,
        }
        for name in names
        for spec in studies.study(name).metrics
    ]
    return json.dumps(rows, indent=2, ensure_ascii=False)
