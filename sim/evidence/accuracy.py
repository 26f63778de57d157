"""Predicted against published: every evidence case is run, and each published figure becomes a row.

A case is a scenario file with a `published` block, in `scenarios/evidence/` or elsewhere. `docs/evidence.md` says which
figures are published where, and which are left out.
"""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Protocol

from sim.batch.run import run
from sim.catalog import load as catalog
from sim.catalog.facts import MAY_SET, values
from sim.errors import InputError, Problem
from sim.inputfile import is_folder
from sim.loading import load, shipped
from sim.loading.parameters import fields
from sim.outcome import Metric, Outcome
from sim.quantity import parse
from sim.report.sources import publication
from sim.scenario import Published, Scenario
from sim.studies.base import Tick, no_tick

USES = ("calibrate", "check")

JUDGED = 0.1
"""Two published values of one source are in an order where they differ by more than this share of the smaller."""

TOLERANCE = 1e-6
"""How much worse than recorded an accuracy may be: the rounding of the record."""

CASES = shipped.folder() / shipped.EVIDENCE
"""The folder of the shipped cases."""


@dataclass(frozen=True, slots=True)
class AccuracyRow:
    """One published figure and what the model predicts for it.

    Attributes:
        of: The label.
        at: The circumstances, in words.
        predicted, published: In `unit`.
        error: (predicted - published) / published.
        low, high: In `unit`, what the inputs' ranges allow. None where no input has a range.
        source: The fact's id.
        publication: What the fact was published in, without page or figure.
        url: Where it was seen.
        subject: What was started, counted or pulled (`sim.studies.base.Subject`). The label where the study marks
            nothing as that.
        estimate: Whether any input is one.
    """

    case: str
    metric: str
    statistic: str
    interval: str
    of: str
    at: str
    predicted: float
    published: float
    unit: str
    error: float
    use: str
    source: str
    publication: str
    url: str
    subject: tuple[str, ...]
    low: float | None = None
    high: float | None = None
    estimate: bool = False


@dataclass(frozen=True, slots=True)
class Ordering:
    """Two figures that one source orders, and whether the model puts them in the same order."""

    smaller: AccuracyRow
    larger: AccuracyRow
    right: bool


@dataclass(frozen=True)
class Accuracy:
    """Every row, in the order of the files, and every ordering that is judged."""

    rows: tuple[AccuracyRow, ...]
    orderings: tuple[Ordering, ...]

    def median(self, use: str) -> float | None:
        """The median absolute error of the rows of one use, each source weighing the same. None without rows."""
        return weighed_median([row for row in self.rows if row.use == use])

    def circular(self) -> tuple[list[AccuracyRow], list[AccuracyRow]]:
        """The `calibrate` rows whose own fact set a number of the catalog, and those of which a sibling figure did."""
        rows = [row for row in self.rows if row.use == "calibrate"]
        set_numbers = catalog.cited()
        return [row for row in rows if row.source in set_numbers], [
            row for row in rows if row.source not in set_numbers
        ]

    def of_sources(self, use: str) -> Mapping[str, tuple[int, float]]:
        """Publication to its number of rows and their median absolute error."""
        by_publication: dict[str, list[AccuracyRow]] = defaultdict(list)
        for row in self.rows:
            if row.use == use:
                by_publication[row.publication].append(row)
        return {publication: (len(rows), weighed_median(rows) or 0.0) for publication, rows in by_publication.items()}

    def covered(self, use: str) -> tuple[int, int]:
        """How many published figures lie in the range that the inputs' sources allow, and how many have one."""
        ranged = [row for row in self.rows if row.use == use and row.low is not None and row.high is not None]
        return sum((row.low or 0.0) <= row.published <= (row.high or 0.0) for row in ranged), len(ranged)

    def plain(self) -> list[dict[str, Any]]:
        """The list that `accuracy --format json` prints."""
        return [
            {
                "case": row.case,
                "metric": row.metric,
                "of": row.of,
                "at": row.at,
                "predicted": float(f"{row.predicted:.12g}"),
                "published": row.published,
                "unit": row.unit,
                "error": float(f"{row.error:.12g}"),
                "use": row.use,
                "source": row.source,
            }
            for row in self.rows
        ]

    def record(self) -> dict[str, Any]:
        """What is kept of it: the medians, the orderings, and each case's own median."""
        by_case: dict[str, list[AccuracyRow]] = defaultdict(list)
        for row in self.rows:
            by_case[row.case].append(row)
        return {
            "medians": {use: _rounded(self.median(use)) for use in USES},
            "orderings": {"judged": len(self.orderings), "right": sum(ordering.right for ordering in self.orderings)},
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
                f"median absolute error of {use} is {now['medians'][use]:.4f}, recorded {was:.4f}"
                for use, was in recorded["medians"].items()
                if was is not None and now["medians"][use] > was + TOLERANCE
            ]
            wrong, was_wrong = (
                orderings["judged"] - orderings["right"] for orderings in (now["orderings"], recorded["orderings"])
            )
            if wrong > was_wrong:
                losses.append(f"{wrong} orderings are wrong, recorded {was_wrong}")
            return losses
        return [
            f"median absolute error of {case} is {error:.4f}, recorded {recorded['cases'][case]:.4f}"
            for case, error in now["cases"].items()
            if case in recorded["cases"] and error > recorded["cases"][case] + TOLERANCE
        ]


