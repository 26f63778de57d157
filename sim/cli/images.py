"""build, inspect and replay: Dockerfiles and images that are there, read and planned."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from sim.cli.output import BAD_INPUT, FAILED, HELD, Output, one_format, say
from sim.errors import InputError, Problem

EDITS = ("append", "mode", "mtime", "symlink", "rename")
"""Edits that take a value after "="; "touch" and "delete" take none."""


def _edit(text: str) -> dict[str, Any]:
    """An edit of a build's context as a scenario file writes it. Raises `click.BadParameter`."""
    head, equals, value = text.partition("=")
    path, colon, word = head.rpartition(":")
    if not equals and colon and word in ("touch", "delete"):
        return {"path": path, word: True}
    if equals and colon and word in EDITS:
        return {"path": path, word: _seconds(value) if word == "mtime" else value}
    if equals and not colon and head:
        return {"path": head, "content": value}
    known = ", ".join(f"PATH:{word}=..." for word in EDITS)
    raise click.BadParameter(f"{text!r} is no edit; expected PATH=CONTENT, PATH:touch, PATH:delete, {known}")


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not math.isfinite(seconds):
        raise click.BadParameter(f"{text!r} is no time; expected seconds since 1970")
    return seconds


def _pairs(texts: Sequence[str], option: str) -> dict[str, str]:
    found = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise click.BadParameter(f"{text!r} is no NAME=VALUE", param_hint=option)
        found[name] = value
    return found


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path())
@click.option("--file", "-f", "dockerfile", default="Dockerfile", show_default=True, help="The Dockerfile, from DIR.")
@click.option(
    "--edit", "edits", multiple=True, metavar="EDIT",
    help="What changes before the second build: PATH=CONTENT, PATH:append=TEXT, PATH:touch, PATH:delete, "
    "PATH:mode=0755, PATH:mtime=SECONDS, PATH:symlink=TARGET, PATH:rename=PATH.",
)  # fmt: skip
@click.option("--build-arg", "arguments", multiple=True, metavar="NAME=VALUE", help="In both builds.")
@click.option("--edit-build-arg", "edited", multiple=True, metavar="NAME=VALUE", help="In the second build only.")
@click.option("--builder", default="buildkit-containerd", show_default=True, help="Whose rules are followed.")
@click.option("--target", default="", help="The stage to build.")
@click.option("--no-cache", is_flag=True, help="The second build ignores the cache.")
@one_format("table", "json")
def build(
    folder: str,
    dockerfile: str,
    edits: tuple[str, ...],
    arguments: tuple[str, ...],
    edited: tuple[str, ...],
    builder: str,
    target: str,
    no_cache: bool,
    form: str,
) -> int:
    """Plan a build of a Dockerfile, then the one after an edit: hits, misses, reasons, time."""
    from sim.batch.run import run as run_batch
    from sim.loading import from_document
    from sim.report import building

    if not Path(folder).is_dir():
        raise InputError(Problem("is no folder; expected one with a Dockerfile", folder))
    given = _pairs(arguments, "--build-arg")
    second: dict[str, Any] = {"edits": [_edit(text) for text in edits]}
    if given or edited:
        second["build_args"] = given | _pairs(edited, "--edit-build-arg")
    if no_cache:
        second["no_cache"] = True
    words = {"en": "A build", "ja": "ビルド"}
    scenario = from_document(
        {
            "id": "build", "concept": "layers", "title": words, "summary": words, "study": "build",
            "context": ".", "dockerfile": dockerfile, "builder": builder, "target": target, "build_args": given,
            "builds": [second],
        },
        folder=folder,
    )  # fmt: skip
    (outcome,) = run_batch(scenario)
    Output()(building.as_json(outcome, builder) if form == "json" else building.as_table(outcome, builder))
    return HELD


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
