"""Many instances of one label at once: one lane an instance, time in queues drawn as an outline."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from sim.outcome import Outcome
from sim.report.figures import parts
from sim.report.figures.starts.lanes import Lane, lanes, phase_bars, segment_row, segments
from sim.report.numbers import written
from sim.report.style import Language, Spec, Style, chart
from sim.report.texts import tr
from sim.report.words import label_names, phase_names, spoken

_HEIGHT, _LANE, _READABLE = 420, 30, 18
"""Pixels: what all lanes share, the tallest lane, and the lowest that has a number of its own."""


def gantt(outcome: Outcome, style: Style, label: str, *, most: int = 40) -> Spec:
    """Instances of `label` by request, of those that came together by finish.

    Where there are more than `most`, so many are chosen evenly, and the figure says so.
    """
    every = lanes(outcome, label)
    names = {lane.instance: f"#{place}" for place, lane in enumerate(every, 1)}
    shown = _sample(every, most)
    zero = min((lane.zero for lane in every), default=0.0)
    end = max((_ready(lane, zero) for lane in shown), default=1.0)
    domain = end * 1.16
    step = min(style.px(_LANE), style.px(_HEIGHT) / max(len(shown), 1))
    numbered = shown if step >= style.px(_READABLE) else shown[:: math.ceil(len(shown) / 8)]
    timed = shown if step >= style.px(_READABLE) else shown[-1:]
    known, name = phase_names(outcome, label, style.language), str(label_names(outcome, style.language)[label])
    rows = [
        row | {"until": row["end"]}
        for lane in shown
        for piece in segments(lane, smallest=0.003 * end, since=zero)
        for row in [segment_row(piece, names[lane.instance], name, known, style)]
    ]
    ends = [
        {"lane": names[lane.instance], "end": _ready(lane, zero), "label": _took(lane, style.language)}
        for lane in timed
    ]
    room = parts.end_for(end, [_took(lane, style.language) for lane in timed], style)
    scale = {"domainMin": 0, "domainMax": room, "nice": False}
    x: dict[str, Any] = {"field": "start", "type": "quantitative", "title": None, "stack": None, "scale": scale}
    x["axis"] = parts.seconds_axis(end, style)
    y: dict[str, Any] = {
        "field": "lane",
        "type": "nominal",
        "sort": [names[lane.instance] for lane in shown],
        "title": None,
    }
    y["axis"] = {"values": [names[lane.instance] for lane in numbered], "grid": False, "labelColor": style.tokens.ink}
    layers = [
        *phase_bars(rows, style, x, domain, band=0.86),
        parts.text_layer(ends, style, "end", "label", fontWeight=600),
    ]
    spec = chart(style, height={"step": step}, encoding={"y": y}, layer=layers)
    if len(shown) < len(every):
        spec["title"] = tr("figure.sample", style.language, n=len(shown), all=f"{len(every):,}")
    return spec


def _sample(every: Sequence[Lane], most: int) -> list[Lane]:
    """Evenly chosen lanes, the first and the last among them."""
    if len(every) <= most:
        return list(every)
    return [every[round(i * (len(every) - 1) / (most - 1))] for i in range(most)]


def _ready(lane: Lane, zero: float) -> float:
    return lane.zero + lane.total - zero


def _took(lane: Lane, language: Language) -> str:
    return written(lane.total, "s", language, any(phase.estimate for phase in lane.phases))


def _queued(lane: Lane) -> float:
    return math.fsum(phase.queued for phase in lane.phases)


def gantt_alt(outcome: Outcome, label: str, language: Language = "en") -> str:
    """The figure in a sentence."""
    every = lanes(outcome, label)
    if not every:
        return ""
    zero = min(lane.zero for lane in every)
    ready = [_ready(lane, zero) for lane in every]
    share = math.fsum(_queued(lane) for lane in every) / (math.fsum(lane.total for lane in every) or 1.0)
    first, last = written(min(ready), "s", language), written(max(ready), "s", language)
    name = spoken(label_names(outcome, language))[label]
    queued = written(share, "%", language)
    return tr("figure.gantt_alt", language, n=f"{len(every):,}", name=name, first=first, last=last, queued=queued)
