"""Text from outside as it may be shown: what a terminal would obey, or no file can hold, is made visible.

The one rule of all doors: messages and cells, figures and reports, and the dashboard's Markdown.
"""

from __future__ import annotations

import re

_NEVER = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]",
)
"""C0 and C1 controls, DEL, ends of lines and paragraphs, what turns the direction of writing (Unicode UAX #9), halves
of surrogate pairs, which UTF-8 has not, and noncharacters, which XML has not."""

_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def printable(text: str, keep: str = "", instead: str = "") -> str:
    r"""The text with such characters as JSON escapes them, or as `instead`. Those of `keep` stay.

    >>> print(printable("a\x1b[2J\n"))
    a\u001b[2J\n
    """

    def shown(match: re.Match[str]) -> str:
        character = match[0]
        return character if character in keep else instead or _SHORT.get(character, f"\\u{ord(character):04x}")

    return _NEVER.sub(shown, text)


def name_on_disk(name: str) -> str:
    r"""A name from a disk as text that UTF-8 has, so that it can be a path of a build: a stray byte becomes "%e9".

    >>> name_on_disk("caf\udce9")
    'caf%e9'
    """
    return re.sub(r"[\udc80-\udcff]", lambda found: f"%{ord(found[0]) - 0xDC00:02x}", name)
