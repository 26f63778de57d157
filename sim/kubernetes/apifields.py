"""Which fields the API of Kubernetes has, read by the model or not: what tells a slip from a field that is left out.

The names are in `api-fields.json`. Under "kinds" it has the type of each kind, and under "types" each type's fields
with the type of what is in them: of a list's entries where it is a list, and "" where no type is told.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from typing import Any, NamedTuple

from sim.yamlnodes import KeyPath

VERSION = "1.32"
"""The version of Kubernetes that has these fields."""


class UnknownField(NamedTuple):
    """A field that the API does not have. siblings: the fields that its object may have and has not."""

    path: KeyPath
    siblings: tuple[str, ...]


@cache
def _api() -> Mapping[str, Any]:
    text = resources.files("sim.kubernetes").joinpath("api-fields.json").read_text("utf-8")
    found: Mapping[str, Any] = json.loads(text)
    return found


def unknown_fields(value: Any, api_version: str, kind: str) -> Iterator[UnknownField]:
    """The fields of an object that its kind does not have, in order. None of a kind that is not told here."""
    form = _api()["kinds"].get(f"{api_version} {kind}", "")
    return _unknown(value, form, ())


def _unknown(value: Any, form: str, path: KeyPath) -> Iterator[UnknownField]:
    if not form:
        return
    if isinstance(value, list):
        for number, item in enumerate(value):
            yield from _unknown(item, form, (*path, number))
    elif isinstance(value, dict):
        known: Mapping[str, str] = _api()["types"][form]
        absent = tuple(name for name in known if value.get(name) is None)
        for key, item in value.items():
            if key in known:
                yield from _unknown(item, known[key], (*path, key))
            else:
                yield UnknownField((*path, key), absent)
