"""The ledger's panels: a column an instance, area is memory, each label at a power of ten of one scale."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence

from sim.outcome import Outcome
from sim.records.instances import MemoryRecord, Owner
from sim.report.figures import parts
from sim.report.figures.canvas import Canvas, fits
from sim.report.figures.memory.columns import PROCESSES, Group, MemoryBlock, MemoryBlockKind, Ruler, area, group, sums
from sim.report.figures.memory.scales import BESIDE, Panel, scaled, square
from sim.report.figures.textlines import wrapped
from sim.report.numbers import marked, times, written
from sim.report.sources import cited
from sim.report.style import SMALLEST, Language, text_width
from sim.report.texts import tr
from sim.report.words import LabelNames, part_name, part_names, spoken

_GAP = 34
"""Pixels between panels."""
_HEAD, _HEADING, _LINE = 14, 18, 17
"""Pixels of a panel's heading without its lines, of a line in it, and of a line of the words below the columns."""
_NAME = 15
"""Pixels of a label's name."""
_BETWEEN = 10
"""Pixels below a row of panels, and again where another row follows."""
_EDGE = 3
"""Pixels at the left, into which the line under the columns reaches."""
_WORTH = 0.05
"""A shared part is named where it is at least this share of the sum."""
_LETTERS = 14


