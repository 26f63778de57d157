"""Turns what pydantic finds into problems: the value, its place in the file, what is allowed, what may be meant."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar, get_type_hints

from annotated_types import Gt

from sim import limits
from sim.errors import InputError, Problem
from sim.loading.document import Document, Path_
from sim.loading.parameters import dataclass_at, fields, unwrap
from sim.quantity import render
from sim.reasons import Reason
from sim.wording import shown, suggestion

if TYPE_CHECKING:
    from pydantic import TypeAdapter, ValidationError

T = TypeVar("T")

_EXPECTED = {
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "int_parsing": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "string_type": "text",
    "dataclass_type": "keys and values",
    "dict_type": "keys and values",
    "model_type": "keys and values",
    "mapping_type": "keys and values",
    "tuple_type": "a list",
    "list_type": "a list",
    "none_required": "nothing",
}

_BOUNDS: dict[str, tuple[str, Callable[[str], Reason]]] = {
    "greater_than_equal": ("ge", lambda bound: Reason("at_least", "at least {bound}", bound=bound)),
    "greater_than": ("gt", lambda bound: Reason("more_than", "more than {bound}", bound=bound)),
    "less_than_equal": ("le", lambda bound: Reason("at_most", "at most {bound}", bound=bound)),
    "less_than": ("lt", lambda bound: Reason("less_than", "less than {bound}", bound=bound)),
}


_ADAPTERS: dict[Any, TypeAdapter[Any]] = {}


def adapter(kind: type[T]) -> TypeAdapter[T]:
    """The checker of a dataclass, made once."""
    if kind not in _ADAPTERS:
        from pydantic import TypeAdapter

        _ADAPTERS[kind] = TypeAdapter(kind)
    return _ADAPTERS[kind]


def validate(
    kind: type[T],
    value: Any,
    document: Document,
    place: Callable[[Path_], Path_] = lambda path: path,
    words: Iterable[str] = (),
    joint: Callable[[Path_], Path_] | None = None,
    given: Mapping[Any, Any] | None = None,
    *,
    apart: bool = False,
) -> tuple[T | None, list[Problem]]:
    """A checked dataclass, or the problems found.

    Args:
        place: From a path inside `value` to its path in the document.
        words: Keys that may be meant at the top beside the dataclass's own.
        joint: As `place`, for problems of values that do not go together.
        given: What ids mean that are not the catalog's (`sim.catalog.names.CatalogName`).
        apart: Each value is looked at by itself: nothing is told of values that do not go together.
    """
    from pydantic_core import ValidationError

    try:
        return adapter(kind).validate_json(json.dumps(value), strict=True, context=given), []
    except ValidationError as error:
        return None, _problems(error, kind, value, document, place, tuple(words), None if apart else joint or place)


def mistaken(kind: type[Any], value: Any, given: Mapping[Any, Any] | None = None) -> set[str]:
    """The parameters at the top that have something wrong in them, each by itself. As `validate`."""
    from pydantic_core import ValidationError

    try:
        adapter(kind).validate_json(json.dumps(value), strict=True, context=given)
    except ValidationError as error:
        return {str(item["loc"][0]) for item in error.errors(include_url=False) if item["loc"]}
    return set()


def _problems(
    error: ValidationError,
    kind: type[Any],
    value: Any,
    document: Document,
    place: Callable[[Path_], Path_],
    words: tuple[str, ...],
    joint: Callable[[Path_], Path_] | None,
) -> list[Problem]:
    problems: list[Problem] = []
    mismatched: dict[Path_, tuple[Any, list[str]]] = {}
    for item in error.errors(include_url=False):
        path, rest = _existing(value, item["loc"])
        expected = _EXPECTED.get(item["type"])
        if item["type"] in ("unexpected_keyword_argument", "extra_forbidden"):
            key = str(path[-1])
            owner = dataclass_at(kind, path[:-1])
            known = [*(owner.__dataclass_fields__ if owner else ()), *(words if len(path) == 1 else ())]
            # What is not told needs no suggestion, which takes longer than all else together.
            hint = suggestion(key, known) if len(problems) < limits.PROBLEMS else ""
            if item["input"] is None and "did you mean" not in hint:
                hint += " (a text with a comma in it stands in quotes)"
            problems.append(document.problem(f"unknown key {shown(key)}{hint}", place(path), at_key=True))
        elif item["type"].startswith("missing"):
            whole = (*path, *rest)
            problems.append(document.problem(f"missing key {str(whole[-1])!r}", place(whole)))
        elif expected is not None:
            mismatched.setdefault(path, (item["input"], []))[1].append(expected)
        elif isinstance(inner := item.get("ctx", {}).get("error"), InputError):
            if joint is not None:
                problems += [
                    document.problem(problem.message, joint((*path, *filter(None, problem.path.split(".")))))
                    for problem in inner.problems
                ]
        else:
            problems.append(document.problem(_message(_strictest(item, kind, path), _unit(kind, path)), place(path)))
    for path, (found, expectations) in mismatched.items():
        wanted = " or ".join(dict.fromkeys(expectations))
        has = "has no value" if found is None else f"{shown(found)} does not fit"
        hint = ""
        if "text" in expectations and isinstance(found, bool | int | float):
            # A float has lost how it was written: 6.10 is 6.1.
            written = "as it stands" if isinstance(found, float) else f'"{str(found).lower()}"'
            in_shell = (
                f"; a shell takes one pair away, so there: '{_shell(place(path))}'" if document.from_shell else ""
            )
            hint = f" (in quotes: {written}{in_shell})"
        problems.append(document.problem(f"{has}; expected {wanted}{hint}", place(path)))
    return problems


def _shell(path: Path_) -> str:
    """How a text is given to a parameter in a shell's arguments, within another pair of quotes."""
    return f'{".".join(map(str, path))}="..."'


