"""sweep: a scenario at many points of its parameters, into one file that can be read at any time."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count, takewhile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sim import limits
from sim.cli.interrupts import Interrupts, SignalError, noting
from sim.cli.output import FAILED, HELD, StandardOutput, WholeNumber, one_format, say
from sim.console import is_terminal
from sim.errors import InputError, Problem
from sim.inputfile import exists

if TYPE_CHECKING:
    from sim.scenario import Scenario
    from sim.sweeps.plan import SweepPlan
    from sim.sweeps.run import SweepSummary, Told


@click.command()
@click.argument("file", metavar="FILE", type=click.Path())
@click.option(
    "--vary", multiple=True, required=True, metavar="PATH=VALUES",
    help="An axis: a list as instances=1,10,100, with ranges as 1..10, 1..100:10, even:, log:, uniform: or "
    "loguniform:1..100:7.",
)  # fmt: skip
@click.option("--set", "assignments", multiple=True, metavar="PATH=VALUE", help="Another value for every point.")
@click.option("--zip", "zipped", is_flag=True, help="The axes go along together, instead of each with each.")
@click.option("--seed", type=WholeNumber(0, 2**63 - 1), help="Instead of the scenario's.")
@click.option("--replications", type=WholeNumber(1, limits.REPLICATIONS), help="Instead of the scenario's.")
@click.option(
    "--until", multiple=True, metavar="CONDITION",
    help="Replicate a point until an interval is narrow, as 'docker.startup_time.p50 within 5%'.",
)  # fmt: skip
@click.option(
    "--max-replications", type=WholeNumber(1, limits.REPLICATIONS), default=1000, show_default=True,
    help="Where --until ends at the latest.",
)  # fmt: skip
@click.option("--ends", is_flag=True, help="Run the ends of the inputs' ranges too.")
@click.option("--records", is_flag=True, help="Keep the records of each point's first replication.")
@click.option("--store", type=click.Path(dir_okay=False), help="The file of the results.  [default: ID.sqlite]")
@click.option(
    "--executor", default="local", show_default=True, metavar="WHERE",
    help="local, or the address of a Dask scheduler, as tcp://host:8786.",
)  # fmt: skip
@click.option("--jobs", type=WholeNumber(1, 256), default=1, show_default=True, help="Processes of local.")
@click.option("--retry", is_flag=True, help="Run points again that failed.")
@click.option(
    "--show", "names", multiple=True, metavar="METRIC",
    help="What the table prints, as startup_time.p95 or docker.startup_time.  [default: what the study is about]",
)  # fmt: skip
@click.option("--plot", metavar="METRIC", help="Draw a metric over an axis, as startup_time.p50.")
@click.option("--over", metavar="PATH", help="The axis that --plot draws along.  [default: the first]")
@click.option(
    "--plot-to",
    type=click.Path(dir_okay=False),
    help="An .svg, .png, .html or .json file.  [default: beside the store]",
)
@one_format("table", "json", "csv")
def sweep(
    file: str,
    vary: tuple[str, ...],
    assignments: tuple[str, ...],
    zipped: bool,
    seed: int | None,
    replications: int | None,
    until: tuple[str, ...],
    max_replications: int,
    ends: bool,
    records: bool,
    store: str | None,
    executor: str,
    jobs: int,
    retry: bool,
    names: tuple[str, ...],
    plot: str | None,
    over: str | None,
    plot_to: str | None,
    form: str,
) -> int:
    """Run a scenario at many points of its parameters.

    The results are in one SQLite file, which can be read while the sweep runs. The same command goes on where an
    earlier one was ended. A point that fails is a row with its error.

    FILE: a scenario's file, or the id of one that ships.
    """
    from sim.sweeps.plan import plan
    from sim.sweeps.run import executor as named
    from sim.sweeps.tables import chosen

    interrupts = noting()
    scenario = _scenario(file, assignments, seed, replications)
    made = plan(
        scenario,
        vary,
        zipped=zipped,
        until=until,
        max_replications=max_replications,
        ends=ends,
        records=records,
        from_shell=True,
    )
    chosen(made, names)
    path = Path(store) if store else _own(made)
    draw = _drawing(made, plot, over, plot_to, path)
    execute = named(executor, jobs)
    from sim.sweeps.run import run_sweep
    from sim.sweeps.store import OtherSweepError

    with _bar(interrupts) as (tell, done):
        try:
            summary = run_sweep(made, path, execute, retry=retry, tell=tell)
        except SignalError as error:
            error.told = f"interrupted; {path} keeps what had finished, {done()} points of this run"
            raise
        except OtherSweepError as error:
            if store:
                raise
            raise _taken(path, error) from None
    _print(path, made, names, form)
    if draw is not None:
        draw(path)
    say(_told(summary, path, made))
    return FAILED if summary.failed else HELD


def _numbered(path: Path) -> Iterator[Path]:
    """The names that a sweep of the same scenario is told to take instead of the default one."""
    return (Path(f"{path.stem}-{number}.sqlite") for number in count(2))


def _own(made: SweepPlan) -> Path:
    """The store of a sweep that is given none: the default one, or its own among those that are numbered."""
    from sim.sweeps.store import is_of

    default = Path(f"{made.job.scenario.id}.sqlite")
    if not exists(default) or is_of(default, made):
        return default
    return next((path for path in takewhile(exists, _numbered(default)) if is_of(path, made)), default)


def _taken(path: Path, error: InputError) -> InputError:
    """That the store's default name is taken by another sweep, with a name that is free."""
    from sim.sweeps.store import OTHER

    free = str(next(other for other in _numbered(path) if not exists(other)))
    what = error.problems[0].message.removesuffix(OTHER)
    message = (
        f"the default name of the store is taken: the file {what}; give a free one, as --store {shlex.quote(free)}"
    )
    return InputError(Problem(message, str(path)))


