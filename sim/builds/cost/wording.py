"""Words of a command in their order, found in time linear in the command."""

from __future__ import annotations

import re
from dataclasses import dataclass, field


@dataclass(frozen=True)
class InOrder:
    """An expression such as `pip.*install`, in linear time.

    An engine that goes back would try its `.*` from each `pip`.

    The first match of a part leaves the next one the most room, so that no other needs to be tried. Alternatives around
    a `.*` stand within parentheses.
    """

    written: str
    _parts: tuple[re.Pattern[str], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Raise `re.error` for what is no expression."""
        re.compile(self.written)
        object.__setattr__(self, "_parts", tuple(re.compile(part) for part in self.written.split(".*")))

    def search(self, text: str) -> bool:
        """Whether the text holds the parts, in one line and each behind the one before."""
        if len(self._parts) == 1:
            return self._parts[0].search(text) is not None
        return self._in(text) if "\n" not in text else any(map(self._in, text.split("\n")))

    def _in(self, line: str) -> bool:
        at = 0
        for part in self._parts:
            match = part.search(line, at)
            if match is None:
                return False
            at = match.end()
        return True
