"""Projects of texts."""

from __future__ import annotations

from collections.abc import Mapping

from sim.compose.reading.files import GivenFiles
from sim.compose.reading.model import ComposeProject
from sim.compose.reading.project import ProjectRequest, open_project


def opened(
    texts: Mapping[str, str] | str,
    *,
    paths: tuple[str, ...] = ("compose.yaml",),
    env: Mapping[str, str] | None = None,
    profiles: tuple[str, ...] = (),
) -> ComposeProject:
    """A project of files below /shop."""
    given = {"compose.yaml": texts} if isinstance(texts, str) else texts
    return open_project(
        ProjectRequest(
            "/shop", tuple(f"/shop/{path}" for path in paths), env or {}, profiles, GivenFiles(given, "/shop")
        )
    )


def told(project: ComposeProject) -> list[tuple[str, int, str, str]]:
    """(file, line, path, kind) of all that is wrong."""
    return [
        (found.problem.file.removeprefix("/shop/"), found.problem.line, found.problem.path, found.kind)
        for found in project.findings.wrong
    ]
