"""What the layer lab can build: the build contexts of the shipped scenarios, and those a reader has brought along."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from sim import limits
from sim.builds.context.ignore import rules_of
from sim.builds.context.tree import Tree, text_of_file
from sim.errors import InputError
from sim.reasons import Reason
from sim.scenario import Scenario
from sim.studies.build import Build, read_context

BROUGHT = "yours"
"""The first part of the name of what a reader brought."""

_CLASS = 50
"""Characters that a class of an ignore file, such as [a-z], is counted as: each is asked for each new character."""


@dataclass(frozen=True, slots=True)
class BuildContext:
    """A build context with one of its Dockerfiles.

    Attributes:
        name: What a link calls it ("shop/Dockerfile").
        folder: Where it lies.
        dockerfile: From the top of the context.
        target: The stage to build, "" for the last.
        file: What a first edit changes, "" for none.
        count: The files and folders in it where a reader brought them, 0 where they are shipped.
    """

    name: str
    folder: str
    dockerfile: str = "Dockerfile"
    target: str = ""
    file: str = ""
    count: int = 0

    @property
    def text(self) -> str:
        """The Dockerfile as it lies there. Raises `InputError` where there is none, or a link out of the context."""
        text = self.tree.text(self.dockerfile)
        if text is None:
            text = text_of_file(self.folder, self.dockerfile)
        if text is None:
            raise InputError(
                Reason(
                    "lab.unreadable",
                    "{file} cannot be read; expected a Dockerfile in the build context",
                    file=self.dockerfile,
                )
            )
        return text.rstrip() + "\n"

    @property
    def tree(self) -> Tree:
        """The context, without the folders that its ignore file leaves out."""
        return read_context(self.folder, self.dockerfile)


def shipped(scenarios: Iterable[Scenario]) -> tuple[BuildContext, ...]:
    """The build contexts of scenarios, each Dockerfile once, in the scenarios' order.

    Scenarios of builds alone come before those that build among other things: their edits are about the build.
    """
    by_name: dict[str, BuildContext] = {}
    for scenario in sorted(scenarios, key=lambda one: len(one.parts)):
        variants = [(scenario.folder, params) for part in scenario.parts for params in part.variants.values()]
        for folder, params in variants:
            if isinstance(params, Build):
                context = _context(Path(folder), params)
                by_name.setdefault(context.name, context)
    return tuple(by_name.values())


def _context(folder: Path, params: Build) -> BuildContext:
    place = (folder / params.context).resolve()
    edits = [edit.path for change in params.builds for edit in change.edits if edit.path != params.dockerfile]
    owner = "own" if place in folder.resolve().parents else place.name
    return BuildContext(
        name=f"{owner}/{params.dockerfile}",
        folder=str(place),
        dockerfile=params.dockerfile,
        target=params.target,
        file=next((path for path in edits if (place / path).is_file()), ""),
    )


def brought(folder: str, names: Iterable[str]) -> tuple[BuildContext, ...]:
    """A reader's files, once for each Dockerfile among them. "Dockerfile" at the top comes first.

    Raises `InputError` where there is none, or its ignore files are too large.
    """
    names = sorted(names)
    dockerfiles = sorted(filter(is_dockerfile, names), key=lambda name: (name != "Dockerfile", name.count("/"), name))
    if not dockerfiles:
        shown = ", ".join(names[:8]) + (", …" if len(names) > 8 else "")
        none = Reason("lab.no_files", "no files")
        raise InputError(
            Reason(
                "lab.no_dockerfile",
                "no Dockerfile among {files}; expected a file named Dockerfile",
                files=shown or none,
            )
        )
    for name in dockerfiles:
        _check_text(folder, name)
    paths = {*names, *(name[:at] for name in names for at, char in enumerate(name) if char == "/")}
    size = sum(len(path.rpartition("/")[2]) + 1 for path in paths)
    rules = 0
    for name in (name for name in names if name.endswith(".dockerignore")):
        text = text_of_file(folder, name) or ""
        rules += len(text) + 1 + _CLASS * text.count("[")
        if len(text) > limits.LAB_TEXT or rules * size > limits.LAB_MATCHED:
            allowed = (
                f"{limits.LAB_TEXT} bytes, and {limits.LAB_MATCHED // size} characters, each [ counted as {_CLASS}"
            )
            raise InputError(f"{name!r} is too large; expected at most {allowed}, for names of {size} characters")
    return tuple(BuildContext(f"{BROUGHT}/{name}", folder, name, count=len(paths)) for name in dockerfiles)


def is_brought(context: BuildContext) -> bool:
    """Whether a reader brought it along."""
    return context.name.startswith(f"{BROUGHT}/")


def _check_text(folder: str, name: str) -> None:
    """Raise `InputError` for a Dockerfile that is no text: what a message would quote of it are bytes."""
    file = Path(folder) / name
    if file.is_symlink() or not file.is_file() or file.stat().st_size > limits.DOCKERFILE:
        return
    data = file.read_bytes()
    try:
        data.decode()
    except UnicodeDecodeError as error:
        raise InputError(
            Reason(
                "lab.not_utf8",
                "{name} is no text: byte {at} is not UTF-8; expected a Dockerfile",
                name=repr(name),
                at=error.start,
            )
        ) from None
    if b"\0" in data:
        raise InputError(
            Reason(
                "lab.zero",
                "{name} is no text: byte {at} is 0; expected a Dockerfile",
                name=repr(name),
                at=data.index(0),
            )
        )


def is_dockerfile(path: str) -> bool:
    """Whether a file is called as Dockerfiles are: Dockerfile, Dockerfile.dev, web.Dockerfile, Containerfile.

    >>> [is_dockerfile(name) for name in ("api/Dockerfile.dev", "Dockerfile.dev.dockerignore", "docker.py")]
    [True, False, False]
    """
    name = path.rpartition("/")[2].lower()
    if name.endswith(".dockerignore"):
        return False
    return name.split(".")[0] in ("dockerfile", "containerfile") or name.endswith(".dockerfile")


@functools.lru_cache(maxsize=32)
def files(context: BuildContext) -> tuple[str, ...]:
    """The text files of a context that a build may see, those at the top first. No Dockerfile is among them."""
    tree = context.tree
    ignored = rules_of(tree, context.dockerfile)
    names = []
    for name in sorted(tree, key=lambda path: (ignored.hides(path), path.count("/"), path)):
        entry = tree.get(name)
        if entry is None or entry.kind != "file" or entry.content is None or entry.size > limits.EDITABLE_FILE:
            continue
        if is_dockerfile(name) or name.rpartition("/")[2].startswith(".") or b"\0" in (entry.content.read() or b""):
            continue
        names.append(name)
        if len(names) == limits.EDITABLE:
            break
    return tuple(names)
