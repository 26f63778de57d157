"""build: a Dockerfile with its context is planned, then the build after an edit, and what would be cheaper."""

from __future__ import annotations

import dataclasses
import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sim.cli import dockerflags
from sim.cli.output import FAILED, FINDINGS, HELD, Formats, StandardOutput, one_format, say, told_findings
from sim.errors import InputError, Problem
from sim.inputfile import exists, is_file, is_folder

if TYPE_CHECKING:
    from sim.builds.advice.suggest import Suggestion
    from sim.builds.dockerfile.stages import Dockerfile
    from sim.report.building.report import Limit
    from sim.studies.build import Build, WhatIf

GRAPHS = {"dot": "build.dot", "mermaid": "build.mmd", "svg": "build.svg"}
"""Forms of the build's graph, and what `--out` calls the file of each."""

EDITS = ("append", "mode", "mtime", "symlink", "rename")
"""Edits that take a value after "=". "touch" and "delete" take none."""


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


def _pairs(texts: Sequence[str], option: str, known: str = "NAME=VALUE") -> dict[str, str]:
    pairs = {}
    for text in texts:
        name, equals, value = text.rpartition("=") if known.startswith("URL") else text.partition("=")
        if not equals or not name:
            raise click.BadParameter(f"{text!r} is no {known}", param_hint=option)
        pairs[name] = value
    return pairs


def _arguments(texts: Sequence[str], option: str) -> dict[str, str]:
    """Build arguments. One given by name alone has the environment's value, or is left out, as docker does it."""
    named = {text: os.environ.get(text) for text in texts if "=" not in text}
    return _pairs([text for text in texts if "=" in text], option) | {
        name: value for name, value in named.items() if value is not None
    }


def _dockerfile(folder: str, given: str) -> str:
    """The Dockerfile's path from DIR.

    A given one that is not there but is from here is taken, as docker takes it.
    """
    if not given:
        return "Dockerfile"
    if exists(Path(folder) / given) or not is_file(Path(given)):
        return given
    try:
        return Path(given).resolve().relative_to(Path(folder).resolve()).as_posix()
    except ValueError:
        message = f"is outside of {folder}; expected a Dockerfile in the folder that is built"
        raise InputError(Problem(message, given)) from None


