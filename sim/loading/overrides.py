"""Changes to a scenario that was written already, as controls and command lines make them.

They are checked like a file.
"""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sim import limits, studies
from sim.catalog import names
from sim.errors import InputError, Problem
from sim.loading import reader
from sim.loading.document import Document, Path_, read
from sim.loading.parameters import Control, fields
from sim.quantity import parse, render
from sim.reasons import Reason, of_label
from sim.scenario import Part, Scenario
from sim.wording import shown, suggestion

_TOP = ("seed", "replications")

_NUMBER = re.compile(r"[-+]?[0-9]{1,20}(\.[0-9]{1,20})?([eE][-+]?[0-9]{1,3})?")
_SEED = 2**63 - 1
"""The largest seed that a scenario takes."""


def controls(scenario: Scenario, *, every: bool = False) -> tuple[Control, ...]:
    """The controls a page shows for a scenario, in the file's order. With `every` there is one for each parameter.

    A path names a parameter for all labels that do not set it themselves ("instances"), or for one label
    ("docker.instances"). In a scenario of parts it begins with the part ("parts.0.instances").
    """
    controls_of = []
    for number, part in enumerate(scenario.parts):
        prefix = f"parts.{number}." if "parts" in scenario.document else ""
        known = fields(studies.study(part.study).parameters)
        for path in tuple(known) if every else part.controls:
            label, _, name = path.rpartition(".")
            default = getattr(part.variants[label or _follower(scenario, number, part, name)], name)
            control = set_to(known[name], prefix + path, default)
            controls_of.append(dataclasses.replace(control, maximum=_most(scenario, part, path, control)))
    return tuple(controls_of)


def set_to(parameter: Control, path: str, value: Any) -> Control:
    """A study's parameter as a control of that path and value, with the catalog's names as its choices."""
    control = dataclasses.replace(parameter, path=path, default=value)
    if not control.catalog:
        return control
    empty = ("",) if parameter.default == "" else ()
    has = names.known(control.catalog)
    own = () if control.written in (*empty, *has) else (control.written,)
    return dataclasses.replace(control, choices=empty + own + has)


def _most(scenario: Scenario, part: Part, path: str, control: Control) -> float | None:
    """What a page offers at most: what the scenario says, else no more than one waits for."""
    if path in part.maxima:
        return part.maxima[path]
    return waited_for(control, len(part.variants) * (scenario.replications if studies.study(part.study).random else 1))


