"""Which parameters a page shows, as a scenario lists them: a name, or a name with the most that is offered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sim.errors import InputError, Problem
from sim.loading.document import Document, Path_
from sim.loading.parameters import Control
from sim.quantity import parse, render
from sim.wording import shown, suggestion

_WORDS = ("path", "maximum")


def read_controls(
    written: Any,
    compare: Mapping[str, Mapping[str, Any]],
    variants: Mapping[str, Any],
    path: Path_,
    document: Document,
    known: Mapping[str, Control],
    problems: list[Problem],
) -> tuple[tuple[str, ...], dict[str, float]]:
    """The controls' paths, and the most that is offered of those that say so, in SI units.

    Args:
        compare: Label to what it changes.
        variants: Label to its checked parameters, as far as they could be checked.
        known: The study's parameters.
        problems: What is wrong is added here.
    """
    if not isinstance(written, list):
        problems.append(document.problem(f"{shown(written)} does not fit; expected a list of parameters", path))
        return (), {}
    names: list[str] = []
    maxima: dict[str, float] = {}
    for number, item in enumerate(written):
        place: Path_ = (*path, number)
        name = item
        if isinstance(item, dict):
            for key in item:
                if key not in _WORDS:
                    message = f"unknown key {key!r}{suggestion(key, _WORDS)}"
                    problems.append(document.problem(message, (*place, key), at_key=True))
            if "path" not in item:
                problems.append(document.problem("missing key 'path'", place))
                continue
            name, place = item["path"], (*place, "path")
        reason = _not_a_control(name, compare, known)
        if reason:
            problems.append(document.problem(reason, place))
            continue
        names.append(name)
        if isinstance(item, dict) and "maximum" in item:
            try:
                maxima[name] = _maximum(item["maximum"], name, compare, variants, known)
            except InputError as error:
                problems.append(document.problem(error.problems[0].message, (*path, number, "maximum")))
    return tuple(names), maxima


def _not_a_control(name: Any, compare: Mapping[str, Mapping[str, Any]], known: Mapping[str, Control]) -> str:
    """Why a page cannot show it. "" where it can."""
    if not isinstance(name, str):
        return f"no parameter {shown(name)}{suggestion(str(name), known)}"
    label, _, parameter = name.rpartition(".")
    if label and label not in compare:
        return f"no label {label!r} in {name!r}{suggestion(label, compare)}"
    if parameter not in known:
        return f"no parameter {parameter!r}{suggestion(parameter, known)}"
    if known[parameter].kind == "structure":
        return f"{parameter!r} is a structure, which no single control shows"
    if known[parameter].file:
        return f"{parameter!r} is the path of a file, which no page sets"
    if not label and compare and all(parameter in changes for changes in compare.values()):
        return f"every label sets {parameter!r} itself; name one, as in '{next(iter(compare))}.{parameter}'"
    return ""


def _maximum(
    written: Any,
    path: str,
    compare: Mapping[str, Mapping[str, Any]],
    variants: Mapping[str, Any],
    known: Mapping[str, Control],
) -> float:
    """The most that is offered. Raises `InputError` where it is no such number, or does not fit the parameter."""
    label, _, name = path.rpartition(".")
    control = known[name]
    if control.kind not in ("number", "quantity"):
        raise InputError(f"{name!r} is no number, so it has no maximum")
    most = parse(written, control.unit or "1")
    if control.whole and most != int(most):
        raise InputError(f"{shown(written)} does not fit; expected a whole number")
    if control.maximum is not None and most > control.maximum:
        raise InputError(f"{shown(written)} is more than {name!r} takes, {_shown(control.maximum, control)}")
    takes = [label] if label else [other for other in variants if name not in compare.get(other, {})]
    values = [getattr(variants[other], name) for other in takes if other in variants]
    largest = max((value for value in values if value is not None), default=control.minimum)
    if largest is not None and most < largest:
        raise InputError(f"{shown(written)} is less than {name!r} is, {_shown(largest, control)}")
    return int(most) if control.whole else most


def _shown(value: float, control: Control) -> str:
    return render(value, control.unit or "1")
