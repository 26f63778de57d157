"""What a notebook asks for: a run or a sweep in one call, as tables and figures that show themselves.

pandas is imported where a frame is asked for, and vl-convert where a figure is shown.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, fields
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from sim.batch.run import run as run_scenario
from sim.errors import InputError
from sim.loading import load, override
from sim.loading.assignments import assign, unbounded
from sim.loading.overrides import parameter_places
from sim.outcome import Metric, Outcome
from sim.records.instances import PhaseRecord
from sim.records.record import Record
from sim.scenario import Scenario
from sim.studies.base import Tick, no_tick
from sim.wording import shown, whole_number

if TYPE_CHECKING:
    import pandas as pd

    from sim.sweeps.axes import Axis
    from sim.sweeps.run import SweepSummary, Told


class Outcomes(tuple[Outcome, ...]):
    """What a run gives: one outcome for each part of the scenario, together as tables and figures.

    Attributes:
        scenario: What ran.
    """

    scenario: Scenario

    def __new__(cls, outcomes: Iterable[Outcome], scenario: Scenario) -> Self:
        """The outcomes of a scenario's parts, in their order."""
        made = super().__new__(cls, outcomes)
        made.scenario = scenario
        return made

    def __reduce__(self) -> tuple[type[Self], tuple[tuple[Outcome, ...], Scenario]]:
        return type(self), (tuple(self), self.scenario)

    def metric(self, of: str, metric: str, statistic: str = "value") -> Metric:
        """The one metric of that name. Raises `KeyError` naming those that there are where there is none."""
        for outcome in self:
            if any((m.of, m.metric, m.statistic) == (of, metric, statistic) for m in outcome.metrics):
                return outcome.metric(of, metric, statistic)
        return self[0].metric(of, metric, statistic)

    def frame(self) -> pd.DataFrame:
        """Every metric in a row, in SI units. Raises `InputError` where pandas is not installed."""
        rows = []
        for number, outcome in enumerate(self):
            for m in outcome.metrics:
                low, high = m.range or (None, None)
                ends = {"range_low": low, "range_high": high, "estimate": m.estimate}
                head = {"part": number, "study": outcome.study, "of": m.of, "metric": m.metric}
                tail = {"statistic": m.statistic, "value": m.value, "unit": m.unit, "low": m.low, "high": m.high}
                rows.append({**head, **tail, **ends})
        return data_frame(rows)

    def phases(self) -> pd.DataFrame:
        """Every phase of every start in a row, in seconds. It has no rows where the study has no phases."""
        return self.records(PhaseRecord)

    def records(self, kind: type[Record]) -> pd.DataFrame:
        """Every record of a kind (`sim.records`) in a row. Raises `InputError` where pandas is not installed."""
        rows = [asdict(record) for outcome in self for record in outcome.of_type(kind)]
        return data_frame(rows, [field.name for field in fields(kind)])

    def _repr_html_(self) -> str:
        """The figures of the scenario's page, where vl-convert can draw them, and its metrics."""
        from sim.report import htmltable
        from sim.report.figures.bars import metric_table
        from sim.report.style import Style

        tables = "".join(htmltable.html_table(metric_table(outcome), Style()) for outcome in self)
        return f"<h4>{escape(self.scenario.title.en)}</h4>{drawn_figures(self.scenario, self)}{tables}"


def run(
    scenario: Scenario | str | Path,
    values: Mapping[str, Any] | None = None,
    *,
    seed: int | None = None,
    replications: int | None = None,
    jobs: int = 1,
    recorded: int = 0,
    tick: Tick = no_tick,
    **parameters: Any,
) -> Outcomes:
    """Run a scenario.

    >>> outcome = run("taxonomy", replications=1, instances=2)
    >>> round(outcome.metric("docker", "startup_time", "p50").value, 1)
    0.3

    Args:
        scenario: A checked scenario, the path of a file, or the id of a scenario that ships ("taxonomy").
        values: Other values by path, as {"docker.instances": 3}: numbers in SI units, or as a file has them.
        seed: Where all randomness comes from, instead of the scenario's own seed.
        replications: How often each label runs, instead of the scenario's own number. A study without randomness runs
            once.
        jobs: How many processes run the replications.
        recorded: Which replication's records are kept, from 0.
        tick: Told the finished share of the whole, from 0 to 1. It may raise `CancelledError`.
        parameters: Other values of parameters that all labels share, as instances=50.

    Returns:
        One outcome for each part of the scenario.

    Raises:
        InputError: Where the scenario, a value, or a file that it names, cannot be used.
        SimError: Where a replication failed. The message names it.
    """
    changed = with_values(scenario, {**(values or {}), **parameters})
    outcomes = run_scenario(changed, seed=seed, replications=replications, jobs=jobs, recorded=recorded, tick=tick)
    return Outcomes(outcomes, changed)


def with_values(scenario: Scenario | str | Path, values: Mapping[str, Any]) -> Scenario:
    """A scenario with other values by path. Raises `InputError`."""
    loaded = scenario if isinstance(scenario, Scenario) else load(scenario)
    if not values:
        return loaded
    given = {path: plain_value(value) for path, value in values.items()}
    plain = {path: value for path, value in given.items() if _is_parameter(loaded, path)}
    changed = override(unbounded(loaded), plain) if plain else loaded
    others = {path: value for path, value in given.items() if path not in plain}
    return assign(changed, others) if others else changed


def _is_parameter(scenario: Scenario, path: str) -> bool:
    try:
        return bool(list(parameter_places(scenario, path)))
    except InputError:
        return False