def _existing(value: Any, loc: tuple[str | int, ...]) -> tuple[Path_, Path_]:
    """Of pydantic's location, the keys that are there, and the rest. Names of union branches are left out."""
    path: list[str | int] = []
    for position, key in enumerate(loc):
        if _has(value, key):
            value = value[key]
            path.append(key)
        elif isinstance(value, dict) and position == len(loc) - 1:
            return tuple(path), (key,)
    return tuple(path), ()


def _has(value: Any, key: str | int) -> bool:
    if isinstance(value, list):
        return isinstance(key, int) and key < len(value)
    return isinstance(value, dict) and key in value


def _unit(kind: type[Any], path: Path_) -> str:
    """The dimension of the quantity at a path. "" where there is none."""
    owner = dataclass_at(kind, path[:-1]) if path else None
    control = fields(owner).get(str(path[-1])) if owner else None
    return control.unit if control else ""


def _strictest(item: Mapping[str, Any], kind: type[Any], path: Path_) -> Mapping[str, Any]:
    """A finding, of the strictest lower bound: a duration that must be more than 0 is at least 0 too."""
    owner = dataclass_at(kind, path[:-1]) if path and item["type"] == "greater_than_equal" else None
    hint = get_type_hints(owner, include_extras=True).get(str(path[-1])) if owner else None
    above = [part.gt for part in unwrap(hint).metadata if isinstance(part, Gt)] if hint else []
    if not above or max(above) < item["ctx"]["ge"]:
        return item
    return {**item, "type": "greater_than", "ctx": {"gt": max(above)}}


def _message(item: Mapping[str, Any], unit: str) -> str:
    """What is wrong with a value.

    Args:
        unit: Its dimension, in which a bound is told.
    """
    kind, given, context = item["type"], shown(item["input"]), item.get("ctx", {})
    if kind in _BOUNDS:
        name, words = _BOUNDS[kind]
        bound = render(context[name], unit) if unit else f"{context[name]:.12g}"
        return Reason("range", "{value} is out of range; expected {bound}", value=given, bound=words(bound))
    if kind == "literal_error":
        return f"{given} is not allowed; expected {context['expected']}{_near(item['input'], context['expected'])}"
    if kind == "string_pattern_mismatch":
        return f"{given} does not fit; expected lower case letters, digits and hyphens, as in 'boot-race'"
    if kind in ("too_short", "string_too_short"):
        least = context.get("min_length", 1)
        return f"{given} is too short; expected at least {least} {_counted(kind)}" if item["input"] else "is empty"
    if kind in ("too_long", "string_too_long"):
        return f"{given} is too long; expected at most {context.get('max_length')} {_counted(kind)}"
    if kind in ("quantity", "catalog"):
        told: str = context["reason"]
        return told
    message = str(item["msg"]).removeprefix("Value error, ").removeprefix("Assertion failed, ")
    return f"{given}: {message[:1].lower()}{message[1:]}"


def _counted(kind: str) -> str:
    """What a length counts."""
    return "characters" if kind.startswith("string") else "entries"


def _near(given: Any, expected: str) -> str:
    options = [option.strip("'") for part in expected.split(" or ") for option in part.split(", ")]
    near = difflib.get_close_matches(str(given), options, 1)
    return f"; did you mean {near[0]!r}?" if near else ""
