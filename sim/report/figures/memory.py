"""The memory ledger: a column an instance, area is memory, shared pages as often as a ruler counts them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from sim.outcome import Metric, Outcome
from sim.records import MemoryRecord
from sim.report.figures import parts
from sim.report.figures.columns import COLUMN, RULERS, Group, MemoryBlock, Ruler, group
from sim.report.figures.legend import LegendMark
from sim.report.numbers import NARROW, written, written_metric
from sim.report.sources import cited
from sim.report.style import Language, Spec, Style, chart, inline, type_size
from sim.report.texts import tr
from sim.report.words import LabelNames, label_names, part_name, part_names, spoken

_GAP = 2.2
_HEIGHTS, _SUMS = (290, 380), (20, 28)
"""Pixels of the columns, and of a ruler's bar: on a projector, and on a page."""
_MANY = 50
"""Columns in all groups that still bear dashes of full weight."""
_GIB = 2**30


def marks(outcome: Outcome, ruler: Ruler) -> list[LegendMark]:
    """The marks the ledger uses under a ruler: for the legend."""
    blocks = [block for label in outcome.labels for block in group(outcome, label, ruler).blocks]
    used: dict[LegendMark, bool] = {
        "estimate": any(block.record.estimate for block in blocks),
        "again": any(block.kind == "again" for block in blocks),
        "untouched": any(block.kind == "promise" for block in blocks),
    }
    return [mark for mark, shown in used.items() if shown]


def ledger(outcome: Outcome, style: Style, ruler: Ruler, names: LabelNames, *, tall: bool = True) -> Spec:
    """The labels' columns side by side on one scale, as `ruler` counts them.

    RSS, PSS and physical share one y axis, so that switching between them is the animation.

    Args:
        tall: For a page. Else for a projector.
    """
    groups = [group(outcome, label, ruler) for label in outcome.labels]
    highest = max((g.top for g in groups), default=1.0)
    if ruler != "configured":
        highest = max(highest, *(group(outcome, label, "rss").top for label in outcome.labels))
        highest = max(highest, *(group(outcome, label, "physical").top for label in outcome.labels))
    unit, word = (_GIB, "GiB") if highest >= 2 * _GIB else (2**20, "MiB")
    domain = 1.22 * highest / unit
    rows, notes, heads, at = [], [], [], 0.0
    for g in groups:
        known = part_names(outcome, g.label, style.language)
        rows += [_row(block, g, at, unit, known, style) for block in g.blocks]
        middle = at + (g.columns - 1 + COLUMN) / 2
        notes += _notes(g, ruler, middle, unit, domain, style)
        heads.append(_head(outcome, g, ruler, middle, unit, names, style))
        at += g.columns + _GAP
    x = {"type": "quantitative", "axis": None, "scale": {"domain": [-0.2, at - _GAP], "nice": False}}
    label = f"format(datum.value, ',~r') + (datum.index == 1 ? '{NARROW}{word}' : '')"
    y = {
        "field": "y",
        "type": "quantitative",
        "title": None,
        "axis": {"values": parts.ticks(domain / 1.1, 6), "labelExpr": label},
        "scale": {"domain": [0, domain], "nice": False},
    }
    layers = [*_rects(rows, x, y, style, fine=at > _MANY), *_words(notes, x, style), *_heads(heads, x, style)]
    padding = {"bottom": style.px(30), "top": 5, "left": 5, "right": 5}
    fit = {"type": "fit", "contains": "padding"}
    spec = chart(style, height=style.px(_HEIGHTS[tall]), autosize=fit, padding=padding, layer=layers)
    shared = [g.instances / g.columns for g in groups if g.instances > g.columns]
    if shared:
        spec["title"] = tr("figure.columns", style.language, n=written(max(shared), "1", style.language))
    return spec


def _row(block: MemoryBlock, g: Group, at: float, unit: int, known: dict[str, str], style: Style) -> dict[str, Any]:
    record, language = block.record, style.language
    counted = {
        "private": tr("figure.private", language),
        "first": tr("figure.shared_first", language, n=record.mappers),
        "again": tr("figure.shared_again", language),
        "once": tr("figure.shared_once", language, n=record.mappers),
        "host": tr("figure.host_once", language),
        "promise": tr("figure.promise", language),
    }
    return {
        "group": g.label,
        "x": at + block.x,
        "x2": at + block.x2,
        "y": block.low / unit,
        "y2": block.high / unit,
        "owner": record.owner if block.kind != "promise" else "none",
        "kind": block.kind,
        "estimate": record.estimate,
        "what": part_name(record.part, known, language),
        "size": written(record.bytes, "B", language, record.estimate),
        "counted": counted[block.kind],
        "source": cited(record.source, language),
    }


