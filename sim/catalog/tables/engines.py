"""The releases of container engines, and which of the catalog's technologies is which.

The data are in `engines/*.toml`. What a release does and how long it takes is in its technology's file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

from sim.catalog import load
from sim.catalog.kernel import VERSION, generation
from sim.catalog.model import Technology
from sim.catalog.read import Table
from sim.catalog.rules import documents_in, entries, sources_of
from sim.errors import InputError
from sim.reasons import Reason
from sim.scenario import Source, Text

FOLDER = Path(__file__).parents[1] / "engines"

_MONTH = re.compile(r"20\d{2}-(0[1-9]|1[0-2])")


@dataclass(frozen=True, slots=True)
class EngineRelease:
    """A release of an engine.

    Attributes:
        version: As a scenario asks for it, "20.10". It holds for its patches too.
        technology: The id of the technology whose figures are its.
        month: When it was published, "2020-12".
        storage: What a container's root file system is made by.
        network: Who makes a container's veth pair, and how.
        sources: The ids of the documents that say so.
    """

    version: str
    technology: str
    month: str
    storage: Text
    network: Text
    sources: tuple[str, ...]

    def holds_for(self, version: str) -> bool:
        """Whether a version is this release or a patch of it."""
        if not VERSION.fullmatch(version):
            return False
        return version == self.version or version.startswith(f"{self.version}.")


@dataclass(frozen=True, slots=True)
class ContainerEngine:
    """An engine with its releases, the oldest first."""

    id: str
    name: Text
    releases: tuple[EngineRelease, ...]


@cache
def engine_documents() -> Mapping[str, Source]:
    """The documents that say what a release does, by id."""
    return documents_in(FOLDER)


@cache
def engines() -> Mapping[str, ContainerEngine]:
    """Every engine by its id."""
    found = {}
    for name, table in entries(FOLDER / "engines.toml"):
        releases = tuple(_release(inner) for inner in table.tables("releases"))
        versions = [release.version for release in releases]
        if versions != sorted({*versions}, key=generation):
            table.problem("are not in the order of their versions, the oldest first, each once", "releases")
        found[name] = ContainerEngine(name, table.text("name"), releases)
    return MappingProxyType(found)


def _release(table: Table) -> EngineRelease:
    version, month = table.string("version"), table.string("date")
    if not VERSION.fullmatch(version):
        table.problem(f"{version!r} is not an engine's version as 20.10", "version")
        version = "0"
    if not _MONTH.fullmatch(month):
        table.problem(f"{month!r} is not a month as 2020-12", "date")
    release = EngineRelease(
        version=version,
        technology=table.string("technology", allowed=load.technologies()),
        month=month,
        storage=table.text("storage"),
        network=table.text("network"),
        sources=sources_of(table, engine_documents()),
    )
    table.done()
    return release


def engine_of(technology: str) -> ContainerEngine | None:
    """The engine that a technology, by its id, is a release of. None where it is of none."""
    return next((engine for engine in engines().values() if technology in _technologies(engine)), None)


def _technologies(engine: ContainerEngine) -> tuple[str, ...]:
    return tuple(release.technology for release in engine.releases)


def of_release(technology: Technology, version: str) -> Technology:
    """The same engine as a technology's, of another release.

    >>> of_release(load.technology("docker"), "18.09").id
    'docker-18-09'

    Raises `InputError` naming the engines or the releases there are.
    """
    engine = engine_of(technology.id)
    if engine is None:
        raise InputError(
            Reason(
                "no_engine",
                "{version} is not used: {technology} is no release of an engine; those that are start by one of "
                "{engines}",
                version=repr(version),
                technology=repr(technology.id),
                engines=", ".join(engines()),
            )
        )
    for release in engine.releases:
        if release.holds_for(version):
            return load.technology(release.technology)
    there = ", ".join(release.version for release in engine.releases)
    raise InputError(
        Reason(
            "no_release",
            "there is no {version} of {engine}; there are {known}",
            version=repr(version),
            engine=engine.id,
            known=there,
        )
    )
