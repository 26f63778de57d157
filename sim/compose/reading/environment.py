"""Files of variables that a project names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from sim.compose.reading import dotenv
from sim.compose.reading.files import ProjectFiles
from sim.compose.reading.findings import FILE_MISSING, MODEL_WRONG, ComposeFinding, Findings, TooMuchError
from sim.errors import InputError
from sim.yamlnodes import KeyPath, YamlNode, YamlSource


class VariableReader(Protocol):
    """What reads the files of a project, and counts them."""

    files: ProjectFiles
    findings: Findings
    read: list[str]

    def text(self, path: str) -> str:
        """A file's text. Raises `InputError`."""


def read_variables(
    reader: VariableReader,
    path: str,
    given: Mapping[str, str],
    node: YamlNode | None = None,
    place: KeyPath = (),
    kind: str = "",
) -> dict[str, str]:
    """The variables of a file; what is wrong is noted where the file is named, or in the file."""
    try:
        text = reader.text(path)
    except TooMuchError:
        raise
    except InputError as error:
        problems = error.problems
        if node is not None:
            problems = tuple(node.problem(f"env file {path} {problem.message}", place) for problem in problems)
        missing = not reader.files.exists(path)
        code = FILE_MISSING if missing else MODEL_WRONG
        reader.findings.wrong += [ComposeFinding(problem, "env file missing", code) for problem in problems]
        return {}
    reader.read.append(path)
    try:
        return dotenv.parse(text, given, kind)
    except dotenv.DotenvError as error:
        problem = YamlSource(path, text).problem(str(error), error.line, 1)
        reader.findings.wrong.append(ComposeFinding(problem, error.kind))
        return {}
