"""The memory ledger: two sums on one scale, and below them where their difference is, each label at its own scale."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from sim.outcome import Metric, Outcome
from sim.records.instances import OWNERS, MemoryRecord, Owner
from sim.report.figures import parts
from sim.report.figures.canvas import Canvas
from sim.report.figures.legend import LegendMark
from sim.report.figures.memory.columns import MemorySums, Ruler, counted, group, sums
from sim.report.figures.memory.memory_panels import Panels, counted_name, sized
from sim.report.figures.textlines import wrapped
from sim.report.numbers import written, written_metric
from sim.report.sources import cited
from sim.report.style import SMALLEST, Language, Style, text_width
from sim.report.texts import tr
from sim.report.words import LabelNames, label_names, part_name, part_names, spoken


@dataclass(frozen=True, slots=True)
class LedgerPlaces:
    """Sizes of the figure in pixels, for a desk, a lecture's screen or a phone.

    Attributes:
        gutter: Room for the names of the bars, 0 where they stand above them.
        columns: Panels beside one another.
        height: Of a panel's columns at most.
        bar: Height of a bar.
    """

    width: int
    gutter: int
    columns: int
    height: int
    bar: int


DESK, HALL, PHONE = (
    LedgerPlaces(740, 140, 2, 270, 30), LedgerPlaces(880, 160, 2, 160, 28), LedgerPlaces(360, 0, 1, 240, 28),
)  # fmt: skip
_TOTAL, _NAMES = 17, 16
"""Pixels of a bar's sum, and from one line of its name to the next."""


def marks(outcome: Outcome, ruler: Ruler) -> list[LegendMark]:
    """The marks the ledger uses under a ruler: for the legend."""
    blocks = [block for label in outcome.labels for block in group(outcome, label, ruler).blocks]
    kinds = {block.kind for block in blocks}
    used: dict[LegendMark, bool] = {"again": "again" in kinds, "untouched": "promise" in kinds}
    return [mark for mark, shown in used.items() if shown]


def owners(outcome: Outcome) -> list[Owner]:
    """Whose memory there is, in stack order: for the legend."""
    there = {record.owner for record in outcome.of_type(MemoryRecord) if record.touched}
    return [owner for owner in OWNERS if owner in there]


def estimated(outcome: Outcome) -> tuple[int, int]:
    """How many of the parts are estimates, and how many parts there are."""
    known = {(record.of, record.part): record.estimate for record in outcome.of_type(MemoryRecord) if record.touched}
    return sum(known.values()), len(known)


def compared(outcome: Outcome, ruler: Ruler) -> str:
    """The label whose sum is farthest from what is really used, as a factor: its two bars are drawn.

    Rulers of the same pages have the label of RSS in common, so that switching between them is the animation.
    """

    def distance(label: str) -> float:
        found = sums(outcome, label)
        says = found.rss if ruler != "configured" else found.untouched and found.physical + found.untouched
        return abs(math.log(says / found.physical)) if says and found.physical else 0.0

    return max(outcome.labels, key=distance)


def ledger(outcome: Outcome, style: Style, ruler: Ruler, names: LabelNames, places: LedgerPlaces = DESK) -> str:
    """The figure as SVG, as `ruler` counts. Text and hatches are the same size for all places."""
    canvas = Canvas(style, f"-{places.width}")
    label = compared(outcome, ruler)
    y = _Bars(canvas, outcome, ruler, label, names, places).draw()
    canvas.line(f"M0 {y:.1f}H{places.width}", style.tokens.line)
    panels = Panels(canvas, outcome, ruler, names, places.width, places.columns, places.height)
    y = panels.draw(y + 8)
    return canvas.svg(places.width, y, ledger_alt(outcome, ruler, style.language))