def _rects(rows: Sequence[dict[str, Any]], x: Any, y: Any, style: Style, fine: bool) -> list[parts.SpecLayer]:
    """Solid where pages are there, pale and dashed where that is an estimate. Hollow where they are not.

    Of these, dotted where they are there but counted again, dashed where they were never touched.
    """
    colour = parts.owner_colour(style)
    colour["scale"] = {
        "domain": [*colour["scale"]["domain"], "none"],
        "range": [*colour["scale"]["range"], style.tokens.muted],
    }
    titles = (
        ("what", "figure.col.part"),
        ("size", "figure.col.size"),
        ("counted", "figure.col.counted"),
        ("source", "figure.col.source"),
    )
    tooltip = [{"field": field, "title": tr(title, style.language)} for field, title in titles]
    encoding = {"x": {"field": "x", **x}, "x2": {"field": "x2"}, "y": y, "y2": {"field": "y2"}, "color": colour}
    encoding["tooltip"] = tooltip
    solid = {"type": "rect", "strokeWidth": 1.2, "stroke": style.tokens.background}
    width = 0.7 if fine else 1.3
    pale = {"type": "rect", "strokeWidth": width, "strokeDash": parts.DASH, "fillOpacity": parts.PALE}
    dots = {"type": "rect", "strokeWidth": 1.3 * width, "strokeDash": parts.DOTS, "strokeCap": "round"}
    dots["fillOpacity"] = 0.06
    ghost = {"type": "rect", "strokeWidth": width, "strokeDash": [4, 3], "fillOpacity": 0.1}
    there = [row for row in rows if row["kind"] not in ("again", "promise") and not row["estimate"]]
    guess = [row for row in rows if row["kind"] not in ("again", "promise") and row["estimate"]]
    again, promise = ([row for row in rows if row["kind"] == kind] for kind in ("again", "promise"))
    outlined = encoding | {"stroke": colour}
    layers = ((there, solid, encoding), (guess, pale, outlined), (again, dots, outlined), (promise, ghost, outlined))
    # A layer without rows would be a picture without a description to a screen reader.
    return [{"data": inline(drawn), "mark": mark, "encoding": how} for drawn, mark, how in layers if drawn]


def _notes(g: Group, ruler: Ruler, middle: float, unit: int, domain: float, style: Style) -> list[dict[str, Any]]:
    """The sentence inside a group: what is counted again, once, or never touched."""
    language, columns = style.language, [b for b in g.blocks if b.x >= 1 or g.columns == 1]
    again = [b for b in columns if b.kind == "again" and b.x < 2]
    promise = [b for b in columns if b.kind == "promise" and b.x < 2]
    once = [b.record for b in g.blocks if b.kind == "once"]
    tall = 0.14 * domain * unit
    if ruler == "rss" and again and g.instances > 2:
        largest = max(again, key=lambda b: b.high - b.low)
        if largest.high - largest.low > tall:
            size = written(largest.record.bytes, "B", language, largest.record.estimate)
            text = tr("figure.note.again", language, size=size, n=largest.record.mappers - 1)
            return [{"x": middle + 0.5, "y": (largest.low + largest.high) / 2 / unit, "text": text, "dy": 0}]
    if ruler in ("pss", "physical") and once:
        guess = any(record.estimate for record in once)
        size = written(math.fsum(record.bytes for record in once), "B", language, guess)
        text = tr("figure.note.once", language, size=size)
        return [{"x": middle, "y": g.top / unit + 0.13 * domain, "text": text}]
    if ruler == "configured" and promise and promise[0].high - promise[0].low > tall:
        text = tr("figure.note.untouched", language)
        return [{"x": middle, "y": (promise[0].low + promise[0].high) / 2 / unit, "text": text}]
    return []


def _words(notes: Sequence[dict[str, Any]], x: Any, style: Style) -> list[parts.SpecLayer]:
    """Notes twice: first as a halo of page colour, or the dashes run through the letters."""
    if not notes:
        return []
    mark = {"type": "text", "lineBreak": "\n", "fontWeight": 600, "fontSize": type_size(style)}
    halo = {"stroke": style.tokens.background, "strokeWidth": 5, "strokeOpacity": 0.85}
    y = {"field": "y", "type": "quantitative"}
    encoding = {"x": {"field": "x", **x}, "y": y, "text": {"field": "text"}}
    return [{"data": inline(notes), "mark": mark | more, "encoding": encoding} for more in (halo, {})]


