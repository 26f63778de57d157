"""KSM's pages: one set a content key, as large as the largest part of it that any holding still maps.

Instances that share a content lose the same pages first when they write. So a set need not be told page by page.
"""

from __future__ import annotations

from heapq import heappop, heappush

from sim.machine.holdings import Holding


class _Tree:
    """KSM's pages of one content: as large as the largest merged part, found by a heap with lazy deletion."""

    __slots__ = ("_heap", "_pushed")

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Holding]] = []
        self._pushed = 0

    def push(self, holding: Holding) -> None:
        self._pushed += 1
        heappush(self._heap, (-holding.merged, self._pushed, holding))

    @property
    def size(self) -> int:
        while self._heap and -self._heap[0][0] != self._heap[0][2].merged:
            heappop(self._heap)
        return self._heap[0][2].merged if self._heap else 0


class MergedPages:
    """All sets.

    Attributes:
        size: Bytes of RAM that they take.
        mapped: Bytes that holdings map of them.
    """

    __slots__ = ("_trees", "mapped", "size")

    def __init__(self) -> None:
        self._trees: dict[str, _Tree] = {}
        self.size = self.mapped = 0

    def of(self, key: str) -> int:
        """Bytes of the set of a content."""
        return self._trees[key].size if key in self._trees else 0

    def set_merged(self, holding: Holding, merged: int) -> None:
        """Have a holding map so many bytes of the set of its content."""
        tree = self._trees.get(holding.key)
        if tree is None:
            tree = self._trees[holding.key] = _Tree()
        before = tree.size
        self.mapped += merged - holding.merged
        holding.merged = merged
        if merged:
            tree.push(holding)
        self.size += tree.size - before
