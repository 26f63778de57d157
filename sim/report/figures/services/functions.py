"""A pool of function instances: how many are there and how many of them wait, and which requests start cold.

One lane a label weighs what is paid for (instances that wait) against what it saves (cold starts). Below, each label as
time passed in the first replication.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sim.outcome import Outcome
from sim.records.load import PoolRecord
from sim.report.figures import parts
from sim.report.numbers import NARROW, written
from sim.report.ring import named
from sim.report.style import Language, Spec, Style, chart, inline
from sim.report.texts import tr
from sim.report.words import LabelNames, label_names, spoken

_LANE = 46
_PLOT = 140
_HOUR = 3600.0
_IDLE = 0.3
"""How dark instances that wait are beside those that serve."""
_ABOVE, _TALL = 1.1, 0.5
"""Of the most instances: where the bars of cold starts begin above them, and how tall the tallest is."""


def over_time(outcome: Outcome, label: str) -> list[PoolRecord]:
    """A label's stretches of time, in order."""
    return [record for record in outcome.of_type(PoolRecord) if record.of == label]


def pool_lanes(outcome: Outcome, style: Style, names: LabelNames) -> Spec:
    """A lane a label: instances that serve, then those that wait, in the mean; behind them the share of cold starts."""
    lang = style.language
    bars: list[dict[str, Any]] = []
    ends: list[dict[str, Any]] = []
    for label in outcome.labels:
        busy, there = (_mean(outcome, label, name) for name in ("busy_instances", "pool_instances"))
        for key, start, end in (("busy", 0.0, busy), ("idle", busy, there)):
            row = {"lane": label, "key": key, "start": start, "end": end, "name": str(names[label])}
            bars.append(row | {"what": tr(f"figure.faas.{key}", lang), "many": _many(end - start)})
        ends.append({"lane": label, "end": there, "label": _cold_said(outcome, label, lang)})
    most = max((end["end"] for end in ends), default=1.0)
    last = parts.end_for(most, [end["label"] for end in ends], style, plus=1)
    x: dict[str, Any] = {"field": "start", "type": "quantitative", "title": None, "stack": None}
    x |= {"scale": {"domainMin": 0, "domainMax": last, "nice": False}}
    x["axis"] = {"values": parts.ticks(most), "labelExpr": _counted(lang)}
    lane: dict[str, Any] = {"field": "lane", "type": "nominal", "sort": list(outcome.labels), "title": None}
    lane["axis"] = parts.lane_axis(names, style, two_lines=True, above_on_phone=True)
    tooltip = [{"field": field, "title": tr(f"figure.faas.col.{field}", lang)} for field in ("name", "what", "many")]
    layers: list[parts.SpecLayer] = [
        {
            "data": inline(bars),
            "mark": {"type": "bar", "height": {"band": 0.5}, "color": style.tokens.ink},
            "encoding": {"x2": {"field": "end"}, "opacity": _shade(), "tooltip": tooltip},
        },
        parts.text_layer(ends, style, "end", "label", plus=1, fontWeight=700),
        *parts.names_above(names, outcome.labels, style, 20),
    ]
    of = named({"label": "lane"}, metric="cold_share")
    return chart(style, height={"step": style.px(_LANE)}, encoding={"x": x, "y": lane}, layer=layers, usermeta=of)


def pool_over_time(outcome: Outcome, style: Style, label: str) -> Spec:
    """One label's instances as time passed, those that serve below those that wait, and above them cold starts.

    All labels have one scale, of instances and of cold starts.
    """
    lang = style.language
    records, every = over_time(outcome, label), outcome.of_type(PoolRecord)
    most = max((record.instances for record in every), default=1.0)
    unit = _TALL * most / max([1, *(record.cold for record in every)])
    rows = [row for record in records for row in _areas(record)]
    cold = [_bar(record, _ABOVE * most, unit, lang) for record in records if record.cold]
    end = records[-1].end if records else 1.0
    x = {"field": "time", "type": "quantitative", "title": None, "axis": _hours(end, style)}
    x |= {"scale": {"domain": [0, end], "nice": False}}
    y: dict[str, Any] = {"field": "low", "type": "quantitative", "title": None}
    y |= {"scale": {"domain": [0, (_ABOVE + _TALL) * most], "nice": False}, "axis": {"values": parts.ticks(most, 4)}}
    tooltip = [{"field": field, "title": tr(f"figure.faas.col.{field}", lang)} for field in ("when", "there", "starts")]
    layers: list[parts.SpecLayer] = [
        {
            "data": inline(rows),
            "mark": {"type": "area", "color": style.tokens.ink},
            "encoding": {"y": y, "y2": {"field": "high"}, "opacity": _shade()},
        },
        {
            "data": inline(cold),
            "mark": {"type": "bar", "color": style.tokens.attention},
            "encoding": {"x2": {"field": "until"}, "y": y, "y2": {"field": "high"}, "tooltip": tooltip},
        },
    ]
    return chart(style, height=style.px(_PLOT), encoding={"x": x}, layer=layers, usermeta=named({}, label=label))


