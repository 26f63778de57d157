"""A mapping whose values are made when they are first asked for: a run needs few of what a catalog has."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Generic, TypeVar

ValueT = TypeVar("ValueT")
GivenT = TypeVar("GivenT")


class MadeWhenAsked(Mapping[str, ValueT], Generic[GivenT, ValueT]):
    """Entries by their ids, each made once.

    >>> squares = MadeWhenAsked({"two": 2, "three": 3}, lambda number: number**2)
    >>> squares["three"], len(squares), "four" in squares
    (9, 2, False)
    """

    def __init__(self, sources: Mapping[str, GivenT], make: Callable[[GivenT], ValueT]) -> None:
        """What each is made of by its id, and how."""
        self._sources = sources
        self._make = make
        self._made: dict[str, ValueT] = {}

    def __getitem__(self, name: str) -> ValueT:
        if name not in self._made:
            self._made[name] = self._make(self._sources[name])
        return self._made[name]

    def __contains__(self, name: object) -> bool:
        return name in self._sources

    def __iter__(self) -> Iterator[str]:
        return iter(self._sources)

    def __len__(self) -> int:
        return len(self._sources)
