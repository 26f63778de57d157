"""One label's replicas that answer, requests lost and latency over time, as an SVG of three panels on one axis."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from sim.outcome import Outcome
from sim.records.replicas import ReplicaRecord
from sim.report.figures.parts import any_statistic, ticks
from sim.report.figures.services.rollout import (
    SOME,
    ReplicaLook,
    fills,
    interesting_end,
    look,
    newest_version,
    replicas,
    requests,
    rollout_alt,
    wanted,
)
from sim.report.numbers import NARROW as NARROW_SPACE
from sim.report.numbers import marked, written
from sim.report.style import FONT, Style
from sim.report.texts import tr
from sim.report.words import label_names, spoken
from sim.studies.rollout.summary import counts

STACK: tuple[ReplicaLook, ...] = ("new", "old", "gone", "starting")
"""From the bottom up."""
StackSteps = list[tuple[float, float, int]]


@dataclass(frozen=True, slots=True)
class PanelPlaces:
    """Where panels are, in pixels of the SVG. The plots have the same left and right ends."""

    width: int
    left: int
    right: int
    top: int = 34
    stack: int = 128
    lane: int = 34
    gap: int = 14

    @property
    def height(self) -> int:
        """Of the SVG."""
        return self.top + self.stack + 2 * (self.gap + self.lane) + 26


WIDE, NARROW = PanelPlaces(760, 96, 640), PanelPlaces(360, 36, 262, stack=110, gap=20)


def rollout_panels(outcome: Outcome, style: Style, label: str, *, narrow: bool = False) -> str:
    """The panels of a label. Where all is drawn from is told in words by `rollout_alt`."""
    places = NARROW if narrow else WIDE
    drawing = _Panels(outcome, style, label, places)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {places.width} {places.height}" role="img" '
        f'aria-label="{escape(rollout_alt(outcome, label, style.language))}" '
        f'style="width:100%;height:auto;display:block;font-family:var(--st-font,{FONT})" font-size="13">'
        f"{''.join(drawing.parts())}</svg>"
    )


class _Panels:
    def __init__(self, outcome: Outcome, style: Style, label: str, places: PanelPlaces) -> None:
        self.style, self.places = style, places
        several = len(outcome.labels) > 1 and places is WIDE
        colon = "：" if style.language == "ja" else ": "
        self.name = f"{spoken(label_names(outcome, style.language))[label]}{colon}" if several else ""
        self.replicas, self.bins = replicas(outcome, label), requests(outcome, label)
        self.wanted = wanted(outcome, label)
        lost = any_statistic(outcome, label, "lost", "value")
        self.estimate = lost is not None and lost.estimate
        self.end = interesting_end(outcome, label)
        self.bins = [one for one in self.bins if one.time < self.end]
        self.steps = {one: _steps(self.replicas, one, self.end) for one in STACK}
        stacked = _stacked([self.steps[one] for one in STACK])
        tops = [total for _, _, totals in stacked for total in totals[-1:]]
        self.most = max([*tops, *(one.replicas for one in self.wanted), 1])
        self.stacked = stacked

    def x(self, second: float) -> float:
        places = self.places
        return places.left + (places.right - places.left) * second / self.end

    def y(self, count: float) -> float:
        return self.places.top + self.places.stack * (1 - count / self.most)

    def parts(self) -> Iterator[str]:
        yield self._heading()
        yield from self._grid()
        yield from self._areas()
        yield from self._wanted_line()
        lost = self.places.top + self.places.stack + self.places.gap
        yield from self._lost(lost)
        yield from self._latency(lost + self.places.lane + self.places.gap)
        yield from self._axis()

    def text(self, x: float, y: float, words: str, anchor: str = "start", colour: str = "", bold: bool = False) -> str:
        weight = ' font-weight="600"' if bold else ""
        fill = colour or self.style.tokens.muted
        return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{fill}"{weight}>{escape(words)}</text>'

    def _heading(self) -> str:
        """What is stacked. Of several labels the one that is drawn is named, as a file has no choice above it."""
        words = tr("figure.rollout.answering", self.style.language)
        return self.text(0, 18, f"{self.name}{words}", colour=self._ink, bold=True)

    @property
    def _ink(self) -> str:
        return self.style.tokens.ink

    def _grid(self) -> Iterator[str]:
        for count in sorted({0, *(round(one) for one in ticks(self.most, 4))}):
            y = self.y(count)
            yield self._rule(self.places.left, self.places.right, y, self.style.tokens.line, 1)
            yield self.text(self.places.left - 8, y + 4.5, f"{count}", "end")

    def _rule(self, left: float, right: float, y: float, colour: str, width: float) -> str:
        return f'<path d="M{left:.1f} {y:.1f}H{right:.1f}" stroke="{colour}" stroke-width="{width}" fill="none"/>'

    def _areas(self) -> Iterator[str]:
        """Each look a stepped area upon those below it. What starts is an outline."""
        for place, one in enumerate(STACK):
            paint = fills(self.style)[one]
            path = "".join(
                f"M{self.x(start):.1f} {self.y(below):.1f}V{self.y(above):.1f}H{self.x(end):.1f}V{self.y(below):.1f}Z"
                for start, end, totals in self.stacked
                for below, above in [(totals[place - 1] if place else 0, totals[place])]
                if above > below
            )
            if path:
                outline = f' stroke="{paint["stroke"]}" stroke-width="1"' if one == "starting" else ""
                told = escape(tr(f"figure.rollout.look.{one}", self.style.language))
                yield f'<path d="{path}" fill="{paint["fill"]}"{outline}><title>{told}</title></path>'

    def _wanted_line(self) -> Iterator[str]:
        path, last = "", 0
        for one in self.wanted:
            last = one.replicas
            path += f"{'H' if path else 'M'}{self.x(one.time):.1f}{'' if path else ' '}"
            path += f"V{self.y(last):.1f}" if "V" in path or "H" in path else f"{self.y(last):.1f}"
        if not path:
            return
        yield f'<path d="{path}H{self.places.right}" stroke="{self._ink}" stroke-width="1.5" fill="none"/>'
        told = tr("figure.rollout.wanted", self.style.language, n=last)
        yield self.text(self.places.right + 6, self.y(last) + 4.5, told, colour=self._ink)

    def _lane(self, top: float, name: str) -> Iterator[str]:
        places = self.places
        yield (
            f'<rect x="{places.left}" y="{top}" width="{places.right - places.left}" height="{places.lane}" '
            f'fill="{self.style.tokens.track}"/>'
        )
        if places is WIDE:
            yield self.text(places.left - 8, top + places.lane / 2 + 4.5, name, "end", self._ink)
        else:
            yield self.text(places.left, top - 2, name, colour=self._ink)

    def _lost(self, top: float) -> Iterator[str]:
        """Bars as high as the share of the requests of a moment that was lost."""
        yield from self._lane(top, tr("figure.rollout.lost_lane", self.style.language))
        lane, path = self.places.lane, ""
        for one in self.bins:
            if one.failed > SOME and one.offered:
                height = max(2.0, lane * min(1.0, one.failed / one.offered))
                width = max(1.6, self.x(one.width) - self.x(0))
                path += f"M{self.x(one.time):.1f} {top + lane:.1f}v{-height:.1f}h{width:.1f}v{height:.1f}z"
        if path:
            yield f'<path d="{path}" fill="{self.style.tokens.attention}"/>'
        total = sum(one.failed for one in self.bins)
        colour = self.style.tokens.attention_text if total >= 0.5 else self._ink
        yield self.text(self.places.right + 6, top + lane / 2 + 5, self._count(total), colour=colour, bold=True)

    def _count(self, total: float) -> str:
        """A number of lost requests, marked where it is an estimate as that of the label is."""
        said = f"{total:,.0f}"
        return marked(said, self.style.language, short=True) if self.estimate and round(total) else said

    def _latency(self, top: float) -> Iterator[str]:
        """A line of the 99th percentile, on a scale of its own, whose top is told."""
        yield from self._lane(top, tr("figure.rollout.latency_lane", self.style.language))
        shown = [one for one in self.bins if one.p99 > 0]
        most = max((one.p99 for one in shown), default=0.0)
        if not most:
            return
        lane = self.places.lane - 3
        points = " ".join(
            f"{self.x(one.time + one.width / 2):.1f},{top + 3 + lane * (1 - one.p99 / most):.1f}" for one in shown
        )
        yield f'<polyline points="{points}" fill="none" stroke="{self._ink}" stroke-width="1.5"/>'
        told = tr("figure.rollout.at_most", self.style.language, time=written(most, "s", self.style.language))
        yield self.text(self.places.right + 6, top + self.places.lane / 2 + 5, told, colour=self._ink)

    def _axis(self) -> Iterator[str]:
        y = self.places.height - 6
        factor, unit = (60.0, "min") if self.end > 300 else (1.0, "s")
        word = tr(f"figure.rollout.{unit}", self.style.language)
        for tick in ticks(self.end / factor, 3 if self.places is NARROW else 6):
            yield self.text(self.x(tick * factor), y, f"{tick:g}{NARROW_SPACE}{word}" if tick else "0", "middle")


def _steps(records: Sequence[ReplicaRecord], wanted_look: ReplicaLook, end: float) -> StackSteps:
    newest = newest_version(records)
    stretches = [(one.start, one.end) for one in records if look(one, newest) == wanted_look]
    return list(counts(stretches, 0.0, end))


def _stacked(layers: Sequence[StackSteps]) -> list[tuple[float, float, list[int]]]:
    """Stretches in which no layer changes, each with the sums of the layers up to each."""
    edges = sorted({edge for steps in layers for start, end, _ in steps for edge in (start, end)})
    places = [0] * len(layers)
    found: list[tuple[float, float, list[int]]] = []
    for start, end in itertools.pairwise(edges):
        totals, total = [], 0
        for number, steps in enumerate(layers):
            while places[number] < len(steps) - 1 and steps[places[number]][1] <= start:
                places[number] += 1
            total += steps[places[number]][2] if steps else 0
            totals.append(total)
        found.append((start, end, totals))
    return found
