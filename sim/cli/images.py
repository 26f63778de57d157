"""inspect and replay: Dockerfiles and images that are there, read; recorded builds, planned."""

from __future__ import annotations

from typing import Any

import click

from sim.cli.output import BAD_INPUT, FAILED, HELD, Output, one_format, report
from sim.errors import InputError, Problem


@click.command()
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=click.Path())
@one_format("table", "json")
def inspect(paths: tuple[str, ...], form: str) -> int:
    """Read Dockerfiles, and image archives or layouts; of several images, what they share on one host.

    What cannot be read is named, the rest is shown, and the exit code is 2.
    """
    import json

    from sim.images.inspect import inspect as read
    from sim.report.inspection import inspected, together

    found: list[tuple[str, dict[str, Any]]] = []
    problems: list[Problem] = []
    for path in paths:
        try:
            one = read(path)
        except InputError as error:
            problems += error.problems
            continue
        found.append((path, one))
        problems += [
            Problem(item["message"], path, item.get("line") or 0, 0, item.get("path") or "")
            for item in one.get("problems", [])
        ]
    if not found:
        raise InputError(problems)
    if form == "json":
        answer = found[0][1] if len(paths) == 1 else together(found)
        Output()(json.dumps(answer, indent=2, ensure_ascii=False))
    else:
        Output()(inspected(found))
    report(problems)
    return BAD_INPUT if problems else HELD


@click.command()
@click.argument("file", required=False, type=click.Path())
@one_format("table", "json")
def replay(file: str | None, form: str) -> int:
    """Replay recorded builds: agreement per builder, every disagreement named."""
    import json

    from sim.evidence.replay import replay as run_again
    from sim.report.inspection import replayed

    found = run_again(file).plain()
    Output()(json.dumps(found, indent=2, ensure_ascii=False) if form == "json" else replayed(found))
    return FAILED if found["disagreements"] else HELD
