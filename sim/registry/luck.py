"""A node's random numbers, kept small: ten thousand nodes have some each, and a generator's state takes 2.5 KB."""

from __future__ import annotations

from array import array

from sim.engine.seeds import SeedTree


class DrawnAhead:
    """The numbers of one stream, drawn many at a time by a generator that is not kept.

    >>> place = SeedTree(1).child("node", 3)
    >>> ahead, stream = DrawnAhead(place, "failures", 2), place.stream("failures")
    >>> [ahead.random() for _ in range(7)] == [stream.random() for _ in range(7)]
    True
    """

    __slots__ = ("_at", "_cause", "_numbers", "_seeds")

    def __init__(self, seeds: SeedTree, cause: str, count: int) -> None:
        self._seeds = seeds
        self._cause = cause
        self._at = 0
        self._numbers = self._drawn(count)

    def random(self) -> float:
        """The next number, at least 0 and below 1."""
        at = self._at
        if at == len(self._numbers):
            self._numbers = self._drawn(2 * at + 1)
        self._at = at + 1
        return self._numbers[at]

    def spares(self, chance: float, times: int) -> bool:
        """Whether none of the first `times` numbers is below `chance`. It takes no number."""
        return min(self._numbers[:times], default=1.0) >= chance

    def _drawn(self, count: int) -> array[float]:
        stream = self._seeds.stream(self._cause).random
        return array("d", (stream() for _ in range(count)))
