"""run: scenarios are run and judged, and told in one format or several."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sim.cli.output import BAD_INPUT, FAILED, HELD, INTERRUPTED, Formats, Output, progress, report, say
from sim.cli.scenarios import load_all
from sim.errors import CancelledError, InputError

if TYPE_CHECKING:
    from sim.outcome import Outcome
    from sim.report.junit import Ran
    from sim.scenario import Scenario

    Finished = Sequence[tuple[Scenario, tuple[Outcome, ...]]]

RUN_FORMATS = ("table", "json", "csv", "junit", "markdown")
FILES = {
    "table": "table.txt",
    "json": "outcomes.jsonl",
    "csv": "metrics.csv",
    "junit": "junit.xml",
    "markdown": "summary.md",
}
"""What `run --out` calls each format's file."""


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path())
@click.option(
    "--format", "forms", type=Formats(RUN_FORMATS), default="table", show_default=True,
    help=f"One or several, with commas between: {', '.join(RUN_FORMATS)}.",
)  # fmt: skip
@click.option("--out", type=click.Path(file_okay=False), help="Write each format into this folder.")
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), help="Instead of the scenario's.")
@click.option("--replications", type=click.IntRange(1, 10_000), help="Instead of the scenario's.")
@click.option("--jobs", type=click.IntRange(1, 256), default=1, show_default=True, help="Processes to run in.")
@click.option("--baseline", type=click.Path(), help="Compare with what 'run --format json' wrote before.")
def run(
    files: tuple[str, ...],
    forms: tuple[str, ...],
    out: str | None,
    seed: int | None,
    replications: int | None,
    jobs: int,
    baseline: str | None,
) -> int:
    """Run scenarios and judge what they expect."""
    from sim.report import jsonlines
    from sim.report.junit import Ran

    if len(forms) > 1 and not out:
        raise click.UsageError("several formats need --out DIR")
    before = jsonlines.baseline(Path(baseline)) if baseline else None
    scenarios = load_all(files)
    folder = _folder(out) if out else None
    printed = Output()
    finished: list[tuple[Scenario, tuple[Outcome, ...]]] = []
    ran: list[Ran] = []
    codes = [HELD]
    for scenario in scenarios:
        began = time.perf_counter()
        try:
            outcomes = _run_one(scenario, seed, replications, jobs)
        except InputError as error:
            problems = [replace(problem, file=problem.file or scenario.file) for problem in error.problems]
            report(problems)
            ran.append(Ran(scenario.id, (), time.perf_counter() - began, problems))
            codes.append(BAD_INPUT)
            continue
        except (KeyboardInterrupt, CancelledError):
            say(f"interrupted in {scenario.id}; {len(finished)} of {len(scenarios)} scenarios had finished")
            codes.append(INTERRUPTED)
            break
        finished.append((scenario, outcomes))
        ran.append(Ran(scenario.id, outcomes, time.perf_counter() - began))
        codes.append(HELD if all(v.passed for outcome in outcomes for v in outcome.verdicts) else FAILED)
        if folder is None and forms[0] in ("table", "json"):
            gap = "\n" if forms[0] == "table" and len(finished) > 1 else ""
            printed(gap + _written(forms[0], finished[-1:], ran))
    if folder is None and forms[0] not in ("table", "json"):
        printed(_written(forms[0], finished, ran))
    if folder is not None:
        _write(folder, forms, finished, ran)
    if before is not None:
        codes.append(_compare(before, finished, printed if folder or forms == ("table",) else say))
    return max(codes)


def _run_one(scenario: Scenario, seed: int | None, replications: int | None, jobs: int) -> tuple[Outcome, ...]:
    from sim.batch.run import run as run_batch

    with progress(scenario.id) as tick:
        return run_batch(scenario, seed=seed, replications=replications, jobs=jobs, tick=tick)


def _folder(out: str) -> Path:
    from sim.outputfile import make_folder

    folder = Path(out)
    make_folder(folder)
    return folder


def _write(folder: Path, forms: Sequence[str], finished: Finished, ran: Sequence[Ran]) -> None:
    from sim.outputfile import write_text

    for form in forms:
        target = folder / FILES[form]
        write_text(target, _written(form, finished, ran))
        say(f"wrote {target}")


def _written(form: str, finished: Finished, ran: Sequence[Ran]) -> str:
    from sim.report import csvfile, jsonlines, junit, markdown, table

    if form == "table":
        return "\n".join(table.scenario(scenario, outcomes) for scenario, outcomes in finished)
    if form == "json":
        return "".join(jsonlines.line(outcomes) + "\n" for _, outcomes in finished)
    if form == "csv":
        return csvfile.table(outcomes for _, outcomes in finished)
    if form == "junit":
        return junit.document(ran)
    return markdown.document(finished)


def _compare(
    before: list[dict[str, Any]],
    finished: Finished,
    say: Callable[[str], None],
) -> int:
    from sim.report.jsonlines import scenario_object
    from sim.report.moved import moved

    now = [scenario_object(outcomes) for _, outcomes in finished]
    known = {item["scenario"] for item in before}
    for item in now:
        if item["scenario"] not in known:
            say(f"{item['scenario']}: not in the baseline")
    found = moved(before, now)
    for change in found:
        say(f"moved: {change}")
    compared = sum(item["scenario"] in known for item in now)
    say(f"Baseline: moved metrics: {len(found)}; scenarios compared: {compared}")
    return FAILED if found else HELD