@click.command(cls=dockerflags.Command)
@click.argument("folder", metavar="DIR", type=click.Path())
@click.option(
    "--file",
    "-f",
    "dockerfile",
    default="",
    metavar="FILE",
    help="The Dockerfile, from DIR or from here.  [default: DIR/Dockerfile]",
)
@click.option(
    "--edit", "edits", multiple=True, metavar="EDIT",
    help="What changes before the second build: PATH=CONTENT, PATH:append=TEXT, PATH:touch, PATH:delete, "
    "PATH:mode=0755, PATH:mtime=SECONDS, PATH:symlink=TARGET, PATH:rename=PATH.",
)  # fmt: skip
@click.option("--build-arg", "arguments", multiple=True, metavar="NAME=VALUE", help="In both builds.")
@click.option("--edit-build-arg", "edited", multiple=True, metavar="NAME=VALUE", help="In the second build only.")
@click.option("--edit-remote", "remotes", multiple=True, metavar="URL=TEXT", help="What an ADD fetches changes.")
@click.option("--builder", default="buildkit-containerd", show_default=True, help="Whose rules are followed.")
@click.option("--host", default="laptop", show_default=True, help="The machine that builds, by its id.")
@click.option("--target", default="", help="The stage to build.")
@click.option("--like", default="", metavar="IMAGE", help="An image or archive with the sizes of these steps.")
@click.option("--no-cache", is_flag=True, help="The second build ignores the cache.")
@click.option(
    "--no-cache-filter", "filtered", multiple=True, metavar="STAGE", help="The second build ignores it in that stage."
)
@click.option(
    "--cache", type=click.Choice(("kept", "empty", "min", "max")), default="kept", show_default=True,
    help="What the second build finds: the builder's own cache, none, or what the first exported in mode min or max.",
)  # fmt: skip
@click.option(
    "--breaks/--no-breaks", default=None,
    help="What would break each hit; without it, where a build has up to 12 hits or nothing but hits.",
)  # fmt: skip
@click.option("--suggest/--no-suggest", default=True, show_default=True, help="Try what would have been cheaper.")
@click.option(
    "--max-rebuild-time", "most", metavar="TIME",
    help="Exit code 1 where the second build takes longer (30s); without a change, where the dearest edit's does.",
)  # fmt: skip
@click.option(
    "--graph", "graphs", type=Formats(tuple(GRAPHS)), metavar="FORMAT,...",
    help=f"The second build's graph in place of the table, or into files with --out: {', '.join(GRAPHS)}.",
)  # fmt: skip
@click.option("--out", type=click.Path(file_okay=False), help="Write each graph into this folder.")
@click.option("--build-context", "contexts", multiple=True, metavar="NAME=PATH", help="Not modelled: refused.")
@dockerflags.options
@one_format("table", "json", *FINDINGS)
def build(
    folder: str,
    dockerfile: str,
    edits: tuple[str, ...],
    arguments: tuple[str, ...],
    edited: tuple[str, ...],
    remotes: tuple[str, ...],
    builder: str,
    host: str,
    target: str,
    like: str,
    no_cache: bool,
    filtered: tuple[str, ...],
    cache: str,
    breaks: bool | None,
    suggest: bool,
    most: str | None,
    graphs: tuple[str, ...] | None,
    out: str | None,
    contexts: tuple[str, ...],
    form: str,
    **flags: Any,
) -> int:
    """Plan a build of a Dockerfile, then the one after an edit: hits, misses, reasons, time.

    Without an edit it says what an edit of the files that are copied would cost. The flags of `docker build` are taken
    too. What each does here is said.
    """
    from sim.batch.run import run as run_batch
    from sim.loading import from_document
    from sim.report.building import document, report, table

    if not is_folder(Path(folder)):
        raise InputError(Problem("is no folder; expected one with a Dockerfile", folder))
    if contexts:
        raise InputError(
            f"--build-context {contexts[0]}: named contexts are not modelled; expected a stage or an image of that name"
        )
    if graphs and not out and form == "table" and len(graphs) > 1:
        raise click.UsageError("several graphs need --out DIR, or --format json")
    if out and not graphs:
        raise click.UsageError("--out DIR is for --graph; expected one of " + ", ".join(GRAPHS))
    limit = _limit(most) if most is not None else None
    dockerfile = _dockerfile(folder, dockerfile)
    flagged = dockerflags.GivenFlags(flags)
    given = _arguments(arguments, "--build-arg")
    second: dict[str, Any] = {"edits": [_edit(text) for text in edits]}
    if given or edited:
        second["build_args"] = given | _arguments(edited, "--edit-build-arg")
    if remotes:
        second["remotes"] = _pairs(remotes, "--edit-remote", "URL=TEXT")
    if no_cache:
        second["no_cache"] = True
    if filtered:
        second["no_cache_filter"] = list(filtered)
    imports = bool(flagged.values("--cache-from")) and builder != "legacy"
    if cache == "kept" and imports:
        cache = flagged.cache_mode()
    if cache != "kept":
        second["cache"] = cache
    words = {"en": "A build", "ja": "ビルド"}
    scenario = from_document(
        {
            "id": "build", "concept": "layers", "title": words, "summary": words, "study": "build",
            "context": ".", "dockerfile": dockerfile, "builder": builder, "host": host, "target": target,
            "build_args": given, "like": str(Path(like).resolve()) if like and exists(Path(like)) else like,
            "flags": flagged.line(), "builds": [second],
        },
        folder=folder,
    )  # fmt: skip
    (outcome,) = run_batch(scenario)
    (params,) = scenario.parts[0].variants.values()
    changed = bool(edits or edited or remotes or no_cache or filtered or cache != "kept")
    imagined = () if changed or not (suggest or limit) else _imagined(params, folder)
    advised = _advice(params, folder, imagined, changed=changed) if suggest else ()
    notes = [note.text for note in flagged.notes(_read(folder, dockerfile))]
    notes += _imports(flagged, params, folder, cache, builder) if flagged.values("--cache-from") else []
    told = report.BuildReport(
        outcome, builder, advised, imagined if suggest else (), tuple(dict.fromkeys(notes)),
        report.judged(outcome, imagined, limit, changed=changed) if limit else None,
    )  # fmt: skip
    drawn = {name: report.graph(outcome, name) for name in graphs or ()}
    if out:
        _write(Path(out), drawn)
    if form in FINDINGS:
        from sim.report.findings import finding

        found = finding.of_build(told, (Path(folder) / dockerfile).as_posix())
        told_findings(found, form)
    elif form == "json":
        StandardOutput()(document.as_json(told, {} if out else drawn))
    elif drawn and not out:
        StandardOutput()(next(iter(drawn.values())))
        for note in told.notes:
            say(note)
    else:
        StandardOutput()(table.as_table(told, breaks))
    return HELD if told.verdict is None or told.verdict.passed else FAILED


