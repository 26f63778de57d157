"""Every number of the catalog and every fact as a row: what it is, where from, how far it may be off, where it is used.

Rows are found by words, by who uses them, by what stands behind them and by publication. `sim.evidence.sourced` adds
the published figures that predictions are held against, and the recordings of engines.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

from sim.catalog import ledger
from sim.catalog.facts import Fact
from sim.catalog.ledger import LedgerNumber
from sim.catalog.load import facts
from sim.lessonindex import ListedLesson
from sim.printable import printable
from sim.report.bibliography import Citation, entries
from sim.report.catalogtexts import reasoned
from sim.report.grid import table, wrapped
from sim.report.sources import address, publication
from sim.scenario import Text

SourceKind = Literal["number", "fact", "published", "recording"]
"""A number of the catalog, a fact that numbers stand on, a figure that is predicted, a recording that is replayed."""

Basis = Literal["estimate", "published", "measured", "chosen", "recorded"]
"""What stands behind a row: this project's reasoning, a publication, its own measurement, its own choice, an engine."""

KINDS: tuple[SourceKind, ...] = ("number", "fact", "published", "recording")
BASES: tuple[Basis, ...] = ("published", "measured", "estimate", "chosen", "recorded")

MEASURED = ("R", "K")
"""The first letters of the ids of facts that were measured for this project."""


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A row.

    Attributes:
        id: What a link calls it: a number's file and path, a fact's id, a case and its place, a recording's file.
        what: What it is, in both languages.
        value, low, high: As they are written, with their unit. Low and high are "" where there is no range.
        on: Host, version and load that it, or what it follows from, was measured on. "" where nothing says so.
        citations: What it was published in.
        reason: An estimate's reasoning, how a number follows from its facts, or what this project chose it for.
        entries: Of the catalog, "technologies/docker": what it is a number of, and what runs with it.
        studies: Those that use it.
        lessons: The ids of those in which it takes part.
        numbers: Of a fact, the ids of the numbers that stand on it.
        use: Of a published figure, "calibrate" or "check".
    """

    id: str
    kind: SourceKind
    basis: Basis
    what: Text
    value: str
    low: str = ""
    high: str = ""
    on: str = ""
    citations: tuple[Citation, ...] = ()
    reason: str = ""
    entries: tuple[str, ...] = ()
    studies: tuple[str, ...] = ()
    lessons: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    use: str = ""

    @property
    def facts(self) -> tuple[str, ...]:
        """The ids of the facts that it cites."""
        return tuple(name for citation in self.citations for name in citation.ids)

    @property
    def publications(self) -> tuple[str, ...]:
        """What it was published in, without page or figure."""
        return tuple(dict.fromkeys(publication(citation.source) for citation in self.citations))


def catalog_rows(lessons: Mapping[str, ListedLesson]) -> tuple[SourceRow, ...]:
    """A row for each number of the catalog and for each fact.

    Args:
        lessons: Those whose use of the catalog is told, by id.
    """
    where = _Where(lessons)
    numbers = [_of_number(number, where) for number in ledger.numbers()]
    standing: dict[str, list[SourceRow]] = {}
    for row in numbers:
        for name in row.facts:
            standing.setdefault(name, []).append(row)
    return (*numbers, *(_of_fact(fact, standing.get(fact.id, [])) for fact in facts().values()))


class _Where:
    """In which lessons and studies an entry of the catalog takes part, and which technologies start a guest."""

    def __init__(self, lessons: Mapping[str, ListedLesson]) -> None:
        self._lessons = lessons
        self._starts: dict[str, list[str]] = {}
        for technology, guests in ledger.guests_of().items():
            for guest in guests:
                self._starts.setdefault(f"guests/{guest}", []).append(f"technologies/{technology}")

    def entries(self, number: LedgerNumber) -> tuple[str, ...]:
        """Whose it is, and the technologies that start a guest whose it is."""
        started = [name for entry in number.entries for name in self._starts.get(entry, ())]
        return tuple(dict.fromkeys((*number.entries, *started)))

    def lessons(self, number: LedgerNumber) -> tuple[ListedLesson, ...]:
        """Those in which one of its own entries takes part, or which ask a study that reads its file."""
        own, studies = set(number.entries), set(number.studies)
        return tuple(
            lesson
            for lesson in self._lessons.values()
            if own.intersection(lesson.entries) or studies.intersection(lesson.studies)
        )


def _of_number(number: LedgerNumber, where: _Where) -> SourceRow:
    lessons = where.lessons(number)
    studies = number.studies or {study for lesson in lessons for study in lesson.studies}
    known = [name for name in number.sources if name in facts()]
    return SourceRow(
        id=number.id,
        kind="number",
        basis=_basis(number, known),
        what=_called(number),
        value=number.value,
        low=number.low,
        high=number.high,
        on=number.on or "; ".join(dict.fromkeys(facts()[name].conditions for name in known)),
        citations=tuple(entries(known)),
        reason=number.estimate or number.derivation or number.definition,
        entries=where.entries(number),
        studies=tuple(sorted(studies)),
        lessons=tuple(lesson.id for lesson in lessons),
    )


def _basis(number: LedgerNumber, known: Sequence[str]) -> Basis:
    if number.estimate:
        return "estimate"
    if number.definition or not known:
        return "chosen"
    return "measured" if all(name.startswith(MEASURED) for name in known) else "published"


def _called(number: LedgerNumber) -> Text:
    """What the tables around a number are called, and its key: "runc: runc create (cpu)". Without any, its id."""
    key = number.path.rpartition(".")[2]
    if not number.names:
        return Text(en=number.id, ja=number.id)
    english, japanese = (": ".join(name.read(lang) for name in number.names) for lang in ("en", "ja"))
    return Text(en=f"{english} ({key})", ja=f"{japanese} ({key})")


def _of_fact(fact: Fact, standing: Sequence[SourceRow]) -> SourceRow:
    what = ", ".join(filter(None, (fact.technology, fact.metric, fact.statistic)))
    return SourceRow(
        id=fact.id,
        kind="fact",
        basis="measured" if fact.id.startswith(MEASURED) else "published",
        what=Text(en=what, ja=what),
        value=f"{fact.value} {fact.unit}".strip(),
        on=fact.conditions,
        citations=(Citation((fact.id,), fact.source, address(fact)),),
        entries=_all(row.entries for row in standing),
        studies=_all(row.studies for row in standing),
        lessons=_all(row.lessons for row in standing),
        numbers=tuple(row.id for row in standing),
    )


def _all(lists: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(sorted({name for names in lists for name in names}))


def about(rows: Iterable[SourceRow], name: str) -> list[SourceRow]:
    """The row of an id, then those that stand on it or that it stands on."""
    every = list(rows)
    own = [row for row in every if row.id == name]
    below = {fact for row in own for fact in row.facts}
    return own + [row for row in every if row.id != name and (name in row.facts or row.id in below)]


def found(
    rows: Iterable[SourceRow], *, kind: str = "", basis: str = "", of: str = "", source: str = "", words: str = ""
) -> list[SourceRow]:
    """The rows that fit all that is given. "" fits every one.

    First come those that are called so, then those that say so of themselves, then those that something so called uses.

    Args:
        of: An entry of the catalog.
        source: A publication.
        words: Each of them stands somewhere in the row, whatever its case.
    """
    wanted = words.casefold().split()
    fitting = [
        row
        for row in rows
        if kind in ("", row.kind)
        and basis in ("", row.basis)
        and (not of or of in row.entries)
        and (not source or source in row.publications)
        and (not wanted or all(word in _text(row) for word in wanted))
    ]
    return sorted(fitting, key=lambda row: _rank(row, wanted))


def _rank(row: SourceRow, wanted: Iterable[str]) -> int:
    """How near to what a row is about all words that are searched for stand in it."""
    said = (_called_so(row), _own_words(row))
    return next((rank for rank, text in enumerate(said) if all(word in text for word in wanted)), len(said))


@cache
def _called_so(row: SourceRow) -> str:
    """What a row is called."""
    return "\n".join((row.id, row.what.en, row.what.ja)).casefold()


@cache
def _own_words(row: SourceRow) -> str:
    """What a row says itself, for a search."""
    cited = (f"{citation.source} {citation.url}" for citation in row.citations)
    said = (
        row.id, row.what.en, row.what.ja, row.value, row.low, row.high, row.on, row.reason, reasoned(row.reason, "ja"),
        *row.facts, *cited, row.use,
    )  # fmt: skip
    return "\n".join(said).casefold()


@cache
def _text(row: SourceRow) -> str:
    """All that a row says, and what uses it, for a search."""
    called = (name.read(lang) for entry in row.entries if (name := _names().get(entry)) for lang in ("en", "ja"))
    used = (*row.entries, *called, *row.lessons, *row.studies)
    return "\n".join((_own_words(row), *(text.casefold() for text in used)))


@cache
def _names() -> Mapping[str, Text]:
    return ledger.entry_names()


COLUMNS = (
    "id", "kind", "basis", "what", "value", "low", "high", "measured_on", "facts", "sources", "addresses", "reason",
    "used_by", "studies", "lessons", "use",
)  # fmt: skip


def plain(row: SourceRow) -> dict[str, str | list[str]]:
    """A row as an object, by `COLUMNS`."""
    addresses = [citation.url for citation in row.citations if citation.url]
    cells = (
        row.id, row.kind, row.basis, row.what.en, row.value, row.low, row.high, row.on, list(row.facts),
        [citation.source for citation in row.citations], addresses, row.reason, list(row.entries), list(row.studies),
        list(row.lessons), row.use,
    )  # fmt: skip
    return dict(zip(COLUMNS, cells, strict=True))


def as_csv(rows: Iterable[SourceRow]) -> str:
    """The rows as CSV with a header. Where a cell has several, a semicolon stands between them."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for row in rows:
        cells = plain(row).items()
        writer.writerow({name: "; ".join(cell) if isinstance(cell, list) else cell for name, cell in cells})
    return text.getvalue()


