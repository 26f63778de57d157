"""build: a Dockerfile with its context is planned, then the build after an edit, and what would be cheaper."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sim.cli.output import HELD, Output, one_format
from sim.errors import InputError, Problem
from sim.inputfile import exists, is_folder

if TYPE_CHECKING:
    from sim.images.suggest import Suggestion
    from sim.studies.build import Parameters, WhatIf

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


def _pairs(texts: Sequence[str], option: str, known: str = "NAME=VALUE") -> dict[str, str]:
    found = {}
    for text in texts:
        name, equals, value = text.rpartition("=") if known.startswith("URL") else text.partition("=")
        if not equals or not name:
            raise click.BadParameter(f"{text!r} is no {known}", param_hint=option)
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
@click.option("--label", "labels", multiple=True, metavar="NAME=VALUE", help="Changes no step of BuildKit's.")
@click.option("--build-context", "contexts", multiple=True, metavar="NAME=PATH", help="Not modelled: refused.")
@one_format("table", "json")
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
    labels: tuple[str, ...],
    contexts: tuple[str, ...],
    form: str,
) -> int:
    """Plan a build of a Dockerfile, then the one after an edit: hits, misses, reasons, time.

    Without an edit it says what an edit of the files that are copied would cost.
    """
    from sim.batch.run import run as run_batch
    from sim.loading import from_document
    from sim.report import building

    if not is_folder(Path(folder)):
        raise InputError(Problem("is no folder; expected one with a Dockerfile", folder))
    if contexts:
        raise InputError(
            f"--build-context {contexts[0]}: named contexts are not modelled; expected a stage or an image of that name"
        )
    if labels and builder == "legacy":
        raise InputError("--label is a step of its own in the legacy builder; write it as a LABEL in the Dockerfile")
    given = _pairs(arguments, "--build-arg")
    second: dict[str, Any] = {"edits": [_edit(text) for text in edits]}
    if given or edited:
        second["build_args"] = given | _pairs(edited, "--edit-build-arg")
    if remotes:
        second["remotes"] = _pairs(remotes, "--edit-remote", "URL=TEXT")
    if no_cache:
        second["no_cache"] = True
    if filtered:
        second["no_cache_filter"] = list(filtered)
    if cache != "kept":
        second["cache"] = cache
    words = {"en": "A build", "ja": "ビルド"}
    scenario = from_document(
        {
            "id": "build", "concept": "layers", "title": words, "summary": words, "study": "build",
            "context": ".", "dockerfile": dockerfile, "builder": builder, "host": host, "target": target,
            "build_args": given, "like": str(Path(like).resolve()) if like and exists(Path(like)) else like,
            "builds": [second],
        },
        folder=folder,
    )  # fmt: skip
    (outcome,) = run_batch(scenario)
    (params,) = scenario.parts[0].variants.values()
    changed = bool(edits or edited or remotes or no_cache or filtered or cache != "kept")
    advised, imagined = _advice(params, folder, changed=changed) if suggest else ((), ())
    if form == "json":
        Output()(building.as_json(outcome, builder, advised, imagined))
    else:
        Output()(building.as_table(outcome, builder, advised, imagined, breaks))
    return HELD


def _advice(params: Parameters, folder: str, *, changed: bool) -> tuple[tuple[Suggestion, ...], tuple[WhatIf, ...]]:
    """Suggestions for the edit that was given; else what edits would cost, and suggestions for the dearest."""
    import dataclasses

    from sim.images.edits import Change, Edit
    from sim.studies.build import advice, what_if

    if changed:
        return advice(params, folder), ()
    imagined = what_if(dataclasses.replace(params, builds=()), folder)
    if not imagined:
        return (), ()
    edit = Change(edits=(Edit(path=imagined[0].path, append="\n"),))
    return advice(dataclasses.replace(params, builds=(edit,)), folder), imagined