class Panels:
    """Draws the panels of an outcome below one another and side by side, the smallest first."""

    def __init__(
        self, canvas: Canvas, outcome: Outcome, ruler: Ruler, names: LabelNames, width: int, columns: int, height: int
    ) -> None:
        self.canvas, self.outcome, self.ruler, self.names = canvas, outcome, ruler, names
        self.tokens = canvas.style.tokens
        self.language: Language = canvas.style.language
        ordered = sorted(outcome.labels, key=lambda label: sums(outcome, label).physical)
        self.per_row = min(columns if len(ordered) < 3 or columns == 1 else 3, len(ordered))
        rows = math.ceil(len(ordered) / self.per_row)
        self.place = (width - _EDGE - _GAP * (self.per_row - 1)) / self.per_row
        self.height = height if rows == 1 or columns == 1 else max(height / rows, 90)
        shape: Ruler = "configured" if ruler == "configured" else "rss"
        fixed = [group(outcome, label, shape) for label in ordered]
        self.panels = scaled(fixed, shape, self.place, self.height)
        self.groups = [group(outcome, label, ruler) for label in ordered]

    def draw(self, y: float) -> float:
        """All panels from `y` down. Where they end."""
        every = list(zip(self.panels, self.groups, strict=True))
        for first in range(0, len(every), self.per_row):
            row = every[first : first + self.per_row]
            head = _HEAD + _HEADING * max(len(self._heading(panel)) for panel, _ in row)
            for column, (panel, found) in enumerate(row):
                self._panel(panel, found, _EDGE + column * (self.place + _GAP), y, head)
            y += head + self.height + _LINE * max(len(self._foot(found)) for _, found in row) + 2 * _BETWEEN
        return y - _BETWEEN

    def _panel(self, panel: Panel, found: Group, x: float, y: float, head: float) -> None:
        self._head(panel, x, y)
        top = y + head
        end = top + self.height
        zero = end - panel.found.bottom * panel.unit
        self._columns(panel, found, x, zero)
        self.canvas.place((x, top, panel.width, self.height), label=found.label)
        beside = x + panel.width + BESIDE
        beside = self._host(panel, found, beside, zero)
        self._smallest(panel, beside, zero)
        self.canvas.line(f"M{x - 3:.1f} {zero:.1f}H{x + panel.width + 3:.1f}", self.tokens.ink)
        for number, words in enumerate(self._foot(found), 1):
            self.canvas.text(x, end + 1 + _LINE * number, words, colour=self.tokens.muted)

    def _head(self, panel: Panel, x: float, y: float) -> None:
        """Whose columns these are, their scale, and a square of the same size in every panel."""
        side, words = self._scale(panel)
        left = x + self._before(panel)
        for number, (line, size, colour) in enumerate(self._heading(panel)):
            self.canvas.text(x, y + 16 + _HEADING * number, line, size=size, colour=colour, bold=size == _NAME)
        self.canvas.boxes([(left, y + 4, side, side)], "none", stroke=self.tokens.ink, width=1.5)
        self.canvas.text(left + side + 6, y + 4 + min(side, 24) / 2 + 5, words)

    def _scale(self, panel: Panel) -> tuple[float, str]:
        """A side of the square, and what it stands for."""
        size = square(panel)
        return math.sqrt(size * panel.per_byte), f"= {written(size, 'B', self.language)}"

    def _before(self, panel: Panel) -> float:
        """Pixels from the panel's left end to its square."""
        side, words = self._scale(panel)
        return self.place - side - 8 - text_width(words, SMALLEST)

    def _heading(self, panel: Panel) -> list[tuple[str, int, str]]:
        """The lines (text, size, colour) beside the square and below it: the name, what differs, how it is drawn."""
        language, found, room = self.language, panel.found, self._before(panel) - 8
        name, differs = counted_name(found, self.names, language)
        lines = [(line, _NAME, "") for line in wrapped(name, _NAME, room, bold=True)]
        lines += [(line, SMALLEST, "") for line in wrapped(differs, SMALLEST, room) if differs]
        each = found.instances / found.columns
        said = tr("figure.ledger.area", language) if each == 1 else tr("figure.columns", language, n=f"{each:.3g}")
        if panel.power:
            said = tr("figure.ledger.scale", language, n=f"{10**panel.power:,}")
        below = self._scale(panel)[0] <= _HEADING * len(lines)
        told = wrapped(said, SMALLEST, self.place if below else room)
        return lines + [(line, SMALLEST, self.tokens.muted) for line in told]

    def _columns(self, panel: Panel, found: Group, x: float, zero: float) -> None:
        alike: dict[tuple[str, MemoryBlockKind], list[MemoryBlock]] = defaultdict(list)
        for block in found.blocks:
            alike[block.record.part, block.kind].append(block)
        for (_, kind), blocks in alike.items():
            fill, edge = self._look(blocks[0].record.owner, kind)
            boxes = [box for block in blocks for box in _boxes(block, panel, x, zero)]
            self.canvas.boxes(boxes, fill, title=self._told(blocks[0], found), stroke=edge, width=0.8)
        if self.ruler == "pss" or self.ruler == "physical":
            self._ghost(panel, found, x, zero)
        for blocks in alike.values():
            if blocks[0].kind == "again" and blocks[0].record.instance is None:
                self._again(blocks, panel, x, zero)
        self._bands(panel, found, x, zero)

    def _look(self, owner: Owner, kind: MemoryBlockKind) -> tuple[str, str]:
        """Fill and stroke of a block."""
        if kind == "again":
            return self.canvas.hatch(owner), self.tokens.owners[owner]
        if kind == "promise":
            return self.tokens.background, self.tokens.muted
        return self.tokens.owners[owner], self.tokens.background

    def _told(self, block: MemoryBlock, found: Group) -> str:
        """What a pointer on a part is told: which part, how much of it, how it is counted and where that is from."""
        record, language = block.record, self.language
        counts = {
            "private": tr("figure.private", language),
            "first": tr("figure.shared_first", language, n=record.mappers),
            "again": tr("figure.shared_again", language),
            "once": tr("figure.shared_once", language, n=record.mappers),
            "outside": tr("figure.ledger.no_process", language),
            "promise": tr("figure.promise", language),
        }
        return self._lines(record, found, counts[block.kind])

    def _lines(self, record: MemoryRecord, found: Group, how: str) -> str:
        name = part_name(record.part, part_names(self.outcome, found.label, self.language), self.language)
        size = written(record.bytes, "B", self.language, record.estimate)
        return f"{name} · {size}\n{how}\n{cited(record.source, self.language)}"

    def _again(self, blocks: Sequence[MemoryBlock], panel: Panel, x: float, zero: float) -> None:
        """In red what is counted again and how often, where the part is worth it and the hatch has room."""
        record, sample = blocks[0].record, blocks[-1]
        if record.bytes * (record.mappers - 1) < _WORTH * area(panel.found, self.ruler):
            return
        size = sized(record.bytes, record.estimate, self.language)
        lines = tr("figure.note.again", self.language, size=size, n=f"{record.mappers - 1:,}").split("\n")
        middle = zero - (sample.low + sample.high) / 2 * panel.unit
        high = (sample.high - sample.low) * panel.unit
        room = panel.width - panel.pitch * 1.5
        if high < 20 * len(lines) or not all(fits(line, _LETTERS, room) for line in lines):
            lines = [tr("figure.note.again_short", self.language, size=size, n=f"{record.mappers - 1:,}")]
        if high < 18 or not fits(lines[0], _LETTERS, room):
            return
        wide = max(text_width(line, _LETTERS) for line in lines) + 10
        tall, at = 18 * len(lines) + 4, x + panel.width / 2 + panel.pitch / 2
        self.canvas.boxes([(at - wide / 2, middle - tall / 2, wide, tall)], self.tokens.background)
        red = self.tokens.attention_text if self.canvas.style.theme == "dark" else self.tokens.attention
        for number, line in enumerate(lines):
            y = middle - tall / 2 + 16 + 18 * number
            self.canvas.text(at, y, line, size=_LETTERS, colour=red, anchor="middle", bold=number == 0)

    def _bands(self, panel: Panel, found: Group, x: float, zero: float) -> None:
        """The name and size of each owner's own pages, where its band has room for them."""
        bands: dict[tuple[Owner, MemoryBlockKind], list[MemoryBlock]] = defaultdict(list)
        for block in found.blocks:
            if block.kind in ("private", "promise", "once") and block.x < 1:
                bands["machine" if block.kind == "promise" else block.record.owner, block.kind].append(block)
        for (owner, kind), blocks in bands.items():
            low, high = blocks[0].low, blocks[-1].high
            size = math.fsum(block.high - block.low for block in blocks)
            guess = any(block.record.estimate for block in blocks)
            name = tr("figure.mark.untouched" if kind == "promise" else f"owner.{owner}.short", self.language)
            said = f"{name} {sized(size, guess, self.language)}"
            if kind == "once":
                said = tr("figure.ledger.share", self.language, n=f"{found.instances:,}", name=said)
            if abs(size - (high - low)) > 1e-6 * size or not fits(said, _LETTERS, panel.width):
                continue
            self._band(said, self._look(owner, kind)[0], "" if kind == "promise" else self.tokens.on[owner], (
                x + panel.width / 2, zero - (low + high) / 2 * panel.unit, (high - low) * panel.unit
            ))  # fmt: skip

    def _band(self, said: str, fill: str, ink: str, at: tuple[float, float, float]) -> None:
        """Words across a band (middle, middle, height) on its own colour, as gaps would run through them."""
        x, y, high = at
        if high < 17:
            return
        wide = text_width(said, _LETTERS) + 8
        self.canvas.boxes([(x - wide / 2, y - 8.5, wide, 17)], fill)
        self.canvas.text(x, y + 5, said, size=_LETTERS, colour=ink, anchor="middle", bold=True)

    def _ghost(self, panel: Panel, found: Group, x: float, zero: float) -> None:
        """Where the columns reach under RSS."""
        high = (panel.found.top - found.top) * panel.unit
        if high < 3:
            return
        top = zero - panel.found.top * panel.unit
        self.canvas.boxes([(x, top, panel.width, high - 2)], "none", stroke=self.tokens.line)
        words = tr("figure.ledger.ghost", self.language)
        if high > 20 and fits(words, 13, panel.width):
            middle = x + panel.width / 2
            self.canvas.text(middle, top + high / 2 + 4, words, colour=self.tokens.muted, anchor="middle")

    def _host(self, panel: Panel, found: Group, x: float, zero: float) -> float:
        """What is there once a host, as a column as high as the others. Where it ends."""
        high = max(panel.found.top * panel.unit, 1.0)
        for record in found.host:
            wide = record.bytes * panel.per_byte / high
            how = tr("figure.host_once", self.language)
            fill = self.tokens.owners[record.owner]
            box = (x, zero - high, wide, high)
            self.canvas.boxes([box], fill, title=self._lines(record, found, how))
            name = part_name(record.part, part_names(self.outcome, found.label, self.language), self.language)
            size = sized(record.bytes, record.estimate, self.language)
            said = tr("figure.ledger.host", self.language, part=name, size=size)
            if wide >= 18 and not fits(said, _LETTERS, high):
                said = tr("figure.ledger.host_short", self.language, size=size)
            if wide >= 18 and fits(said, _LETTERS, high):
                ink = self.tokens.on[record.owner]
                self.canvas.text(
                    x + wide / 2 + 5, zero - high / 2, said, size=_LETTERS, colour=ink, anchor="middle", bold=True,
                    turned=True,
                )  # fmt: skip
            x += wide + 2
        return x

    def _smallest(self, panel: Panel, x: float, zero: float) -> None:
        """The smallest panel again at this one's scale, so that the scales cannot be overlooked."""
        first = self.groups[0]
        high = max(panel.found.top * panel.unit, 1.0)
        name = spoken(self.names)[first.label]
        said = tr("figure.ledger.other", self.language, name=name)
        if not panel.power or not first.blocks or not fits(said, 13, high):
            return
        solid, again = float(area(first, self.ruler)), 0.0
        if self.ruler == "rss":
            again = float(sums(self.outcome, first.label).again)
            solid -= again
        wide = (solid + again) * panel.per_byte / high
        middle = zero - high * solid / (solid + again)
        owner = max(first.blocks, key=lambda block: block.high - block.low).record.owner
        if again:
            fill = self.canvas.hatch(owner)
            self.canvas.boxes(
                [(x, zero - high, wide, middle - zero + high)], fill, stroke=self.tokens.muted, title=said
            )
        self.canvas.boxes([(x, middle, wide, zero - middle)], self.tokens.owners[owner], title=said)
        self.canvas.text(x + wide + 17, zero - high / 2, said, colour=self.tokens.muted, anchor="middle", turned=True)

    def _foot(self, found: Group) -> list[str]:
        """The words below a panel, in lines that are as wide as it at most."""
        return [line for said in self._sums(found) for line in wrapped(said, SMALLEST, self.place)]

    def _sums(self, found: Group) -> list[str]:
        """What the ruler says of this label, what is really used, and how the two are to each other."""
        language = self.language
        says, used = (
            parts.any_statistic(self.outcome, found.label, f"{ruler}_total", "value")
            for ruler in (self.ruler, "physical")
        )
        if used is None or says is None:
            return [""]
        is_used = sized(used.value, used.estimate, language)
        only = tr("figure.ledger.used_is", language, used=is_used)
        if self.ruler == "physical" or not says.value or not used.value:
            return [only] if says.value else [only, tr("figure.none_configured", language)]
        said, ruler = sized(says.value, says.estimate, language), tr(f"ruler.{self.ruler}.sum", language)
        factor = times(says.value / used.value, language)
        factor = marked(factor, language, short=True) if says.estimate or used.estimate else factor
        both = tr("figure.ledger.sum", language, ruler=ruler, sum=said, used=is_used)
        first = [both] if fits(both, SMALLEST, self.place) else [f"{ruler} {said}", only]
        lines = [*first, tr("figure.ledger.factor", language, times=factor)]
        if self.ruler in PROCESSES and found.bottom:
            below = written(sums(self.outcome, found.label).outside, "B", language)
            told = tr("figure.ledger.below", language, size=below)
            both = f"{lines[-1]} · {told}"
            lines = [*lines[:-1], both] if fits(both, SMALLEST, self.place) else [*lines, told]
        return lines


def counted_name(found: Group, names: LabelNames, language: Language) -> tuple[str, str]:
    """How many of what a label is, and what is different about it where its name repeats, else ""."""
    name = names[found.label]
    count = tr("figure.count", language, n=f"{found.instances:,}", name=name.name)
    return count, name.kind if spoken(names)[found.label] != name.name else ""


def sized(size: float, estimate: bool, language: Language) -> str:
    """Bytes as a label in the figure: "≈" where they are an estimate, as its legend says."""
    text = written(size, "B", language)
    return marked(text, language, short=True) if estimate else text


def _boxes(block: MemoryBlock, panel: Panel, x: float, zero: float) -> list[tuple[float, float, float, float]]:
    """A block as rectangles, one a column, with a gap between columns."""
    y, high = zero - block.high * panel.unit, (block.high - block.low) * panel.unit
    gap = min(2.0, 0.15 * panel.pitch)
    boxes = []
    for column in range(math.floor(block.x), math.ceil(block.x2 - 1e-9)):
        left, right = max(block.x, column), min(block.x2, column + 1)
        cut = gap if right == column + 1 else 0.0
        boxes.append((x + left * panel.pitch, y, (right - left) * panel.pitch - cut, high))
    return boxes