def accuracy(paths: Sequence[str | Path] = (), tick: Tick = no_tick) -> Accuracy:
    """Run cases and hold them against what was published.

    Args:
        paths: Files, or folders of them. Without any, the shipped cases.
        tick: Told how far each run is, and 0 before each file is read. It may raise `CancelledError`.

    Raises `InputError` where a file is no scenario, publishes nothing, or publishes what its fact does not say.
    """
    scenarios = [_load(path, tick) for path in _files(paths)]
    problems = [problem for scenario in scenarios for problem in _problems(scenario)]
    if problems:
        raise InputError(problems)
    rows = tuple(row for scenario in scenarios for row in _rows(scenario, _run(scenario, tick)))
    return Accuracy(rows, orderings(rows))


def recorded() -> Mapping[str, Any]:
    """The accuracy that was reached when it was last recorded, in `Accuracy.record`'s shape."""
    record: dict[str, Any] = json.loads(
        resources.files("sim.evidence").joinpath("data/accuracy.json").read_text("utf-8")
    )
    return record


class Erring(Protocol):
    """What has an error and was published somewhere: a row, or a point that a figure draws."""

    @property
    def error(self) -> float:
        """(predicted - published) / published."""

    @property
    def publication(self) -> str:
        """What it was published in."""


def weighed_median(rows: Sequence[Erring]) -> float | None:
    """The median of absolute errors in which every publication weighs the same, however many rows it has.

    Each row weighs one over its publication's rows. The median is where half of the weight lies on either side, between
    two errors where it falls exactly between them. None without rows.
    """
    counts: dict[str, int] = defaultdict(int)
    for row in rows:
        counts[row.publication] += 1
    ordered = sorted((abs(row.error), 1 / counts[row.publication]) for row in rows)
    half = math.fsum(weight for _, weight in ordered) / 2
    below = 0.0
    for position, (error, weight) in enumerate(ordered):
        below += weight
        if math.isclose(below, half, rel_tol=1e-9) and position + 1 < len(ordered):
            return (error + ordered[position + 1][0]) / 2
        if below > half:
            return error
    return None


def ordered(row: AccuracyRow, other: AccuracyRow) -> bool | None:
    """Whether the model orders two figures as published. None where the published ones are too near to tell.

    Raises `InputError` where they measure different intervals: such figures are not compared.
    """
    if (row.metric, row.interval) != (other.metric, other.interval):
        raise InputError(
            f"{row.case}: {row.of} ({row.interval}) and {other.of} ({other.interval}) measure different intervals "
            f"at {row.at!r}, which are not compared"
        )
    small, large = sorted((row, other), key=_si)
    if _si(large) <= _si(small) * (1 + JUDGED):
        return None
    return _si(small, small.predicted) < _si(large, large.predicted)


def orderings(rows: Iterable[AccuracyRow]) -> tuple[Ordering, ...]:
    """Every pair that one publication orders: the same circumstances and statistic, different subjects.

    Raises `InputError` where a publication's figures at the same circumstances measure different intervals.
    """
    groups: dict[tuple[str, str, str], list[AccuracyRow]] = defaultdict(list)
    for row in rows:
        if row.at:
            groups[row.publication, row.at, row.statistic].append(row)
    pairs = []
    for group in groups.values():
        for position, first in enumerate(group):
            for other in group[position + 1 :]:
                right = None if first.subject == other.subject else ordered(first, other)
                if right is not None:
                    small, large = sorted((first, other), key=_si)
                    pairs.append(Ordering(small, large, right))
    return tuple(pairs)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)


