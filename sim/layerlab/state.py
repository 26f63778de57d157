"""The state of the layer lab: which change the next build sees, what was built before, and the way back and forth.

Plain values only. What Streamlit's widgets hold is copied from here and read back into here.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from sim import limits
from sim.builds.advice.suggest import Suggestion
from sim.builds.context.edits import Change, Edit
from sim.builds.dockerfile.instructions import Copy
from sim.builds.dockerfile.stages import parse
from sim.builds.graph.options import Builder
from sim.errors import InputError
from sim.layerlab.contexts import BuildContext
from sim.reasons import Reason
from sim.scenario import Scenario

How = Literal["append", "touch", "mode", "content", "delete"]
HOWS: tuple[How, ...] = ("append", "touch", "mode", "content", "delete")
LABEL = "yours"
"""What the lab's one build is called among the labels of an outcome."""

_LINES = {".txt": "redis\n", ".py": "# edited\n", ".js": "// edited\n", ".json": "\n"}
"""A line that may be added to a file of that kind."""

EditDocument = dict[str, Any]
"""One edit as a scenario file writes it: a path and what happens to it."""
Kept = tuple[tuple[tuple[str, Any], ...], ...]
"""The changes of one build that was made, each as pairs."""


@dataclass(frozen=True, slots=True)
class LabState:
    """What the next build differs in, and the builds it follows.

    Attributes:
        context: What is built.
        file: The file that is changed, "" for none.
        how: What happens to it.
        content: Its text where that is the change.
        dockerfile: The whole Dockerfile.
        base: That of the build before.
        arguments: Build arguments, name and value.
        kept: The changes of builds already made, one tuple a build.
    """

    context: BuildContext
    dockerfile: str
    base: str
    file: str = ""
    how: How = "append"
    content: str = ""
    builder: Builder = "buildkit-containerd"
    arguments: tuple[tuple[str, str], ...] = ()
    kept: tuple[Kept, ...] = ()

    def changes(self) -> list[EditDocument]:
        """The edits of the next build."""
        edits: list[EditDocument] = []
        if self.file:
            edits.append({"path": self.file, **self._change()})
        if self.dockerfile != self.base:
            edits.append({"path": self.context.dockerfile, "content": self.dockerfile})
        return edits

    def keep(self) -> LabState:
        """The state after this build was made too: its changes stay, and nothing is changed yet."""
        build = tuple(tuple(change.items()) for change in self.changes())
        return dataclasses.replace(self, file="", content="", base=self.dockerfile, kept=(*self.kept, build))

    def taken(self, suggestion: Suggestion) -> LabState:
        """The state as it would be had the suggestion been built before this change."""
        build = tuple((("path", path), ("content", text)) for path, text in suggestion.files.items())
        text = suggestion.files.get(self.context.dockerfile, self.dockerfile).rstrip() + "\n"
        return dataclasses.replace(self, dockerfile=text, base=text, kept=(*self.kept, build))

    def planned(self) -> tuple[Change, ...]:
        """All builds after the first, the next one last, as the planner takes them."""
        made = [Change(edits=tuple(Edit(**dict(change)) for change in build)) for build in self.kept]
        edits = tuple(Edit(**change) for change in self.changes())
        return (*made, Change(edits=edits, build_args=dict(self.arguments)))

    def scenario(self, lesson: Scenario) -> Scenario:
        """The lesson's scenario with these builds instead of those it compares.

        Raises `InputError` where an edit or an argument cannot be used, or the build is too large for a page.
        """
        from sim.loading import from_document

        self._check()
        builds: list[dict[str, Any]] = [{"edits": [dict(change) for change in build]} for build in self.kept]
        builds.append({"edits": self.changes(), "build_args": dict(self.arguments)})
        document = {
            key: value
            for key, value in lesson.document.items()
            if key not in ("compare", "labels", "expect", "lesson", "published", "controls")
        }
        document["context"], document["dockerfile"] = self.context.folder, self.context.dockerfile
        document["target"] = self.context.target
        document["builder"] = self.builder
        document["compare"] = {LABEL: {"builds": builds}}
        return from_document(document, lesson.file, lesson.folder)

    def _check(self) -> None:
        """Raise `InputError` where planning and drawing the build would take longer than one waits at a page."""
        for text, what in ((self.dockerfile, self.context.dockerfile), (self.content, self.file)):
            if len(text) > limits.LAB_TEXT:
                raise InputError(
                    Reason(
                        "lab.long",
                        "{file}: longer than {most} characters, which is the most the lab takes",
                        file=what,
                        most=limits.LAB_TEXT,
                    )
                )
        if len(self.kept) > limits.LAB_BUILDS:
            raise InputError(
                Reason(
                    "lab.kept",
                    "{count} builds are kept; expected at most {most}",
                    count=len(self.kept),
                    most=limits.LAB_BUILDS,
                )
            )
        steps = [step for stage in parse(self.dockerfile).stages for step in stage.instructions]
        if len(steps) > limits.LAB_STEPS:
            raise InputError(
                Reason(
                    "lab.steps",
                    "{count} instructions are too many for a page; expected at most {most}",
                    count=len(steps),
                    most=limits.LAB_STEPS,
                )
            )
        copies = sum(isinstance(step, Copy) for step in steps)
        if copies * self.context.count > limits.LAB_COPIED:
            allowed = limits.LAB_COPIED // self.context.count
            raise InputError(
                Reason(
                    "lab.copies",
                    "{count} instructions that copy are too many for a page; expected at most {most} for {files} files",
                    count=copies,
                    most=allowed,
                    files=self.context.count,
                )
            )

    def _change(self) -> EditDocument:
        match self.how:
            case "append":
                return {"append": _LINES.get(Path(self.file).suffix, "edited\n")}
            case "touch":
                return {"touch": True}
            case "mode":
                return {"mode": "0755"}
            case "content":
                return {"content": self.content}
            case "delete":
                return {"delete": True}