def waited_for(control: Control, runs: int) -> float | None:
    """The most that a page offers of a control where nothing else is said: no more than one waits for.

    Args:
        runs: How many runs there are of it, over all labels and replications.
    """
    if not control.repeated or control.maximum is None:
        return control.maximum
    return min(control.maximum, max(limits.STARTS // runs, control.default or 1))


def _written(scenario: Scenario, number: int) -> Mapping[str, Any]:
    parts = scenario.document.get("parts")
    part: Mapping[str, Any] = parts[number] if parts else scenario.document
    return part


def _follower(scenario: Scenario, number: int, part: Part, name: str) -> str:
    """The first label that takes a parameter from the base, or just the first where none does."""
    compare = _written(scenario, number).get("compare") or {}
    return next((label for label in part.variants if name not in (compare.get(label) or {})), next(iter(part.variants)))


def override(scenario: Scenario, changes: Mapping[str, Any]) -> Scenario:
    """The scenario with other parameters, checked again.

    Args:
        changes: From a path to a value, typed or in its written form. Paths are those of `controls`, "seed" and
            "replications".

    Raises `InputError`. A problem's path is the one that was given. Its message names the value. It names the label too
    where only some labels have that value.
    """
    placed: list[tuple[str, Path_, Any]] = []
    problems: list[Problem] = []
    for path, value in changes.items():
        try:
            placed += [(path, place, _typed(value, control)) for place, control in parameter_places(scenario, path)]
        except InputError as error:
            problems += [dataclasses.replace(problem, path=path) for problem in error.problems]
    if problems:
        raise InputError(problems)
    return with_values(scenario, placed)


def with_values(scenario: Scenario, placed: Iterable[tuple[str, Path_, Any]], *, from_shell: bool = False) -> Scenario:
    """The scenario with other values in its document, checked again.

    Args:
        placed: The path that somebody gave, the place in the document that it means, and the value.
        from_shell: Whether the values were given as a shell's arguments.

    Raises `InputError`. A problem's path is the one that was given.
    """
    document: Any = scenario.document
    places: dict[Path_, str] = {}
    for path, place, value in placed:
        places[place] = path
        document = changed(document, place, value)
    try:
        return reader.scenario(
            Document("", document, from_shell=from_shell), file=scenario.file, folder=scenario.folder
        )
    except InputError as error:
        dotted = {".".join(map(str, place)): path for place, path in places.items()}
        raise InputError(list(dict.fromkeys(_given(problem, dotted) for problem in error.problems))) from None


def from_page(scenario: Scenario, changes: Mapping[str, str], offered: Iterable[Control] | None = None) -> Scenario:
    """The scenario with other values of its controls, as a stranger gives them by a page's form or its link.

    A value is one of those that the control offers. So no text becomes a path, and no run is longer than a page offers.

    Args:
        changes: From a path of one of the controls, or "seed", to a value in its written form.
        offered: The controls, where they are not those of the scenario.

    Raises `InputError` as `override` does.
    """
    there = {control.path: control for control in (controls(scenario) if offered is None else offered)}
    typed: dict[str, Any] = {}
    problems: list[Problem] = []
    for path, text in changes.items():
        if path in there and text == there[path].written:
            continue
        try:
            typed[path] = _seed(text) if path == "seed" else _offered(there, path, text)
        except InputError as error:
            problems += [dataclasses.replace(problem, path=path) for problem in error.problems]
            if isinstance(error, _BeyondPageError):
                problems += _refusing(scenario, {**typed, path: error.most})
    if problems:
        raise InputError(problems)
    return override(scenario, typed)


def _refusing(scenario: Scenario, most: Mapping[str, Any]) -> Sequence[Problem]:
    """Why not even the most that a page offers can be run. So the reader is told what can be."""
    try:
        override(scenario, most)
    except InputError as error:
        return error.problems
    return ()


class _BeyondPageError(InputError):
    """A value that is more than a page offers.

    Attributes:
        most: What it offers.
    """

    def __init__(self, message: str, most: float) -> None:
        super().__init__(message)
        self.most = most


def _seed(text: str) -> int:
    if not re.fullmatch("[0-9]{1,19}", text) or int(text) > _SEED:
        raise InputError(
            Reason(
                "seed", "{value} is no seed; expected a whole number from 0 to {most}", value=shown(text), most=_SEED
            )
        )
    return int(text)


def _offered(there: Mapping[str, Control], path: str, text: str) -> Any:
    """The value of a control that is written so. Raises `InputError` where the control does not offer it."""
    control = there.get(path)
    if control is None:
        raise InputError(f"no control {shown(path)}{suggestion(path, there)}")
    if control.optional and text == "":
        return None
    if control.kind == "text":
        return text
    if control.kind == "choice":
        if control.catalog:
            names.check_id(control.catalog, text)
        elif text not in control.choices:
            raise InputError(
                Reason(
                    "one_of",
                    "{value} does not fit; expected one of {allowed}",
                    value=shown(text),
                    allowed=", ".join(control.choices),
                )
            )
        return text
    if control.kind == "flag":
        if text not in ("true", "false"):
            raise InputError(Reason("flag", "{value} does not fit; expected true or false", value=shown(text)))
        return text == "true"
    value = parse(text, control.unit) if control.kind == "quantity" else _number(text, whole=control.whole)
    if control.maximum is not None and value > control.maximum:
        most = render(control.maximum, control.unit) if control.unit else f"{control.maximum:.12g}"
        why = Reason("together", " (together {count} over all labels and replications)", count=limits.STARTS)
        message = Reason(
            "beyond_page",
            "{value} is more than a page offers; expected at most {most}{why}",
            value=shown(text),
            most=most,
            why=why if control.repeated else "",
        )
        raise _BeyondPageError(message, int(control.maximum) if control.whole else control.maximum)
    return text if control.kind == "quantity" else value


def _number(text: str, *, whole: bool) -> float:
    if not _NUMBER.fullmatch(text) or not math.isfinite(float(text)) or (whole and float(text) != int(float(text))):
        if whole:
            raise InputError(Reason("whole_number", "{value} does not fit; expected a whole number", value=shown(text)))
        raise InputError(Reason("number", "{value} does not fit; expected a number", value=shown(text)))
    return int(float(text)) if whole else float(text)


def _given(problem: Problem, dotted: Mapping[str, str]) -> Problem:
    """The problem at the path that was given, for a label's too where the label takes the value from the base."""
    if problem.path in dotted:
        return dataclasses.replace(problem, path=dotted[problem.path])
    root, between, rest = problem.path.rpartition("compare.")
    label, _, name = rest.partition(".")
    if between and f"{root}{name}" in dotted:
        return dataclasses.replace(problem, path=dotted[f"{root}{name}"], message=of_label(label, problem.message))
    return problem


class AmbiguousPathError(InputError):
    """A path that means a parameter which every label sets by itself."""


def parameter_places(scenario: Scenario, path: str) -> Iterator[tuple[Path_, Control | None]]:
    """Where in the document a parameter's path is written, and what is written there.

    Raises `InputError` where there is no such parameter, and `AmbiguousPathError` where each label has its own.
    """
    if path in _TOP:
        yield (path,), None
        return
    in_parts = "parts" in scenario.document
    chosen = range(len(scenario.parts))
    if in_parts and path.startswith("parts."):
        _, index, *tail = path.split(".", 2)
        if not index.isdigit() or int(index) >= len(scenario.parts) or not tail:
            raise InputError(f"no part {index!r}; there are 0 to {len(scenario.parts) - 1}")
        chosen, path = range(int(index), int(index) + 1), tail[0]
    label, _, name = path.rpartition(".")
    have: list[str] = []
    any_place = False
    for number in chosen:
        part = scenario.parts[number]
        known = fields(studies.study(part.study).parameters)
        have += known
        if name not in known or (label and label not in part.variants):
            continue
        any_place = True
        root: Path_ = ("parts", number) if in_parts else ()
        compare = _written(scenario, number).get("compare") or {}
        if label in compare:
            yield (*root, "compare", label, name), known[name]
        elif compare and all(name in (changes or {}) for changes in compare.values()):
            example = f"{next(iter(compare))}.{name}"
            raise AmbiguousPathError(f"every label sets {name!r} itself; name one, as in {example!r}")
        else:
            yield (*root, name), known[name]
    if not any_place:
        if label and "." not in label and name in have:
            labels = [known for number in chosen for known in scenario.parts[number].variants]
            raise InputError(f"no label {label!r} in {path!r}{suggestion(label, dict.fromkeys(labels))}")
        raise InputError(f"no parameter {path!r}{suggestion(path, [*dict.fromkeys(have), *_TOP])}")


def changed(node: Any, place: Path_, value: Any) -> Any:
    """A document with another value at a place. What is beside the place is shared with the first one.

    A mapping that is missing is made. A catalog's name above the place becomes what is `like` it.
    """
    if not place:
        return value
    key, rest = place[0], place[1:]
    if isinstance(node, list):
        return [changed(item, rest, value) if number == key else item for number, item in enumerate(node)]
    mapping = {"like": node} if isinstance(node, str) else (node or {})
    return {**mapping, key: changed(mapping.get(key), rest, value)}


def _typed(value: Any, control: Control | None) -> Any:
    """A written value as a scenario file would give it: text stays text where text is expected."""
    if control is not None and control.kind == "quantity" and isinstance(value, int | float) and control.unit != "1":
        return render(value, control.unit)
    if not isinstance(value, str):
        return value
    if control is not None and control.optional and value == "":
        return None
    if control is not None and control.kind in ("text", "choice", "quantity"):
        return value
    return read(value, "").value if value.strip() else value
