"""Where a project's files come from: a disk, or texts that are given."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from sim import inputfile, limits
from sim.errors import InputError, Problem


class ProjectFiles(Protocol):
    """Reads the files of a project. Paths are absolute."""

    def exists(self, path: str) -> bool:
        """Whether there is something."""

    def read(self, path: str) -> str:
        """A file's text. Raises `InputError` where it cannot be read."""


class DiskFiles:
    """The files of this machine."""

    def exists(self, path: str) -> bool:
        """Whether there is something."""
        return inputfile.exists(Path(path))

    def read(self, path: str) -> str:
        """A file's text of at most `limits.SCENARIO` bytes. Raises `InputError`."""
        return inputfile.read_text(Path(path), limits.SCENARIO)


class GivenFiles:
    """Texts by their path below a folder that is on no disk."""

    def __init__(self, texts: Mapping[str, str], folder: str) -> None:
        self._texts = {joined(folder, path): text for path, text in texts.items()}

    def exists(self, path: str) -> bool:
        """Whether there is such a file, or a folder of one."""
        return path in self._texts or any(known.startswith(f"{path.rstrip('/')}/") for known in self._texts)

    def read(self, path: str) -> str:
        """The text. Raises `InputError` where none is given."""
        if path not in self._texts:
            raise InputError(Problem("cannot be read: no such file or directory", path))
        return self._texts[path]


def joined(folder: str, path: str) -> str:
    """A path below a folder; an absolute one as it is."""
    if os.sep == "\\" and (path[1:2] == ":" or folder[1:2] == ":"):  # a drive of Windows
        return os.path.normpath(os.path.join(folder, path))  # noqa: PTH118 -- both are texts of a file
    return posixpath.normpath(posixpath.join(folder, path))