def as_json(rows: Iterable[SourceRow]) -> str:
    """A list of objects, one a line."""
    return "[\n" + ",\n".join(json.dumps(plain(row), ensure_ascii=False) for row in rows) + "\n]"


_INDENT = "    "


def as_table(rows: Iterable[SourceRow], width: int | None = None) -> str:
    """A line a row: its id, value and range, and what it stands on.

    Args:
        width: Of the terminal, which no table of these columns fits: each row is lines of that width, what it stands on
            below its value. None for a line each, whatever its length.
    """
    cells = [(row.id, row.value, _range(row), _stands_on(row)) for row in rows]
    if width is None:
        return "\n".join(table(("id", "value", "range", "from"), cells, limit=None)) + "\n"
    return "\n".join(line for row in cells for line in _hung(row, width)) + "\n"


def _hung(cells: tuple[str, str, str, str], width: int) -> list[str]:
    """A row as lines, all but the first indented."""
    name, value, between, stands_on = map(printable, cells)
    room = width - len(_INDENT)
    first, *others = wrapped(f"{name} {value}" + f" ({between})" * bool(between), room)
    return [first, *(f"{_INDENT}{line}" for line in (*others, *wrapped(stands_on, room)) if line)]


def _range(row: SourceRow) -> str:
    return f"{row.low or row.value} to {row.high or row.value}" if row.low or row.high else ""


def _stands_on(row: SourceRow) -> str:
    cited = ", ".join(citation.source if row.kind == "fact" else ", ".join(citation.ids) for citation in row.citations)
    reason = f"estimate: {row.reason}" if row.basis == "estimate" else row.reason
    return "; ".join(filter(None, (cited, reason)))
