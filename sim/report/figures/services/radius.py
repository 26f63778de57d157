"""Which kinds of requests are lost while a service is away: a lane a kind, the labels one above the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from sim.outcome import Outcome
from sim.records.load import RouteRecord
from sim.report.figures import parts
from sim.report.numbers import written, written_metric
from sim.report.ring import named
from sim.report.style import Language, Spec, Style, chart, inline, on_phone
from sim.report.texts import tr
from sim.report.words import label_names, metric_name, spoken, statistic_name

_LANE = 30
"""Pixels."""

_SEPARATOR = "/"
"""Between a label, which has none, and a kind in a lane's key."""

_COMPARED = (
    ("ready_time", "value"),
    ("held_memory", "value"),
    ("containers", "value"),
    ("hops", "value"),
    ("latency", "p50"),
    ("latency", "p99"),
    ("change_time", "value"),
    ("lost_by_change", "value"),
    ("lost_by_crash", "value"),
)
"""What stands below the lanes, metric and statistic."""


def routes(outcome: Outcome, label: str) -> dict[str, list[RouteRecord]]:
    """The stretches of each kind of request of a label, in order."""
    found: dict[str, list[RouteRecord]] = {}
    for record in outcome.of_type(RouteRecord):
        if record.of == label:
            found.setdefault(record.kind, []).append(record)
    return found


def radius(outcome: Outcome, style: Style, *, hidden: bool = False) -> Spec:
    """A block a label: its name, then a lane a kind of request, in the colour of attention while requests are lost.

    Args:
        hidden: With the answers left out. Then each lane says which services the requests visit.
    """
    names, language = spoken(label_names(outcome, style.language)), style.language
    lanes: dict[str, str] = {}
    rows: list[dict[str, Any]] = []
    for label in outcome.labels:
        lanes[_key(label, "")] = names[label]
        for kind, stretches in routes(outcome, label).items():
            lanes[_key(label, kind)] = kind
            shown = [_whole(stretches)] if hidden else stretches
            rows += [_row(_key(label, kind), record, language) for record in shown]
    end = max((row["end"] for row in rows), default=1.0)
    heads = list(_heads(outcome, language))
    x: dict[str, Any] = {"type": "quantitative", "title": None, "axis": parts.seconds_axis(end, style)}
    x["scale"] = {"domain": [0, end], "nice": False}
    y: dict[str, Any] = {"field": "lane", "type": "nominal", "scale": {"domain": list(lanes)}, "title": None}
    y["axis"] = _axis(lanes, style)
    bars = list(_bars(rows, style, x))
    layers = [*bars, _counts(rows, style), *_causes(heads, style)]
    if hidden:
        bars[0]["mark"] |= {"height": {"band": 0.82}, "color": style.tokens.track}
        layers = [bars[0], _visited(rows, style)]
    of = named({"label": "label", "kind": "kind", "state": "state"})
    return chart(style, height={"step": style.px(_LANE)}, encoding={"y": y}, layer=layers, usermeta=of)


def radius_table(outcome: Outcome, language: Language = "en") -> list[dict[str, str]]:
    """A row a stretch: whose, which requests by which services, from when to when, how many came and were lost."""
    names = spoken(label_names(outcome, language))
    return [
        {
            tr(f"figure.radius.col.{column}", language): cell
            for column, cell in (
                ("label", names[record.of]),
                ("kind", record.kind),
                ("services", record.services),
                ("cause", tr(f"figure.radius.cause.{record.cause or 'none'}", language)),
                ("start", written(record.start, "s", language)),
                ("end", written(record.end, "s", language)),
                ("requests", str(record.requests)),
                ("lost", str(record.lost)),
            )
        }
        for record in outcome.of_type(RouteRecord)
    ]


def compared_table(outcome: Outcome, language: Language = "en") -> list[dict[str, str]]:
    """A row a metric, a column a label: what starting, holding, asking and changing it takes."""
    names, column = spoken(label_names(outcome, language)), tr("figure.col.metric", language)
    table = []
    for metric, statistic in _COMPARED:
        found = {m.of: m for m in outcome.metrics if (m.metric, m.statistic) == (metric, statistic)}
        if found:
            told = metric_name(metric, language)
            told += f" · {statistic_name(statistic, language)}" if statistic != "value" else ""
            cells = {names[label]: written_metric(found[label], language) for label in outcome.labels if label in found}
            table.append({column: told, **cells})
    return table


