"""The classic comparison of existing virtualization with Docker: each cell's claim, and how far it holds.

The data are in `comparison/table.toml`. Each cell names the lesson that supports or corrects it, and a document.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, cast, get_args

from sim.catalog.read import Table
from sim.catalog.rules import documents_in, entries
from sim.scenario import Source, Text

FOLDER = Path(__file__).parents[1] / "comparison"

HowTrue = Literal["holds", "half"]
"""Whether a claim holds, or is half true."""

SIDES = ("existing", "docker")
"""The columns: virtualization as it was, and Docker."""


@dataclass(frozen=True, slots=True)
class ComparedClaim:
    """A cell of the comparison.

    Attributes:
        claim: What is claimed.
        verdict: How far it holds.
        why: What is so.
        lesson: The id of the lesson that shows it.
        source: The id of the document where it can be checked.
    """

    claim: Text
    verdict: HowTrue
    why: Text
    lesson: str
    source: str


@dataclass(frozen=True, slots=True)
class ComparedTopic:
    """A row of the comparison: what is compared, and a claim for each of `SIDES`."""

    id: str
    name: Text
    claims: Mapping[str, ComparedClaim]


@cache
def comparison_documents() -> Mapping[str, Source]:
    """The documents where the cells can be checked, by id."""
    return documents_in(FOLDER)


@cache
def comparison() -> tuple[ComparedTopic, ...]:
    """The rows, in the file's order."""
    found = []
    for name, table in entries(FOLDER / "table.toml"):
        cells = {side: inner for side in SIDES if (inner := table.table(side)) is not None}
        found.append(ComparedTopic(name, table.text("name"), {side: _claim(cell) for side, cell in cells.items()}))
    return tuple(found)


def _claim(table: Table) -> ComparedClaim:
    claim = ComparedClaim(
        claim=table.text("claim"),
        verdict=cast("HowTrue", table.string("verdict", allowed=get_args(HowTrue))),
        why=table.text("why"),
        lesson=table.string("lesson"),
        source=table.string("source", allowed=comparison_documents()),
    )
    table.done()
    return claim