class _Bars:
    """What the ruler says and what is really used, of one label, on one scale."""

    def __init__(
        self, canvas: Canvas, outcome: Outcome, ruler: Ruler, label: str, names: LabelNames, places: LedgerPlaces
    ) -> None:
        self.canvas, self.outcome, self.ruler, self.label = canvas, outcome, ruler, label
        self.places, self.style, self.tokens = places, canvas.style, canvas.style.tokens
        self.language: Language = canvas.style.language
        self.sums = sums(outcome, label)
        self.name = counted_name(group(outcome, label, "physical"), names, self.language)
        self.reach = float(max(self.sums.rss, self.sums.physical))
        if ruler == "configured":
            self.reach = float(max(self._says(), self.sums.physical))
        room = max(text_width(self._total(one), _TOTAL) for one in (ruler, "physical")) + 20
        self.scale = (places.width - places.gutter - room) / max(self.reach, 1.0)

    def draw(self) -> float:
        """Both bars, and the words about their difference. Where they end."""
        y = 4.0
        if self.ruler != "physical":
            said = self._named(*self.name, tr(f"ruler.{self.ruler}.sum", self.language))
            more = (len(said) - 2) * _NAMES / 2 if self.places.gutter else 0
            y = self._bar(y + more, self.ruler, said)
            self._bracket(y)
            y += 14 + more
        said = self._named(tr("figure.ledger.used", self.language), "", tr("figure.ledger.on_host", self.language))
        used = self._bar(y, "physical", said)
        return max(used, self._difference(y)) + 12

    def _named(self, name: str, differs: str, sub: str) -> list[tuple[str, int]]:
        """A bar's words in lines (text, size): its name, what is different about that, and which sum it is."""
        room = self.places.gutter - 12.0
        if not self.places.gutter:
            room = self.places.width - text_width(sub, SMALLEST) - 12
        lines = [(line, 15) for line in wrapped(name, 15, room, bold=True)]
        lines += [(line, SMALLEST) for line in wrapped(differs, SMALLEST, room) if differs]
        return [*lines, (sub, SMALLEST)]

    def _bar(self, y: float, ruler: Ruler, said: list[tuple[str, int]]) -> float:
        """One bar with its words and its sum. Where it ends."""
        canvas, places, high = self.canvas, self.places, self.places.bar
        left, top, anchor = places.gutter - 12.0, y + high / 2 - 2 - (len(said) - 2) * _NAMES / 2, "end"
        if not places.gutter:
            canvas.text(places.width, y + 14, said.pop()[0], colour=self.tokens.muted, anchor="end")
            left, top, anchor = 0.0, y + 14, "start"
            y += 20.0 + (len(said) - 1) * _NAMES
        for number, (line, size) in enumerate(said):
            muted = self.tokens.muted if places.gutter and number == len(said) - 1 else ""
            canvas.text(left, top + number * _NAMES, line, size=size, colour=muted, anchor=anchor, bold=size == 15)
        x = float(places.gutter)
        for record_owner, kind, size, told in _pieces(self.outcome, self.label, ruler, self.language):
            width = size * self.scale
            look = {"again": canvas.hatch(record_owner) if kind == "again" else "", "promise": self.tokens.background}
            fill = look.get(kind, self.tokens.owners[record_owner])
            edge = self.tokens.muted if kind == "promise" else self.tokens.background
            canvas.boxes([(x, y, width, high)], fill, title=told, stroke=edge)
            x += width
        ghost = self.places.gutter + self.sums.rss * self.scale
        if ruler == "pss" or (ruler == "physical" and self.ruler == "physical"):
            self._ghost(x, ghost, y)
        at = x if ruler != self.ruler or ruler in ("rss", "configured") else max(x, ghost)
        canvas.text(at + 9, y + high / 2 + 6, self._total(ruler), size=_TOTAL, bold=True)
        return y + high

    def _ghost(self, x: float, end: float, y: float) -> None:
        """Where RSS went on."""
        if end - x < 2:
            return
        self.canvas.boxes([(x, y, end - x, self.places.bar)], "none", stroke=self.tokens.line)
        words = tr("figure.ledger.ghost", self.language)
        if text_width(words, 13) + 8 < end - x:
            self.canvas.text(
                (x + end) / 2, y + self.places.bar / 2 + 5, words, colour=self.tokens.muted, anchor="middle"
            )

    def _bracket(self, y: float) -> None:
        """Under what the first bar has and the host does not."""
        more = {"rss": self.sums.again, "configured": self.sums.untouched}.get(self.ruler, 0)
        end = self.places.gutter + self._says() * self.scale
        start = end - more * self.scale
        if end - start > 2:
            self.canvas.line(f"M{start:.1f} {y + 2:.1f}v6H{end:.1f}v-6", self._red, 1.8)

    def _difference(self, y: float) -> float:
        """The difference in words: right of the second bar's sum, or below it. Where they end."""
        lines = _difference_words(self.sums, self.ruler, self.language, self._estimate)
        if not lines:
            return y
        high = self.places.bar + (0 if self.places.gutter else 20)
        x = self.places.gutter + self.sums.physical * self.scale + text_width(self._total("physical"), _TOTAL) + 26
        wide = max(text_width(line, 14) for line in lines)
        if x + wide > self.places.width:
            x, y = float(self.places.gutter), y + high + 6
        else:
            y += high - self.places.bar - 3
        for number, line in enumerate(lines):
            self.canvas.text(x, y + 15 + 18 * number, line, size=14, colour=self._red, bold=number == 0)
        return y + 15 + 18 * len(lines) - 10

    @property
    def _red(self) -> str:
        return self.tokens.attention_text if self.style.theme == "dark" else self.tokens.attention

    @property
    def _estimate(self) -> bool:
        metric = self._metric("physical")
        return bool(metric and metric.estimate)

    def _says(self) -> int:
        return sum(size for _, _, size, _ in _pieces(self.outcome, self.label, self.ruler, self.language))

    def _metric(self, ruler: Ruler) -> Metric | None:
        return parts.any_statistic(self.outcome, self.label, f"{ruler}_total", "value")

    def _total(self, ruler: Ruler) -> str:
        return _sum(self._metric(ruler), self.language)


