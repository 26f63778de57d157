"""How an image reaches its nodes: one node's layers as a Gantt with their queues, and when all nodes are done."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sim.outcome import Outcome
from sim.records.images import PullRecord
from sim.report.figures import parts
from sim.report.figures.legend import LegendMark
from sim.report.numbers import written, written_metric
from sim.report.ring import named
from sim.report.sources import cited
from sim.report.style import Language, Spec, Style, chart, inline
from sim.report.texts import tr
from sim.report.words import LabelName, LabelNames, label_names, spoken

_LANE, _LEAST, _HEIGHT = 48, 34, 480
"""Pixels of a layer's lane at most and at least, and of all lanes where they are many."""
_STATISTICS = ("min", "p50", "p95", "max")


def pulled(outcome: Outcome) -> list[str]:
    """The labels of which any node did anything."""
    there = {record.of for record in outcome.of_type(PullRecord)}
    return [label for label in outcome.labels if label in there]


def first_node(outcome: Outcome, label: str) -> tuple[PullRecord, ...]:
    """What the label's first told node did, in order."""
    every = [record for record in outcome.of_type(PullRecord) if record.of == label]
    first = min((record.node for record in every), default=0)
    return tuple(record for record in every if record.node == first)


def pull_marks(outcome: Outcome, label: str) -> list[LegendMark]:
    """The marks that a label's Gantt uses: for the legend."""
    records = first_node(outcome, label)
    used: dict[LegendMark, bool] = {
        "estimate": any(record.estimate for record in records),
        "queued": any(_waited(record) for record in records),
    }
    return [mark for mark, shown in used.items() if shown]


def pulls(outcome: Outcome, style: Style, label: str) -> Spec:
    """A lane a layer, in the order they are unpacked: above its download, below its unpacking. Queues are outlines."""
    language, records = style.language, first_node(outcome, label)
    end = max((record.end for record in records), default=1.0) or 1.0
    lanes = _lanes(records)
    rows = [_row(record, lanes, language) for record in records]
    last = {(row["lane"], row["upper"]): row for row in rows}
    ends = [row | {"told": f"{row['word']} {row['size']} \u00b7 {row['time']}"} for row in last.values()]
    top = parts.end_for(end, [row["told"] for row in ends], style, -2)
    x: dict[str, Any] = {"field": "start", "type": "quantitative", "title": None, "stack": None}
    x |= {"scale": {"domainMin": 0, "domainMax": top, "nice": False}, "axis": parts.seconds_axis(end, style)}
    step = style.px(max(_LEAST, min(_LANE, _HEIGHT / max(len(lanes), 1))))
    axis = parts.lane_axis(
        {str(n): LabelName(_lane_name(n, records, lanes, style)) for n in range(len(lanes))}, style, two_lines=False
    )
    order = [str(n) for n in range(len(lanes))]
    y = {"field": "lane", "type": "nominal", "sort": order, "title": None, "axis": axis}
    layers = [
        {
            "data": inline([{"lane": lane} for lane in order]),
            "mark": _track(style),
            "encoding": {"x2": {"value": {"expr": "width"}}, "x": {"value": 0}},
        },
        *_bars(rows, style, step),
    ]
    for upper in (True, False):
        shown = [row for row in ends if row["upper"] == upper]
        if shown:
            layers.append(parts.text_layer(shown, style, "end", "told", plus=-2, yOffset=_offset(upper, step)))
    spec = chart(style, height={"step": step}, encoding={"y": y, "x": x}, layer=layers)
    alike = max((record.nodes for record in records), default=1)
    if alike > 1:
        spec["title"] = parts.title_in_two(tr("figure.pull.alike", language, n=f"{alike:,}"))
    return spec


