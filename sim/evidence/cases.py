"""Evidence cases: which files they are, whether they publish what their facts say, and their rows.

A case is a scenario file with a `published` block, in `scenarios/evidence/` or elsewhere.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from sim.batch.inputs import InputEffect, MetricKey, effects
from sim.batch.run import run
from sim.catalog import load as catalog
from sim.catalog.facts import MAY_SET, values
from sim.errors import InputError, Problem
from sim.evidence.ranges import Spread, spread
from sim.evidence.rows import AccuracyRow
from sim.inputfile import is_folder
from sim.loading import load, shipped
from sim.loading.parameters import fields
from sim.outcome import Metric, Outcome
from sim.quantity import dimension_of, factor_of
from sim.report.sources import publication
from sim.scenario import OwnSource, Published, Scenario
from sim.studies.base import Tick, no_tick

CASES = shipped.folder() / shipped.EVIDENCE
"""The folder of the shipped cases."""


def files(paths: Sequence[str | Path]) -> list[Path]:
    """The files of cases among files and folders, those that ship where there are none.

    Raises `InputError` for a folder without a case.
    """
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


def problems(scenario: Scenario) -> Iterable[Problem]:
    """Published figures that are not what their facts say, or that the facts may not be used for."""
    if not scenario.published:
        yield Problem("publishes nothing; expected a 'published' list", scenario.file)
    for number, published in enumerate(scenario.published):
        message = _wrong(published)
        if message:
            yield Problem(message, scenario.file, path=f"published.{number}")


def _wrong(published: Published) -> str:
    value = float(published.value) * factor_of(published.unit)
    if value <= 0:
        return f"{published.value} {published.unit} has no relative error; expected more than 0"
    if isinstance(published.source, OwnSource):
        return _wrong_of_own(published)
    fact = catalog.facts().get(published.source)
    if fact is None:
        return (
            f"no fact {published.source!r}; expected the id of one in the catalog's measurements, "
            "or {citation, address} of a publication"
        )
    said = values(fact, dimension_of(published.unit))
    if not said or not min(said) * (1 - 1e-9) <= value <= max(said) * (1 + 1e-9):
        return f"{published.value} {published.unit} is not what {fact.id} says: {fact.value} {fact.unit}".rstrip()
    if fact.use and fact.use != published.use:
        return f"{fact.id} is for use {fact.use!r}, not {published.use!r}"
    if published.use == "calibrate" and fact.provenance not in MAY_SET:
        return f"{fact.id} is a {fact.provenance}, which may be shown and checked against but calibrates nothing"
    if published.use == "check" and fact.id in catalog.cited():
        return f"{fact.id} sets {catalog.cited()[fact.id][0]}, so it cannot be a check"
    return ""


def _wrong_of_own(published: Published) -> str:
    """What is wrong with a figure that names its publication itself, and no fact."""
    if published.use == "calibrate":
        return "a figure of no fact set no number of the catalog; expected use 'check'"
    return ""


def opened(path: Path, tick: Tick) -> Scenario:
    """The scenario of a file. Whoever waits may give up before each."""
    tick(0.0)
    return load(path)


def _run(scenario: Scenario, tick: Tick) -> tuple[Outcome, ...]:
    try:
        return run(scenario, tick=tick)
    except InputError as error:
        raise InputError([replace(p, file=p.file or scenario.file) for p in error.problems]) from None


def rows(scenario: Scenario, tick: Tick = no_tick) -> Iterable[AccuracyRow]:
    """What a case publishes, with what its run gives. Weights are not known yet.

    Raises `InputError` where a label does not have the metric, as a container has no guest whose boot takes time.
    """
    outcomes = _run(scenario, tick)
    variants = {label: parameters for part in scenario.parts for label, parameters in part.variants.items()}
    metrics = {(m.of, m.metric, m.statistic): m for outcome in outcomes for m in outcome.metrics}
    absent = [
        Problem(f"{published.of} has no {published.metric}", scenario.file, path=f"published.{number}")
        for number, published in enumerate(scenario.published)
        if (published.of, published.metric, published.statistic) not in metrics
    ]
    if absent:
        raise InputError(absent)
    found = _effects(scenario, tick)
    for published in scenario.published:
        key = (published.of, published.metric, published.statistic)
        within = spread(found.get(key, ()))
        yield _row(scenario.id, published, metrics[key], within, variants[published.of])


def _effects(scenario: Scenario, tick: Tick) -> Mapping[tuple[str, str, str], Sequence[InputEffect]]:
    """What each input does to each published metric of each label."""
    asked: dict[str, set[MetricKey]] = defaultdict(set)
    for published in scenario.published:
        asked[published.of].add((published.metric, published.statistic))
    return {
        (label, *key): found
        for part in scenario.parts
        for label in part.variants
        if label in asked
        for key, found in effects(scenario, part, label, sorted(asked[label]), tick).items()
    }


def _row(case: str, published: Published, metric: Metric, within: Spread, parameters: Any) -> AccuracyRow:
    source, name, url = _cited(published.source)
    predicted, value = metric.value / factor_of(published.unit), float(published.value)
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
        source=source,
        publication=name,
        url=url,
        subject=_subject(parameters) or (published.of,),
        low=predicted * math.exp(-within.down),
        high=predicted * math.exp(within.up),
        estimate=metric.estimate,
        widest=within.widest,
        alone=within.alone,
        apart=published.apart,
        assumed=published.assumed,
    )


def _cited(source: str | OwnSource) -> tuple[str, str, str]:
    """A source's name in a row, its publication and its address."""
    if isinstance(source, OwnSource):
        return source.citation, publication(source.citation), source.address
    fact = catalog.facts()[source]
    name = publication(fact.source)
    return fact.id, name, fact.url or _url(name)


def _subject(parameters: Any) -> tuple[str, ...]:
    described = fields(type(parameters)).items()
    return tuple(str(getattr(parameters, name)) for name, control in described if control.subject)


@cache
def _url(name: str) -> str:
    """Where another fact of the publication was seen. What was measured for this project is in its own documents."""
    urls = (fact.url for fact in catalog.facts().values() if fact.url and publication(fact.source) == name)
    return next(urls, "docs/model.md")
