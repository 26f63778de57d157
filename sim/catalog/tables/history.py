"""What started Docker's containers when: eras of components, and the releases between them.

The data are in `history/*.toml`. Each era and release names a document. Dates are months.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Literal, cast, get_args

from sim.catalog.load import technologies
from sim.catalog.read import Table
from sim.catalog.rules import documents_in, entries, sources_of
from sim.records.instances import OWNERS, Owner
from sim.scenario import Source, Text

FOLDER = Path(__file__).parents[1] / "history"

Role = Literal["starts", "builds", "specifies", "option", "there"]
"""What a component was in an era. The first three are what counts then, the others exist beside it."""

_MONTH = re.compile(r"(20[0-9]{2})-(0[1-9]|1[0-2])")


@dataclass(frozen=True, slots=True)
class Era:
    """A stretch of a component's history.

    Attributes:
        role: What it was.
        start: Years, as 2016.25 for April 2016.
        end: Years. None for until today.
        text: A few words. "" where there is no room for any.
        sources: The ids of the documents that say so.
    """

    role: Role
    start: float
    end: float | None
    text: Text
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HistoryLane:
    """A component with its eras, the oldest first.

    Attributes:
        id: Its id.
        name: What it is called.
        owner: Whose colour it has.
        eras: They follow one another.
    """

    id: str
    name: Text
    owner: Owner
    eras: tuple[Era, ...]


@dataclass(frozen=True, slots=True)
class MarkedRelease:
    """A release that the time line marks.

    Attributes:
        id: Its id.
        name: What stands at its line.
        date: Years, as of an era.
        change: Whether something else starts the process from here on.
        technologies: The catalog's technologies that are of it.
        source: The id of the document that says so.
    """

    id: str
    name: Text
    date: float
    change: bool
    technologies: tuple[str, ...]
    source: str


@cache
def history_documents() -> Mapping[str, Source]:
    """The documents that say when, by id."""
    return documents_in(FOLDER)


@cache
def history_lanes() -> tuple[HistoryLane, ...]:
    """The components' histories, in the file's order."""
    found = []
    for name, table in entries(FOLDER / "eras.toml"):
        owner = cast("Owner", table.string("owner", allowed=OWNERS))
        found.append(HistoryLane(name, table.text("name"), owner, tuple(_era(each) for each in table.tables("eras"))))
    return tuple(found)


@cache
def marked_releases() -> Mapping[str, MarkedRelease]:
    """The releases that are marked, the oldest first."""
    found = {}
    for name, table in entries(FOLDER / "releases.toml"):
        of = table.strings("technologies") if table.has("technologies") else ()
        for technology in of:
            if technology not in technologies():
                table.problem(f"there is no technology {technology!r}", "technologies")
        found[name] = MarkedRelease(
            id=name,
            name=table.text("name"),
            date=_month(table, "date"),
            change=table.flag("change"),
            technologies=of,
            source=table.string("source", allowed=history_documents()),
        )
    return MappingProxyType(found)


def _era(table: Table) -> Era:
    era = Era(
        role=cast("Role", table.string("role", allowed=get_args(Role))),
        start=_month(table, "from"),
        end=_month(table, "to") if table.has("to") else None,
        text=table.text("text") if table.has("text") else Text(en="", ja=""),
        sources=sources_of(table, history_documents()),
    )
    table.done()
    return era


def _month(table: Table, key: str) -> float:
    written = table.string(key)
    matched = _MONTH.fullmatch(written)
    if not matched:
        table.problem(f"{written!r} is no month; expected a year and a month, as in '2016-04'", key)
        return 0.0
    return int(matched[1]) + (int(matched[2]) - 1) / 12
