"""list, check and schema: what scenarios there are, whether files are good ones, and what a good one looks like."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sim.cli.output import BAD_INPUT, FINDINGS, HELD, StandardOutput, columns, one_format, report, told_findings
from sim.errors import InputError, Problem
from sim.inputfile import is_folder

if TYPE_CHECKING:
    from sim.report.style import Language
    from sim.scenario import Scenario


def load_all(files: Sequence[str]) -> list[Scenario]:
    """Every scenario, or one `InputError` with the problems of all files."""
    from sim.loading import load

    scenarios: list[Scenario] = []
    problems: list[Problem] = []
    for file in files:
        try:
            scenarios.append(load(file))
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return scenarios


@click.command("list")
@click.argument("folder", required=False, type=click.Path())
@click.option("--course", "as_course", is_flag=True, help="In the order of a course, with the plan of a class.")
@click.option("--catalog", "as_catalog", is_flag=True, help="Instead: what a scenario may name, as technologies.")
@click.option("--sources", "as_sources", is_flag=True, help="Instead: every number and recording, with its source.")
@click.option(
    "--metrics", "metrics_of", is_flag=False, flag_value="", metavar="[STUDY]",
    help="Instead: what studies measure, or one of them.",
)  # fmt: skip
@click.option("--find", "words", metavar="WORDS", help="Of --sources, only what has all of these words.")
@click.option("--language", type=click.Choice(("en", "ja")), default="en", show_default=True, help="Of --course.")
@one_format("table", "json", "html", "csv")
def list_(
    folder: str | None,
    as_course: bool,
    as_catalog: bool,
    as_sources: bool,
    metrics_of: str | None,
    words: str | None,
    language: str,
    form: str,
) -> int:
    """The lessons, by concept or in the order of a course.

    With --catalog, the technologies, releases of engines, guests, applications, hosts, disks, workloads, registries
    and images that a scenario may name. With --metrics, what `expect` and `sweep --show` may name. HTML is for
    --course: a page to print. CSV is for --sources.
    """
    from sim import lessonindex

    for wanted, option, given in (("html", "--course", as_course), ("csv", "--sources", as_sources)):
        if form == wanted and not given:
            raise click.UsageError(f"--format {form} needs {option}")
    if words is not None and not as_sources:
        raise click.UsageError("--find needs --sources")
    asked = {"--catalog": as_catalog, "--sources": as_sources, "--metrics": metrics_of is not None}
    others = [option for option, given in asked.items() if given]
    if others:
        if folder or as_course or len(others) > 1:
            raise click.UsageError(f"{others[0]} is a list of its own; it takes no FOLDER, and no other list beside it")
        made = _named(form) if as_catalog else _sources(form, words or "") if as_sources else _metrics(form, metrics_of)
        StandardOutput()(made.removesuffix("\n"))
        return HELD
    place = Path(folder) if folder else lessonindex.folder()
    files = sorted(place.glob("*.yaml")) if is_folder(place) else []
    if not files:
        raise InputError(Problem("has no scenario; expected *.yaml files", str(place)))
    text, problems = _course(files, form, language) if as_course else _listed(files, form)
    StandardOutput()(text.removesuffix("\n"))
    report(problems)
    return BAD_INPUT if problems else HELD


def _readable(files: Sequence[Path]) -> tuple[list[Scenario], list[Problem]]:
    """The scenarios of those files that are good ones, and what is wrong with the others."""
    scenarios: list[Scenario] = []
    problems: list[Problem] = []
    for file in files:
        try:
            scenarios += load_all([str(file)])
        except InputError as error:
            problems += error.problems
    return scenarios, problems


def _listed(files: Sequence[Path], form: str) -> tuple[str, list[Problem]]:
    """The list. A shipped file that is as its index knows it is not read again."""
    from sim.lessonindex import indexed
    from sim.report.formats.listing import as_json, as_table

    known = indexed()
    lessons = [known[file] for file in files if file in known]
    others = [file for file in files if file not in known]
    problems: list[Problem] = []
    if others:
        from sim.loading.listed import listed

        scenarios, problems = _readable(others)
        lessons += map(listed, scenarios)
    return (as_json(lessons) if form == "json" else as_table(lessons, columns())), problems


def _named(form: str) -> str:
    from sim.report.formats.named import as_json, as_table

    return as_json() if form == "json" else as_table(columns())


def _sources(form: str, words: str) -> str:
    from sim.evidence.sourced import rows
    from sim.report.provenance import as_csv, as_json, as_table, found

    chosen = found(rows(), words=words)
    if not chosen:
        raise InputError(f"nothing has all of the words {words!r}")
    if form == "table":
        return as_table(chosen, columns())
    return as_json(chosen) if form == "json" else as_csv(chosen)


def _metrics(form: str, study: str | None) -> str:
    from sim import studies
    from sim.report.formats.metriclist import as_json, as_table

    names = (studies.study(study).name,) if study else studies.NAMES
    return as_json(names) if form == "json" else as_table(names, columns())


def _course(files: Sequence[Path], form: str, language: str) -> tuple[str, list[Problem]]:
    from sim.classroom.course import as_json, as_text, course
    from sim.classroom.handout import as_handout

    scenarios, problems = _readable(files)
    plan = course(scenarios)
    read: Language = "ja" if language == "ja" else "en"
    if form == "json":
        return as_json(plan), problems
    return (as_handout(plan, read) if form == "html" else as_text(plan, read, columns())), problems


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path())
@one_format("text", *FINDINGS)
def check(files: tuple[str, ...], form: str) -> int:
    """Validate scenario files, and tell every problem with its place."""
    out, code = StandardOutput(), HELD
    problems: list[Problem] = []
    for file in files:
        try:
            load_all([file])
            if form == "text":
                out(f"{file}: ok")
        except InputError as error:
            report(error.problems)
            problems += error.problems
            code = BAD_INPUT
    if form != "text":
        from sim.report.findings import finding

        told_findings(finding.of_problems(problems), form)
    return code


@click.command()
def schema() -> int:
    """The JSON Schema of a scenario file."""
    import json

    from sim.loading import schema as make

    StandardOutput()(json.dumps(make(), indent=2, ensure_ascii=False))
    return HELD
