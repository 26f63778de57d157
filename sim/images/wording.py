"""Words of a command in their order, found in time linear in the command."""

from __future__ import annotations

import re


class InOrder:
    """An expression such as `pip.*install`, whose `.*` an engine that goes back would try from each of many `pip`.

    The first match of a part leaves the next one the most room, so that no other needs to be tried.
    """

    def __init__(self, written: str) -> None:
        """Raise `re.error` for what is no expression. Alternatives around a `.*` stand within parentheses."""
        re.compile(written)
        self._parts = tuple(re.compile(part) for part in written.split(".*"))

    def search(self, text: str) -> bool:
        """Whether the text holds the parts, in one line and each behind the one before."""
        if len(self._parts) == 1:
            return self._parts[0].search(text) is not None
        return any(self._in(line) for line in text.split("\n"))

    def _in(self, line: str) -> bool:
        at = 0
        for part in self._parts:
            found = part.search(line, at)
            if found is None:
                return False
            at = found.end()
        return True
