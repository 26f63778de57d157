"""A table of a catalog file that was put together from several: each key remembers where it stands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

TablePlace = tuple[str, str]
"""A file, and the dotted path of a table in it: ("parts/runc.toml", "phases.2")."""


class Block(dict[str, Any]):
    """A table with the place of each key. A key that was not put from elsewhere stands in the table's own place.

    >>> block = Block({"id": "runc"}, ("technologies/runc.toml", "phases.2"))
    >>> block.put("cpu", {"value": "5 ms"}, ("parts/runc.toml", "phases.0"))
    >>> block.place("id"), block.place("cpu")
    (('technologies/runc.toml', 'phases.2'), ('parts/runc.toml', 'phases.0'))
    """

    def __init__(self, data: Mapping[str, Any], at: TablePlace) -> None:
        super().__init__(data)
        self.at = at
        self._places: dict[str, TablePlace] = {}

    def put(self, key: str, value: Any, place: TablePlace) -> None:
        """Set a key that stands in another table."""
        self[key] = value
        self._places[key] = place

    def place(self, key: str) -> TablePlace:
        """The file and the table that a key stands in."""
        return self._places.get(key, self.at)

    def inner(self, key: str, data: Mapping[str, Any], index: int | None = None) -> Block:
        """A table below a key, or one of the array of tables there."""
        if isinstance(data, Block):
            return data
        file, path = self.place(key)
        steps = (path, key) if index is None else (path, key, str(index))
        return Block(data, (file, ".".join(step for step in steps if step)))


def without(block: Block, keys: tuple[str, ...]) -> Block:
    """The block without some keys."""
    rest = Block({}, block.at)
    for key, value in block.items():
        if key not in keys:
            rest.put(key, value, block.place(key))
    return rest


def over(below: Block, above: Block, replaced: tuple[str, ...] = ()) -> Block:
    """The keys of both, those of `above` where both have one, without the keys of `below` that are `replaced`."""
    laid = without(below, replaced)
    laid.at = above.at
    for key, value in above.items():
        laid.put(key, value, above.place(key))
    return laid