def _difference_words(found: MemorySums, ruler: Ruler, language: Language, guess: bool) -> list[str]:
    """What the red words say, in two lines. None where there is nothing to say."""
    if ruler == "rss" and found.again:
        shared = written(found.shared, "B", language)
        more, what = found.again, tr("figure.ledger.same", language, size=shared)
    elif ruler == "pss" and found.outside:
        more, what = found.outside, tr("figure.ledger.no_process", language)
    elif ruler == "configured" and found.untouched:
        more, what = found.untouched, tr("figure.promise", language)
    else:
        return []
    return [tr(f"figure.ledger.more.{ruler}", language, size=sized(more, guess, language)), what]


def _pieces(outcome: Outcome, label: str, ruler: Ruler, language: Language) -> list[tuple[Owner, str, int, str]]:
    """(owner, kind, bytes, words) of a bar: what is there by owner, then what is counted again, then promised."""
    records = counted(outcome, label, ruler)
    found = []
    for kind in ("there", "again", "promise"):
        for owner in OWNERS:
            own = [record for record in records if record.owner == owner and record.touched == (kind != "promise")]
            size = sum(record.bytes * (record.mappers - 1 if kind == "again" else 1) for record in own)
            if size and (kind != "again" or ruler == "rss"):
                told = _told(own, kind, size, outcome, label, language)
                found.append((owner, kind, size, told))
    return found


def _told(
    records: Sequence[MemoryRecord], kind: str, size: int, outcome: Outcome, label: str, language: Language
) -> str:
    """What a pointer on a piece of a bar is told: whose it is, how much, its parts and where they are from."""
    known = part_names(outcome, label, language)
    named = dict.fromkeys(part_name(record.part, known, language) for record in records)
    sources = dict.fromkeys(cited(record.source, language) for record in records if record.source)
    owner = tr(f"owner.{records[0].owner}.short", language)
    guess = any(record.estimate for record in records)
    what = {"again": tr("figure.shared_again", language), "promise": tr("figure.promise", language)}.get(kind, "")
    head = " · ".join(filter(None, (owner, written(size, "B", language, guess), what)))
    return "\n".join((head, parts.joined(named, language), "; ".join(sources)))


def _sum(metric: Metric | None, language: Language) -> str:
    """What the ruler says. It says in words that it counts nothing (no guest, so nothing configured)."""
    if metric is None:
        return ""
    return written_metric(metric, language) if metric.value else tr("figure.none_configured", language)


def ledger_table(outcome: Outcome, language: Language = "en") -> list[dict[str, str]]:
    """One row a label and part: owner, size, how many map it, whether `ps` shows it, source."""
    names, table = label_names(outcome, language), []
    seen = set()
    for record in outcome.of_type(MemoryRecord):
        key = (record.of, record.owner, record.part, record.touched, record.instance is None)
        if key in seen:
            continue
        seen.add(key)
        cells = {
            "label": str(names[record.of]),
            "owner": tr(f"owner.{record.owner}.short", language),
            "part": part_name(record.part, part_names(outcome, record.of, language), language),
            "size": written(record.bytes, "B", language, record.estimate),
            "mappers": str(record.mappers) if record.instance is None else tr("figure.private", language),
            "in_ps": tr("figure.yes" if record.in_rss and record.touched else "figure.no", language),
            "source": cited(record.source, language),
        }
        table.append({tr(f"figure.col.{column}", language): cell for column, cell in cells.items()})
    return table


def ledger_alt(outcome: Outcome, ruler: Ruler, language: Language = "en") -> str:
    """The sums in a sentence, and what makes the difference of those that are drawn as bars."""
    names, said = spoken(label_names(outcome, language)), []
    for label in outcome.labels:
        metric = parts.any_statistic(outcome, label, f"{ruler}_total", "value")
        if metric:
            n = group(outcome, label, ruler).instances
            head = tr("figure.count", language, n=f"{n:,}", name=names[label])
            said.append(f"{head} {_sum(metric, language)}")
    first = tr("figure.ledger_alt", language, ruler=tr(f"ruler.{ruler}", language), sums=parts.joined(said, language))
    label = compared(outcome, ruler)
    lines = _difference_words(sums(outcome, label), ruler, language, guess=False)
    second = f"{names[label]}: {parts.joined(lines, language)}" if lines else ""
    stop = "。" if language == "ja" else "."
    return parts.sentence(first) + (f"{'' if language == 'ja' else ' '}{second}{stop}" if second else "")
