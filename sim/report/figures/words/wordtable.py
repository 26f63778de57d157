"""Tables whose cells are words with a verdict, as values: what page, report, slide and picture are drawn from.

`wordgrid` writes one as HTML, `wordpicture` draws it as SVG.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from html import escape
from typing import Literal

from sim.report.style import Style

WordLayout = Literal["framed", "lined", "dense"]
"""A frame round each cell, a line below each row, or cells that are little more than their colour."""


@dataclass(frozen=True, slots=True)
class Swatch:
    """What a bar is filled with.

    Attributes:
        slant: Degrees of the strokes of a hatch. 0 for a plain fill.
    """

    colour: str
    slant: Literal[0, 45, 135] = 0

    @property
    def css(self) -> str:
        """The same for HTML."""
        if not self.slant:
            return f"background:{self.colour}"
        strokes = f"repeating-linear-gradient({self.slant}deg,{self.colour} 0 2px,transparent 2px 6px)"
        return f"border:1px solid {self.colour};background:{strokes}"


def swatch_chip(css: str, words: str, gap: int = 22, height: int = 9, mark: str = "") -> str:
    """One entry of a legend as HTML: a swatch of that width, and what it stands for."""
    box = f"display:inline-block;width:{gap}px;height:{height}px;line-height:{height}px;text-align:center;{css}"
    line = "display:inline-flex;align-items:center;gap:6px;margin-right:18px;white-space:nowrap"
    return f'<span style="{line}"><span style="{box}">{mark}</span>{escape(words)}</span>'


@dataclass(frozen=True, slots=True)
class CellLook:
    """How cells of a kind are drawn. What is "" is the table's own.

    Attributes:
        width: Pixels of the frame where it has a colour of its own.
        large: Whether its words are larger than those of the others.
    """

    fill: str = ""
    edge: str = ""
    width: int = 1
    ink: str = ""
    bold: bool = False
    large: bool = False

    @property
    def css(self) -> str:
        """The same for HTML, but for its size."""
        parts = (
            f"background:{self.fill}" if self.fill else "",
            f"border:{self.width}px solid {self.edge}" if self.edge else "",
            f"color:{self.ink}" if self.ink else "",
            "font-weight:600" if self.bold else "",
        )
        return ";".join(filter(None, parts))


@dataclass(frozen=True, slots=True)
class CellBar:
    """A bar in a cell.

    Attributes:
        told: What a pointer on it is told.
        share: Its length, as a share of what the cell has room for.
    """

    swatch: Swatch
    told: str = ""
    share: float = 1.0


@dataclass(frozen=True, slots=True)
class WordCell:
    """A cell.

    Attributes:
        mark: A sign before the words, or in place of them.
        small: What stands below the words.
        look: The kind of cell, one or several words. Its table says what each looks like.
        told: What a pointer on it is told.
        said: What it says to those who do not see its mark. "" where its words say it.
        place: What it is of, by the keys of `sim.report.ring.KEYS`.
    """

    words: str = ""
    small: str = ""
    mark: str = ""
    look: str = ""
    bars: tuple[CellBar, ...] = ()
    told: str = ""
    said: str = ""
    place: Mapping[str, str] = field(default_factory=dict)


UNKNOWN = WordCell("?")
"""A cell whose answer is left out."""


@dataclass(frozen=True, slots=True)
class WordColumn:
    """A column.

    Attributes:
        upright: Its name is written from the bottom up, or in Japanese from the top down.
        gap: It has no cells: its name alone stands between those of the others.
    """

    name: str
    upright: bool = False
    gap: bool = False
    place: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WordRow:
    """A row.

    Attributes:
        cells: One for each column.
        small: What stands behind its name.
        group: What it belongs to, with the rows before and after it that have the same.
        foot: It sums up the table: its cells have no frame, and bars stand above the words.
        told: What a pointer on its name is told.
    """

    name: str
    cells: Sequence[WordCell]
    small: str = ""
    group: str = ""
    bold: bool = True
    foot: bool = False
    told: str = ""
    place: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class WordTable:
    """A table of words.

    Attributes:
        kind: The class of its HTML.
        looks: How its kinds of cells look. A cell of several words takes the last that applies.
        said: What it shows, in a sentence. "" while its answers are left out.
        corner: What stands above the rows' names.
        names: Pixels that the rows' names have at most.
        centred: Whether what is in the cells stands in their middles.
        even: Whether its columns have one width on a page. Otherwise each is as wide as it needs.
        stacked: On a phone the cells of a row stand below its name, each under its column's, as columns have no room.
        legend: Cells that stand for those of their look, which a picture has in its corner. Each says what that is.
            None where a legend of its page explains it.
        where: The screens that it is for. On the others another table stands for it.
    """

    kind: str
    style: Style
    columns: Sequence[WordColumn]
    rows: Sequence[WordRow]
    looks: Mapping[str, CellLook] = field(default_factory=dict)
    said: str = ""
    legend: Sequence[WordCell] | None = None
    corner: WordColumn = WordColumn("")
    layout: WordLayout = "framed"
    names: int = 190
    centred: bool = False
    even: bool = False
    stacked: bool = False
    where: Literal["", "wide", "phone"] = ""

    def look(self, cell: WordCell) -> CellLook:
        """How a cell looks."""
        words, found = set(cell.look.split()), CellLook()
        for name, look in self.looks.items():
            if set(name.split()) <= words:
                found = look
        return found

    @property
    def alt(self) -> str:
        """What it shows, or while the answers are left out what it asks about."""
        return self.said or " · ".join([*(c.name for c in self.columns if c.name), *(row.name for row in self.rows)])


def plain_table(rows: Sequence[Mapping[str, str]], style: Style) -> WordTable:
    """Rows of words by the names of their columns, as a table. The first column names the rows."""
    first, *others = rows[0]
    return WordTable(
        kind="rows",
        style=style,
        columns=[WordColumn(name) for name in others],
        rows=[WordRow(row[first], [WordCell(row[name]) for name in others]) for row in rows],
        said="; ".join(" · ".join(row.values()) for row in rows),
        legend=(),
        corner=WordColumn(first),
        layout="lined",
        names=320,
    )


def verdicts(style: Style) -> tuple[CellLook, CellLook, CellLook]:
    """How a cell looks with nothing to see to, with something to know, and with what one would not want to find."""
    tokens = style.tokens
    return (
        CellLook(fill=tokens.track, ink=tokens.muted),
        CellLook(edge=tokens.ink, width=2, bold=True),
        CellLook(fill=tokens.wash, edge=tokens.attention, width=2, ink=tokens.attention_text, bold=True),
    )


def hidden_row(row: WordRow) -> WordRow:
    """A row with its answers left out."""
    return replace(row, cells=[UNKNOWN for _ in row.cells])
