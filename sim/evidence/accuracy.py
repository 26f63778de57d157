"""Predicted against published: every evidence case is run, and each published figure becomes a row.

A case is a scenario file with a `published` block, in `scenarios/evidence/` or elsewhere. `docs/evidence.md` says which
figures are published where, and which are left out.
"""

from __future__ import annotations

import json
import math
import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from sim.catalog import load as catalog
from sim.errors import InputError
from sim.evidence.cases import files, opened, problems, rows
from sim.evidence.rows import AccuracyRow, Ordering, counts_in, orderings, weighed, weighed_median
from sim.studies.base import Tick, no_tick

USES = ("calibrate", "check")

TOLERANCE = 1e-6
"""How much worse than recorded an accuracy may be: the rounding of the record."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many figures lie inside their range, of how many, and how wide a range is in the median (high / low)."""

    inside: int
    figures: int
    width: float


@dataclass(frozen=True)
class Accuracy:
    """Every row, in the order of the files, and every ordering that is judged.

    What is asked of one use is over the figures with a stated host, or with `assumed` over all that count.
    """

    rows: tuple[AccuracyRow, ...]
    orderings: tuple[Ordering, ...]

    def counted(self, use: str, assumed: bool = False) -> list[AccuracyRow]:
        """The rows of one use that count: those that are not counted apart."""
        return [row for row in self.rows if row.use == use and counts_in(row, assumed)]

    def apart(self) -> list[AccuracyRow]:
        """The rows that are counted apart."""
        return [row for row in self.rows if row.apart]

    def median(self, use: str, assumed: bool = False) -> float | None:
        """The median absolute error of the rows of one use, each source weighing the same. None without rows."""
        return weighed_median(self.counted(use, assumed))

    def circular(self) -> tuple[list[AccuracyRow], list[AccuracyRow]]:
        """The `calibrate` rows whose own fact set a number of the catalog, and those of which a sibling figure did."""
        rows = self.counted("calibrate", assumed=True)
        set_numbers = catalog.cited()
        return [row for row in rows if row.source in set_numbers], [
            row for row in rows if row.source not in set_numbers
        ]

    def discrepancy(self) -> float:
        """The largest |ln(predicted / published)| of the `calibrate` rows that set no number. Zero without any."""
        return max((abs(math.log(row.predicted / row.published)) for row in self.circular()[1]), default=0.0)

    def of_sources(self, use: str, assumed: bool = False) -> Mapping[str, tuple[int, float]]:
        """Publication to its number of rows and their median absolute error."""
        by_publication: dict[str, list[AccuracyRow]] = defaultdict(list)
        for row in self.counted(use, assumed):
            by_publication[row.publication].append(row)
        return {publication: (len(rows), weighed_median(rows) or 0.0) for publication, rows in by_publication.items()}

    def covered(self, use: str, assumed: bool = False) -> Coverage:
        """How many published figures of one use lie in their range, and how wide that is."""
        rows = self.counted(use, assumed)
        width = statistics.median(row.width for row in rows) if rows else 1.0
        return Coverage(sum(row.inside for row in rows), len(rows), width)

    def plain(self) -> list[dict[str, Any]]:
        """The list that `accuracy --format json` prints."""
        return [_plain(row) for row in self.rows]

    def record(self) -> dict[str, Any]:
        """What is kept of it: the medians, the orderings, and each case's own median."""
        by_case: dict[str, list[AccuracyRow]] = defaultdict(list)
        for row in self.rows:
            by_case[row.case].append(row)
        return {
            "medians": {use: _rounded(self.median(use)) for use in USES},
            "medians_of_all": {use: _rounded(self.median(use, assumed=True)) for use in USES},
            "orderings": {"judged": len(self.orderings), "right": sum(ordering.right for ordering in self.orderings)},
            "apart": len(self.apart()),
            "coverage": {use: _covered(self.covered(use)) for use in USES},
            "coverage_of_all": {use: _covered(self.covered(use, assumed=True)) for use in USES},
            "cases": {case: _rounded(weighed_median(rows)) for case, rows in sorted(by_case.items())},
        }

    def lost(self, recorded: Mapping[str, Any]) -> list[str]:
        """In words, what became worse than recorded.

        Where every recorded case was run, the medians and the orderings are judged. Otherwise each case is judged
        alone.
        """
        now = self.record()
        if now["cases"].keys() >= recorded["cases"].keys():
            losses = [
                f"median absolute error of {use}{over} is {now[medians][use]:.4f}, recorded {was:.4f}"
                for medians, over in (("medians", ""), ("medians_of_all", " over all hosts"))
                for use, was in recorded[medians].items()
                if was is not None and now[medians][use] > was + TOLERANCE
            ]
            wrong, was_wrong = (
                orderings["judged"] - orderings["right"] for orderings in (now["orderings"], recorded["orderings"])
            )
            if wrong > was_wrong:
                losses.append(f"{wrong} orderings are wrong, recorded {was_wrong}")
            return [*losses, *self._less_covered(recorded)]
        return [
            f"median absolute error of {case} is {error:.4f}, recorded {recorded['cases'][case]:.4f}"
            for case, error in now["cases"].items()
            if case in recorded["cases"] and error > recorded["cases"][case] + TOLERANCE
        ]

    def _less_covered(self, recorded: Mapping[str, Any]) -> Iterable[str]:
        """In words, where a smaller share of the checks lies in its range than recorded, or ranges are wider."""
        now, was = self.covered("check"), recorded["coverage"]["check"]
        if now.inside * was["figures"] < was["inside"] * now.figures:
            before = f"{was['inside']} of {was['figures']}"
            yield f"{now.inside} of {now.figures} checks lie in their range, recorded {before}"
        if now.width > was["width"] * (1 + TOLERANCE):
            yield f"the median range is {now.width:.3f} wide, high over low, recorded {was['width']:.3f}"