def pool_legend(style: Style) -> str:
    """What the fills and the dot are."""
    tokens = style.tokens
    chips = (
        ("busy", f"background:{tokens.ink}"),
        ("idle", f"background:{tokens.ink};opacity:{_IDLE}"),
        ("cold", f"background:{tokens.attention}"),
    )
    said = "".join(
        '<span style="display:inline-flex;align-items:center;gap:.4em;margin-right:.95em;white-space:nowrap">'
        f'<span style="width:.95em;height:.95em;{fill}"></span>{tr(f"figure.faas.{key}", style.language)}</span>'
        for key, fill in chips
    )
    return f'<div style="font-size:.9rem;line-height:1.9;color:{tokens.muted}">{said}</div>'


def pool_table(outcome: Outcome, language: Language = "en") -> list[dict[str, str]]:
    """A row a label: its cold starts, and its instances that serve and that wait."""
    names = spoken(label_names(outcome, language))
    rows = []
    for label in outcome.labels:
        cells = {
            "name": names[label],
            "starts": _cold_said(outcome, label, language),
            "busy": _many(_mean(outcome, label, "busy_instances")),
            "idle": _many(_mean(outcome, label, "idle_instances")),
            "most": _many(_mean(outcome, label, "most_instances")),
        }
        rows.append({tr(f"figure.faas.col.{column}", language): cell for column, cell in cells.items()})
    return rows


def pool_alt(outcome: Outcome, language: Language = "en") -> str:
    """Each label's cold starts and instances, in a sentence."""
    names = spoken(label_names(outcome, language))
    told = [
        tr(
            "figure.faas.one",
            language,
            name=names[label],
            cold=_cold_said(outcome, label, language),
            there=_many(_mean(outcome, label, "pool_instances")),
            idle=_many(_mean(outcome, label, "idle_instances")),
        )
        for label in outcome.labels
    ]
    return " ".join(told)


def time_alt(outcome: Outcome, label: str, language: Language = "en") -> str:
    """When the cold starts of a label come, in a sentence."""
    records = over_time(outcome, label)
    cold = sum(record.cold for record in records)
    first = records[0].cold if records else 0
    most = max((record.instances for record in records), default=0.0)
    said = {"name": spoken(label_names(outcome, language))[label], "most": _many(most)}
    return tr("figure.faas.alt", language, **said, cold=cold, first=first)


def _mean(outcome: Outcome, label: str, metric: str) -> float:
    return outcome.metric(label, metric, "value").value


def _many(count: float) -> str:
    return f"{count:.3g}"


def _cold_said(outcome: Outcome, label: str, language: Language) -> str:
    """The share of cold starts as a percentage, or as none."""
    share = _mean(outcome, label, "cold_share")
    return tr("figure.faas.share", language, share=written(share, "%", language))


def _shade() -> dict[str, Any]:
    """Those that serve are dark, those that wait are pale."""
    return {
        "field": "key",
        "type": "nominal",
        "legend": None,
        "scale": {"domain": ["busy", "idle"], "range": [1, _IDLE]},
    }


def _areas(record: PoolRecord) -> Sequence[dict[str, Any]]:
    """The two steps of a stretch, at its start and again at its end so that the last one has a width."""
    return [
        {"key": key, "time": time, "low": low, "high": high}
        for key, low, high in (("busy", 0.0, record.busy), ("idle", record.busy, record.instances))
        for time in (record.start, record.end)
    ]


def _bar(record: PoolRecord, low: float, unit: float, language: Language) -> dict[str, Any]:
    """The cold starts of a stretch.

    Args:
        low: Where bars begin.
        unit: How tall a cold start is.
    """
    starts = tr("figure.faas.starts", language, cold=record.cold, all=record.cold + record.warm)
    when = f"{written(record.start, 's', language)}–{written(record.end, 's', language)}"
    row = {"time": record.start, "until": record.end, "low": low, "high": low + unit * record.cold}
    return row | {"when": when, "there": _many(record.instances), "starts": starts}


def _counted(language: Language) -> str:
    """The axis of instances, the unit at its last tick alone."""
    unit = tr("figure.faas.unit", language)
    return f"format(datum.value, '~g') + (datum.value && datum.index == 1 ? '{NARROW}{unit}' : '')"


def _hours(end: float, style: Style) -> dict[str, Any]:
    """An axis of hours where there are several, else of minutes or seconds."""
    if end < 3 * _HOUR:
        return parts.seconds_axis(end, style)
    word = "時間" if style.language == "ja" else "h"
    label = f"datum.value ? format(datum.value / {_HOUR}, '~g') + '{NARROW}{word}' : '0'"
    return {"values": [tick * _HOUR for tick in parts.ticks(end / _HOUR, 6)], "labelExpr": label}