def _scenario(file: str, assignments: tuple[str, ...], seed: int | None, replications: int | None) -> Scenario:
    from sim.cli.run import assigned
    from sim.loading import load

    return assigned(load(file), assignments, seed=seed, replications=replications)


@contextmanager
def _bar(interrupts: Interrupts) -> Iterator[tuple[Told, Callable[[], int]]]:
    """What is told how far a sweep is, and hears interrupts. A bar with the time left where a terminal shows it."""
    shown, done = 0, 0
    hidden = not is_terminal(sys.stderr)
    with click.progressbar(length=1, label="points", file=sys.stderr, hidden=hidden, show_pos=True) as bar:

        def tell(finished: int, whole: int) -> None:
            nonlocal shown, done
            done = finished
            interrupts.check()
            bar.length = max(whole, 1)
            if finished > shown or not shown:
                bar.update(finished - shown)
                shown = finished

        yield tell, lambda: done


def _print(path: Path, made: SweepPlan, names: Sequence[str], form: str) -> None:
    from sim.sweeps import tables

    printed = StandardOutput()
    if form == "table":
        printed(tables.text_table(path, made, names))
        return
    for line in tables.csv_lines(path) if form == "csv" else tables.json_lines(path):
        printed(line)


def _told(summary: SweepSummary, path: Path, made: SweepPlan) -> str:
    """How a sweep ended, in a line."""
    from sim.sweeps.reading import first_failed, wide_points
    from sim.sweeps.tables import cell_text

    words = f"{summary.points:,} point{'s' * (summary.points != 1)} in {path}"
    if summary.kept:
        words += f", {summary.kept:,} of them from before"
    if summary.failed:
        words += f", {summary.failed:,} failed"
        if first := first_failed(path):
            values = ", ".join(f"{axis}={cell_text(value)}" for axis, value in first[1].items())
            words += f", first point {first[0]} ({values})"
    wide = wide_points(path) if made.job.until else 0
    if wide:
        words += f", {wide:,} not as narrow as was asked after {made.job.max_replications} replications"
    return words


def _drawing(
    made: SweepPlan, metric: str | None, over: str | None, to: str | None, store: Path
) -> Callable[[Path], None] | None:
    """What draws a sweep once it has run. Everything that could be wrong with it is found before."""
    from sim.export.sweeps import SWEEP_FILES, check_plot, plot_file
    from sim.outputfile import write_bytes

    if metric is None:
        if over or to:
            raise click.UsageError(f"{'--over' if over else '--plot-to'} needs --plot METRIC")
        return None
    suffix = Path(to).suffix if to else ".svg"
    if suffix not in SWEEP_FILES:
        raise InputError(f"--plot-to {to!r} does not fit; expected a name that ends in {', '.join(SWEEP_FILES)}")
    request = check_plot(made, metric, over, suffix)
    path = Path(to) if to else store.with_name(f"{store.stem}-{metric}.svg")

    def draw(results: Path) -> None:
        write_bytes(path, plot_file(request, results))
        say(f"wrote {path}")

    return draw
