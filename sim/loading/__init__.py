"""YAML to a checked scenario: joins the envelope with the studies' parameters, and reports every problem at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sim import limits
from sim.errors import InputError, Problem
from sim.inputfile import open_regular, read_text
from sim.loading import foreign, reader, shipped, variations
from sim.loading.document import Document, read_on
from sim.loading.overrides import controls, from_page, override
from sim.loading.parameters import Control
from sim.loading.schema import schema
from sim.scenario import Scenario

__all__ = ["Control", "controls", "from_document", "from_page", "load", "load_text", "override", "schema"]

_ZIP = b"PK\x03\x04"
"""How a .zip begins (APPNOTE.TXT 4.3.7)."""


def load(path: str | Path) -> Scenario:
    """The checked scenario of a file, or of a shipped scenario's id ("taxonomy").

    Raises `InputError` with every problem found, each with file, line, column, path and what is allowed.
    """
    path = shipped.find(path)
    _refuse_archive(path)
    return load_text(read_text(path, limits.SCENARIO), str(path), path.parent)


def _refuse_archive(path: Path) -> None:
    """Raise `InputError` for a .zip, as a dashboard gives away a scenario with the files that it names."""
    with open_regular(path) as file:
        if file.read(len(_ZIP)) == _ZIP:
            raise InputError(Problem("a zip archive: unpack it first, then give its .yaml", str(path)))


def load_text(text: str, name: str = "<text>", folder: str | Path = ".") -> Scenario:
    """The checked scenario of a text.

    Args:
        name: What messages call it.
        folder: Where its files are looked up.
    """
    foreign.refuse(text, name)
    document, problems = read_on(text, name)
    return _checked(document, name, folder, problems)


def from_document(value: Mapping[str, Any], name: str = "", folder: str | Path = ".") -> Scenario:
    """The checked scenario of plain mappings, lists, texts and numbers, as `Scenario.document` holds them."""
    return _checked(Document(name, dict(value)), name, folder)


def _checked(document: Document, name: str, folder: str | Path, unread: Sequence[Problem] = ()) -> Scenario:
    """The scenario of a document, or every problem of it. unread: what is wrong with its YAML."""
    scenario, problems = reader.look(document, file=name, folder=str(folder))
    if scenario is not None:
        problems += variations.problems(scenario, document, problems)
    told = {(problem.line, problem.column) for problem in unread}  # a value that could not be read says nothing
    problems = [*unread, *(problem for problem in problems if (problem.line, problem.column) not in told)]
    if scenario is None or problems:
        raise InputError(reader.in_order(problems))
    return scenario