def _covered(coverage: Coverage) -> dict[str, Any]:
    return {"inside": coverage.inside, "figures": coverage.figures, "width": _rounded(coverage.width)}


def _plain(row: AccuracyRow) -> dict[str, Any]:
    return {
        "case": row.case,
        "metric": row.metric,
        "of": row.of,
        "at": row.at,
        "predicted": _digits(row.predicted),
        "published": row.published,
        "unit": row.unit,
        "error": _digits(row.error),
        "use": row.use,
        "source": row.source,
        "range": [_digits(row.low), _digits(row.high)],
        "weight": _digits(row.weight),
        "publication": row.publication,
        "apart": row.apart or None,
        "assumed": row.assumed or None,
        "weight_of_all": _digits(row.weight_of_all),
        "widest": {"input": row.widest, "width": _digits(row.alone)} if row.wide else None,
    }


def _digits(value: float) -> float:
    return float(f"{value:.12g}")


def accuracy(paths: Sequence[str | Path] = (), tick: Tick = no_tick) -> Accuracy:
    """Run cases and hold them against what was published.

    Args:
        paths: Files, or folders of them. Without any, the shipped cases.
        tick: Told how far each run is, and 0 before each file is read. It may raise `CancelledError`.

    Raises `InputError` where a file is no scenario, publishes nothing, or publishes what its fact does not say.
    """
    scenarios = [opened(path, tick) for path in files(paths)]
    wrong = [problem for scenario in scenarios for problem in problems(scenario)]
    if wrong:
        raise InputError(wrong)
    found = weighed([row for scenario in scenarios for row in rows(scenario, tick)])
    return Accuracy(found, orderings(found))


def recorded() -> Mapping[str, Any]:
    """The accuracy that was reached when it was last recorded, in `Accuracy.record`'s shape."""
    record: dict[str, Any] = json.loads(
        resources.files("sim.evidence").joinpath("data/accuracy.json").read_text("utf-8")
    )
    return record


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)
