"""list, check and schema: what scenarios there are, whether files are good ones, and what a good one looks like."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sim.cli.output import BAD_INPUT, FINDINGS, HELD, StandardOutput, columns, one_format, report
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
@click.option("--language", type=click.Choice(("en", "ja")), default="en", show_default=True, help="Of --course.")
@one_format("table", "json", "html")
def list_(folder: str | None, as_course: bool, language: str, form: str) -> int:
    """The lessons, by concept or in the order of a course.

    HTML is for --course: a page to print.
    """
    from sim.loading import shipped

    if form == "html" and not as_course:
        raise click.UsageError("--format html needs --course")
    place = Path(folder) if folder else shipped.folder()
    files = sorted(place.glob("*.yaml")) if is_folder(place) else []
    if not files:
        raise InputError(Problem("has no scenario; expected *.yaml files", str(place)))
    scenarios: list[Scenario] = []
    problems: list[Problem] = []
    for file in files:
        try:
            scenarios += load_all([str(file)])
        except InputError as error:
            problems += error.problems
    listed = _course(scenarios, form, language) if as_course else _listed(scenarios, form)
    StandardOutput()(listed.removesuffix("\n"))
    report(problems)
    return BAD_INPUT if problems else HELD


def _listed(scenarios: Sequence[Scenario], form: str) -> str:
    from sim.report.listing import as_json, as_table

    return as_json(scenarios) if form == "json" else as_table(scenarios, columns())


def _course(scenarios: Sequence[Scenario], form: str, language: str) -> str:
    from sim.classroom.course import as_json, as_text, course
    from sim.classroom.handout import as_handout

    plan = course(scenarios)
    read: Language = "ja" if language == "ja" else "en"
    if form == "json":
        return as_json(plan)
    return as_handout(plan, read) if form == "html" else as_text(plan, read, columns())


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
        from sim.report.findings import finding, forms

        out(forms.FORMS[form](finding.of_problems(problems)).removesuffix("\n"))
    return code


@click.command()
def schema() -> int:
    """The JSON Schema of a scenario file."""
    import json

    from sim.loading import schema as make

    StandardOutput()(json.dumps(make(), indent=2, ensure_ascii=False))
    return HELD
