"""Real releases of the packages on a typical web server: 92 source packages of Debian 13, and 17 of npm.

`releases/releases.csv` has a row for each. The dates are when a changelog's entry was signed off, or a version tagged.
A stable update is signed off before it reaches anybody: it does at the next point release. A security update reaches
machines on its day. Packages that were renamed, and entries that a later upload replaced, are not there, so there were
at least so many.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from sim.catalog.files import read_rows, refuse
from sim.errors import Problem

FILE = Path(__file__).parents[1] / "releases" / "releases.csv"

SOURCE = "Debian changelogs of trixie's binary packages and git tags of npm packages, gathered on 2026-11-26"

Archive = Literal["debian-stable", "debian-unstable", "npm"]
"""What a server's packages come from. Stable is Debian 13 with its security updates."""

_ECOSYSTEMS: dict[Archive, tuple[str, ...]] = {
    "debian-stable": ("debian-stable", "debian-security"),
    "debian-unstable": ("debian-unstable",),
    "npm": ("npm",),
}
FIRST_DAY: dict[Archive, date] = {
    "debian-stable": date(2025, 8, 9),
    "debian-unstable": date(2023, 7, 1),
    "npm": date(2023, 11, 26),
}
"""From when on the file has all that it has of an archive. Debian 13 was released on its first day. Unstable was frozen
before July 2023 and from March 2025 on."""

_COLUMNS = ("package", "ecosystem", "version", "date", "kind", "cves")
_KINDS = ("security", "stable update", "upload", "major", "minor", "patch")

_POINT = "base-files"
"""The package whose stable updates are Debian's point releases (13.1, 13.2 and on)."""


@dataclass(frozen=True, slots=True)
class Release:
    """A version of a package.

    Attributes:
        package: The source package.
        version: As the archive writes it.
        day: Days since the archive's first day on which it can be installed.
        security: Whether it came by the security archive, or names a CVE.
    """

    package: str
    version: str
    day: int
    security: bool


@cache
def releases(archive: Archive) -> tuple[Release, ...]:
    """Every release of an archive from its first day on, in the order they can be installed."""
    rows = [row for row in _rows() if row["ecosystem"] in _ECOSYSTEMS[archive]]
    points = sorted(_day(row, archive) for row in rows if row["package"] == _POINT and row["kind"] == "stable update")
    made = [_release(row, archive, points) for row in rows]
    return tuple(sorted((each for each in made if each and each.day >= 0), key=lambda r: (r.day, r.package, r.version)))


def packages(archive: Archive) -> tuple[str, ...]:
    """The packages of an archive, by name."""
    return tuple(sorted({row["package"] for row in _rows() if row["ecosystem"] in _ECOSYSTEMS[archive]}))


def _release(row: Mapping[str, str], archive: Archive, points: list[int]) -> Release | None:
    """A row as a release. None for a stable update that no point release has brought yet."""
    day = _day(row, archive)
    if row["kind"] == "stable update":
        at = bisect_left(points, day)
        if at == len(points):
            return None
        day = points[at]
    security = row["kind"] == "security" or int(row["cves"] or 0) > 0
    return Release(row["package"], row["version"], day, security)


def _day(row: Mapping[str, str], archive: Archive) -> int:
    return (date.fromisoformat(row["date"]) - FIRST_DAY[archive]).days


@cache
def _rows() -> tuple[Mapping[str, str], ...]:
    name, problems, rows = f"releases/{FILE.name}", list[Problem](), list[Mapping[str, str]]()
    for line, row in read_rows(FILE, name, _COLUMNS):
        try:
            date.fromisoformat(row["date"])
        except ValueError:
            problems.append(Problem(f"{row['date']!r} is no date", name, line))
        if row["kind"] not in _KINDS or not re.fullmatch("[0-9]*", row["cves"]):
            problems.append(Problem(f"has the kind {row['kind']!r} and {row['cves']!r} CVEs", name, line))
        rows.append(MappingProxyType(row))
    refuse(problems, name, FILE)
    return tuple(rows)
