"""`path=value` as a command line gives it: any place of a scenario, with a value as a file would have it.

A path is a parameter's ("instances", "docker.instances", "parts.0.instances"), goes on into what the parameter holds
("host.memory", "services.0.replicas"), or is the place itself ("compare.docker.instances", "expect.0").
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sim import studies
from sim.errors import InputError, Problem
from sim.loading.document import Path_, read
from sim.loading.envelope import BODY, ENVELOPE
from sim.loading.inline import INLINE
from sim.loading.overrides import AmbiguousPathError, changed, parameter_places, with_values
from sim.loading.parameters import Control, fields
from sim.scenario import Scenario
from sim.wording import shown, suggestion


def assign(scenario: Scenario, values: Mapping[str, Any], *, from_shell: bool = False) -> Scenario:
    """The scenario with other values, checked again as a file is.

    Args:
        values: From a path to a value as a scenario file has it: "512 MiB", and not 536870912.
        from_shell: Whether they were given as a shell's arguments: then a problem tells how a shell hands on quotes.

    Raises `InputError`. A problem's path is the one that was given.
    """
    placed: list[tuple[str, Path_, Any]] = []
    problems: list[Problem] = []
    for path, value in values.items():
        try:
            placed += [(path, place, value) for place in places(scenario, path)]
        except InputError as error:
            problems += [dataclasses.replace(problem, path=path) for problem in error.problems]
    if problems:
        raise InputError(problems)
    return with_values(unbounded(scenario), placed, from_shell=from_shell)


def unbounded(scenario: Scenario) -> Scenario:
    """The scenario without the most that a page offers of its controls, which binds no command line."""
    document: Any = scenario.document
    parts = [("parts", number) for number in range(len(scenario.parts))] if "parts" in document else [()]
    for part in parts:
        above = document["parts"][part[1]] if part else document
        if any(isinstance(item, Mapping) for item in above.get("controls") or ()):
            names = [item["path"] if isinstance(item, Mapping) else item for item in above["controls"]]
            document = changed(document, (*part, "controls"), names)
    return dataclasses.replace(scenario, document=document)


def read_assignments(texts: Iterable[str]) -> dict[str, Any]:
    """From paths to values, of texts as "instances=50" or "host={like: server, cores: 8}".

    Raises `InputError` where one has no path, is no YAML or is there twice.
    """
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for text in texts:
        try:
            path, written = divided(text, "--set")
            if path in values:
                raise InputError(Problem("is set twice; expected one value", path=path))
            values[path] = written_value(written, path)
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return values


def divided(text: str, option: str) -> tuple[str, str]:
    """A path and what is written for it. Raises `InputError` where there is no path or no "="."""
    path, equals, written = text.partition("=")
    if not equals or not path.strip():
        raise InputError(f"{option} {shown(text)} does not fit; expected PATH=VALUE, as in instances=50")
    return path.strip(), written


def written_value(text: str, path: str) -> Any:
    """The value that a text is in YAML. Nothing is no value. Raises `InputError`."""
    if not text.strip():
        return None
    try:
        return read(text, "").value
    except InputError as error:
        raise InputError([Problem(problem.message, path=path) for problem in error.problems]) from None


def places(scenario: Scenario, path: str) -> tuple[Path_, ...]:
    """The places in the document that a path means: several where several parts have the parameter.

    Raises `InputError` where it means none.
    """
    keys = path.split(".")
    if keys[0] in (*ENVELOPE, *BODY):
        return (_walked(scenario.document, keys),)
    for count in range(len(keys), 0, -1):
        try:
            found = list(parameter_places(scenario, ".".join(keys[:count])))
        except AmbiguousPathError:
            raise
        except InputError:
            continue
        return tuple(_inside(scenario, place, control, keys[count:]) for place, control in found)
    raise InputError(f"no parameter {shown(path)}{_hint(scenario, keys)}")


def _inside(scenario: Scenario, place: Path_, control: Control | None, rest: Sequence[str]) -> Path_:
    """The place inside a parameter's value."""
    if not rest:
        return place
    if control is None or not (control.kind == "structure" or control.catalog in INLINE):
        raise InputError(f"{place[-1]!r} has no {shown('.'.join(rest))}; it is one value")
    above: Any = scenario.document
    for key in place:
        above = above.get(key) if isinstance(above, Mapping) else above[int(key)]
    return (*place, *_walked(above, rest))


def _walked(node: Any, keys: Sequence[str]) -> Path_:
    """Keys as a place: of a list they are numbers. Raises `InputError` where a list has no such item."""
    place: list[str | int] = []
    for key in keys:
        if not isinstance(node, list):
            place.append(key)
            node = node.get(key) if isinstance(node, Mapping) else None
            continue
        if not (key.isascii() and key.isdigit()) or len(key) > 9 or int(key) >= len(node):
            have = f"there are 0 to {len(node) - 1}" if node else "it is empty"
            raise InputError(f"no item {shown(key)} in the list; {have}")
        place.append(int(key))
        node = node[int(key)]
    return tuple(place)


def _hint(scenario: Scenario, keys: Sequence[str]) -> str:
    """What may be meant instead of the first word of a path that names nothing."""
    rest = list(keys[2:]) if keys[0] == "parts" else list(keys)
    labels = [label for part in scenario.parts for label in part.variants]
    if len(rest) > 1 and rest[0] in labels:
        rest = rest[1:]
    names = [name for part in scenario.parts for name in fields(studies.study(part.study).parameters)]
    return suggestion(rest[0] if rest else "", dict.fromkeys((*names, "seed", "replications")))