def _head(
    outcome: Outcome, g: Group, ruler: Ruler, middle: float, unit: int, names: LabelNames, style: Style
) -> dict[str, Any]:
    metric = parts.any_statistic(outcome, g.label, f"{ruler}_total", "value")
    name = names[g.label]
    return {
        "x": middle,
        "top": g.top / unit,
        "total": _sum(metric, style),
        "name": tr("figure.count", style.language, n=f"{g.instances:,}", name=name.name),
    }


def _sum(metric: Metric | None, style: Style) -> str:
    """What the ruler says. It says in words that it counts nothing (no guest, so nothing configured)."""
    if metric is None:
        return ""
    return written_metric(metric, style.language) if metric.value else tr("figure.none_configured", style.language)


def _heads(heads: Sequence[dict[str, Any]], x: Any, style: Style) -> list[parts.SpecLayer]:
    """The group's sum above its columns, its name below them."""
    place, top = {"field": "x", **x}, {"field": "top", "type": "quantitative"}
    total = {"type": "text", "dy": -style.px(14), "fontWeight": 700, "fontSize": type_size(style, 4)}
    limit = {"expr": f"width / {max(len(heads), 1)} - 8"}
    name = {"type": "text", "baseline": "top", "dy": 10, "color": style.tokens.muted, "limit": limit}
    data = inline(heads)
    return [
        {"data": data, "mark": total, "encoding": {"x": place, "y": top, "text": {"field": "total"}}},
        {"data": data, "mark": name, "encoding": {"x": place, "y": {"datum": 0}, "text": {"field": "name"}}},
    ]


def rulers(
    outcome: Outcome, style: Style, ruler: Ruler, names: LabelNames, *, tall: bool = True
) -> list[tuple[str, Spec]]:
    """For each label a small bar chart of its sums. The ruler in use is ink, the others grey.

    Args:
        tall: As in `ledger`.
    """
    rows: list[dict[str, Any]] = []
    for label in outcome.labels:
        for counted in RULERS:
            metric = parts.any_statistic(outcome, label, f"{counted}_total", "value")
            if metric:
                said, name = _sum(metric, style), tr(f"ruler.{counted}.sum", style.language)
                rows.append({"of": label, "ruler": name, "value": metric.value, "label": said, "on": counted == ruler})
    most = max((row["value"] for row in rows), default=1.0)
    ink = {"test": "datum.on", "value": style.tokens.ink}
    room = {"expr": f"(width < 120 ? 2.6 : 1.42) * {most}"}
    y = {"field": "ruler", "type": "nominal", "sort": None, "title": None, "axis": {"minExtent": style.px(90)}}
    x = {
        "field": "value",
        "type": "quantitative",
        "axis": None,
        "scale": {"domainMin": 0, "domainMax": room, "nice": False},
    }
    bar = {"type": "bar", "height": {"band": 0.55}}
    text = {"type": "text", "align": "left", "dx": 6}
    layers = [
        {"mark": bar, "encoding": {"color": {"condition": ink, "value": style.tokens.line}}},
        {
            "mark": text,
            "encoding": {"text": {"field": "label"}, "color": {"condition": ink, "value": style.tokens.muted}},
        },
    ]
    return [
        (
            label,
            chart(
                style,
                data=inline([row for row in rows if row["of"] == label]),
                height={"step": style.px(_SUMS[tall])},
                title=names[label].name,
                encoding={"y": y, "x": x},
                layer=layers,
            ),
        )
        for label in outcome.labels
    ]


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
    """The sums in a sentence."""
    names, sums = spoken(label_names(outcome, language)), []
    for label in outcome.labels:
        metric = parts.any_statistic(outcome, label, f"{ruler}_total", "value")
        if metric:
            n = group(outcome, label, ruler).instances
            head = tr("figure.count", language, n=f"{n:,}", name=names[label])
            sums.append(f"{head} {_sum(metric, Style(language=language))}")
    said = parts.joined(sums, language)
    return parts.sentence(tr("figure.ledger_alt", language, ruler=tr(f"ruler.{ruler}", language), sums=said))
