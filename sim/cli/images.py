"""The commands inspect and replay. One reads people's own files and images, the other replays recordings."""

from __future__ import annotations

import os
from typing import Any

import click

from sim.cli.interrupts import noting
from sim.cli.output import BAD_INPUT, FAILED, FINDINGS, HELD, StandardOutput, one_format, report, told_findings
from sim.errors import InputError, Problem


@click.command()
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=click.Path())
@click.option("--layer", default="", metavar="N", help="The files of one layer: its number, or a digest's beginning.")
@click.option("--files", is_flag=True, help="The files of each layer.")
@click.option(
    "--max-wasted", metavar="SIZE", help="Exit code 1 where an image wastes more: '20 MiB', or '5 %' of what it adds."
)
@click.option("--min-efficiency", metavar="SHARE", help="Exit code 1 where an image's efficiency is less: 0.95.")
@click.option("--over", multiple=True, metavar="FILE", type=click.Path(), help="A compose file laid over PATH.")
@click.option(
    "--profile", "profiles", multiple=True, metavar="NAME", help="A profile of a compose file that is active."
)
@one_format("table", "json", *FINDINGS)
def inspect(
    paths: tuple[str, ...],
    layer: str,
    files: bool,
    max_wasted: str | None,
    min_efficiency: str | None,
    over: tuple[str, ...],
    profiles: tuple[str, ...],
    form: str,
) -> int:
    """Read Dockerfiles, compose files, manifests, and images. Of several images it tells what they share.

    What cannot be read is named, the rest is shown, and the exit code is 2. An image that breaks a budget is named, and
    the exit code is 1.
    """
    import json

    from sim.archives import budgets as limits
    from sim.inspection import ComposeChoice, warn_among
    from sim.inspection import inspect_alone as read
    from sim.report.formats.inspection import inspected, together

    budgets = [limits.max_wasted(max_wasted)] if max_wasted is not None else []
    budgets += [limits.min_efficiency(min_efficiency)] if min_efficiency is not None else []
    reports: list[tuple[str, dict[str, Any]]] = []
    problems: list[Problem] = []
    broken = False
    for path in paths:
        try:
            held = read(path, layer=layer, files=files, compose=ComposeChoice(over, profiles, os.environ))
            if budgets and held["kind"] != "image":
                raise InputError(Problem("is no image; --max-wasted and --min-efficiency judge images", path))
        except InputError as error:
            problems += error.problems
            continue
        reports.append((path, held))
        for image in held["images"] if budgets else ():
            broken = bool(limits.judge(image, budgets)) or broken
        problems += [
            Problem(item["message"], item.get("file") or path, item.get("line") or 0, 0, item.get("path") or "")
            for item in held.get("problems", [])
        ]
    reports = list(zip((path for path, _ in reports), warn_among([held for _, held in reports]), strict=True))
    if not reports and form not in FINDINGS:
        raise InputError(problems)
    if form in FINDINGS:
        from sim.report.findings import finding

        found = finding.of_problems(problems)
        for path, held in reports:
            found += finding.of_inspection(path, held)
        told_findings(found, form)
    elif form == "json":
        answer = reports[0][1] if len(paths) == 1 else together(reports)
        StandardOutput()(json.dumps(answer, indent=2, ensure_ascii=False))
    elif text := inspected(reports):
        StandardOutput()(text)
    report(problems)
    return BAD_INPUT if problems else FAILED if broken else HELD


@click.command()
@click.argument("file", required=False, type=click.Path())
@one_format("table", "json")
def replay(file: str | None, form: str) -> int:
    """Replay recordings of real engines: how much of each the model predicts, and every disagreement by name.

    FILE: recorded builds, or another recording. What it holds is seen from the file. Without FILE, all that come with
    the package.
    """
    interrupts = noting()
    import json

    from sim.evidence.replay import replay as run_again
    from sim.report.formats.inspection import replayed

    replayed_as = run_again(file, interrupts.check).plain()
    StandardOutput()(json.dumps(replayed_as, indent=2, ensure_ascii=False) if form == "json" else replayed(replayed_as))
    return FAILED if replayed_as["disagreements"] else HELD
