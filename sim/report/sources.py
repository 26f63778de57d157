"""Where a number is from, as a reader cites it: facts by their publication and its address."""

from __future__ import annotations

import functools
import re

from sim.catalog.facts import Fact
from sim.catalog.load import facts
from sim.report.catalogtexts import sourced
from sim.report.style import Language
from sim.report.texts import tr

FACT = re.compile(r"\b[A-Z]\d{3,5}\b")
"""The id of a fact in the catalog, in a source's line."""
_OWN = {
    "measured on the reference host": "figure.accuracy.reference",
    "measured on emulated hosts": "figure.accuracy.emulated",
}
"""What was measured for this project: its name is a text, not a citation."""

_SAME = {"Felter et al. sec III.F Fig 3": "Felter et al., IBM RC25482 2014"}
"""Citations without a year, and the publication that they are of."""
_FACTS = re.compile(rf"{FACT.pattern}(?:, ?{FACT.pattern})*")
_YEAR = re.compile(r"^(.*?\b(?:19|20)\d\d)\b")


@functools.cache
def publication(source: str) -> str:
    """A source's name up to its year, without what stands in brackets: its sections and figures are one publication.

    >>> publication("Kuenzer et al. (Unikraft), EuroSys 2021, artifact fig_10 raw data")
    'Kuenzer et al., EuroSys 2021'
    """
    name = _unbracketed(source)
    match = _YEAR.match(name)
    return match[1] if match else _SAME.get(name, name)


def publication_name(publication: str, language: Language = "en") -> str:
    """What a publication is called: by its authors, or in words where this project measured it itself."""
    text = _OWN.get(publication)
    return tr(text, language) if text else publication


def publication_slug(publication: str) -> str:
    """A publication as a link names it: its letters and digits, with hyphens between."""
    return re.sub(r"\W+", "-", publication.casefold()).strip("-")


def cited_source(fact: Fact, language: Language = "en") -> str:
    """A fact's source as the catalog cites it, or in words where this project measured it itself."""
    name = publication(fact.source)
    return publication_name(name, language) if name in _OWN else fact.source


@functools.cache
def cited(source: str, language: Language = "en") -> str:
    """A record's source with the publications of the facts it names. The ids stay, in brackets.

    "C062, R0125" becomes "Agache et al., NSDI 2020 (C062); measured on the reference host (R0125)". What names no fact
    ("estimate: ...") stays as it is, or is said in the reader's language.
    """
    return _FACTS.sub(lambda match: _cited(FACT.findall(match[0]), language), sourced(source, language))


def _cited(ids: list[str], language: Language) -> str:
    groups: dict[str, list[str]] = {}
    for name in ids:
        fact = facts().get(name)
        groups.setdefault(publication(fact.source) if fact else "", []).append(name)
    said = []
    for source, names in groups.items():
        listed = ", ".join(names)
        said.append(f"{publication_name(source, language)} ({listed})" if source else listed)
    return "; ".join(said)


def address(fact: Fact) -> str:
    """Where a browser can open what a fact was published in. "" where it was seen elsewhere."""
    return _web(fact.url) or _addresses().get(publication(fact.source), "")


@functools.cache
def _addresses() -> dict[str, str]:
    """Publication to the first address at which a fact of it was seen."""
    addresses: dict[str, str] = {}
    for fact in facts().values():
        if _web(fact.url):
            addresses.setdefault(publication(fact.source), _web(fact.url))
    return addresses


def _web(url: str) -> str:
    return url.split()[0] if url.startswith(("https://", "http://")) else ""


def _unbracketed(text: str) -> str:
    """The text without what stands in brackets and the blanks before it, up to the first bracket that is not closed."""
    kept: list[str] = []
    while True:
        before, opened, rest = text.partition("(")
        _, closed, behind = rest.partition(")")
        if not (opened and closed):
            return "".join([*kept, text])
        kept.append(before.rstrip())
        text = behind
