"""JSON from strangers: one bounded document to plain values, and typed access that names what is wrong and where."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from sim.archives.limits import refused
from sim.errors import InputError

DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
"""The digests that are read. OCI also registers sha512, which no builder of note writes."""


def parse(data: bytes, place: str) -> Any:
    """The value of a JSON document. A key twice, NaN, and nesting past Python's stack are refused.

    Raises `InputError` naming `place` and the position.
    """
    try:
        return json.loads(data.decode("utf-8-sig"), object_pairs_hook=_unique, parse_constant=_constant)
    except RecursionError:
        raise refused("its JSON is nested too deeply", place) from None
    except UnicodeDecodeError as error:
        raise refused(f"its JSON is not UTF-8 (byte {error.start})", place) from None
    except ValueError as error:
        raise refused(f"is not valid JSON: {error}", place) from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {twice[:80]!r} is there twice")
    return values


def _constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def mapping(value: Any, place: str) -> Mapping[str, Any]:
    """`value` as an object."""
    return value if isinstance(value, dict) else _wrong(value, "an object", place)


def items(parent: Mapping[str, Any], key: str, place: str, *, required: bool = True) -> Sequence[Any]:
    """`parent[key]` as a list. An absent or null one is empty where it is not required."""
    value = parent.get(key)
    if value is None and not required:
        return ()
    return value if isinstance(value, list) else _wrong(value, "a list", place, key)


def text(parent: Mapping[str, Any], key: str, place: str, *, required: bool = False) -> str:
    """`parent[key]` as a string. An absent or null one is "" where it is not required."""
    value = parent.get(key)
    if value is None and not required:
        return ""
    return value if isinstance(value, str) else _wrong(value, "a string", place, key)


def texts(parent: Mapping[str, Any], key: str, place: str, *, required: bool = True) -> tuple[str, ...]:
    """`parent[key]` as a list of strings."""
    values = items(parent, key, place, required=required)
    return tuple(value if isinstance(value, str) else _wrong(value, "a string", place, key) for value in values)


def flag(parent: Mapping[str, Any], key: str, place: str) -> bool:
    """`parent[key]` as true or false, false where it is absent or null."""
    value = parent.get(key)
    if value is None:
        return False
    return value if isinstance(value, bool) else _wrong(value, "true or false", place, key)


def whole(parent: Mapping[str, Any], key: str, place: str) -> int:
    """`parent[key]` as a size: a whole number of 0 or more."""
    value = parent.get(key)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        return _wrong(value, "a whole number of 0 or more", place, key)
    return value


def digest(value: Any, place: str, key: str = "") -> str:
    """`value` as a sha256 digest."""
    if isinstance(value, str) and DIGEST.fullmatch(value):
        return value
    return _wrong(value, "a digest, 'sha256:' and 64 hexadecimal digits", place, key)


def _wrong(value: Any, expected: str, place: str, key: str = "") -> NoReturn:
    shown = "nothing" if value is None else repr(value)
    if len(shown) > 80:
        shown = shown[:77] + "..."
    raise InputError(
        refused(f"{f'`{key}`' if key else 'the document'} is {shown}; expected {expected}", place).problems
    )
