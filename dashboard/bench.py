"""The state of the layer lab: which change the next build sees, what was built before, and the way back.

Plain values only; what Streamlit's widgets hold is copied from here and read back into here.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from sim.scenario import Scenario

How = Literal["append", "touch", "mode", "content", "delete"]
HOWS: tuple[How, ...] = ("append", "touch", "mode", "content", "delete")
LABEL = "yours"
"""What the lab's one build is called among the labels of an outcome."""

_LARGEST = 65_536
"""Bytes of a file that may be edited on a page."""
_MOST = 12
"""Files offered for editing."""
_LINES = {".txt": "redis\n", ".py": "# edited\n", ".js": "// edited\n", ".json": "\n"}
"""A line that may be added to a file of that kind."""

Change = dict[str, Any]
"""One edit as a scenario file writes it: a path and what happens to it."""


@dataclass(frozen=True, slots=True)
class Bench:
    """What the next build differs in, and the builds it follows.

    file: the file that is changed, "" for none; how: what happens to it; content: its text where that is the change.
    dockerfile: the whole Dockerfile; base: that of the build before. arguments: build arguments, name and value.
    kept: the changes of builds already made, one tuple a build.
    """

    dockerfile: str
    base: str
    file: str = ""
    how: How = "append"
    content: str = ""
    builder: str = ""
    arguments: tuple[tuple[str, str], ...] = ()
    kept: tuple[tuple[tuple[tuple[str, Any], ...], ...], ...] = ()

    def changes(self) -> list[Change]:
        """The edits of the next build."""
        found: list[Change] = []
        if self.file:
            found.append({"path": self.file, **self._change()})
        if self.dockerfile != self.base:
            found.append({"path": "Dockerfile", "content": self.dockerfile})
        return found

    def keep(self) -> Bench:
        """The bench after this build was made too: its changes stay, and nothing is changed yet."""
        build = tuple(tuple(change.items()) for change in self.changes())
        return dataclasses.replace(self, file="", content="", base=self.dockerfile, kept=(*self.kept, build))

    def scenario(self, lesson: Scenario) -> Scenario:
        """The lesson's scenario with these builds instead of those it compares.

        Raises `InputError` where an edit or an argument cannot be used.
        """
        from sim.loading import from_document

        builds: list[dict[str, Any]] = [{"edits": [dict(change) for change in build]} for build in self.kept]
        builds.append({"edits": self.changes(), "build_args": dict(self.arguments)})
        document = {
            key: value
            for key, value in lesson.document.items()
            if key not in ("compare", "expect", "lesson", "published", "controls")
        }
        document["builder"] = self.builder or document.get("builder", "buildkit-containerd")
        document["compare"] = {LABEL: {"builds": builds}}
        return from_document(document, lesson.file, lesson.folder)

    def _change(self) -> Change:
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


def files(context: Path) -> tuple[str, ...]:
    """The text files of a build context that may be edited, by name; the Dockerfile has an editor of its own."""
    found = []
    for path in sorted(context.rglob("*")):
        if not path.is_file() or path.name.startswith((".", "Dockerfile")) or path.stat().st_size > _LARGEST:
            continue
        if b"\0" not in path.read_bytes():
            found.append(path.relative_to(context).as_posix())
    return tuple(sorted(found, key=lambda name: (name.count("/"), name)))[:_MOST]


def arguments(dockerfile: str) -> dict[str, str]:
    r"""The names a Dockerfile takes as build arguments, with their defaults.

    >>> arguments("ARG VERSION=3.13\nFROM python:${VERSION}-slim\nARG TOKEN\n")
    {'VERSION': '3.13', 'TOKEN': ''}
    """
    found = {}
    for line in dockerfile.splitlines():
        word, _, rest = line.strip().partition(" ")
        if word.upper() == "ARG":
            for item in rest.split():
                name, _, value = item.partition("=")
                found[name] = value.strip("\"'")
    return found
