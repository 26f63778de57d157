"""export: scenarios are run and written as pictures, a report page, slides and a page that runs the model itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sim.cli.interrupts import Interrupts, noting
from sim.cli.output import BAD_INPUT, HELD, Formats, WholeNumber, progress, report, say
from sim.cli.scenarios import load_all
from sim.errors import InputError, Problem
from sim.wording import shown

if TYPE_CHECKING:
    from sim.outcome import Outcome
    from sim.report.style import Language
    from sim.scenario import Scenario

FORMATS = ("report", "live", "svg", "png", "slide", "trace")
_LANGUAGES = ("en", "ja")
_TIMELESS = "nothing in it happens in time, so that there is no trace; --format report, svg and png have its figures"


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path())
@click.option("--out", required=True, type=click.Path(file_okay=False), help="Write into this folder.")
@click.option(
    "--format", "forms", type=Formats(FORMATS), default="report", show_default=True,
    help=f"One or several, with commas between: {', '.join(FORMATS)}.",
)  # fmt: skip
@click.option(
    "--language", "languages", type=Formats(_LANGUAGES, "language"), default="en", show_default=True,
    help="One or both, with a comma between. A live page always has both.",
)  # fmt: skip
@click.option("--seed", type=WholeNumber(0, 2**63 - 1), help="Instead of the scenario's.")
def export(
    files: tuple[str, ...], out: str, forms: tuple[str, ...], languages: tuple[Language, ...], seed: int | None
) -> int:
    """Run scenarios and write them as files for a lecture.

    report: a page with live charts. live: one page, for all FILEs, that runs the model in the browser. svg, png: each
    figure. slide: a deck of reveal.js, with the live page in it where that is written too. trace: what happened in
    time, as JSON that Perfetto opens, and as CSV.

    FILE: a scenario's file, or the id of one that ships.
    """
    from sim.export import live_name, traced, written
    from sim.export.files import converter
    from sim.live import builder
    from sim.loading import override
    from sim.outputfile import make_folder

    interrupts = noting()
    scenarios = [override(one, {"seed": seed}) if seed is not None else one for one in load_all(files)]
    _check_ids(scenarios)
    if set(forms) != {"trace"}:
        converter()  # what is missing is said before anything runs
    folder = Path(out)
    make_folder(folder)
    live = ""
    if "live" in forms:
        live = live_name(scenarios)
        with _heard(interrupts):
            _write(folder / live, builder.page(scenarios, interrupts.tick))
    empty = []
    for scenario in scenarios if set(forms) != {"live"} else ():
        outcomes = _run(scenario, interrupts)
        traces = dict(traced(scenario, outcomes)) if "trace" in forms else {}
        for name, content in traces.items():
            _write(folder / name, content)
        for language in languages:
            with _heard(interrupts):
                for name, made in written(forms, scenario, outcomes, language, live):
                    interrupts.check()
                    _write(folder / name, made)
        if set(forms) == {"trace"} and not traces:
            empty.append(Problem(f"{scenario.id}: {_TIMELESS}", scenario.file))
    report(empty)
    return BAD_INPUT if empty else HELD


@contextmanager
def _heard(interrupts: Interrupts) -> Iterator[None]:
    """What fails after a signal came, failed by it: a terminal sends it to npm, pip and node too."""
    interrupts.check()
    try:
        yield
    except InputError:
        interrupts.check()
        raise


def _check_ids(scenarios: Sequence[Scenario]) -> None:
    """Raise `InputError` where two scenarios have the same id, by which their files are named."""
    ids = [scenario.id for scenario in scenarios]
    for scenario in scenarios:
        if ids.count(scenario.id) > 1:
            raise InputError(
                Problem(f"the id {shown(scenario.id)} is given twice; files are named by it", scenario.file)
            )


def _run(scenario: Scenario, interrupts: Interrupts) -> tuple[Outcome, ...]:
    from sim.batch.run import run

    with progress(scenario.id) as tell:

        def tick(share: float) -> None:
            interrupts.check()
            tell(share)

        return run(scenario, tick=tick)


def _write(path: Path, content: str | bytes) -> None:
    from sim.outputfile import write_bytes

    data = content.encode("utf-8", "replace") if isinstance(content, str) else content
    write_bytes(path, data)
    say(f"wrote {path} ({_size(len(data))})")


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 1e6 else f"{count / 1e3:.0f} kB"
