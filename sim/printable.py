"""Text from outside as a terminal may be given it: what a terminal would obey is shown, and not done."""

from __future__ import annotations

import re

_OBEYED = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""C0 and C1 controls, DEL, ends of lines and paragraphs, and what turns the direction of writing (Unicode UAX #9)."""

_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def printable(text: str, keep: str = "", instead: str = "") -> str:
    r"""The text with controls as JSON escapes them, or as `instead`. Those of `keep` stay.

    >>> print(printable("a\x1b[2J\n"))
    a\u001b[2J\n
    """

    def shown(match: re.Match[str]) -> str:
        character = match[0]
        return character if character in keep else instead or _SHORT.get(character, f"\\u{ord(character):04x}")

    return _OBEYED.sub(shown, text)
