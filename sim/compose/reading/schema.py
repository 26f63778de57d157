"""A model against the published schema of compose files (`compose-spec.json`, of github.com/compose-spec/compose-go).

docker compose checks it with the schema of its own version, and ends at one mistake. Here the newest schema that the
project carries is asked, so that newer keys are known, and every mistake is told.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from importlib import resources
from typing import Any

from sim import limits
from sim.compose.reading.findings import Findings
from sim.wording import shown, suggestion
from sim.yamlnodes import KeyPath, YamlNode, plain

_TYPES = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "keys and values",
    "null": "nothing",
}


@cache
def schema() -> dict[str, Any]:
    """The schema as JSON has it."""
    text = resources.files("sim.compose.reading").joinpath("compose-spec.json").read_text("utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


@cache
def _validator() -> Any:
    from jsonschema import Draft202012Validator, validators

    return validators.extend(Draft202012Validator, {"uniqueItems": _unique_items})(schema())


def _unique_items(_: Any, unique: bool, instance: Any, __: Any) -> Iterator[Any]:
    """The library compares every item with every other where they cannot be sorted."""
    from jsonschema import ValidationError

    if unique and isinstance(instance, list):
        seen: set[str] = set()
        for item in instance:
            key = json.dumps(item, sort_keys=True, default=str)
            if key in seen:
                yield ValidationError(f"{shown(item)} is there twice")
                return
            seen.add(key)


def check_schema(model: YamlNode, findings: Findings) -> None:
    """Note what does not fit, each thing once, however often the model is checked."""
    told = {(found.problem.path, found.problem.message, found.problem.file) for found in findings.wrong}
    for error in _validator().iter_errors(plain(model)):
        if error.instance == "" and error.absolute_path[-1] == "container_name":
            continue  # a variable without a value: docker compose takes the name as left out
        for path, message, at_key in _told(error):
            node = at(model, path)
            kind = "unknown key" if at_key else "wrong type"
            problem = node.problem(message, path, at_key=at_key)
            if (problem.path, problem.message, problem.file) not in told and len(told) < 10 * limits.PROBLEMS:
                told.add((problem.path, problem.message, problem.file))
                findings.add(node, message, path, kind, at_key=at_key)


def at(model: YamlNode, path: KeyPath) -> YamlNode:
    """The node at a path, or the last one on the way there."""
    node = model
    for key in path:
        known = dict(enumerate(node.value)) if isinstance(node.value, list) else node.value
        if not isinstance(known, dict) or key not in known:
            break
        node = known[key]
    return node


def _told(error: Any) -> Iterator[tuple[KeyPath, str, bool]]:
    """Paths, messages, and whether it is the key that is wrong."""
    deepest = _deepest(error)
    path: KeyPath = tuple(deepest.absolute_path)
    if deepest.validator == "additionalProperties":
        known = list(deepest.schema.get("properties", ()))
        for key in _unknown(deepest):
            yield (*path, key), f"unknown key {shown(key)}{_meant(key, known)}", True
        return
    yield path, _message(deepest, error), False


def _meant(key: str, known: list[str]) -> str:
    """What a key may have been meant to be; of many, only the one that is near."""
    if not known:
        return "; expected letters, digits, '.', '_' and '-'"
    hint = suggestion(key, known)
    return hint if len(known) <= _FEW or "did you mean" in hint else ""


_FEW = 12
"""Keys that a message can list."""


def _unknown(error: Any) -> list[str]:
    import re

    patterns = error.schema.get("patternProperties", ())
    known = error.schema.get("properties", ())
    unknown = [key for key in error.instance if key not in known and not any(re.search(one, key) for one in patterns)]
    return unknown[: limits.PROBLEMS]


def _deepest(error: Any) -> Any:
    """Of the ways in which a value fits none of several forms, the one that comes closest."""
    leaves = [leaf for inner in error.context or () for leaf in (_deepest(inner),)]
    return max(leaves, key=_depth) if leaves else error


def _depth(error: Any) -> tuple[int, bool]:
    depth = len(error.absolute_path) + (error.validator == "additionalProperties")
    return depth, error.validator != "type"


def _message(error: Any, whole: Any) -> str:
    value, rule, bound = shown(error.instance), error.validator, error.validator_value
    if rule == "type":
        wanted = dict.fromkeys(
            name
            for leaf in _leaves(whole)
            if leaf.validator == "type" and leaf.absolute_path == error.absolute_path
            for name in ([leaf.validator_value] if isinstance(leaf.validator_value, str) else leaf.validator_value)
        )
        has = "has no value" if error.instance is None else f"{value} does not fit"
        return f"{has}; expected {' or '.join(_TYPES.get(name, name) for name in wanted)}"
    if rule == "required":
        return f"missing key {shown(next(key for key in bound if key not in error.instance))}"
    if rule == "enum":
        return f"{value} is not allowed; expected one of {', '.join(map(str, bound))}"
    if rule in ("minimum", "maximum"):
        return f"{value} is out of range; expected at {'least' if rule == 'minimum' else 'most'} {bound}"
    if rule == "uniqueItems":
        return str(error.message)
    return f"{value} does not fit; expected {shown(bound)}"


def _leaves(error: Any) -> Iterator[Any]:
    if not error.context:
        yield error
    for inner in error.context or ():
        yield from _leaves(inner)
