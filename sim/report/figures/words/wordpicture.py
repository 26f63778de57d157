"""A table of words as SVG, as wide as it is read best on a slide. Every text is wrapped at its measured width."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from sim.report.figures.canvas import Canvas
from sim.report.figures.textlines import BOLD, shortest, widest, wrapped
from sim.report.figures.words.wordtable import CellBar, WordCell, WordColumn, WordRow, WordTable
from sim.report.style import SMALLEST, text_width

_LEAST, _MOST, _EACH, _TRIED = 560, 1260, 90, 8
"""Pixels that a picture is wide at least and at most, or what many columns have each, and how many widths are tried.

The style makes all of them larger.
"""
_SLIDE = (1200, 528)
"""Pixels that a figure has on a slide (`sim.export.slides`)."""
_PAD, _GAP, _BAR = 6, 4, 6
_LINE = 1.2
"""Height of a line as a share of its letters' size."""
_MARK = 1.2
"""Room of a mark, as a share of its size: faces differ most in such signs."""
_LEGEND = 1.35
"""Height of a line of the legend, as a share of its size."""
_UPRIGHT_LINES = 2
"""Lines that a name that stands upright may have."""


def word_picture(table: WordTable) -> str:
    """The table as an SVG."""
    step = (max(_MOST, table.names + _EACH * len(table.columns)) - _LEAST) / (_TRIED - 1)
    made = (_Picture(table, table.style.px(_LEAST + step * number)) for number in range(_TRIED))
    drawn = max(made, key=lambda one: (one.whole, one.scale))
    return drawn.svg()


@dataclass(frozen=True)
class _Text:
    """Lines of one size.

    Attributes:
        ink: "" for the table's.
        mark: A sign at the left of them, or in their place.
    """

    lines: Sequence[str]
    size: int
    bold: bool = False
    ink: str = ""
    mark: str = ""

    @property
    def height(self) -> float:
        return _LINE * self.size * len(self.lines)