def completions(
    outcome: Outcome, style: Style, names: LabelNames, *, metric: str = "pull_time", hidden: bool = False
) -> Spec:
    """A lane a label: from the first node that is done to the last, half and 95 % marked. All nodes are counted.

    Args:
        hidden: "?" in every lane, before the run is shown.
    """
    rows: list[dict[str, Any]] = []
    for label in outcome.labels:
        metrics = {m.statistic: m for m in outcome.metrics if m.of == label and m.metric == metric}
        if hidden or not metrics:
            rows.append({"lane": label, "max": 0.0, "text": "?" if hidden else ""})
            continue
        row: dict[str, Any] = {"lane": label, "name": str(names[label]), "zero": 0}
        row |= {name: metrics[name].value for name in _STATISTICS}
        row |= {f"{name}_text": written_metric(metrics[name], style.language) for name in _STATISTICS}
        row["estimate"] = metrics["max"].estimate
        row["spread"] = metrics["max"].value > metrics["min"].value * 1.005
        row["text"] = row["max_text"]
        if row["spread"]:
            row["text"] = tr("figure.pull.last", style.language, last=row["max_text"], half=row["p50_text"])
        rows.append(row)
    end = max((row["max"] for row in rows), default=0.0) or 1.0
    top = parts.end_for(end, [row["text"] for row in rows], style, 2)
    x: dict[str, Any] = {"field": "zero", "type": "quantitative", "title": None, "stack": None, "axis": None}
    x["scale"] = {"domainMin": 0, "domainMax": top, "nice": False}
    axis = parts.lane_axis({row["lane"]: names[row["lane"]] for row in rows}, style, two_lines=True)
    y = {"field": "lane", "type": "nominal", "sort": [row["lane"] for row in rows], "title": None, "axis": axis}
    track = {"type": "bar", "height": {"band": 0.78}, "color": style.tokens.track}
    encoding = {"x": {"value": 0}, "x2": {"value": {"expr": "width"}}}
    layers: list[parts.SpecLayer] = [{"data": inline(rows), "mark": track, "encoding": encoding}]
    layers += _spans([row for row in rows if "name" in row], style)
    layers.append(parts.text_layer(rows, style, "max", "text", plus=1, fontWeight=600))
    of = named({"label": "lane"}, metric=metric)
    return chart(style, height={"step": style.px(46)}, encoding={"y": y, "x": x}, layer=layers, usermeta=of)


def pulls_table(outcome: Outcome, label: str, language: Language = "en") -> list[dict[str, str]]:
    """One row a thing that the label's first told node did."""
    records = first_node(outcome, label)
    lanes = _lanes(records)
    table = []
    for record in records:
        cells = {
            "layer": str(lanes.index((record.image, record.layer)) + 1),
            "digest": record.layer,
            "does": _word(record, language),
            "size": written(record.bytes, "B", language, transfer=True),
            "start": written(record.start, "s", language, record.estimate),
            "end": written(record.end, "s", language, record.estimate),
            "queued": written(record.queued, "s", language),
            "source": cited(record.source, language),
        }
        table.append({tr(f"figure.pull.col.{column}", language): cell for column, cell in cells.items()})
    return table


def completions_alt(outcome: Outcome, language: Language = "en", *, metric: str = "pull_time") -> str:
    """When the last node of every label is done, in a sentence."""
    names = spoken(label_names(outcome, language))
    said = []
    for label in outcome.labels:
        last = parts.any_statistic(outcome, label, metric, "max")
        if last:
            said.append(f"{names[label]} {written_metric(last, language)}")
    return parts.sentence(tr("figure.pull.alt", language, values=parts.joined(said, language)))


def _lanes(records: Sequence[PullRecord]) -> list[tuple[str, str]]:
    """Image and layer of each lane, in the order in which they are unpacked: the base first. What is not comes last."""
    unpacked = sorted((record for record in records if record.kind == "unpack"), key=lambda record: record.start)
    return list(dict.fromkeys((record.image, record.layer) for record in (*unpacked, *records)))


def _word(record: PullRecord, language: Language) -> str:
    return tr(f"figure.pull.{record.kind}", language)


def _waited(record: PullRecord) -> bool:
    return record.queued > 0.002 * (record.end or 1.0)


def _row(record: PullRecord, lanes: Sequence[tuple[str, str]], language: Language) -> dict[str, Any]:
    return {
        "lane": str(lanes.index((record.image, record.layer))),
        "upper": record.kind == "download",
        "start": record.start,
        "end": record.end,
        "asked": record.start - record.queued,
        "waited": _waited(record),
        "word": _word(record, language),
        "size": written(record.bytes, "B", language, transfer=True),
        "time": written(record.end - record.start, "s", language, record.estimate),
        "queue": written(record.queued, "s", language),
        "estimate": record.estimate,
        "source": cited(record.source, language),
    }


