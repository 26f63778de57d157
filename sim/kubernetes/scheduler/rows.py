"""A row of scores, one a node, that is changed one by one and asked for the best of a stretch.

It is kept in blocks with the best of each. So neither a change nor a question looks at all nodes.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from operator import itemgetter
from typing import Any, NamedTuple, TypeVar, cast

Item = TypeVar("Item")

REJECTED = -1
"""Stands in the place of a score where the pod cannot go."""

_BLOCK = 64
"""Entries of a block: about as many as blocks in a stretch of some thousands."""

_PROBES = 8
"""A tie this frequent is drawn by trying places at random, one less frequent by counting."""


class Stretch(NamedTuple):
    """Entries from `start` on, around the end of the row if need be.

    Attributes:
        looked: How many.
        fitting: How many of them are not rejected.
    """

    start: int
    looked: int
    fitting: int


class NodeChoice:
    """Some nodes, and how what is known of all is picked for them."""

    def __init__(self, indices: Sequence[int]) -> None:
        self.indices = indices
        first, last = indices[0], indices[-1]
        if last - first == len(indices) - 1:
            self._pick: Callable[[Any], Any] = itemgetter(slice(first, last + 1))
        else:
            self._pick = itemgetter(*indices)

    def of(self, row: Sequence[Item]) -> Sequence[Item]:
        """The entries of a row with one for each node, of these nodes in order."""
        return cast("Sequence[Item]", self._pick(row))


class ScoreRow:
    """Scores by node; at least 0, or `REJECTED`."""

    def __init__(self, values: Iterable[int]) -> None:
        self.values = list(values)
        self._best: list[int] = []
        self._ties: list[int] = []
        self._fitting: list[int] = []
        for start in range(0, len(self.values), _BLOCK):
            block = self.values[start : start + _BLOCK]
            self._best.append(most := max(block))
            self._ties.append(block.count(most))
            self._fitting.append(len(block) - block.count(REJECTED))
        self._all = sum(self._fitting)

    def put(self, index: int, value: int) -> None:
        """Change one entry."""
        old = self.values[index]
        if old == value:
            return
        self.values[index] = value
        block = index // _BLOCK
        if old < 0 or value < 0:
            more = 1 if old < 0 else -1
            self._fitting[block] += more
            self._all += more
        best = self._best[block]
        if value > best:
            self._best[block], self._ties[block] = value, 1
        elif value == best:
            self._ties[block] += 1
        elif old == best:
            self._ties[block] -= 1
            if not self._ties[block]:
                here = self.values[block * _BLOCK : (block + 1) * _BLOCK]
                self._best[block] = most = max(here)
                self._ties[block] = here.count(most)

    def stretch(self, start: int, enough: int) -> Stretch:
        """Entries from `start` on until `enough` are not rejected, and up to the next that is not."""
        size = len(self.values)
        if self._all <= enough:
            return Stretch(start, size, self._all)
        if self._all == size:
            return Stretch(start, enough, enough)
        left, at, looked = enough, start, 0
        while True:
            block = at // _BLOCK
            stop = min((block + 1) * _BLOCK, size)
            whole = at == block * _BLOCK
            here = self._fitting[block] if whole else stop - at - self.values[at:stop].count(REJECTED)
            if here > left:
                break
            left, looked, at = left - here, looked + stop - at, stop % size
        for value in self.values[at:stop]:
            left -= value >= 0
            if left < 0:
                break
            looked += 1
        return Stretch(start, looked, enough)

    def fitting(self, stretch: Stretch) -> Sequence[int]:
        """The indices of a stretch that are not rejected, in order."""
        start, stop = stretch.start, stretch.start + stretch.looked
        size, values = len(self.values), self.values
        if stop <= size and stretch.fitting == stretch.looked:
            return range(start, stop)
        order = [*range(start, min(stop, size)), *range(max(stop - size, 0))]
        return order if stretch.fitting == stretch.looked else [index for index in order if values[index] >= 0]

    def top(self, stretch: Stretch, chance: random.Random | None) -> int:
        """The index of the highest of a stretch, the first of equals or, with `chance`, any of them."""
        start, stop, size = stretch.start, stretch.start + stretch.looked, len(self.values)
        parts = [(start, stop)] if stop <= size else [(start, size), (0, stop - size)]
        most = max([self._most(first, last) for first, last in parts])
        if chance is None:
            return self._nth(most, parts, 0)
        ties = sum([self._count(most, first, last) for first, last in parts])
        if ties == 1:
            return self._nth(most, parts, 0)
        if ties * _PROBES < stretch.looked:
            return self._nth(most, parts, int(chance.random() * ties))
        draw, values, looked = chance.random, self.values, stretch.looked
        while True:
            index = start + int(draw() * looked)
            index -= size if index >= size else 0
            if values[index] == most:
                return index

    def _most(self, start: int, stop: int) -> int:
        first, last = -(-start // _BLOCK), stop // _BLOCK
        if first >= last:
            return max(self.values[start:stop], default=REJECTED)
        best = self._best
        most = max(best[first:last])
        if start < first * _BLOCK and best[first - 1] > most:
            most = max(most, *self.values[start : first * _BLOCK])
        if last * _BLOCK < stop and best[last] > most:
            most = max(most, *self.values[last * _BLOCK : stop])
        return most

    def _count(self, value: int, start: int, stop: int) -> int:
        """How often a value that none in between is above is there."""
        first, last = -(-start // _BLOCK), stop // _BLOCK
        if first >= last:
            return self.values[start:stop].count(value)
        best, ties = self._best, self._ties
        total = 0
        if start < first * _BLOCK and best[first - 1] >= value:
            total = self.values[start : first * _BLOCK].count(value)
        for block in range(first, last):
            if best[block] == value:
                total += ties[block]
        if last * _BLOCK < stop and best[last] >= value:
            total += self.values[last * _BLOCK : stop].count(value)
        return total

    def _nth(self, value: int, parts: Iterable[tuple[int, int]], number: int) -> int:
        """Where a value that none in these parts is above is for the n-th time, from 0."""
        for start, stop in parts:
            at = start
            while at < stop:
                block = at // _BLOCK
                end = min((block + 1) * _BLOCK, stop)
                if self._best[block] >= value:
                    here = self.values[at:end].count(value)
                    if number < here:
                        return self._place(value, at, number)
                    number -= here
                at = end
        raise ValueError(f"{value} is not there so often")

    def _place(self, value: int, start: int, number: int) -> int:
        at = self.values.index(value, start)
        for _ in range(number):
            at = self.values.index(value, at + 1)
        return at
