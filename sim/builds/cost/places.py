"""Where a RUN runs: its directory, its variables, and the files that are known to be there, those of its mounts too."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sim.builds.cache.buildkit import BuildStep
from sim.builds.context.rootfs import Files, TreeView
from sim.builds.context.selection import FileView, resolve, too_deep
from sim.builds.context.tree import clean
from sim.builds.dockerfile.instructions import RunInstruction
from sim.builds.dockerfile.mounts import read_mount
from sim.builds.graph.vertices import BuildGraph
from sim.errors import InputError
from sim.limits import MANIFEST


@dataclass(frozen=True, slots=True)
class RunPlace:
    """Where a command runs.

    Attributes:
        read: A file's text by its path, None where it is not known.
    """

    cwd: str
    env: Mapping[str, str]
    read: Callable[[str], str | None]


def place_of(step: BuildStep, build: BuildGraph, steps: Mapping[str, BuildStep], cwd: str) -> RunPlace:
    """Where a RUN runs."""
    vertex = step.vertex
    parent = next((steps[item.vertex] for item in vertex.inputs if item.kind == "parent"), None)
    below = parent.files if parent is not None else None
    env = dict(pair.partition("=")[::2] for pair in vertex.definition.get("env", ()))
    mounts = _bound(vertex.step, cwd) if isinstance(vertex.step, RunInstruction) else {}

    def read(path: str) -> str | None:
        where = _plain(cwd, path)
        for target, source in mounts.items():
            if not target or where == target or where.startswith(target + "/"):
                return _text(TreeView(build.context), _plain(source, where[len(target) :].strip("/")))
        return _text(below, where) if isinstance(below, Files) else None

    return RunPlace(cwd, env, read)


def _bound(step: RunInstruction, cwd: str) -> dict[str, str]:
    """The paths of the build context that are mounted, by where."""
    sources = {}
    for value in step.mounts:
        try:
            mount = read_mount(value, str)
            if mount.type == "bind" and not mount.source_stage and "$" not in value:
                sources[_plain(cwd, mount.target)] = clean(mount.source)
        except (ValueError, InputError):
            continue  # the build itself says what is wrong with it
    return sources


def _plain(*parts: str) -> str:
    """A path relative to the root."""
    return posixpath.normpath(posixpath.join("/", *parts)).strip("/")


def _text(view: FileView, path: str) -> str | None:
    """The text of a file that is known and not too large."""
    entry = None if too_deep(path) else view.lookup(resolve(view, path))
    if entry is None or entry.kind != "file" or entry.content is None or entry.size > MANIFEST:
        return None
    data = entry.content.read()
    return None if data is None else data.decode("utf-8", "replace")
