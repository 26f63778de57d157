"""The boot race as it runs: lanes that a player uncovers in time, and what it says when each is ready."""

from __future__ import annotations

from typing import Any

from sim.outcome import Outcome
from sim.report.figures import parts
from sim.report.figures.canvas import Canvas
from sim.report.figures.starts.lanes import Finish, Segment, segments
from sim.report.figures.starts.race import drawn_lane, finish_metric, order
from sim.report.numbers import NARROW, marked, written
from sim.report.sources import cited
from sim.report.style import SMALLEST, Style
from sim.report.texts import tr
from sim.report.words import LabelNames, label_names, phase_names, spoken

SPEEDS = (0.05, 0.2, 1, 5, 20, 60)
"""How many seconds of the race a second shows."""
_WIDE, _NARROW = (740, 150, 680), (360, 44, 300)
"""Pixels of the picture, and where its lanes begin and end: the player's buttons stand below its margins."""
_LANE, _BAR, _ABOVE, _FOOT = 34, 24, 20, 22
_ROOM = 1.3
"""The axis ends at so many times the last finish: behind it stands its time."""


def race_lanes(
    outcome: Outcome, style: Style, names: LabelNames, alt: str, finish: Finish = "ready", *, narrow: bool = False
) -> str:
    """The lanes by finish on one axis of time, as SVG."""
    width, left, right = _NARROW if narrow else _WIDE
    end, step = race_end(outcome, finish), _LANE + (_ABOVE - 6 if narrow else 0)
    canvas, y, scale = Canvas(style), 0.0, (right - left) / end
    for label in order(outcome, finish):
        if finish_metric(outcome, label, finish) is None:
            continue
        top = y + (_ABOVE if narrow else 4)
        if narrow:
            canvas.text(left, y + 15, names[label].name, size=14, bold=True)
        else:
            canvas.text(left - 10, top + _BAR / 2 + 5, names[label].name, size=15, anchor="end", bold=True)
        canvas.boxes([(left, top, right - left, _BAR)], style.tokens.track)
        _lane(canvas, outcome, label, finish, names, left, top, scale)
        y += step
    word = "秒" if style.language == "ja" else "s"
    for tick in parts.ticks(end / _ROOM, 3 if narrow else 5):
        said = f"{tick:g}{NARROW}{word}" if tick else "0"
        anchor = "middle" if tick else "start"
        canvas.text(left + tick * scale, y + 17, said, colour=style.tokens.muted, anchor=anchor)
    return canvas.svg(width, y + _FOOT, alt)


def race_end(outcome: Outcome, finish: Finish = "ready") -> float:
    """Where the time line ends, in seconds."""
    found = (finish_metric(outcome, label, finish) for label in outcome.labels)
    return _ROOM * max((metric.value for metric in found if metric), default=1.0) or 1.0


def race_player_data(outcome: Outcome, style: Style, finish: Finish = "ready") -> dict[str, Any]:
    """What the player needs, as JSON would have it: the end of the time line, and each finish as an event."""
    language, end, names = style.language, race_end(outcome, finish), spoken(label_names(outcome, style.language))
    events = []
    for label in order(outcome, finish):
        metric = finish_metric(outcome, label, finish)
        if metric is not None:
            text = tr("figure.race.finished", language, name=names[label])
            events.append({"t": round(metric.value, 6), "text": text, "bad": False})
    said = ("play", "pause", "scrub", "speed", "before", "next", "waiting", "events", "cluster")
    words = {name: tr(f"figure.player.{name}", language) for name in said}
    words |= {"at": "", "second": tr("figure.player.second", language), "of_slots": "", "sample": "", "more": ""}
    tokens = style.tokens
    colours = {name: getattr(tokens, name) for name in ("ink", "muted", "line", "attention", "wash", "track")}
    return {
        "end": end,
        "at": end,
        "curtain": True,
        "speeds": list(SPEEDS),
        "nodes": [],
        "replicas": [],
        "events": events,
        "roomy": True,
        "rows": 0,
        "plot": {
            name: {"left": left / width, "right": right / width}
            for name, (width, left, right) in (("wide", _WIDE), ("narrow", _NARROW))
        },
        "looks": {},
        "words": words,
        "tokens": colours | {"on": tokens.ink, "onattention": tokens.on_attention, "back": tokens.background},
    }


def _lane(
    canvas: Canvas, outcome: Outcome, label: str, finish: Finish, names: LabelNames, left: float, top: float,
    scale: float,
) -> None:  # fmt: skip
    """A label's phases in their owners' colours, and its time behind them."""
    lane, metric, style = drawn_lane(outcome, label, finish), finish_metric(outcome, label, finish), canvas.style
    known = phase_names(outcome, label, style.language)
    for piece in segments(lane, smallest=2 / scale) if lane else ():
        box = (left + piece.start * scale, top, (piece.end - piece.start) * scale, float(_BAR))
        told = _told(piece, str(names[label]), known, style)
        canvas.boxes([box], style.tokens.owners[piece.owner], title=told, estimate=piece.estimate or piece.queued)
    if metric is not None:
        said = written(metric.value, "s", style.language)
        said = marked(said, style.language, short=True) if metric.estimate else said
        canvas.text(left + metric.value * scale + 8, top + _BAR / 2 + 5, said, size=SMALLEST + 2, bold=True)


def _told(piece: Segment, name: str, known: dict[str, str], style: Style) -> str:
    phases = parts.joined((known.get(phase, phase) for phase in piece.phases), style.language)
    took = written(piece.end - piece.start, "s", style.language, piece.estimate)
    sources = "; ".join(cited(source, style.language) for source in piece.sources)
    return f"{name} · {phases} · {took}\n{sources}"
