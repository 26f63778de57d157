"""A lock that is had over several steps: its holder gives it back when they are done."""

from __future__ import annotations

from collections import deque
from typing import Any

from sim.machine.disk import OnServed


class KeptLock:
    """One holder at a time, in the order of asking.

    >>> lock, told = KeptLock(), []
    >>> lock.take(told.append, "a"), lock.take(told.append, "b")
    (True, False)
    >>> lock.give_back("a")
    >>> told
    ['b']
    """

    __slots__ = ("_queue",)

    def __init__(self) -> None:
        # The holder is the first.
        self._queue: deque[tuple[OnServed, Any]] = deque()

    def take(self, done: OnServed, argument: Any) -> bool:
        """Whether the lock is got now. Else `done(argument)` is called once it is."""
        self._queue.append((done, argument))
        return len(self._queue) == 1

    def give_back(self, argument: Any) -> None:
        """Give it back, which nobody does but its holder."""
        if self._queue and self._queue[0][1] is argument:
            self._queue.popleft()
            if self._queue:
                done, following = self._queue[0]
                done(following)
