"""What a live page holds of this project: the model, and a scenario with the files that it names."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import pickle
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from sim import limits
from sim.builds.context.tree import text_of_file
from sim.errors import InputError, Problem
from sim.inputfile import is_file, read_bytes
from sim.scenario import Scenario
from sim.studies.build import Build, read_context
from sim.studies.compose import ComposeStart
from sim.studies.parameters.compose import project_of

LEFT_OUT = (
    "cli",
    "evidence",
    "export",
    "laboratory",
    "scenarios",
    "inspection.py",
    "__main__.py",
)
"""Of the package: what no page asks for."""
_NOT_OF_LIVE = ("beside.py", "builder.py", "contents.py", "kept.py", "snapshot.py", "browser")
_KINDS = (".py", ".po", ".toml", ".csv", ".json")


@dataclass(frozen=True, slots=True)
class PageFile:
    """A file of the page: its content and its mode."""

    data: bytes
    mode: int = 0o644


def package() -> dict[str, PageFile]:
    """The files of the package that a page runs, by their paths from the folder above it."""
    top = Path(__file__).resolve().parents[1]
    found = {}
    for path in sorted(path for path in top.rglob("*") if path.suffix in _KINDS):
        parts = path.relative_to(top).parts
        if parts[0] in LEFT_OUT or "__pycache__" in parts or (parts[0] == "live" and parts[1] in _NOT_OF_LIVE):
            continue
        data = _json(path) if path.suffix == ".toml" else path.read_bytes()
        found[PurePosixPath("sim", *parts).as_posix()] = PageFile(data)
    return found | {"site/rpds.py": found.pop("sim/live/rpds.py")}


def _json(path: Path) -> bytes:
    """A TOML file of the catalog as JSON. The first figure waits for some three hundred of them."""
    return json.dumps(tomllib.loads(path.read_text("utf-8")), ensure_ascii=False).encode()


def digest(files: Mapping[str, PageFile]) -> str:
    """Of files with their names and modes, as 16 hexadecimal digits."""
    made = hashlib.sha256()
    for name, file in sorted(files.items()):
        made.update(f"{name} {len(file.data)} {file.mode:o}\n".encode() + file.data)
    return made.hexdigest()[:16]


def scenario_files(scenario: Scenario) -> tuple[tuple[str, str], dict[str, PageFile]]:
    """The scenario and the files that it names, by their paths in the page.

    The scenario is written as it was checked, so that the page need not check it again: importing what checks takes
    longer than the rest of its start. It lies outside the folder that its files are looked up in, where it could hide
    one of them.

    Returns:
        The scenario's file and that folder, and all files.

    Raises `InputError` where a file lies elsewhere than below the folder above the scenario's, or they are too large.
    """
    folder = Path(scenario.folder or ".").resolve()
    home = PurePosixPath("lessons", scenario.id, folder.name or "files")
    there = f"lessons/{scenario.id}.pickle"
    checked = pickle.dumps(dataclasses.replace(scenario, file="", folder=""), protocol=5)
    found = {there: PageFile(checked)}
    size = len(checked)
    for path, file in _named(scenario, folder):
        place = PurePosixPath(os.path.normpath(home / Path(os.path.relpath(path, folder)).as_posix()))
        if home.parent not in place.parents:
            raise InputError(Problem(f"{str(path)!r} lies too far from the scenario for a page", scenario.file))
        size += len(file.data)
        if size > limits.LIVE_FILES:
            most = limits.LIVE_FILES >> 20
            raise InputError(Problem(f"the files it names are too many for a page; at most {most} MiB", scenario.file))
        found[place.as_posix()] = file
    return (there, home.as_posix()), found


def _named(scenario: Scenario, folder: Path) -> Iterator[tuple[Path, PageFile]]:
    """Every file that a run of the scenario reads, with its path on this machine."""
    for text in _texts(scenario.document):
        if 0 < len(text) <= limits.PATH and "\n" not in text and is_file(folder / text):
            yield folder / text, PageFile(read_bytes(folder / text, limits.LIVE_FILES))
    for part in scenario.parts:
        for params in part.variants.values():
            if isinstance(params, Build):
                yield from _context(folder / params.context, params.dockerfile)
            elif isinstance(params, ComposeStart):
                for name in project_of(params, str(folder)).files:
                    yield Path(name), PageFile(read_bytes(Path(name), limits.LIVE_FILES))


def _context(folder: Path, dockerfile: str) -> Iterator[tuple[Path, PageFile]]:
    """The files of a build context that its ignore file does not leave out, with that file and the Dockerfile."""
    tree = read_context(folder, dockerfile)
    for name, entry in tree.entries.items():
        if entry.kind == "file" and entry.content is not None:
            yield folder / name, PageFile(entry.content.read() or b"", entry.mode)
    for name in (dockerfile, ".dockerignore", f"{dockerfile}.dockerignore"):
        text = text_of_file(folder, name)
        if text is not None and name not in tree:
            yield folder / name, PageFile(text.encode())


def _texts(value: Any) -> Iterator[str]:
    """Every text in a document."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _texts(one)
