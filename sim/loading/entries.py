"""What a scenario's parameters name: ids of its own catalog, sizes written in place, and objects that a program gives.

Each becomes the catalog's entry itself, once, as the scenario is read. Ids of what ships stay ids.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from sim.catalog.model import Application, Guest, Host, Technology
from sim.catalog.names import CatalogKind
from sim.catalog.own import OwnCatalog
from sim.errors import InputError, Problem
from sim.loading.document import Document, Path_
from sim.loading.inline import INLINE, entry
from sim.loading.parameters import Control
from sim.loading.problems import validate

GivenEntries = dict[tuple[CatalogKind, str], Any]
"""What an id of a kind means in one label of a scenario."""

_TYPES: dict[CatalogKind, type[Any]] = {
    "technologies": Technology,
    "guests": Guest,
    "applications": Application,
    "hosts": Host,
}


def resolve(
    values: Mapping[str, Any],
    known: Mapping[str, Control],
    own: OwnCatalog | None,
    document: Document,
    place: Callable[[Path_], Path_],
) -> tuple[dict[str, Any], GivenEntries, list[Problem]]:
    """The values with an id for each entry, what these ids mean, and what is wrong.

    Where an entry is wrong, the parameter has its default.

    Args:
        known: The study's parameters.
        own: The scenario's catalog.
        place: From a path inside `values` to the document's.
    """
    plain, given, problems = dict(values), GivenEntries(), list[Problem]()
    for name, control in known.items():
        kind, value = control.catalog, values.get(name)
        if kind not in _TYPES or value is None:
            continue
        try:
            if isinstance(value, dict) and kind in INLINE:
                entry, wrong = _inline(kind, value, control, own, document, partial(_below, place, name))
                problems += wrong
            elif isinstance(value, str):
                entry = own.entry(kind, value) if own is not None and value in own.own(kind) else None
            elif isinstance(value, Technology | Guest | Application | Host) and not isinstance(value, _TYPES[kind]):
                raise InputError(f"{value.id!r} is a {type(value).__name__}; expected a {_TYPES[kind].__name__}")
            else:
                entry = value if isinstance(value, _TYPES[kind]) else None
        except InputError as error:
            problems += _at(error, document, place((name,)))
            plain[name] = control.default
            continue
        if entry is not None:
            plain[name] = entry.id
            given[kind, entry.id] = entry
        elif isinstance(value, dict) and kind in INLINE:
            plain[name] = control.default
    return plain, given, problems


def _below(place: Callable[[Path_], Path_], name: str, path: Path_) -> Path_:
    return place((name, *path))


def _inline(
    kind: CatalogKind,
    value: dict[str, Any],
    control: Control,
    own: OwnCatalog | None,
    document: Document,
    place: Callable[[Path_], Path_],
) -> tuple[Any, list[Problem]]:
    like, given = value.get("like"), GivenEntries()
    if isinstance(like, str) and own is not None and like in own.own(kind):
        given[kind, like] = own.entry(kind, like)
    checked, problems = validate(INLINE[kind], value, document, place, given=given)
    if checked is None:
        return None, problems
    try:
        return entry(checked, control.default), []
    except InputError as error:
        return None, [
            document.problem(problem.message, place((problem.path,) if problem.path else ()))
            for problem in error.problems
        ]


def _at(error: InputError, document: Document, path: Path_) -> list[Problem]:
    """Problems of a file of the catalog where they are, others where the scenario names the entry."""
    return [problem if problem.file else document.problem(problem.message, path) for problem in error.problems]
