"""Text tables for a terminal: columns padded to what they hold, in the cells a character takes there."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence

from sim.printable import printable

WIDTH = 80

CLOSING = "、。，．・：；！？）」』】〉》〕ーっゃゅょッャュョぁぃぅぇぉァィゥェォ%％,.;:!?)\\]"

_PIECE = re.compile(
    rf" ?(?:[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]|[^ \u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]+)[{CLOSING}]*"
)
"""What stays together in a line: a word, or one wide character, and what closes behind it."""

_LEAST = 8
"""Cells that a last column always has."""


def width(text: str) -> int:
    """The cells a text takes in a terminal: two for wide characters, none for combining ones."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text
    )  # fmt: skip


def padded(text: str, cells: int, *, right: bool = False) -> str:
    """A text filled with spaces to a width."""
    space = " " * (cells - width(text))
    return space + text if right else text + space


def cut(text: str, cells: int) -> str:
    """A text no wider than that, its end replaced by an ellipsis where it was."""
    if width(text) <= cells:
        return text
    kept = ""
    for c in text:
        if width(kept + c) > cells - 1:
            break
        kept += c
    return f"{kept}…"


def wrapped(text: str, cells: int) -> list[str]:
    """The text's words in lines no wider than that. A wider word has a line of its own."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".lstrip()
        if width(longer) > cells and lines[-1]:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def paragraph(text: str, cells: int) -> list[str]:
    """Running text in lines no wider than that. A line may end at a space, or beside a wide character.

    Nothing that closes (a Japanese full stop, a bracket) begins a line.
    """
    return filled(_PIECE.findall(" ".join(text.split())), cells, width)


def filled(parts: Iterable[str], room: float, measure: Callable[[str], float]) -> list[str]:
    """Pieces in lines no wider than that. A wider piece has a line of its own.

    Args:
        measure: How wide a text is, in what `room` is in.
    """
    lines = [""]
    for piece in parts:
        if measure(lines[-1] + piece.rstrip()) > room and lines[-1]:
            lines[-1] = lines[-1].rstrip()
            lines.append(piece.lstrip())
        else:
            lines[-1] += piece
    return [line.rstrip() for line in lines]


def table(
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    right: Sequence[int] = (),
    limit: int | None = WIDTH,
    wrap: bool = False,
) -> list[str]:
    """Lines of a table: header, a rule, rows. Two spaces between columns.

    Args:
        right: Columns set flush right.
        limit: The most characters of a line, None for any number. Past it the last column is cut.
        wrap: Whether the last column goes on below instead of being cut.
    """
    rows = [[printable(text) for text in row] for row in rows]
    columns = list(zip(header, *rows, strict=True))
    cells = [max(width(text) for text in column) for column in columns]
    if limit is not None:
        last = limit - sum(cells[:-1]) - 2 * (len(cells) - 1)
        cells[-1] = min(cells[-1], max(last, width(header[-1]), _LEAST))
    lines = []
    for row in (header, ["-" * size for size in cells], *rows):
        ends = wrapped(row[-1], cells[-1]) if wrap else [cut(row[-1], cells[-1])]
        for number, end in enumerate(ends):
            fitted = [*([""] * (len(row) - 1) if number else row[:-1]), end]
            written = (
                padded(text, size, right=n in right) for n, (text, size) in enumerate(zip(fitted, cells, strict=True))
            )
            lines.append("  ".join(written).rstrip())
    return lines


def panels(cells: Sequence[int], first: int, limit: int = WIDTH) -> list[range]:
    """Which columns stand side by side, when each panel begins with a column of `first` cells and fits in `limit`."""
    ranges: list[range] = []
    start, used = 0, first
    for number, size in enumerate(cells):
        if number > start and used + 2 + size > limit:
            ranges.append(range(start, number))
            start, used = number, first
        used += 2 + size
    if start < len(cells):
        ranges.append(range(start, len(cells)))
    return ranges