def _dimension(unit: str) -> str:
    """The SI unit that a published figure's unit comes to. Metrics have one of these."""
    for dimension in ("s", "B", "1/s", "B/s", "1"):
        try:
            parse(f"1 {unit.removeprefix('1')}".strip(), dimension)
        except InputError:
            continue
        return dimension
    raise InputError(f"no unit {unit!r}")


def _factor(unit: str) -> float:
    return parse(f"1 {unit.removeprefix('1')}".strip(), _dimension(unit))


def _si(row: AccuracyRow, value: float | None = None) -> float:
    return (row.published if value is None else value) * _factor(row.unit)


def _files(paths: Sequence[str | Path]) -> list[Path]:
    collected: list[Path] = []
    for path in map(Path, paths or (CASES,)):
        if is_folder(path):
            inside = sorted(path.glob("*.yaml"))
            if not inside:
                raise InputError(Problem("has no case; expected *.yaml files", str(path)))
            collected += inside
        else:
            collected.append(path)
    return collected


def _problems(scenario: Scenario) -> Iterable[Problem]:
    """Published figures that are not what their facts say, or that the facts may not be used for."""
    if not scenario.published:
        yield Problem("publishes nothing; expected a 'published' list", scenario.file)
    for number, published in enumerate(scenario.published):
        message = _wrong(published)
        if message:
            yield Problem(message, scenario.file, path=f"published.{number}")


def _wrong(published: Published) -> str:
    fact = catalog.facts().get(published.source)
    if fact is None:
        return f"no fact {published.source!r}; expected the id of one in the catalog's measurements"
    said = values(fact, _dimension(published.unit))
    value = float(published.value) * _factor(published.unit)
    if value <= 0:
        return f"{published.value} {published.unit} has no relative error; expected more than 0"
    if not said or not min(said) * (1 - 1e-9) <= value <= max(said) * (1 + 1e-9):
        return f"{published.value} {published.unit} is not what {fact.id} says: {fact.value} {fact.unit}".rstrip()
    if fact.use and fact.use != published.use:
        return f"{fact.id} is for use {fact.use!r}, not {published.use!r}"
    if published.use == "calibrate" and fact.provenance not in MAY_SET:
        return f"{fact.id} is a {fact.provenance}, which may be shown and checked against but calibrates nothing"
    if published.use == "check" and fact.id in catalog.cited():
        return f"{fact.id} sets {catalog.cited()[fact.id][0]}, so it cannot be a check"
    return ""


def _load(path: Path, tick: Tick) -> Scenario:
    tick(0.0)
    return load(path)


def _run(scenario: Scenario, tick: Tick) -> tuple[Outcome, ...]:
    try:
        return run(scenario, tick=tick)
    except InputError as error:
        raise InputError([replace(p, file=p.file or scenario.file) for p in error.problems]) from None


def _rows(scenario: Scenario, outcomes: Sequence[Outcome]) -> Iterable[AccuracyRow]:
    variants = {label: parameters for part in scenario.parts for label, parameters in part.variants.items()}
    metrics = {(m.of, m.metric, m.statistic): m for outcome in outcomes for m in outcome.metrics}
    for published in scenario.published:
        metric = metrics[published.of, published.metric, published.statistic]
        yield _row(scenario.id, published, metric, variants[published.of])


def _row(case: str, published: Published, metric: Metric, parameters: Any) -> AccuracyRow:
    fact = catalog.facts()[published.source]
    factor = _factor(published.unit)
    predicted, value = metric.value / factor, float(published.value)
    low, high = (end / factor for end in metric.range) if metric.range else (None, None)
    return AccuracyRow(
        case=case,
        metric=published.metric,
        statistic=published.statistic,
        interval=metric.interval,
        of=published.of,
        at=published.at,
        predicted=predicted,
        published=value,
        unit=published.unit,
        error=(predicted - value) / value,
        use=published.use,
        source=fact.id,
        publication=publication(fact.source),
        url=fact.url or _url(publication(fact.source)),
        subject=_subject(parameters) or (published.of,),
        low=low,
        high=high,
        estimate=metric.estimate,
    )


def _subject(parameters: Any) -> tuple[str, ...]:
    described = fields(type(parameters)).items()
    return tuple(str(getattr(parameters, name)) for name, control in described if control.subject)


@cache
def _url(name: str) -> str:
    """Where another fact of the publication was seen. What was measured for this project is in its own documents."""
    urls = (fact.url for fact in catalog.facts().values() if fact.url and publication(fact.source) == name)
    return next(urls, "docs/model.md")
