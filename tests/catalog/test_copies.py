"""A number and a block stand once: in a part, in another technology that is like it, or among the shared numbers."""

from __future__ import annotations

import json
import tomllib
from collections import Counter
from collections.abc import Iterator
from typing import Any

from sim.catalog import load
from sim.catalog.files import FOLDER
from sim.catalog.read import shared

FILES = sorted(FOLDER.glob("*/*.toml"))
TECHNOLOGIES = [path for path in FILES if path.parent.name in ("technologies", "parts")]

BEFORE = {"numbers": 417, "blocks": 147}
"""Copies that there were when every technology was a file of its own."""


def read(path: Any) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def numbers(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if "value" in value:
            yield json.dumps(value, sort_keys=True)
        for inner in value.values():
            yield from numbers(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from numbers(inner)


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from texts(inner)


def copies(found: Iterator[str]) -> int:
    return sum(count - 1 for count in Counter(found).values())


def test_fewer_than_a_tenth_of_the_copied_numbers_are_left() -> None:
    assert copies(one for path in FILES for one in numbers(read(path))) < BEFORE["numbers"] / 10


def test_fewer_than_a_tenth_of_the_copied_blocks_are_left() -> None:
    blocks = (
        json.dumps(block, sort_keys=True)
        for path in TECHNOLOGIES
        for kind in ("phases", "memory")
        for block in read(path).get(kind, [])
        if len(block) > 2  # an id and one other key: an override
    )
    assert copies(blocks) < BEFORE["blocks"] / 10


def test_every_shared_number_is_named_by_two_places_at_least() -> None:
    used = Counter(text for path in FILES for text in texts(read(path)))
    assert [name for name in shared() if used[name] < 2] == []


def test_every_part_is_some_technologys() -> None:
    used = {name for technology in load.technologies().values() for name in technology.parts}
    assert set(load.parts()) == used
