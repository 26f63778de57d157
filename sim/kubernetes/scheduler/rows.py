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

    def put(self, changes: Iterable[tuple[int, int]]) -> None:
        """Change entries: pairs of an index and its new value."""
        values, best_of, ties = self.values, self._best, self._ties
        for index, value in changes:
            old = values[index]
            if old == value:
                continue
            values[index] = value
            block = index // _BLOCK
            if old < 0 or value < 0:
                more = 1 if old < 0 else -1
                self._fitting[block] += more
                self._all += more
            best = best_of[block]
            if value > best:
                best_of[block], ties[block] = value, 1
            elif value == best:
                ties[block] += 1
            elif old == best:
                ties[block] -= 1
                if not ties[block]:
                    here = values[block * _BLOCK : (block + 1) * _BLOCK]
                    best_of[block] = most = max(here)
                    ties[block] = here.count(most)

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
        start, looked, _ = stretch
        values = self.values
        stop, size = start + looked, len(values)
        most, ties = self._best_of(start, min(stop, size))
        if stop > size:
            more, others = self._best_of(0, stop - size)
            ties = others if more > most else ties + others * (more == most)
            most = max(most, more)
        number = 0
        if chance is not None and ties > 1:
            draw = chance.random
            while ties * _PROBES >= looked:
                index = start + int(draw() * looked)
                index -= size if index >= size else 0
                if values[index] == most:
                    return index
            number = int(draw() * ties)
        return self._nth(most, start, stop, number)

    def _best_of(self, start: int, stop: int) -> tuple[int, int]:
        """The highest of a part, and how often it is there."""
        values, first = self.values, -(-start // _BLOCK)
        last = stop // _BLOCK if stop < len(values) else len(self._best)
        if first >= last:
            here = values[start:stop]
            most = max(here)
            return most, here.count(most)
        best = self._best
        inner = best[first:last]
        most = max(inner)
        head = values[start : first * _BLOCK] if start < first * _BLOCK and best[first - 1] >= most else []
        tail = values[last * _BLOCK : stop] if last * _BLOCK < stop and best[last] >= most else []
        if head and best[first - 1] > most:
            most = max(most, *head)
        if tail and best[last] > most:
            most = max(most, *tail)
        ties = head.count(most) + tail.count(most)
        block = first
        for _ in range(inner.count(most)):
            block = best.index(most, block)
            ties += self._ties[block]
            block += 1
        return most, ties

    def _nth(self, value: int, start: int, stop: int, number: int) -> int:
        """Where a value that none from `start` to `stop`, around the end, is above is for the n-th time, from 0."""
        values, best, size = self.values, self._best, len(self.values)
        for first, last in ((start, min(stop, size)), (0, stop - size)):
            at = first
            while at < last:
                block = at // _BLOCK
                end = min((block + 1) * _BLOCK, last)
                if best[block] >= value:
                    whole = end - at == _BLOCK
                    here = self._ties[block] if whole else values[at:end].count(value)
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
