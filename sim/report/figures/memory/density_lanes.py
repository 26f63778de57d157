"""How many fit: a lane a label, a panel an application, each panel on a linear scale of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sim.outcome import Outcome
from sim.records.instances import ConstraintRecord
from sim.report.figures import parts
from sim.report.figures.canvas import Canvas
from sim.report.figures.memory.density import binding, constraint_name, limit_text, rungs
from sim.report.numbers import marked, written
from sim.report.sources import cited
from sim.report.style import SMALLEST, Language, Style, text_width
from sim.report.texts import tr
from sim.report.words import LabelNames, application_name

_REACH = 2.5
"""A scale ends at the largest second constraint that is at most so many times the most that fit."""
_WORDS = 0.5
"""Words behind a bar may take this share of the plot."""
_EDGE = 4
"""Pixels of the red edge."""
_INSIDE = 2
"""Pixels that a ring is nearer to a bar than to other things, as words stand close above it and below."""
_NUMBER, _WORD = 16, 14


@dataclass(frozen=True, slots=True)
class LanePlaces:
    """Sizes of the figure in pixels, for a desk, a lecture's screen or a phone.

    Attributes:
        gutter: Room for names, 0 where they stand above the lanes.
        memory: Room for the memory in use at the right, 0 where it stands above the lanes.
        lane: From one lane to the next.
        bar: Height of a bar.
    """

    width: int
    gutter: int
    memory: int
    lane: int
    bar: int

    @property
    def plot(self) -> float:
        """Pixels of the scale."""
        return self.width - self.gutter - self.memory


LANES_DESK, LANES_HALL, LANES_PHONE = (
    LanePlaces(740, 160, 140, 48, 24), LanePlaces(880, 160, 134, 42, 21), LanePlaces(360, 0, 0, 64, 22),
)  # fmt: skip


def second(outcome: Outcome, label: str) -> ConstraintRecord | None:
    """The constraint that would stop a label were it not for the first: the second smallest limit."""
    bounded = [record for record in rungs(outcome, label) if record.limit is not None and not record.binds]
    return bounded[0] if bounded else None


def memory_share(outcome: Outcome, label: str) -> tuple[float, bool] | None:
    """The share of the host's memory that is in use when a label stops, and whether it is an estimate.

    It is what fits by what memory alone would carry. None where memory is no constraint.
    """
    first = binding(outcome, label)
    touched = next((record for record in rungs(outcome, label) if record.constraint == "memory_touched"), None)
    if first is None or first.limit is None or touched is None or not touched.limit:
        return None
    return min(first.limit / touched.limit, 1.0), touched.estimate or first.estimate


def panels_of(outcome: Outcome) -> list[tuple[str, list[str]]]:
    """(application, its labels), in the scenario's order."""
    found: dict[str, list[str]] = {}
    for label in outcome.labels:
        found.setdefault((outcome.parameters or {}).get(label, {}).get("application", ""), []).append(label)
    return list(found.items())


def reach(outcome: Outcome, labels: Sequence[str]) -> float:
    """Where a panel's scale ends, in instances."""
    most = max((record.limit or 0 for label in labels if (record := binding(outcome, label))), default=0) or 1
    seconds = [record.limit or 0 for label in labels if (record := second(outcome, label))]
    return float(max([most, *(limit for limit in seconds if limit <= _REACH * most)]))


def density_lanes(outcome: Outcome, style: Style, names: LabelNames, alt: str, places: LanePlaces = LANES_DESK) -> str:
    """The figure as SVG: what fits as a bar, what stops the next in red at its end, below it the constraint after it.

    Lengths are linear in each panel. A constraint beyond the scale is a number with an arrow.
    """
    drawing = _Lanes(Canvas(style), outcome, names, places)
    height = drawing.draw()
    return drawing.canvas.svg(places.width, height, alt)


def lanes_legend(style: Style) -> str:
    """What the edge and the triangle stand for, as HTML."""
    tokens = style.tokens
    edge = f"width:1.7em;background:{tokens.neutral};border-right:4px solid {tokens.attention};box-sizing:border-box"
    chips = (
        (edge, "", tr("figure.lanes.fit", style.language)),
        (f"width:1em;color:{tokens.muted};line-height:1", "▲", tr("figure.lanes.next", style.language)),
    )
    spans = "".join(
        '<span style="display:inline-flex;align-items:center;gap:.4em;margin-right:.95em;white-space:nowrap">'
        f'<span style="height:1em;{look}">{mark}</span>{text}</span>'
        for look, mark, text in chips
    )
    return f'<div style="font-size:.9rem;line-height:1.9;color:{tokens.muted}">{spans}</div>'


