"""run: scenarios are run and judged, and told in one format or several."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sim import limits
from sim.cli.interrupts import Interrupts, noting
from sim.cli.output import (
    BAD_INPUT,
    FAILED,
    HELD,
    INTERNAL,
    Formats,
    Share,
    StandardOutput,
    WholeNumber,
    progress,
    report,
    say,
    tell_bug,
)
from sim.errors import CancelledError, CatalogError, InputError, Problem, SimError

if TYPE_CHECKING:
    from sim.outcome import Outcome
    from sim.report.formats.baseline import Comparison
    from sim.report.formats.ran import Ran
    from sim.scenario import Scenario

    Finished = Sequence[tuple[Scenario, tuple[Outcome, ...]]]

RUN_FORMATS = ("table", "json", "csv", "junit", "markdown", "github", "sarif", "codeclimate")
FILES = {
    "table": "table.txt",
    "json": "outcomes.jsonl",
    "csv": "metrics.csv",
    "junit": "junit.xml",
    "markdown": "summary.md",
    "github": "annotations.txt",
    "sarif": "findings.sarif",
    "codeclimate": "gl-code-quality-report.json",
}
"""What `run --out` calls each format's file."""


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path())
@click.option(
    "--format", "forms", type=Formats(RUN_FORMATS), default="table", show_default=True,
    help=f"One or several, with commas between: {', '.join(RUN_FORMATS)}.",
)  # fmt: skip
@click.option("--out", type=click.Path(file_okay=False), help="Write each format into this folder.")
@click.option(
    "--set", "assignments", multiple=True, metavar="PATH=VALUE",
    help="Another value for any place of the scenario, as instances=50, host=server or docker.host.memory='8 GiB'.",
)  # fmt: skip
@click.option("--seed", type=WholeNumber(0, 2**63 - 1), help="Instead of the scenario's.")
@click.option("--replications", type=WholeNumber(1, limits.REPLICATIONS), help="Instead of the scenario's.")
@click.option("--jobs", type=WholeNumber(1, 256), default=1, show_default=True, help="Processes to run in.")
@click.option("--baseline", type=click.Path(), help="Compare with what 'run --format json' wrote before.")
@click.option(
    "--tolerance", type=Share(), default=0.0, metavar="SHARE",
    help="How far a metric's interval may be from the baseline's: 2%, 0.02.  [default: 0]",
)  # fmt: skip
def run(
    files: tuple[str, ...],
    forms: tuple[str, ...],
    out: str | None,
    assignments: tuple[str, ...],
    seed: int | None,
    replications: int | None,
    jobs: int,
    baseline: str | None,
    tolerance: float,
) -> int:
    """Run scenarios and judge what they expect."""
    from sim.report.formats.ran import Ran

    if len(forms) > 1 and not out:
        raise click.UsageError("several formats need --out DIR")
    before = _baseline(baseline) if baseline else None
    interrupts = noting()
    loaded: list[Scenario | Ran] = []
    for file in files:
        if interrupts.noted:
            say("interrupted")
            return interrupts.code
        loaded.append(_load(file, assignments))
    folder = _folder(out) if out else None
    printed = StandardOutput()
    finished: list[tuple[Scenario, tuple[Outcome, ...]]] = []
    ran: list[Ran] = []
    codes = [HELD]
    for scenario in loaded:
        if isinstance(scenario, Ran):
            ran.append(scenario)
            codes.append(BAD_INPUT)
        else:
            try:
                ran.append(_run_one(scenario, seed, replications, jobs, interrupts))
            except (KeyboardInterrupt, CancelledError):
                say(f"interrupted in {scenario.id}; {len(finished)} of {len(loaded)} scenarios had finished")
                codes.append(interrupts.code)
                break
            codes.append(_code(ran[-1]))
            if ran[-1].outcomes:
                finished.append((scenario, tuple(ran[-1].outcomes)))
        if folder is None and forms == ("json",):
            printed(_line(ran[-1]))
        elif folder is None and forms == ("table",) and ran[-1].outcomes:
            printed("\n" * (len(finished) > 1) + _table(finished[-1:]))
    comparison = _compare(before, finished, tolerance) if before is not None else None
    if folder is None and forms[0] not in ("table", "json"):
        printed(_written(forms[0], finished, ran, comparison))
    if folder is not None:
        _write(folder, forms, finished, ran, comparison)
    if comparison is not None:
        (printed if folder or forms == ("table",) else say)(str(comparison))
        codes.append(FAILED if comparison.moved else HELD)
    return max(codes)


