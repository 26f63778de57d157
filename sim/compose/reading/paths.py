"""Rules for places of a model: "services.*.build.args" and what holds there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Generic, TypeVar

from sim.yamlnodes import KeyPath

T = TypeVar("T")

ANY = "*"


class Places(Generic[T]):
    """What is known of places, found by a path. A star stands for any key or index."""

    def __init__(self, known: Mapping[str, T]) -> None:
        self._known: dict[KeyPath, T] = {tuple(place.split(".")): rule for place, rule in known.items()}
        self._beginnings = {place[:length] for place in self._known for length in range(len(place) + 1)}

    def at(self, path: KeyPath) -> T | None:
        """What is known of a path; None where nothing is. What is named goes before a star."""
        place = self._place(path)
        return None if place is None else self._known.get(place)

    def leads_on(self, path: KeyPath) -> bool:
        """Whether something is known of this path, or below it."""
        return self._place(path) is not None

    def _place(self, path: KeyPath) -> KeyPath | None:
        place: KeyPath = ()
        for key in path:
            for step in (key, ANY):
                if (*place, step) in self._beginnings:
                    place = (*place, step)
                    break
            else:
                return None
        return place
