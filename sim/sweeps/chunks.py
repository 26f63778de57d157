"""Deals points out in chunks, takes them back where nobody answered, and gives up a point that ends its processes."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from sim.sweeps.points import Answer, PointRow, Todo, failed

WORTH = 0.5
"""Seconds that a chunk is to take: so long that handing it over costs nothing, so short that little is lost."""

_CHUNK = 5_000
"""Points of a chunk."""

TRIES = 3
"""How often a point is begun, where the process that runs it ends each time."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Points that are run one after the other, and how often they were begun in vain."""

    todos: tuple[Todo, ...]
    tries: int = 0


class Dealer:
    """Points on their way to processes."""

    def __init__(self, todos: Iterable[Todo]) -> None:
        self._todos: Iterator[Todo] = iter(todos)
        self._again: deque[Chunk] = deque()
        self._each: float | None = None

    def next(self) -> Chunk | None:
        """What is to be run next. None where all is dealt out."""
        if self._again:
            return self._again.popleft()
        size = 1 if self._each is None else max(1, min(_CHUNK, int(WORTH / max(self._each, 1e-9))))
        todos = tuple(islice(self._todos, size))
        return Chunk(todos) if todos else None

    def answered(self, answer: Answer) -> list[PointRow]:
        """The finished points of a chunk. How long they took sizes those that follow."""
        each = answer.seconds / max(1, len(answer.rows))
        self._each = each if self._each is None else (self._each + each) / 2
        return answer.rows

    def ended(self, chunk: Chunk, why: str) -> list[PointRow]:
        """The process that ran a chunk ended. Its points are begun again alone; those are told that failed by it."""
        if len(chunk.todos) == 1 and chunk.tries + 1 >= TRIES:
            return [failed(chunk.todos[0][0], f"{why}, {TRIES} times")]
        self._again += [Chunk((todo,), chunk.tries + 1) for todo in chunk.todos]
        return []
