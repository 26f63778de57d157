"""What a sweep runs: a scenario, its axes, and how long each point goes on. It is made before anything runs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Any

from sim import limits, studies
from sim.errors import InputError, Problem
from sim.loading.assignments import assign
from sim.loading.overrides import parameter_places
from sim.loading.template import ScenarioTemplate, leaves_the_comparison
from sim.outcome import MetricSpec
from sim.quantity import parse
from sim.scenario import Scenario
from sim.sweeps.axes import Axis, axis
from sim.wording import shown, suggestion_of_many

FEWEST = 6
"""Replications from which on a median has an interval (`sim.studies.base.median_interval`)."""

_CONDITION = re.compile(r"\s*(\S{1,200})\s+within\s+(\S.{0,40}?)\s*")


@dataclass(frozen=True)
class SweepSeries:
    """One number that every point has: a statistic of a metric of a label.

    Attributes:
        part: The number of the scenario's part, from 0.
        name: "label.metric.statistic", as `expect` names it.
    """

    part: int
    study: str
    of: str
    spec: MetricSpec
    statistic: str

    @property
    def name(self) -> str:
        """As `expect` has it."""
        return f"{self.of}.{self.spec.name}.{self.statistic}"


@dataclass(frozen=True)
class Narrow:
    """An interval that is to become narrow: half of its width is at most a share of the value, or a width.

    Attributes:
        text: As it was written.
        name: "label.metric.statistic".
        share: The share. None where it is a width.
        width: The width, in the metric's SI unit.
    """

    text: str
    name: str
    share: float | None
    width: float = 0.0

    def holds(self, value: float, low: float, high: float) -> bool:
        """Whether an interval is so narrow. One whose ends are equal is, whatever they are."""
        if low == high:
            return True
        return (high - low) / 2 <= (self.width if self.share is None else self.share * abs(value))


@dataclass(frozen=True)
class PointJob:
    """What a process must know to run points: everything but their values."""

    scenario: Scenario
    paths: tuple[str, ...]
    until: tuple[Narrow, ...] = ()
    max_replications: int = 1000
    ends: bool = False
    records: bool = False


@dataclass(frozen=True)
class SweepPlan:
    """A sweep. Its points are numbered from 0; of a grid, the last axis changes first.

    Attributes:
        zipped: Whether the axes go along together, instead of every value with every other.
    """

    job: PointJob
    axes: tuple[Axis, ...]
    zipped: bool = False

    def __len__(self) -> int:
        lengths = [len(axis.values) for axis in self.axes]
        return min(lengths, default=1) if self.zipped else prod(lengths)

    def values(self, point: int) -> tuple[Any, ...]:
        """What the axes are at a point."""
        if self.zipped:
            return tuple(axis.values[point] for axis in self.axes)
        chosen = []
        for one in reversed(self.axes):
            point, index = divmod(point, len(one.values))
            chosen.append(one.values[index])
        return tuple(reversed(chosen))

    @cached_property
    def series(self) -> tuple[SweepSeries, ...]:
        """Every number that a point may have, in the order of the parts, labels and metrics."""
        return tuple(every_series(self.job.scenario))


def every_series(scenario: Scenario) -> Iterator[SweepSeries]:
    """The series of a scenario."""
    for number, part in enumerate(scenario.parts):
        for label in part.variants:
            for spec in studies.study(part.study).metrics:
                for statistic in spec.statistics:
                    yield SweepSeries(number, part.study, label, spec, statistic)


def plan(
    scenario: Scenario,
    vary: Sequence[str | Axis],
    *,
    zipped: bool = False,
    until: Sequence[str] = (),
    max_replications: int = 1000,
    ends: bool = False,
    records: bool = False,
    from_shell: bool = False,
) -> SweepPlan:
    """The checked plan of a sweep.

    Args:
        vary: Axes, as "instances=1,10,100" (`sim.sweeps.axes`), or made already.
        zipped: Whether the axes go along together.
        until: Conditions, as "docker.startup_time.p50 within 5 %".
        max_replications: Where a point ends that does not reach them.
        ends: Whether the ends of the inputs' ranges are run too.
        records: Whether the records of each point's first replication are kept.
        from_shell: Whether the axes were given as a shell's arguments.

    Raises `InputError` with what does not fit, at the axis or condition.
    """
    if not vary:
        raise InputError("a sweep needs an axis; expected --vary PATH=VALUES, as in --vary instances=1,10,100")
    whole = _whole_of(scenario)
    axes: list[Axis] = []
    narrow: list[Narrow] = []
    problems: list[Problem] = []
    for one in vary:
        try:
            axes.append(one if isinstance(one, Axis) else axis(one, scenario.seed, whole))
        except InputError as error:
            problems += error.problems
    for text in until:
        try:
            narrow.append(_condition(text, scenario))
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    job = PointJob(scenario, tuple(axis.path for axis in axes), tuple(narrow), max_replications, ends, records)
    made = SweepPlan(job, tuple(axes), zipped)
    _check(made, from_shell=from_shell)
    return made


def _whole_of(scenario: Scenario) -> Callable[[str], bool | None]:
    """Whether a path's parameter takes whole numbers alone. None for a path of another kind."""

    def whole(path: str) -> bool | None:
        if path in ("seed", "replications"):
            return True
        try:
            found = [control for _, control in parameter_places(scenario, path)]
        except InputError:
            return None
        known = [one.whole for one in found if one is not None and one.kind in ("number", "quantity")]
        return all(known) if known else None

    return whole


