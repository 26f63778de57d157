"""inspect and replay: Dockerfiles and images that are there, read; recorded builds, planned."""

from __future__ import annotations

import click

from sim.cli.output import BAD_INPUT, FAILED, HELD, Output, one_format, say
from sim.errors import Problem


@click.command()
@click.argument("path", type=click.Path())
@one_format("table", "json")
def inspect(path: str, form: str) -> int:
    """Read a Dockerfile, or an image archive or layout."""
    import json

    from sim.images.inspect import inspect as read
    from sim.report.inspection import inspected

    found = read(path)
    Output()(json.dumps(found, indent=2, ensure_ascii=False) if form == "json" else inspected(found))
    problems = found.get("problems", [])
    for item in problems:
        say(Problem(item["message"], path, item.get("line") or 0, 0, item.get("path") or ""))
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