def fresh(context: BuildContext, builder: Builder = "buildkit-containerd") -> LabState:
    """The state of a context's own first edit. Raises `InputError` where its Dockerfile cannot be read."""
    text = context.text
    return LabState(context=context, dockerfile=text, base=text, file=context.file, builder=builder)


def instructions(dockerfile: str) -> int:
    """How many instructions a Dockerfile has in all its stages, each FROM among them. 0 where it cannot be read."""
    try:
        return sum(1 + len(stage.instructions) for stage in parse(dockerfile).stages)
    except InputError:
        return 0


def arguments(dockerfile: str) -> dict[str, str]:
    r"""The names a Dockerfile takes as build arguments, with their defaults.

    >>> arguments("ARG VERSION=3.13\nFROM python:${VERSION}-slim\nARG TOKEN\n")
    {'VERSION': '3.13', 'TOKEN': ''}
    """
    defaults: dict[str, str] = {}
    for line in dockerfile.splitlines():
        word, _, rest = line.strip().partition(" ")
        if word.upper() == "ARG":
            for item in rest.split():
                name, _, value = item.partition("=")
                defaults[name] = value.strip("\"'") or defaults.get(name, "")
    return defaults


@dataclass(frozen=True, slots=True)
class Base:
    """A FROM that names an image.

    Attributes:
        line: In the Dockerfile, from 1.
        image: As it is written there.
    """

    line: int
    image: str


_FROM = re.compile(r"^(?P<head>\s*FROM\s+(?:--\S+\s+)*)(?P<image>\S+)(?P<tail>.*)$", re.IGNORECASE)
_NAME = re.compile(r"\s+AS\s+(\S+)", re.IGNORECASE)


def bases(dockerfile: str) -> tuple[Base, ...]:
    r"""The images a Dockerfile starts from. Stages that start from another stage or from nothing are left out.

    >>> bases("FROM node:22 AS web\nFROM web\nFROM --platform=linux/arm64 python:3.13\n")
    (Base(line=1, image='node:22'), Base(line=3, image='python:3.13'))
    """
    images: list[Base] = []
    stages = {"scratch"}
    for number, line in enumerate(dockerfile.splitlines(), 1):
        match = _FROM.match(line)
        if match:
            if match["image"].lower() not in stages:
                images.append(Base(number, match["image"]))
            if name := _NAME.match(match["tail"]):
                stages.add(name[1].lower())
    return tuple(images)


def rebased(dockerfile: str, line: int, image: str) -> str:
    r"""The Dockerfile with another image in the FROM of a line. A blank image changes nothing.

    >>> rebased("FROM python:3.13 AS app\n", 1, "python:3.14")
    'FROM python:3.14 AS app\n'
    """
    lines = dockerfile.split("\n")
    image = "".join(image.split())
    match = _FROM.match(lines[line - 1]) if 0 < line <= len(lines) else None
    if match and image:
        lines[line - 1] = f"{match['head']}{image}{match['tail']}"
    return "\n".join(lines)


def relatives(image: str, known: Iterable[str]) -> tuple[str, ...]:
    """The image, then the known ones of the same repository.

    >>> relatives("python:3.13-slim", ["redis:latest", "python:3.12"])
    ('python:3.13-slim', 'python:3.12')
    """
    repository = image.rpartition(":")[0] or image
    return (image, *(name for name in known if name.rpartition(":")[0] == repository and name != image))