def _check(made: SweepPlan, *, from_shell: bool) -> None:
    paths = made.job.paths
    problems = [
        Problem("is varied twice; expected one axis", path=path)
        for path in dict.fromkeys(paths)
        if paths.count(path) > 1
    ]
    lengths = {len(axis.values) for axis in made.axes}
    if made.zipped and len(lengths) > 1:
        sizes = ", ".join(f"{axis.path} has {len(axis.values)}" for axis in made.axes)
        problems.append(Problem(f"axes that go along together need as many values each: {sizes}"))
    if not made.zipped and len(made) > limits.POINTS:
        problems.append(Problem(f"{len(made):,} points are too many; expected at most {limits.POINTS:,}"))
    if problems:
        raise InputError(problems)
    problems = [problem for path in paths for problem in _no_axis(made.job.scenario, path)]
    if problems:
        raise InputError(problems)
    problems = [
        problem for number in range(len(made.axes)) for problem in _refused(made, number, from_shell=from_shell)
    ]
    if problems:
        raise InputError(list(dict.fromkeys(problems)))


def _no_axis(scenario: Scenario, path: str) -> Iterator[Problem]:
    """Why a path cannot be varied."""
    try:
        if not leaves_the_comparison(scenario, path):
            yield Problem("is no parameter; an axis varies parameters, 'seed' or 'replications'", path=path)
    except InputError as error:
        yield from (Problem(problem.message, path=path) for problem in error.problems)


_LOOKED_AT = 100
"""Values of an axis that are checked before anything runs: the first and the last of a long one."""


def _refused(made: SweepPlan, number: int, *, from_shell: bool) -> Iterator[Problem]:
    """Values that fit no point. Those that fit but do not go together with others fail where they are run."""
    one = made.axes[number]
    alone = ScenarioTemplate(made.job.scenario, (one.path,))
    count = len(one.values)
    looked = range(count) if count <= _LOOKED_AT else (*range(_LOOKED_AT // 2), *range(count - _LOOKED_AT // 2, count))
    for index in looked:
        first = tuple(axis.values[index if made.zipped or axis is one else 0] for axis in made.axes)
        try:
            assign(made.job.scenario, {one.path: one.values[index]}, from_shell=from_shell)
        except InputError as error:
            fits = alone.fits((one.values[index],))
            if not fits and _fails(made.job.scenario, dict(zip(made.job.paths, first, strict=True))):
                yield from (_at_value(problem, one, index) for problem in error.problems)


def _at_value(problem: Problem, one: Axis, index: int) -> Problem:
    """What an axis' value is refused for, with the value. A path that is not the axis' own has the label."""
    value = shown(one.values[index])
    label = "" if problem.path == one.path else f"{problem.path}: "
    # A text stands in quotes. A number may be a part of another one, or a bound: it is told at the beginning alone.
    told = value in problem.message if value[0] in "'\"" else not label and problem.message.startswith(f"{value} ")
    said = "" if told else f" (value {index + 1} of {len(one.values)}: {value})"
    return Problem(f"{label}{problem.message}{said}", path=one.path)


def _fails(scenario: Scenario, values: Mapping[str, Any]) -> bool:
    try:
        assign(scenario, values)
    except InputError:
        return True
    return False


def _condition(text: str, scenario: Scenario) -> Narrow:
    """What "docker.startup_time.p50 within 5 %" means. Raises `InputError`."""
    found = _CONDITION.fullmatch(text)
    if found is None:
        raise InputError(
            f"{shown(text)} does not fit; expected METRIC within WIDTH, as in 'docker.startup_time.p50 within 5 %'"
        )
    known = {series.name: series for series in every_series(scenario)}
    if found[1] not in known:
        meant = suggestion_of_many(found[1], known, "--format csv")
        raise InputError(f"no metric {shown(found[1])} in {shown(text)}{meant}")
    series = known[found[1]]
    if not studies.study(series.study).random:
        raise InputError(f"{shown(text)}: {series.study} has no randomness, so its metrics have no interval")
    is_share = found[2].endswith("%")
    try:
        width = parse(found[2], "1" if is_share else series.spec.unit)
    except InputError as error:
        raise InputError(f"{shown(text)}: {error}") from None
    if width <= 0:
        raise InputError(f"{shown(text)}: {shown(found[2])} is out of range; expected more than 0")
    return Narrow(text, found[1], width) if is_share else Narrow(text, found[1], None, width)
