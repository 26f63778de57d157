"""What runs of one batch work out alike, worked out once: a folder that is read, a plan that hangs on no cost."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

MOST = 32
"""How many things are kept at a time. What was asked for first is dropped first."""


class Once:
    """What was worked out already, by a key. Whoever gets it changes nothing in it.

    A batch is short: files that its scenario names are taken to stay as they are meanwhile.

    >>> once = Once()
    >>> [once.of("a", lambda: print("made") or 1) for _ in range(2)]
    made
    [1, 1]
    """

    def __init__(self) -> None:
        """Nothing was worked out yet."""
        self._known: dict[Hashable, Any] = {}

    def of(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """What `make()` gave for this key."""
        if key not in self._known:
            made = make()
            if len(self._known) >= MOST:
                del self._known[next(iter(self._known))]
            self._known[key] = made
        return self._known[key]