def _limit(text: str) -> Limit:
    """The longest a rebuild may take. Raises `click.BadParameter`."""
    from sim.quantity import parse
    from sim.report.building.report import Limit

    try:
        seconds = parse(text, "s")
    except InputError as error:
        raise click.BadParameter(str(error), param_hint="--max-rebuild-time") from None
    if seconds < 0:
        raise click.BadParameter(f"{text!r} is below zero", param_hint="--max-rebuild-time")
    return Limit(f"--max-rebuild-time {text}", seconds)


def _read(folder: str, dockerfile: str) -> Dockerfile | None:
    """The Dockerfile, None where it is not where it is said to be (a link that leaves, another spelling)."""
    from sim.builds.dockerfile.stages import parse
    from sim.inputfile import read_bytes
    from sim.limits import DOCKERFILE

    path = Path(folder) / dockerfile
    return parse(read_bytes(path, DOCKERFILE), dockerfile) if is_file(path) else None


def _imports(flagged: dockerflags.GivenFlags, params: Build, folder: str, cache: str, builder: str) -> list[str]:
    """What an imported cache would hold, in both modes of an export. What is shown is one of them."""
    from sim.report.building.report import imported
    from sim.studies.build import plan

    name = f"--cache-from {flagged.values('--cache-from')[0]}"
    if builder == "legacy":
        return [f"{name}: the legacy builder would look for steps in that image's history, which is not modelled."]
    (change,) = params.builds
    plans = {
        mode: plan(dataclasses.replace(params, builds=(dataclasses.replace(change, cache=mode),)), folder).last
        for mode in ("min", "max")
    }
    return [imported(name, plans, cache)]


def _write(folder: Path, drawn: Mapping[str, str]) -> None:
    """Write each graph. A file is whole or is not there. Raises `InputError`."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in drawn.items():
            part = folder / f".{GRAPHS[name]}.part"
            part.write_text(text, encoding="utf-8", newline="\n")
            part.replace(folder / GRAPHS[name])
    except OSError as error:
        message = f"cannot be written: {(error.strerror or str(error)).lower()}"
        raise InputError(Problem(message, str(folder))) from None


def _imagined(params: Build, folder: str) -> tuple[WhatIf, ...]:
    """What edits would cost."""
    from sim.studies.build import what_if

    return what_if(dataclasses.replace(params, builds=()), folder)


def _advice(params: Build, folder: str, imagined: Sequence[WhatIf], *, changed: bool) -> tuple[Suggestion, ...]:
    """Suggestions for the edit that was given, or else for the dearest of those that were tried."""
    from sim.builds.context.edits import Change, Edit
    from sim.studies.build import advice

    if changed:
        return advice(params, folder)
    if not imagined:
        return ()
    edit = Change(edits=(Edit(path=imagined[0].path, append="\n"),))
    return advice(dataclasses.replace(params, builds=(edit,)), folder)
