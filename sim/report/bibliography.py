"""The facts that a table's numbers come from, each id with what it was published in and where that can be read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sim.catalog.load import facts
from sim.outcome import Outcome
from sim.report.sources import FACT, address


@dataclass(frozen=True, slots=True)
class Citation:
    """Facts of one source.

    Attributes:
        ids: In order.
        source: As the catalog cites it.
        url: "" where there is none.
    """

    ids: tuple[str, ...]
    source: str
    url: str

    def __str__(self) -> str:
        return f"{', '.join(self.ids)}: {self.source}" + (f" {self.url}" if self.url else "")


def entries(texts: Iterable[str]) -> list[Citation]:
    """The facts that texts name ("C062, R0125", "estimate: ..."), by source, in the order of their ids."""
    known = facts()
    named = sorted({name for text in texts for name in FACT.findall(text) if name in known})
    ids_of: dict[tuple[str, str], list[str]] = {}
    for name in named:
        ids_of.setdefault((known[name].source, address(known[name])), []).append(name)
    return [Citation(tuple(ids), source, url) for (source, url), ids in ids_of.items()]


def of_outcomes(outcomes: Sequence[Outcome]) -> list[Citation]:
    """The facts behind the records of a scenario's parts, and what the scenario gave itself."""
    cited = entries(str(getattr(record, "source", "")) for outcome in outcomes for record in outcome.records)
    given = [entry.id for outcome in outcomes for of in (outcome.entries or {}).values() for entry in of.values()]
    own = [Citation(tuple(dict.fromkeys(given)), "given by the scenario", "")] if given else []
    return cited + own