class _Lanes:
    def __init__(self, canvas: Canvas, outcome: Outcome, names: LabelNames, places: LanePlaces) -> None:
        self.canvas, self.outcome, self.names, self.places = canvas, outcome, names, places
        self.tokens = canvas.style.tokens
        self.language: Language = canvas.style.language
        self.red = self.tokens.attention_text if canvas.style.theme == "dark" else self.tokens.attention
        self.end = self.room = 1.0
        self.bars: list[float] = []

    def draw(self) -> float:
        """All panels. Where they end."""
        panels, y, first = panels_of(self.outcome), 2.0, 0.0
        for number, (_, labels) in enumerate(panels):
            self.end = reach(self.outcome, labels)
            first = first or self.end
            if number == 0 and self.places.memory:
                head = tr("figure.lanes.memory", self.language)
                self.canvas.text(self.places.width, 15, head, colour=self.tokens.muted, anchor="end")
            if len(panels) > 1 or self.places.memory:
                y = self._head(labels, first, y, told=len(panels) > 1)
            self.room, self.bars = self._room(labels), []
            for label in labels:
                self._lane(label, y)
                y += self.places.lane
            y = self._axis(y) + 8
        return y - 4

    def _head(self, labels: Sequence[str], first: float, y: float, *, told: bool) -> float:
        """Which application it is, and how much wider than the first panel this one is drawn."""
        if told:
            name = application_name(self.outcome, labels[0], self.language)
            self.canvas.text(0, y + 14, name, size=15, bold=True)
            wider = first / self.end
            if round(wider) > 1:
                x = text_width(name, 15) + 14
                said = tr("figure.lanes.scale", self.language, n=round(wider))
                self.canvas.text(x, y + 14, said, colour=self.tokens.muted)
        return y + 22

    def _room(self, labels: Sequence[str]) -> float:
        """The share of the plot up to the scale's end: words behind the longest bars have room, or stand inside."""
        need = 0.0
        for label in labels:
            first = binding(self.outcome, label)
            if first is not None and (first.limit or 0) > 0.6 * self.end:
                need = max(need, sum(self._widths(first)) + 24)
        plot = self.places.plot
        return 1 - need / plot if need <= _WORDS * plot else 0.98

    def _at(self, count: float) -> float:
        return self.places.gutter + count / self.end * self.room * self.places.plot

    def _widths(self, first: ConstraintRecord) -> tuple[float, float]:
        """Pixels of the number and of the word at a bar's end."""
        word = constraint_name(first.constraint, self.language)
        count = limit_text(first, self.language, short=True)
        return text_width(count, _NUMBER) + 8, text_width(word, _WORD)

    def _axis(self, y: float) -> float:
        """Hair-lines at round counts behind the lanes, and their numbers."""
        grid, right = [], self.places.gutter + self.places.plot
        most = 5 if self.places.gutter else 3
        ticks = [tick for tick in parts.ticks(self.end, most) if tick == int(tick)]
        for tick in ticks:
            x = self._at(tick)
            path = "".join(f"M{x:.1f} {top - 2:.1f}v{self.places.bar + 4}" for top in self.bars)
            grid.append(f'<path d="{path}" stroke="{self.tokens.line}" stroke-width="1"/>')
            inside = x + 2 * SMALLEST < self.places.width
            anchor = "start" if not tick else "middle" if inside else "end"
            self.canvas.text(x, y + 13, f"{tick:,.0f}", colour=self.tokens.muted, anchor=anchor)
        unit = tr("figure.lanes.unit", self.language)
        last = self._at(ticks[-1]) + text_width(f"{ticks[-1]:,.0f}", SMALLEST) / 2
        if last + text_width(unit, SMALLEST) + 14 < right:
            self.canvas.text(last + 10, y + 13, unit, colour=self.tokens.muted)
        self.canvas.behind(grid)
        return y + 17

    def _lane(self, label: str, y: float) -> None:
        """A lane's name, bar and words, the constraint after it, and the memory in use."""
        places, first = self.places, binding(self.outcome, label)
        y = self._name(label, y)
        self.bars.append(y)
        track = (places.gutter, y, places.plot, places.bar)
        self.canvas.boxes([track], self.tokens.track)
        if first is None or first.limit is None:
            words = tr("figure.never", self.language)
            self.canvas.text(places.gutter + 8, y + places.bar / 2 + 5, words, colour=self.tokens.muted)
            return
        end = self._at(first.limit)
        told = self._told(first)
        self.canvas.boxes([(places.gutter, y, end - places.gutter, places.bar)], self.tokens.neutral, title=told)
        self.canvas.boxes([(end - _EDGE / 2, y - 2, _EDGE, places.bar + 4)], self.tokens.attention, title=told)
        self._stop(first, end, y)
        following = second(self.outcome, label)
        if following is not None:
            self._then(following, y + places.bar)
        if places.memory:
            self._memory(label, y)

    def _name(self, label: str, y: float) -> float:
        """The name beside its lane, or above it with the memory in use. Where the bar begins."""
        places, name = self.places, self.names[label]
        application = application_name(self.outcome, label, self.language)
        kind = "" if name.kind == application else name.kind
        if places.gutter:
            room = (places.gutter - 12) / (SMALLEST * 0.53)
            middle = y + places.bar / 2
            up = 2 if kind else 6
            self.canvas.text(places.gutter - 12, middle + up - 1, name.name, size=15, anchor="end", bold=True)
            whole = parts.cut(kind, int(room))
            kind = whole if whole == kind else parts.cut(kind.partition(" · ")[0], int(room))
            self.canvas.text(places.gutter - 12, middle + 15, kind, colour=self.tokens.muted, anchor="end")
            return y
        self.canvas.text(0, y + 14, name.name, size=15, bold=True)
        share = memory_share(self.outcome, label)
        if share is not None:
            said = tr("figure.lanes.memory_short", self.language, share=self._share(*share))
            self.canvas.text(places.width, y + 14, said, colour=self.tokens.muted, anchor="end")
        return y + 20

    def _stop(self, first: ConstraintRecord, end: float, y: float) -> None:
        """How many fit and what stops the next: right of the edge, or left of it where there is no room."""
        count, word = limit_text(first, self.language, short=True), constraint_name(first.constraint, self.language)
        wide, words = self._widths(first)
        right = self.places.gutter + self.places.plot
        x, middle = end + 9, y + self.places.bar / 2
        if x + wide + words > right:
            x = max(end - 12 - wide - words, self.places.gutter + 4)
            self.canvas.boxes([(x - 4, y + 2, wide + words + 10, self.places.bar - 4)], self.tokens.background)
        start, right = self.places.gutter, max(x + wide + words, end)
        low, high = y + _INSIDE, self.places.bar - 2 * _INSIDE
        self.canvas.place((start, low, right - start, high), label=first.of)
        self.canvas.place((x, low, wide + words, high), label=first.of, constraint=first.constraint)
        self.canvas.text(x, middle + 6, count, size=_NUMBER, bold=True)
        self.canvas.text(x + wide, middle + 5, word, size=_WORD, colour=self.red, bold=True)

    def _then(self, record: ConstraintRecord, y: float) -> None:
        """The constraint after it below the lane: a triangle with words, or an arrow where it is beyond the scale."""
        limit = limit_text(record, self.language, short=True)
        name = constraint_name(record.constraint, self.language)
        words = tr("figure.lanes.then", self.language, constraint=name, limit=limit)
        right = self.places.gutter + self.places.plot
        y += 14
        if (record.limit or 0) > self.end:
            said = f"{words} →"
            self.canvas.text(right, y, said, colour=self.tokens.muted, anchor="end", title=self._told(record))
            return
        x = self._at(record.limit or 0)
        self.canvas.triangle(x, y - 11, self.tokens.muted, title=self._told(record))
        short = f"{name} {limit}"
        for said in (words, short, limit):
            wide = text_width(said, SMALLEST) + 9
            if x + wide <= right or x - wide >= self.places.gutter:
                break
        place, anchor = (x + 9, "start") if x + wide <= right else (x - 9, "end")
        self.canvas.text(place, y, said, colour=self.tokens.muted, anchor=anchor, title=self._told(record))

    def _memory(self, label: str, y: float) -> None:
        """The share of the host's memory in use, as a small bar with its number."""
        share = memory_share(self.outcome, label)
        if share is None:
            return
        x, wide, high = self.places.width - self.places.memory + 18, 54.0, 12.0
        y += (self.places.bar - high) / 2
        self.canvas.boxes([(x, y, wide, high)], self.tokens.background, stroke=self.tokens.line)
        self.canvas.boxes([(x, y, max(wide * share[0], 1.0), high)], self.tokens.ink)
        self.canvas.text(x + wide + 7, y + high - 1, self._share(*share), size=_WORD, bold=True)

    def _share(self, share: float, estimate: bool) -> str:
        said = written(share, "%", self.language)
        return marked(said, self.language, short=True) if estimate else said

    def _told(self, record: ConstraintRecord) -> str:
        """What a pointer on a constraint is told: what one more takes, what there is, and where that is from."""
        language = self.language
        takes = written(record.demand, record.unit, language, record.estimate)
        there = written(record.capacity, record.unit, language)
        head = f"{constraint_name(record.constraint, language)} · {limit_text(record, language)}"
        need = f"{tr('figure.col.demand', language)} {takes} · {tr('figure.col.capacity', language)} {there}"
        return f"{head}\n{need}\n{cited(record.source, language)}"


def lanes_table(outcome: Outcome, names: LabelNames, language: Language = "en") -> list[dict[str, str]]:
    """A row a lane: how many fit, what stops the next, what would then, and the memory in use."""
    table = []
    for label in outcome.labels:
        first, following, share = binding(outcome, label), second(outcome, label), memory_share(outcome, label)
        said = written(share[0], "%", language, share[1]) if share else "–"
        cells = {
            "label": str(names[label]),
            "limit": limit_text(first, language) if first else tr("figure.never", language),
            "binds": constraint_name(first.constraint, language) if first else "–",
            "then": (
                f"{constraint_name(following.constraint, language)} {limit_text(following, language)}"
                if following else "–"
            ),
            "memory": said,
        }  # fmt: skip
        table.append({tr(f"figure.col.{column}", language): cell for column, cell in cells.items()})
    return table
