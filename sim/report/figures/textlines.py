"""Texts of a picture in lines: wrapped at the width that their letters are assumed to have."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

from sim.report import grid
from sim.report.style import text_width

BOLD = 1.06
"""How much wider bold letters are."""
_WIDE = "\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef"
PIECE = re.compile(
    rf" ?[（「『〈(\[約≈]*(?:[゠-ヿ]+|[㐀-鿿々]+|[^ {_WIDE}]+(?:(?<=\u202f)[゠-ヿ㐀-鿿]+)?|[{_WIDE}])?"
    rf"[ぁ-ゟ]*[{grid.CLOSING}]*"
)
"""What stays together in a line: a word, or a run of one of Japan's scripts with the syllables behind it."""


_STROKES = "/-_"
"""Behind these a word may be broken."""
_UNBROKEN = re.compile(rf"[^{_STROKES}]+[{_STROKES}]?|[{_STROKES}]")


def wrapped(text: str, size: float, room: float, *, bold: bool = False) -> list[str]:
    """A text in lines of that many pixels. A word that is wider is broken behind a stroke, or else anywhere."""

    def measure(part: str) -> float:
        return text_width(part, size) * (BOLD if bold else 1)

    def fitting(piece: str) -> Iterator[str]:
        part = ""
        for letter in piece:
            if part.strip() and measure(part + letter) > room:
                at = 1 + max(map(part.rfind, _STROKES)) or len(part) - (letter in grid.CLOSING and len(part) > 1)
                yield part[:at]
                part = part[at:]
            part += letter
        yield part

    return grid.filled((part for piece in PIECE.findall(text) for part in fitting(piece)), room, measure)


def shortened(text: str, size: float, room: float) -> str:
    """A text of at most that many pixels. What has no room is left out by words, for which an ellipsis stands."""
    if text_width(text, size) <= room:
        return text
    return wrapped(text, size, room - text_width("…", size))[0].rstrip(" ,、") + "…"


@functools.lru_cache(maxsize=1024)
def widest(text: str, size: float, *, bold: bool = False) -> float:
    """Pixels of what no line may break."""
    parts = (part for piece in PIECE.findall(text) for part in _UNBROKEN.findall(piece.strip()))
    return max((text_width(part, size) for part in parts), default=0.0) * (BOLD if bold else 1)


@functools.lru_cache(maxsize=256)
def shortest(text: str, size: int, most: int) -> list[str]:
    """A bold text in at most so many lines, the longest as short as may be. No word is broken."""
    width = [BOLD * text_width(piece.strip(), size) for piece in PIECE.findall(text)]
    rooms = range(int(max(width)) + 1, int(sum(width)) + size, 4)
    return next((made for room in rooms if len(made := wrapped(text, size, room, bold=True)) <= most), [text])