def radius_alt(outcome: Outcome, language: Language = "en") -> str:
    """For each label which kinds of requests a crash takes along, in a sentence."""
    names = spoken(label_names(outcome, language))
    told = []
    for label in outcome.labels:
        every = routes(outcome, label)
        hit = [kind for kind, stretches in every.items() if any(one.cause == "crash" for one in stretches)]
        lost = parts.joined(hit, language) if hit else tr("figure.radius.nothing", language)
        told.append(tr("figure.radius.alt", language, name=names[label], lost=lost, n=len(hit), all=len(every)))
    return " ".join(told)


def _whole(stretches: Sequence[RouteRecord]) -> RouteRecord:
    return replace(stretches[0], start=0.0, end=stretches[-1].end, cause="")


def _key(label: str, kind: str) -> str:
    return f"{label}{_SEPARATOR}{kind}"


def _row(lane: str, record: RouteRecord, language: Language) -> dict[str, Any]:
    return {
        "lane": lane,
        "label": record.of,
        "kind": record.kind,
        "state": record.cause or "answered",
        "start": record.start,
        "end": record.end,
        "middle": (record.start + record.end) / 2,
        "lost": record.lost if record.cause else 0,
        "gone": bool(record.cause),
        "told": f"−{record.lost}",
        "said": tr(f"figure.radius.cause.{record.cause or 'none'}", language),
        "services": record.services.replace(">", "→"),
        "requests": record.requests,
    }


def _heads(outcome: Outcome, language: Language) -> Iterator[dict[str, Any]]:
    """What happens when, on the line of a label's name."""
    for label in outcome.labels:
        first: dict[str, RouteRecord] = {}
        for stretches in routes(outcome, label).values():
            for record in stretches:
                if record.cause:
                    first.setdefault(record.cause, record)
        for cause, record in first.items():
            took = written(record.end - record.start, "s", language)
            said = tr(f"figure.radius.head.{cause}", language, seconds=took)
            yield {"lane": _key(label, ""), "start": record.start, "told": said, "cause": cause}


def _axis(lanes: dict[str, str], style: Style) -> dict[str, Any]:
    named = ", ".join(f"{key!r}: {name!r}" for key, name in lanes.items())
    head = f"indexof(datum.value, '{_SEPARATOR}') == length(datum.value) - 1"
    return {
        "grid": False,
        "labelColor": style.tokens.ink,
        "labelExpr": f"({{{named}}})[datum.value]",
        "labelFontWeight": {"condition": {"test": head, "value": 700}, "value": 400},
        "labelLimit": style.px(220),
    }


def _bars(rows: Sequence[dict[str, Any]], style: Style, x: dict[str, Any]) -> Iterator[parts.SpecLayer]:
    """Answered is a low bar, lost a high one."""
    tooltip = [
        {"field": field, "title": tr(f"figure.radius.col.{title}", style.language)}
        for field, title in (("services", "services"), ("said", "cause"), ("requests", "requests"), ("lost", "lost"))
    ]
    for gone, band, colour in ((False, 0.3, style.tokens.line), (True, 0.82, style.tokens.attention)):
        yield {
            "data": inline([row for row in rows if row["gone"] == gone]),
            "mark": {"type": "bar", "height": {"band": band}, "color": colour},
            "encoding": {"x": x | {"field": "start"}, "x2": {"field": "end"}, "tooltip": tooltip},
        }


def _visited(rows: Sequence[dict[str, Any]], style: Style) -> parts.SpecLayer:
    """Which services the requests of a lane visit."""
    return parts.text_layer(rows, style, "start", "services", color=style.tokens.ink)


def _counts(rows: Sequence[dict[str, Any]], style: Style) -> parts.SpecLayer:
    """How many were lost, behind the bar."""
    shown = [row for row in rows if row["gone"]]
    return parts.text_layer(shown, style, "end", "told", color=style.tokens.attention_text, fontWeight=600)


def _causes(heads: Sequence[dict[str, Any]], style: Style) -> Iterator[parts.SpecLayer]:
    """Each at its moment. On a phone, which has no room for two, the crash alone at the right end."""
    yield parts.text_layer(heads, style, "start", "told", dx=0, color=style.tokens.muted, opacity=on_phone(0, 1))
    crashes = [head for head in heads if head["cause"] == "crash"]
    look: dict[str, Any] = {"align": "right", "color": style.tokens.muted, "opacity": on_phone(1, 0), "aria": False}
    layer = parts.text_layer(crashes, style, "start", "told", dx=0, **look)
    layer["encoding"]["x"] = {"value": {"expr": "width"}}
    yield layer