def _lane_name(n: int, records: Sequence[PullRecord], lanes: Sequence[tuple[str, str]], style: Style) -> str:
    image, layer = lanes[n]
    if ":" not in layer:
        return tr("figure.pull.reads", style.language) if layer == "reads" else layer
    several = len({record.image for record in records}) > 1
    number = tr("figure.pull.layer", style.language, n=n + 1)
    return f"{number} \u00b7 {image}" if several else number


def _track(style: Style) -> dict[str, Any]:
    return {"type": "bar", "height": {"band": 0.9}, "color": style.tokens.track}


def _offset(upper: bool, step: float) -> float:
    return (-0.21 if upper else 0.21) * step


def _bars(rows: Sequence[dict[str, Any]], style: Style, step: float) -> list[parts.SpecLayer]:
    colour, muted = style.tokens.owners["files"], style.tokens.muted
    titles = [
        (field, f"figure.pull.col.{name}")
        for field, name in (
            ("word", "does"),
            ("size", "size"),
            ("time", "time"),
            ("queue", "queued"),
            ("source", "source"),
        )
    ]
    tooltip = [{"field": field, "title": tr(title, style.language)} for field, title in titles]
    layers: list[parts.SpecLayer] = []
    for upper in (True, False):
        bar = {"type": "bar", "height": 0.34 * step, "yOffset": _offset(upper, step)}
        here = [row for row in rows if row["upper"] == upper]
        waits = [row for row in here if row["waited"]]
        if waits:
            outline = {"fillOpacity": 0, "stroke": muted, "strokeWidth": 1.2}
            ends = {"x": {"field": "asked", "type": "quantitative"}, "x2": {"field": "start"}, "tooltip": tooltip}
            layers.append({"data": inline(waits), "mark": bar | outline, "encoding": ends})
        for guess in (False, True):
            shown = [row for row in here if row["estimate"] == guess]
            mark: dict[str, Any] = bar | {"color": colour}
            if guess:
                mark |= {"fillOpacity": parts.PALE, "stroke": colour, "strokeDash": parts.DASH, "strokeWidth": 1.3}
            ends = {"x": {"field": "start", "type": "quantitative"}, "x2": {"field": "end"}, "tooltip": tooltip}
            if shown:
                layers.append({"data": inline(shown), "mark": mark, "encoding": ends})
    return layers


def _spans(rows: Sequence[dict[str, Any]], style: Style) -> list[parts.SpecLayer]:
    """A pale bar to the last node, a full one to the half, and ticks at the first, half and 95 %."""
    colour = style.tokens.owners["files"]
    fields = [("name", "label"), *((f"{name}_text", name) for name in _STATISTICS)]
    tooltip = [{"field": field, "title": tr(f"figure.pull.col.{title}", style.language)} for field, title in fields]
    layers: list[parts.SpecLayer] = []
    for guess in (False, True):
        shown = [row for row in rows if row["estimate"] == guess]
        if not shown:
            continue
        mark: dict[str, Any] = {"type": "bar", "height": {"band": 0.5}, "color": colour}
        if guess:
            mark |= {"fillOpacity": parts.PALE, "stroke": colour, "strokeDash": parts.DASH, "strokeWidth": 1.5}
        x = {"field": "zero", "type": "quantitative"}
        layers.append(
            {"data": inline(shown), "mark": mark, "encoding": {"x": x, "x2": {"field": "max"}, "tooltip": tooltip}}
        )
    spread = [row for row in rows if row["spread"]]
    for name, height in (("min", 14), ("p50", 26), ("p95", 18)):
        tick = {"type": "tick", "thickness": 2, "size": style.px(height), "color": style.tokens.ink}
        if spread:
            at = {"x": {"field": name, "type": "quantitative"}, "tooltip": tooltip}
            layers.append({"data": inline(spread), "mark": tick, "encoding": at})
    return layers