def assigned(
    scenario: Scenario, assignments: Sequence[str], *, seed: int | None = None, replications: int | None = None
) -> Scenario:
    """The scenario with what --set, --seed and --replications say. Raises `InputError`."""
    from sim.loading.assignments import assign, read_assignments

    values = read_assignments(assignments)
    values |= {} if seed is None else {"seed": seed}
    values |= {} if replications is None else {"replications": replications}
    return assign(scenario, values, from_shell=True) if values else scenario


def _load(file: str, assignments: Sequence[str] = ()) -> Scenario | Ran:
    """The scenario of a file, or why it cannot run. Its problems are told at once."""
    from sim.loading import load
    from sim.report.formats.ran import Ran

    try:
        return assigned(load(file), assignments)
    except InputError as error:
        report(error.problems)
        return Ran(file, problems=error.problems)


def _code(ran: Ran) -> int:
    if ran.problems:
        return INTERNAL if ran.bug else BAD_INPUT
    return HELD if all(verdict.passed for outcome in ran.outcomes for verdict in outcome.verdicts) else FAILED


def _run_one(scenario: Scenario, seed: int | None, replications: int | None, jobs: int, interrupts: Interrupts) -> Ran:
    """What became of a scenario. Why it could not run is told at once, and the others run all the same."""
    from sim.batch.run import run as run_batch
    from sim.report.formats.ran import Ran

    began = time.perf_counter()
    outcomes: Sequence[Outcome] = ()
    problems: Sequence[Problem] = ()
    bug = False
    try:
        with progress(scenario.id) as tell:

            def tick(share: float) -> None:
                interrupts.check()
                tell(share)

            outcomes = run_batch(scenario, seed=seed, replications=replications, jobs=jobs, tick=tick)
    except InputError as error:
        problems = [replace(problem, file=problem.file or scenario.file) for problem in error.problems]
        report(problems)
    except CatalogError as error:
        problems = [Problem(str(error))]
        report(problems)
    except CancelledError:
        raise
    except SimError as error:
        problems, bug = [Problem(f"internal error, a bug: {tell_bug(error)}")], True
    return Ran(scenario.id, outcomes, time.perf_counter() - began, problems, bug)


def _folder(out: str) -> Path:
    from sim.outputfile import make_folder

    folder = Path(out)
    make_folder(folder)
    return folder


def _write(
    folder: Path, forms: Sequence[str], finished: Finished, ran: Sequence[Ran], comparison: Comparison | None
) -> None:
    from sim.outputfile import write_text

    for form in forms:
        target = folder / FILES[form]
        write_text(target, _written(form, finished, ran, comparison))
        say(f"wrote {target}")


def _written(form: str, finished: Finished, ran: Sequence[Ran], comparison: Comparison | None) -> str:
    from sim.report.findings.finding import of_runs
    from sim.report.findings.forms import FORMS
    from sim.report.formats import csvfile, junit, markdown

    if form in FORMS:
        return FORMS[form](of_runs(ran, {scenario.id: scenario.file for scenario, _ in finished}, comparison))
    if form == "table":
        return _table(finished)
    if form == "json":
        return "".join(_line(result) + "\n" for result in ran)
    if form == "csv":
        return csvfile.table(outcomes for _, outcomes in finished)
    if form == "junit":
        return junit.document(ran, comparison)
    return markdown.document(finished, [result for result in ran if result.problems], comparison)


def _table(finished: Finished) -> str:
    from sim.report.formats import table

    return "\n".join(table.scenario(scenario, outcomes) for scenario, outcomes in finished)


def _line(ran: Ran) -> str:
    from sim.report.formats import jsonlines

    return jsonlines.problem_line(ran.scenario, ran.problems) if ran.problems else jsonlines.line(ran.outcomes)


def _baseline(file: str) -> list[dict[str, Any]]:
    from sim.report.formats import jsonlines

    return jsonlines.baseline(Path(file))


def _compare(before: list[dict[str, Any]], finished: Finished, tolerance: float) -> Comparison:
    from sim.report.formats.baseline import compare
    from sim.report.formats.jsonlines import scenario_object

    return compare(before, [scenario_object(outcomes) for _, outcomes in finished], tolerance)
