"""The catalog's facts: measurements and published figures as rows, each with an id that a number can name.

Five files hold them as they were published or measured, one row a fact:

- `measurements.csv` and `curves.csv`, with ids F and C, have published figures.
- `reference_host.csv`, with ids R, has the figures of `docs/model.md`.
- `kernels.csv`, with ids K, has those of `docs/kernels.md`.
- `documented.csv`, with ids D, has documented defaults.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sim.catalog.asked import MadeWhenAsked
from sim.catalog.files import read_rows, refuse
from sim.errors import InputError, Problem
from sim.quantity import UNITS, parse

FOLDER = Path(__file__).parent / "measurements"

_CURVE_SOURCES = {
    "nsdi20": "Agache et al., NSDI 2020, artifact raw data",
    "mohan19": "Mohan et al., HotCloud 2019, Table 1",
    "lightvm": "Manco et al. (LightVM), SOSP 2017, Fig. 5",
    "moby42096": "moby issue 42096",
    "rund": "Li et al. (RunD), ATC 2022, section 3.1",
}
"""Where the points of a curve come from, by the first part of its name."""

PROVENANCES = ("primary", "derived-from-published-raw-data", "secondary-note-citing-paper")
"""What stands behind a fact (`Fact.provenance`)."""

MAY_SET = PROVENANCES[:2]
"""Those whose facts may set a number. The others only support an estimate."""

_USES = ("", "calibrate", "check")

_SAME = ("s", "ms", "us", "ns", "B", "kB", "MB", "GB", "KiB", "MiB", "GiB", "MB/s", "GB/s", "Gbit/s", "1/s", "%")
_COUNTS = ("", "x", "ports", "PIDs", "addresses", "pods")
_OTHERS = {
    "containers/s": "1/s", "IOPS": "1/s", "GFLOPS": "1/s", "kreq/s": "1/s", "GUPS": "1/s",
    "KB": "kB", "KB/s": "kB/s", "Mi": "MiB", "% of guest RAM": "%",
}  # fmt: skip
_WRITTEN_UNITS = {unit: unit for unit in _SAME} | dict.fromkeys(_COUNTS, "") | _OTHERS
"""The units of the files that `sim.quantity` reads, and how it writes them."""

_FACTORS = {"kreq/s": 1e3, "GUPS": 1e9}
"""How many of `sim.quantity`'s units one of the files' units is, where it is not one. GFLOPS count 10^9 operations."""

_BETWEEN = re.compile(r" / | vs | -> | \+ |-")
"""What stands between the numbers of a cell."""

_COLUMNS = ("id", "topic", "technology", "metric", "value", "unit", "statistic", "conditions", "source", "provenance")
_CURVE_COLUMNS = ("id", "curve", "series", "x_name", "x", "y_name", "y", "unit", "conditions", "use")


@dataclass(frozen=True, slots=True)
class Fact:
    """One row of the catalog's measurements, as published.

    Attributes:
        id: F, C, R, K or D, and a number.
        topic: What it is about.
        technology: The technology it is of.
        metric: What was measured.
        value: The cell as it stands. It may hold several numbers, in the order of the metric's words.
        unit: The unit of the value.
        statistic: Median, mean and so on.
        conditions: Host, version, load.
        source: The publication.
        provenance: "primary" and "derived-from-published-raw-data" may set a parameter. "secondary-note-citing-paper"
            only supports an estimate.
        use: "calibrate" or "check" for a point of a curve. "" for rows that may be either, but not both.
        url: Where it was seen. "" where the row does not say.
    """

    id: str
    topic: str
    technology: str
    metric: str
    value: str
    unit: str
    statistic: str
    conditions: str
    source: str
    provenance: str
    use: str = ""
    url: str = ""


def _curve_source(row: Mapping[str, str]) -> str:
    return _CURVE_SOURCES.get(row["curve"].partition("_")[0], "")


def _curve_point(row: Mapping[str, str]) -> Fact:
    return Fact(
        id=row["id"],
        topic=row["curve"],
        technology=row["series"],
        metric=f"{row['y_name']} at {row['x_name']} {row['x']}",
        value=row["y"],
        unit=row["unit"],
        statistic=row["y_name"].rpartition("_")[2] if row["y_name"].rpartition("_")[2].startswith("p") else "",
        conditions=row["conditions"],
        source=_curve_source(row),
        provenance="derived-from-published-raw-data",
        use=row["use"],
    )


def _measurement(row: Mapping[str, str]) -> Fact:
    return Fact(
        id=row["id"],
        topic=row["topic"],
        technology=row["technology"],
        metric=row["metric"],
        value=row["value"],
        unit=row["unit"],
        statistic=row["statistic"],
        conditions=row["conditions"],
        source=row["source"],
        provenance=row["provenance"],
        url=row.get("url_seen") or "",
    )


def _fact(row: Mapping[str, str]) -> Fact:
    return _curve_point(row) if "curve" in row else _measurement(row)


@cache
def facts() -> Mapping[str, Fact]:
    """Every fact by its id. Raises `CatalogError` with file and line of every row that breaks a rule."""
    known: dict[str, Mapping[str, str]] = {}
    problems: list[Problem] = []
    for name in ("measurements.csv", "reference_host.csv", "kernels.csv", "documented.csv", "curves.csv"):
        file, curves = f"measurements/{name}", name == "curves.csv"
        broken = _broken_point if curves else _broken
        for line, row in read_rows(FOLDER / name, file, _CURVE_COLUMNS if curves else _COLUMNS, ("url_seen",)):
            fact = row["id"]
            if fact in known:
                problems.append(Problem(f"fact {fact} is there twice", file, line))
            problems += [Problem(message, file, line) for message in broken(row)]
            known[fact] = row
    refuse(problems)
    return MadeWhenAsked(known, _fact)


def _broken(row: Mapping[str, str]) -> list[str]:
    broken = [
        f"fact {row['id']!r} has no {name}" for name in ("id", "metric", "value", "source") if not row[name].strip()
    ]
    if row["provenance"] not in PROVENANCES:
        broken.append(f"provenance {row['provenance']!r} of fact {row['id']} is none of {', '.join(PROVENANCES)}")
    return broken


def _broken_point(row: Mapping[str, str]) -> list[str]:
    has = {"id": row["id"], "value": row["y"], "source": _curve_source(row)}
    broken = [f"fact {row['id']!r} has no {name}" for name, cell in has.items() if not cell.strip()]
    if row["use"] not in _USES:
        broken.append(f"use {row['use']!r} of fact {row['id']} is none of calibrate, check")
    return broken


def values(fact: Fact, dimension: str) -> tuple[float, ...]:
    """The numbers of a fact's cell in the SI unit of a dimension. Empty where cell or unit hold no such quantity.

    A cell like "81-280", "30 / 20" or "0.46 vs 1.33" holds two.
    """
    unit = _WRITTEN_UNITS.get(fact.unit)
    if unit not in UNITS[dimension]:
        return ()
    numbers = []
    for part in _BETWEEN.split(fact.value):
        try:
            numbers.append(parse(f"{part.strip()} {unit}".strip(), dimension) * _FACTORS.get(fact.unit, 1.0))
        except InputError:
            return ()
    return tuple(numbers)
