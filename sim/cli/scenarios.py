"""list, check and schema: what scenarios there are, whether files are good ones, and what a good one looks like."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sim.cli.output import BAD_INPUT, HELD, StandardOutput, columns, one_format, report
from sim.errors import InputError, Problem
from sim.inputfile import is_folder

if TYPE_CHECKING:
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
@one_format("table", "json")
def list_(folder: str | None, form: str) -> int:
    """The lessons, by concept."""
    from sim.loading import shipped
    from sim.report.listing import as_json, as_table

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
    StandardOutput()(as_json(scenarios) if form == "json" else as_table(scenarios, columns()))
    report(problems)
    return BAD_INPUT if problems else HELD


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path())
def check(files: tuple[str, ...]) -> int:
    """Validate scenario files, and tell every problem with its place."""
    out, code = StandardOutput(), HELD
    for file in files:
        try:
            load_all([file])
            out(f"{file}: ok")
        except InputError as error:
            report(error.problems)
            code = BAD_INPUT
    return code


@click.command()
def schema() -> int:
    """The JSON Schema of a scenario file."""
    import json

    from sim.loading import schema as make

    StandardOutput()(json.dumps(make(), indent=2, ensure_ascii=False))
    return HELD