class Sweep:
    """A sweep that ran, or one that is read from its store.

    Attributes:
        store: The file.
        summary: How it ended. None where it is only read.
    """

    def __init__(self, store: str | Path, summary: SweepSummary | None = None) -> None:
        self.store = Path(store)
        self.summary = summary

    def frame(self) -> pd.DataFrame:
        """Every metric of every point in a row, with a column for each axis; a failed point has a row with its error.

        Raises `InputError` where the store cannot be read, or pandas is not installed.
        """
        from sim.sweeps.tables import rows

        header, *found = rows(self.store)
        return data_frame([dict(zip(header, row, strict=True)) for row in found], list(header))

    def plot(self, metric: str, over: str | None = None, label: str = "") -> Figure:
        """A metric over an axis, with its interval at each point.

        Args:
            metric: As "startup_time.p50".
            over: The axis. The first without one.
            label: The one label that is drawn. "" for all.

        Raises `InputError` where there is no such metric or axis, or more lines than one can tell apart.
        """
        from sim.export.sweeps import plot_spec, stored_plot
        from sim.report.style import Style

        return Figure(plot_spec(stored_plot(self.store, metric, over, label), self.store, Style()))

    def __repr__(self) -> str:
        return f"<Sweep in {self.store}>"


class Figure:
    """A chart that a notebook shows.

    Attributes:
        spec: Its Vega-Lite specification, with its rows.
    """

    def __init__(self, spec: Mapping[str, Any]) -> None:
        from sim.report.style import with_rows

        self.spec: dict[str, Any] = with_rows(dict(spec))

    def _repr_html_(self) -> str | None:
        """The chart as SVG. None where vl-convert is not installed: a notebook then prints its name."""
        from sim.export.files import VEGA_LITE, converter, fixed
        from sim.report.style import Style

        try:
            drawn: str = converter().vegalite_to_svg(fixed(self.spec, Style()), vl_version=VEGA_LITE)
        except InputError:
            return None
        return drawn


def sweep(
    scenario: Scenario | str | Path,
    vary: Mapping[str, Sequence[Any] | str],
    values: Mapping[str, Any] | None = None,
    *,
    store: str | Path | None = None,
    zipped: bool = False,
    until: Sequence[str] = (),
    max_replications: int = 1000,
    ends: bool = False,
    records: bool = False,
    executor: str = "local",
    jobs: int = 1,
    retry: bool = False,
    tell: Told | None = None,
    **parameters: Any,
) -> Sweep:
    """Run a scenario at many points of its parameters, into a SQLite file. The same call goes on where one was ended.

    Args:
        scenario: As `run` takes it.
        vary: From the path of each axis to its values, or to a range as "log:1..1000:7" (docs/sweeps.md).
        values: Other values by path, for all points.
        store: The file. It is the scenario's id and ".sqlite" in the working directory without one.
        zipped: Whether the axes go along together.
        until: Conditions, as "docker.startup_time.p50 within 5%".
        max_replications: Where a point ends that does not reach them.
        ends: Whether the ends of the inputs' ranges are run too.
        records: Whether the records of each point's first replication are kept.
        executor: "local", or the address of a Dask scheduler.
        jobs: How many processes of this machine.
        retry: Whether points that failed are run again.
        tell: Told how many points finished, and how many there are to run. It may raise `CancelledError`.
        parameters: Other values of parameters that all labels share, for all points.

    Raises:
        InputError: Where an axis, the store or the scheduler cannot be used. What had finished is in the store.
    """
    from sim.sweeps.plan import plan
    from sim.sweeps.run import executor as named
    from sim.sweeps.run import run_sweep, untold

    changed = with_values(scenario, {**(values or {}), **parameters})
    if store is not None and not isinstance(store, str | os.PathLike):
        raise InputError(f"store: {shown(store)} does not fit; expected the path of a file")
    made = plan(
        changed,
        [_axis(path, given) for path, given in vary.items()],
        zipped=zipped,
        until=until,
        max_replications=whole_number("max_replications", max_replications),
        ends=ends,
        records=records,
    )
    path = Path(store or f"{changed.id}.sqlite")
    return Sweep(path, run_sweep(made, path, named(executor, jobs), retry=retry, tell=tell or untold))


def _axis(path: str, given: Sequence[Any] | str) -> Axis | str:
    from sim.sweeps.axes import Axis

    if isinstance(given, str):
        return f"{path}={given}"
    if not isinstance(given, Iterable):
        raise InputError(f'{path}: {shown(given)} does not fit; expected a list of values, or a range as "1..10"')
    return Axis(path, tuple(plain_value(item) for item in given))


def plain_value(value: Any) -> Any:
    """A value as a scenario's document has it. What numpy and pandas count with (`tolist`) become Python's numbers."""
    if isinstance(value, Mapping):
        return {key: plain_value(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain_value(item) for item in value]
    return value.tolist() if hasattr(value, "tolist") else value


def data_frame(rows: Sequence[Mapping[str, Any]], columns: Sequence[str] | None = None) -> pd.DataFrame:
    """Rows as a data frame. Raises `InputError` where pandas is not installed."""
    try:
        import pandas as pd
    except ImportError:
        raise InputError("a frame needs pandas; install it by: python -m pip install pandas") from None
    return pd.DataFrame(list(rows), columns=columns)


def drawn_figures(scenario: Scenario, outcomes: Sequence[Outcome]) -> str:
    """The figures of a scenario as SVG in HTML, without those that nothing installed can draw."""
    from sim.export.files import figure_svg, figures

    drawn = []
    for figure in figures(scenario, outcomes):
        with contextlib.suppress(InputError):
            drawn.append(f"<div>{figure_svg(figure)}</div>")
    return "".join(drawn)