class _Picture:
    """The table at a width: where everything is.

    Attributes:
        names: Pixels of the rows' names, and `left` of what stands at their left.
        column: Pixels of each column that has cells.
    """

    def __init__(self, table: WordTable, width: int) -> None:
        self.table, self.style, self.width = table, table.style, width
        self.dense = table.layout == "dense"
        self.air = {"framed": _GAP, "lined": 1, "dense": 0}[table.layout]
        self.size = max(SMALLEST, self.style.px(14 if table.layout == "framed" else SMALLEST))
        self.gap = _GAP if table.layout == "framed" else 2
        self.pad = 2 if self.dense else _PAD
        self.left = 1.6 * self.size if self.dense else 0.0
        self.names = self._names()
        gaps = sum(1.6 * self.size + self.gap for column in table.columns if column.gap)
        cells = sum(not column.gap for column in table.columns)
        self.column = (width - self.left - self.names - gaps) / cells - self.gap
        self.head = self._head_height()
        self.heights = [self._row_height(row) for row in table.rows]
        self.height = self.head + sum(self.heights) + self._between() * len(self.heights)

    @property
    def scale(self) -> float:
        """How large it can be drawn on a slide."""
        return min(_SLIDE[0] / self.width, _SLIDE[1] / self.height)

    @property
    def whole(self) -> bool:
        """Whether no word in the columns is broken."""
        room, table = self.column - 2 * self.pad, self.table
        heads = [(one.name, self.size, True) for one in table.columns if not (one.upright or one.gap)]
        told = [(cell.words, self.size, table.look(cell).bold) for row in table.rows for cell in row.cells]
        told += [(cell.small, self.size, False) for row in table.rows for cell in row.cells]
        return all(widest(words, size, bold=bold) <= room for words, size, bold in heads + told)

    # ---- sizes ------------------------------------------------------------------------------------------------------

    def _between(self) -> int:
        return 1 if self.dense else self.gap

    def _names(self) -> float:
        """As wide as the longest name, up to what the table allows. Names of a dense table have one line."""
        told = [text_width(f"{row.name}  {row.small}".strip(), self.size) for row in self.table.rows]
        longest = BOLD * max(told) + 2 * _PAD + 1
        return longest if self.dense else min(longest, self.style.px(self.table.names))

    def _head_height(self) -> float:
        upright = [self._upright(column) for column in self.table.columns if column.upright or column.gap]
        lines = [
            len(self._column_name(column.name)) for column in self.table.columns if not (column.upright or column.gap)
        ]
        flat = _LINE * self.size * max(lines, default=0)
        tall = max((BOLD * text_width(line, self.size) for of in upright for line in of), default=0.0)
        corner = (len(self.table.legend or ()) + 1) * _LEGEND * self.size if self.dense else 0.0
        return max(flat, tall, corner) + self.gap + 2

    def _column_name(self, name: str) -> list[str]:
        return wrapped(name, self.size, self.column - 2 * self.pad, bold=True)

    def _upright(self, column: WordColumn) -> list[str]:
        """A name in as many lines as its column has room for, each as short as may be."""
        most = min(_UPRIGHT_LINES, int(self.column // (_LINE * self.size)))
        return shortest(column.name, self.size, most) if most > 1 and not column.gap else [column.name]

    def _row_height(self, row: WordRow) -> float:
        contents = [self._content_height(cell) for cell in row.cells]
        name = sum(text.height for text in self._name(row))
        if self.dense and not row.foot:
            return float(self.size)
        return max(name + self.air, *(content + 2 * self.air for content in contents))

    def _content_height(self, cell: WordCell) -> float:
        words = sum(text.height for text in self._texts(cell))
        return words + len(cell.bars) * (self.style.px(_BAR) + 2)

    def _texts(self, cell: WordCell) -> list[_Text]:
        look, room = self.table.look(cell), self.column - 2 * self.pad
        size = self.style.px(18) if look.large else self.size
        texts = []
        if cell.words or cell.mark:
            beside = _MARK * size if cell.mark else 0.0
            lines = wrapped(cell.words, size, room - beside, bold=look.bold)
            texts.append(_Text(lines, size, look.bold, look.ink, cell.mark))
        if cell.small:
            small = max(SMALLEST, self.size - 1)
            texts.append(_Text(wrapped(cell.small, small, room), small, ink=self.style.tokens.muted))
        return texts

    def _name(self, row: WordRow) -> list[_Text]:
        room = self.names - 2 * _PAD
        texts = [_Text(wrapped(row.name, self.size, room, bold=row.bold), self.size, row.bold)]
        if row.small and not self._beside(row):
            texts.append(_Text(wrapped(row.small, self.size, room), self.size, ink=self.style.tokens.muted))
        return texts

    def _beside(self, row: WordRow) -> bool:
        """Whether what stands behind a row's name fits into the same line."""
        return text_width(f"{row.name}  {row.small}", self.size) * BOLD <= self.names - 2 * _PAD

    # ---- drawing ----------------------------------------------------------------------------------------------------

    def svg(self) -> str:
        """The picture."""
        canvas = Canvas(self.style, self.table.kind)
        self._draw_head(canvas)
        y = self.head
        places = []
        for row, height in zip(self.table.rows, self.heights, strict=True):
            self._draw_row(canvas, row, y, height)
            places.append((row.group, y, height))
            y += height + self._between()
        if self.dense:
            self._draw_groups(canvas, places)
        return canvas.svg(self.width, round(self.height), self.table.alt)

    def _across(self) -> Iterator[float]:
        """The left edge of each column."""
        x = self.left + self.names + self.gap
        for column in self.table.columns:
            yield x
            x += (1.6 * self.size if column.gap else self.column) + self.gap

    def _draw_head(self, canvas: Canvas) -> None:
        base, tokens = self.head - self.gap - 2, self.style.tokens
        canvas.text(self.left + _PAD, base - 2, self.table.corner.name, size=self.size, bold=True)
        if self.table.corner.place:
            canvas.place(
                (self.left, base - _LINE * self.size, self.names, _LINE * self.size), **self.table.corner.place
            )
        self._draw_legend(canvas)
        for x, column in zip(self._across(), self.table.columns, strict=True):
            ink = tokens.muted if column.gap else tokens.ink
            wide = 1.6 * self.size if column.gap else self.column
            if column.upright or column.gap:
                self._draw_upright(canvas, self._upright(column), x + wide / 2, base, ink, bold=not column.gap)
            else:
                lines = self._column_name(column.name)
                text = _Text(lines, self.size, bold=True)
                self._draw_text(canvas, text, x, base - text.height, wide, ink)
            if column.place:
                canvas.place((x, 0, wide, base), **column.place)

    def _draw_legend(self, canvas: Canvas) -> None:
        """What cells of a look stand for, in the corner."""
        wide, step = 1.5 * self.size, _LEGEND * self.size
        for number, cell in enumerate(self.table.legend or ()):
            self._draw_frame(canvas, cell, (1.0, number * step + 1, wide, float(self.size)))
            base, middle = (number + 0.5) * step + 0.3 * self.size, 1 + wide / 2
            canvas.text(middle, base, cell.mark, size=self.size, anchor="middle")
            canvas.text(wide + 2 * _PAD, base, cell.said, size=self.size, colour=self.style.tokens.muted)

    def _draw_frame(
        self, canvas: Canvas, cell: WordCell, box: tuple[float, float, float, float], told: str = "", edge: str = ""
    ) -> None:
        """What is behind the words of a cell.

        Args:
            edge: The colour of its frame where its look has none. "" for no frame.
        """
        x, y, wide, high = box
        look = self.table.look(cell)
        width = look.width if look.edge else 1 if edge else 0
        canvas.boxes(
            [(x + width / 2, y + width / 2, wide - width, high - width)], look.fill or self.style.tokens.background,
            title=told, stroke=look.edge or edge, width=width,
        )  # fmt: skip

    def _draw_upright(
        self, canvas: Canvas, lines: Sequence[str], middle: float, base: float, ink: str, *, bold: bool
    ) -> None:
        """Lines that are read from the bottom up, or in Japanese from the top down and from right to left."""
        step = _LINE * self.size
        down = self.style.language == "ja"
        for number, line in enumerate(lines):
            away = (number - (len(lines) - 1) / 2) * step
            if down:
                canvas.text(middle - away, 0, line, size=self.size, bold=bold, colour=ink, down=True)
            else:
                x = middle + away + 0.35 * self.size
                canvas.text(x, base, line, size=self.size, bold=bold, colour=ink, turned=True)

    def _draw_row(self, canvas: Canvas, row: WordRow, y: float, height: float) -> None:
        names = self._name(row)
        top = y + (height - sum(text.height for text in names)) / 2
        left = 0.0 if row.foot and not self.left else self.left
        for text in names:
            self._draw_text(canvas, text, left, top, self.names, title=row.told, flush=True)
            top += text.height
        if self._beside(row):
            base, ink = y + height / 2 + 0.35 * self.size, self.style.tokens.muted
            canvas.text(left + self.names - _PAD, base, row.small, size=self.size, colour=ink, anchor="end")
        if row.place:
            canvas.place((left, y, self.names, height), **row.place)
        for x, cell, column in zip(self._across(), row.cells, self.table.columns, strict=True):
            if not column.gap:
                self._draw_cell(canvas, row, cell, (x, y, self.column, height), column.name)
        if self.table.layout == "lined":
            canvas.line(f"M0 {y + height + self.gap / 2:.1f}H{self.width}", self.style.tokens.line)

    def _draw_cell(
        self, canvas: Canvas, row: WordRow, cell: WordCell, box: tuple[float, float, float, float], column: str
    ) -> None:
        x, y, wide, high = box
        said = cell.said or " ".join(filter(None, (cell.words, cell.small)))
        told = cell.told or " · ".join(filter(None, (row.name, column, said)))
        framed = self.table.layout != "lined" and not row.foot
        self._draw_frame(canvas, cell, box, told, self.style.tokens.line if framed else "")
        texts = self._texts(cell)
        inside = sum(text.height for text in texts)
        top = y + ((high - inside) / 2 if self.dense and not row.foot else self.air)
        if row.foot:
            top = self._draw_bars(canvas, cell.bars, x, top)
        for text in texts:
            self._draw_text(canvas, text, x, top, wide)
            top += text.height
        if not row.foot:
            self._draw_bars(canvas, cell.bars, x, top)
        if cell.place:
            canvas.place(box, **cell.place)

    def _draw_bars(self, canvas: Canvas, bars: Sequence[CellBar], x: float, top: float) -> float:
        """Bars below one another, and where the last one ends."""
        high, room = self.style.px(_BAR), self.column - 2 * self.pad
        for bar in bars:
            box = (x + self.pad, top + 1, room * bar.share, float(high))
            canvas.swatch(box, bar.swatch.colour, bar.swatch.slant, title=bar.told)
            top += high + 2
        return top

    def _draw_text(
        self, canvas: Canvas, text: _Text, x: float, top: float, wide: float, ink: str = "", title: str = "", *,
        flush: bool = False,
    ) -> None:  # fmt: skip
        """Lines in a box of that width: at its left, or in its middle where the table's cells are centred."""
        centred = self.table.centred and not flush
        at = x + wide / 2 if centred else x + (_PAD if flush else self.pad)
        if text.mark:
            base = top + 0.5 * _LINE * text.size + 0.35 * text.size
            anchor = "middle" if centred else "start"
            canvas.text(at, base, text.mark, size=text.size, colour=text.ink, bold=text.bold, anchor=anchor)
            at += _MARK * text.size
        for number, line in enumerate(text.lines):
            base = top + (number + 0.5) * _LINE * text.size + 0.35 * text.size
            canvas.text(
                at, base, line, size=text.size, colour=text.ink or ink, bold=text.bold, title=title,
                anchor="middle" if centred else "start",
            )  # fmt: skip

    def _draw_groups(self, canvas: Canvas, rows: Sequence[tuple[str, float, float]]) -> None:
        """The names of groups at the left, upright in the middle of their rows."""
        for group, of in groupby(rows, key=lambda row: row[0]):
            places = list(of)
            if not group:
                continue
            top, bottom = places[0][1], places[-1][1] + places[-1][2]
            canvas.line(f"M0 {top - 0.5:.1f}H{self.left:.1f}", self.style.tokens.line)
            ink, middle = self.style.tokens.muted, self.left / 2
            long = text_width(group, self.size)
            if self.style.language == "ja":
                start = min((top + bottom - long) / 2, bottom - long)
                canvas.text(middle, start, group, size=self.size, colour=ink, down=True)
            else:
                start = min((top + bottom + long) / 2, bottom)
                canvas.text(middle + 0.35 * self.size, start, group, size=self.size, colour=ink, turned=True)
