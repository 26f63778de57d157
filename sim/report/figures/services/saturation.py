"""Throughput and latency over the number of workers on one host: a line a label, its name at its end."""

from __future__ import annotations

from typing import Any, Literal

from sim.never import never
from sim.outcome import Outcome
from sim.records.load import SaturationRecord
from sim.report.figures import parts
from sim.report.numbers import written
from sim.report.ring import named
from sim.report.style import Language, Spec, Style, chart, inline
from sim.report.texts import tr
from sim.report.words import label_names, spoken

WorkersLine = Literal["throughput", "p99"]
"""What is drawn over the workers."""

_PLOT = 170
_DASHES = [[1, 0], [6, 3], [2, 2], [8, 2, 2, 2], [4, 4], [1, 3]]
"""Strokes that tell the lines apart beside their names."""
_FULL = 0.9
"""A share of busy time from which on something is said to be what limits."""


def by_workers(outcome: Outcome, label: str) -> list[SaturationRecord]:
    """What a label does at each number of workers."""
    return [record for record in outcome.of_type(SaturationRecord) if record.of == label]


def workers_line(outcome: Outcome, style: Style, line: WorkersLine) -> Spec:
    """A line for each label, as a share of its own most; latency as a multiple of its own with one worker.

    Labels serve from thousands of requests a second to hundreds. What matters is where a line bends.
    """
    names = spoken(label_names(outcome, style.language))
    rows: list[dict[str, Any]] = []
    ends: list[dict[str, Any]] = []
    for label in outcome.labels:
        records = by_workers(outcome, label)
        first = getattr(records[0], line)
        rows += [
            {
                "label": label,
                "workers": record.workers,
                "value": getattr(record, line) / first,
                "name": names[label],
                "said": _said(record, line, style.language),
                "limit": limit(record, style.language),
            }
            for record in records
        ]
        ends.append({"workers": records[-1].workers, "value": rows[-1]["value"], "text": names[label]})
    last = max((row["workers"] for row in rows), default=1)
    high = max((row["value"] for row in rows), default=1.0)
    parts.apart(ends, high)
    x: dict[str, Any] = {"field": "workers", "type": "quantitative", "title": None}
    x |= {"axis": {"values": [tick for tick in (1, 8, 16, 24, 32, 48, 64) if tick <= last], "grid": False}}
    x |= {"scale": {"domain": [0, parts.end_for(last, [end["text"] for end in ends], style)], "nice": False}}
    y: dict[str, Any] = {"field": "value", "type": "quantitative", "title": None}
    axis = {"values": parts.ticks(high, 4), "labelExpr": "datum.value + '×'"}
    top = 1.08 * max([high, *(end["at"] for end in ends)])
    y |= {"scale": {"domain": [0, top], "nice": False}, "axis": axis}
    dash = {
        "field": "label",
        "type": "nominal",
        "scale": {"domain": list(outcome.labels), "range": _DASHES[: len(outcome.labels)]},
        "legend": None,
    }
    tooltip = [
        {"field": field, "title": tr(f"figure.saturation.{field}", style.language)}
        for field in ("name", "workers", "said", "limit")
    ]
    drawn: list[parts.SpecLayer] = [
        {
            "data": inline(rows),
            "mark": {"type": "line", "strokeWidth": 2, "color": style.tokens.ink},
            "encoding": {"strokeDash": dash, "y": y},
        },
        {
            "data": inline(rows),
            "mark": {"type": "point", "filled": True, "opacity": 1, "size": style.px(30), "color": style.tokens.ink},
            "encoding": {"y": y, "tooltip": tooltip},
        },
        *parts.names_at_ends(ends, "workers", y, style),
    ]
    of = named({"label": "label"})
    return chart(style, height=style.px(_PLOT), encoding={"x": x}, layer=drawn, usermeta=of)


def limit(record: SaturationRecord, language: Language = "en") -> str:
    """What is busy nearly all the time, in words."""
    full = [name for name in ("cores", "disk", "link", "threads") if getattr(record, name) >= _FULL]
    return parts.joined([tr(f"figure.saturation.{name}", language) for name in full], language) or "–"


def saturation_table(outcome: Outcome, language: Language = "en") -> list[dict[str, str]]:
    """A row a label and number of workers: throughput, percentiles, and what is busy."""
    names = spoken(label_names(outcome, language))
    table = []
    for record in outcome.of_type(SaturationRecord):
        cells = {
            "name": names[record.of],
            "workers": str(record.workers),
            "throughput": written(record.throughput, "1/s", language),
            "p50": written(record.p50, "s", language),
            "p99": written(record.p99, "s", language),
            **{name: written(getattr(record, name), "%", language) for name in ("threads", "cores", "disk", "link")},
        }
        table.append({tr(f"figure.saturation.{column}", language): cell for column, cell in cells.items()})
    return table


def saturation_alt(outcome: Outcome, language: Language = "en") -> str:
    """From how many workers on each label gains nothing, and what then limits it."""
    names = spoken(label_names(outcome, language))
    told = [
        tr(
            "figure.saturation.one",
            language,
            name=names[label],
            n=f"{outcome.metric(label, 'full_at', 'value').value:.0f}",
            peak=written(outcome.metric(label, "peak", "value").value, "1/s", language),
            limit=limit(by_workers(outcome, label)[-1], language),
        )
        for label in outcome.labels
    ]
    return tr("figure.saturation.alt", language, labels=" ".join(told))


def cache_said(outcome: Outcome, language: Language = "en") -> list[str]:
    """Of each label, in words, when the page cache is full of its writes. Nothing where none of them caches any."""
    names = spoken(label_names(outcome, language))
    found = {metric.of: metric.value for metric in outcome.metrics if metric.metric == "cached_for"}
    told = []
    for label in outcome.labels if found else ():
        value = found.get(label)
        how = "none" if value is None else "never" if never(value) else "full"
        after = "" if value is None else written(value, "s", language)
        told.append(tr(f"figure.saturation.cache.{how}", language, name=names[label], after=after))
    return told


def _said(record: SaturationRecord, line: WorkersLine, language: Language) -> str:
    return written(getattr(record, line), "1/s" if line == "throughput" else "s", language)
