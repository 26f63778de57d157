"""Predicted against published: every point on two logarithmic scales, and the errors of each publication in a lane.

Marks tell by shape and fill, not by colour: hollow was calibrated with, solid is only checked. Attention is kept for
what is off by more than a fifth.
"""

from __future__ import annotations

import json
import math
import re
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from sim.quantity import dimension_of, factor_of
from sim.report.figures import parts
from sim.report.figures.textlines import shortened, wrapped
from sim.report.numbers import written
from sim.report.sources import publication_name
from sim.report.style import PHONE, SMALLEST, Language, Spec, Style, chart, inline, text_width
from sim.report.texts import tr
from sim.report.words import metric_name, statistic_name

if TYPE_CHECKING:
    from sim.evidence.rows import AccuracyRow

FAR = 0.2
"""An error beyond this share is drawn in attention."""
AIMS = {"calibrate": 0.10, "check": 0.15}
"""The median error that is aimed at, at most, for each use of figures."""
BANDS = (0.2, 0.1)
"""Half widths of the bands around a perfect prediction, the wider first."""
SHAPES = ("square", "diamond", "triangle-up", "cross", "triangle-down", "triangle-right")
"""For the publications with most points. All others share the circle."""

_HEIGHT, _LANE = 470, 26
_LEGEND, _SYMBOL, _LEAST, _ON_PHONE = 14, 34, 300, 246
"""The legend's type, the room of a symbol and its gaps, the least of a name, and the most on a phone, in pixels."""
_ENDS = 1.0
"""Errors beyond this share stand at the end of their lane."""
_SIZE = 90
_NAMES = 0.37
"""The share of a figure that names of publications may take. What is cut is whole in the tooltip."""
_NAMES_ON_PHONE, _BETWEEN = 130, 12
"""The room of names on a phone, where they have two lines, and from one of these to the next, in pixels."""
_BEYOND = 2.2
"""How far the axes run past the smallest and the largest value."""
_FINEST = 0.001
_TICKS, _FEW, _TEN = 7, 3, 10.0
_ZEROS = re.compile(r"\.0+(?!\d)|(?<=\.[1-9])0+(?!\d)")


def dimensions(points: Iterable[AccuracyRow]) -> list[str]:
    """What the points measure, that of most points first."""
    return [known for known, _ in Counter(dimension_of(point.unit) for point in points).most_common()]


def shapes(points: Iterable[AccuracyRow]) -> dict[str, str]:
    """Publication to its shape, for those that have one of their own: most points first."""
    common = Counter(point.publication for point in points).most_common(len(SHAPES))
    return {name: shape for (name, _), shape in zip(common, SHAPES, strict=False)}


def web_address(point: AccuracyRow) -> str:
    """Where a browser can open what was published. "" where it was seen elsewhere."""
    return point.url.split()[0] if point.url.startswith(("https://", "http://")) else ""


def error_text(error: float, language: Language = "en") -> str:
    """A signed error as a person would say it: "+12 %"."""
    said = share_text(abs(error), language)
    return said if not error or said.startswith("<") else ("+" if error > 0 else "\u2212") + said


def share_text(share: float, language: Language = "en") -> str:
    """An error without its sign. What is below a thousandth is told no finer."""
    return f"<\u202f{_round(written(_FINEST, '%', language))}" if 0 < share < _FINEST else written(share, "%", language)


def scatter(points: Sequence[AccuracyRow], style: Style, measured: str = "s") -> Spec:
    """Published across, predicted up, both logarithmic, with a diagonal and its bands of 10 % and 20 %.

    Args:
        measured: The dimension that is drawn ("s", "B", "1/s"). Points of other dimensions are left out.
    """
    shown = [p for p in points if dimension_of(p.unit) == measured and p.predicted > 0 and p.published > 0]
    rows = [_row(point, style.language) for point in shown]
    ends = [row[key] for row in rows for key in ("published", "predicted")] or [1.0, 10.0]
    domain = [min(ends) / _BEYOND, max(ends) * _BEYOND]
    values = _decades(domain, *((2.0**20, 16.0) if measured == "B" else (1.0, 10.0)))
    ticks = json.dumps([_round(written(value, measured, style.language)) for value in values], ensure_ascii=False)
    axis = {"values": values, "labelExpr": f"{ticks}[round(datum.index * {max(len(values) - 1, 1)})]"}
    scale = {"type": "log", "domain": domain, "nice": False}
    x = {"field": "published", "type": "quantitative", "scale": scale, "axis": axis | {"labelOverlap": True}}
    x |= {"title": tr("figure.accuracy.published", style.language)}
    y = {"field": "predicted", "type": "quantitative", "title": None, "scale": scale, "axis": axis}
    own = {publication_name(name, style.language): shape for name, shape in shapes(shown).items()}
    layers = [*_bands(domain, style), *_ranges(rows, style)]
    layers += _points(rows, style, {"x": x, "y": y}, _shape(rows, own, style))
    title = tr("figure.accuracy.predicted", style.language)
    return chart(style, height=style.px(_HEIGHT), title=title, encoding={"x": x, "y": y}, layer=layers)


def lanes(points: Sequence[AccuracyRow], style: Style) -> Spec:
    """A lane a publication, the best first: each point's error left and right of none, their median in words.

    Where some points are evidence and others were calibrated with, only the first are judged. A publication without any
    of them comes last.
    """
    rows = [_row(point, style.language) for point in points]
    for row, point in zip(rows, points, strict=True):
        row["shown"] = min(max(point.error, -_ENDS), _ENDS)
    order = {publication_name(name, style.language): errors for name, errors in _by_error(points).items()}
    ends = [
        {"publication": name, "edge": _ENDS} | _told(errors, style.language, mixed=_mixed(points))
        for name, errors in order.items()
    ]
    top = {"expr": parts.end_for(2 * _ENDS, [str(row["text"]) for row in ends], style)["expr"] + f" - {_ENDS}"}
    scale = {"domainMin": -_ENDS * 1.04, "domainMax": top, "nice": False}
    values = [-1.0, -0.5, -FAR, 0.0, FAR, 0.5, 1.0]
    labels = [error_text(value, style.language) for value in values]
    labels[0], labels[-1] = f"\u2264{labels[0]}", f"\u2265{labels[-1]}"
    told = f"{json.dumps(labels, ensure_ascii=False)}[round(datum.index * {len(values) - 1})]"
    axis = {"values": values, "labelExpr": told, "orient": "top", "labelOverlap": True}
    x = {"field": "shown", "type": "quantitative", "title": None, "scale": scale, "axis": axis}
    names = [*order]
    longest = max((text_width(name, style.px(15)) for name in names), default=60.0)
    extent = {"expr": f"min({round(longest + 14)}, containerSize()[0] * {_NAMES})"}
    y: dict[str, Any] = {"field": "publication", "type": "nominal", "sort": names, "title": None}
    y["axis"] = {"grid": False, "labelColor": style.tokens.ink, "labelLimit": extent, "minExtent": extent}
    y["axis"]["maxExtent"] = extent
    y["axis"] |= _on_two_lines(names)
    place = {"y": {"value": 0}, "y2": {"value": {"expr": "height"}}}
    layers: list[parts.SpecLayer] = [
        {
            "data": inline([{"from": -band, "to": band}]),
            "mark": {"type": "rect", "color": style.tokens.ink, "opacity": 0.06},
            "encoding": {"x": {"field": "from", "type": "quantitative"}, "x2": {"field": "to"}, **place},
        }
        for band in BANDS
    ]
    layers += _points(rows, style, {"x": x, "y": y}, {"value": "circle"})
    red = style.tokens.attention_text if style.theme == "dark" else style.tokens.attention
    colour = {"condition": {"test": "datum.far", "value": red}, "value": style.tokens.muted}
    text = parts.text_layer(ends, style, "edge", "text")
    text["encoding"] |= {"color": colour, "y": y}
    layers.append(text)
    return chart(style, height={"step": style.px(_LANE)}, encoding={"x": x, "y": y}, layer=layers)


def _on_two_lines(names: Sequence[str]) -> dict[str, Any]:
    """What of an axis lays names on two lines where they have not room for one, which is on a phone."""
    two: dict[str, str | list[str]] = {}
    for name in names:
        first, *more = wrapped(name, SMALLEST, _NAMES_ON_PHONE)
        two[name] = [first, shortened(name.removeprefix(first).strip(), SMALLEST, _NAMES_ON_PHONE)] if more else name
    folded = [name for name, lines in two.items() if isinstance(lines, list)]
    test = f"{PHONE} && indexof({json.dumps(folded, ensure_ascii=False)}, datum.value) >= 0"
    return {
        "labelExpr": f"{PHONE} ? {json.dumps(two, ensure_ascii=False)}[datum.value] : datum.value",
        "labelLineHeight": _BETWEEN,
        "labelOffset": {"condition": {"test": test, "value": -_BETWEEN // 2}, "value": 0},
    }


def accuracy_rows(points: Sequence[AccuracyRow], language: Language = "en") -> list[dict[str, str]]:
    """One row a point, the worst first. The last column is a web address, "" where there is none."""
    table = []
    for point in sorted(points, key=lambda p: (-abs(p.error), p.case, p.of)):
        row = _row(point, language)
        table.append({title: str(row[field]) for field, title in _columns(language)} | {LINK: web_address(point)})
    return table


LINK = "url"
"""The column of `accuracy_rows` that is no text but an address."""


def accuracy_alt(points: Sequence[AccuracyRow], language: Language = "en") -> str:
    """The figure in a sentence: how many points, how many are beyond a fifth."""
    if not points:
        return tr("figure.accuracy.none", language)
    far = sum(abs(point.error) > FAR for point in points)
    return tr("figure.accuracy.alt", language, n=f"{len(points):,}", far=f"{far:,}")


def use_name(use: str, language: Language = "en") -> str:
    """What a use is called: "calibrated with", "checked only"."""
    return tr(f"figure.accuracy.use.{use}", language)


def _columns(language: Language) -> list[tuple[str, str]]:
    fields = ("publication", "what", "measured", "at", "published_text", "predicted_text", "range_text", "error_text")
    more = ("use_text", "weight_text", "widest", "case", "fact")
    return [(field, tr(f"figure.accuracy.col.{field}", language)) for field in (*fields, *more)]


def _row(point: AccuracyRow, language: Language) -> dict[str, Any]:
    unit, factor = dimension_of(point.unit), factor_of(point.unit)
    said = statistic_name(point.statistic, language)
    return {
        "publication": publication_name(point.publication, language),
        "published": point.published * factor,
        "predicted": point.predicted * factor,
        "low": point.low * factor,
        "high": point.high * factor,
        "error": point.error,
        "far": abs(point.error) > FAR,
        "use": point.use,
        "what": point.of.replace("_", " "),
        "measured": metric_name(point.metric, language) + ("" if point.statistic == "value" else f", {said}"),
        "at": point.at,
        "published_text": written(point.published * factor, unit, language),
        "predicted_text": written(point.predicted * factor, unit, language, point.estimate),
        "error_text": error_text(point.error, language),
        "range_text": _range_text(point, unit, factor, language),
        "use_text": _use_text(point, language),
        "weight_text": share_text(point.weight, language),
        "widest": point.widest if point.wide else "",
        "case": point.case,
        "fact": point.source,
        "seen": point.url,
    }


def _use_text(point: AccuracyRow, language: Language) -> str:
    """What a point is used for, and what keeps it from the headline."""
    if point.apart:
        return f"{use_name('apart', language)}: {point.apart}"
    assumed = f", {tr('figure.accuracy.assumed', language)}" if point.assumed else ""
    return use_name(point.use, language) + assumed


def _range_text(point: AccuracyRow, unit: str, factor: float, language: Language) -> str:
    """A range as "0.35 to 1.2 s" would be said: its two ends."""
    return " – ".join(written(end * factor, unit, language) for end in (point.low, point.high))


def _round(text: str) -> str:
    """A round number without the digits that say nothing: "1 s", "0.1 s"."""
    return _ZEROS.sub("", text)


def _decades(domain: Sequence[float], unit: float, base: float) -> list[float]:
    """Powers of `base`, times `unit`, inside a domain: not all where they are many, with steps between where few."""
    first, last = (math.log(end / unit, base) for end in domain)
    powers = range(math.ceil(first - 1e-9), math.floor(last + 1e-9) + 1)
    if len(powers) < _FEW:
        finer = (1, 2, 5) if base == _TEN else (1, 2, 4, 8)
        every = (unit * base**power * factor for power in (powers.start - 1, *powers) for factor in finer)
        return [value for value in every if domain[0] <= value <= domain[1]]
    step = max(1, math.ceil(len(powers) / _TICKS))
    return [unit * base**power for power in powers[::step]]


def _bands(domain: Sequence[float], style: Style) -> list[parts.SpecLayer]:
    """The diagonal and what lies within 10 and 20 % of it: straight strips on logarithmic scales."""
    low, high = domain
    layers: list[parts.SpecLayer] = []
    for band in BANDS:
        ends = [{"published": at, "under": at * (1 - band), "over": at * (1 + band)} for at in (low, high)]
        y = {"field": "under", "type": "quantitative"}
        encoding = {"x": {"field": "published", "type": "quantitative"}, "y": y, "y2": {"field": "over"}}
        mark = {"type": "area", "color": style.tokens.ink, "opacity": 0.07, "clip": True}
        layers.append({"data": inline(ends), "mark": mark, "encoding": encoding})
    ends = [{"published": at, "predicted": at} for at in (low, high)]
    line = {"type": "line", "color": style.tokens.muted, "strokeWidth": 1.2, "clip": True}
    return [*layers, {"data": inline(ends), "mark": line}]


def _ranges(rows: Sequence[dict[str, Any]], style: Style) -> list[parts.SpecLayer]:
    """What the inputs' sources allow, as an upright behind the point."""
    if not rows:
        return []
    mark = {"type": "rule", "strokeWidth": 4, "opacity": 0.16, "clip": True, "color": style.tokens.ink}
    ends = {"y": {"field": "low", "type": "quantitative"}, "y2": {"field": "high"}}
    return [{"data": inline(rows), "mark": mark, "encoding": ends}]


def _shape(rows: Sequence[dict[str, Any]], own: dict[str, str], style: Style) -> dict[str, Any]:
    """Shapes of publications with a legend below the figure, so that an export has it too."""
    others = tr("figure.accuracy.others", style.language, n=len({row["publication"] for row in rows} - own.keys()))
    for row in rows:
        row["group"] = row["publication"] if row["publication"] in own else others
    domain = [*own, *([others] if any(row["group"] == others for row in rows) else [])]
    scale = {"domain": domain, "range": [*own.values(), "circle"][: len(domain)]}
    two, three = (round(_legend_width(domain, columns, style)) for columns in (2, 3))
    brief = {name: shortened(name, style.px(_LEGEND), _ON_PHONE) for name in domain}
    symbol = {"fill": style.tokens.ink, "stroke": style.tokens.ink, "opacity": 1, "fillOpacity": 1, "strokeOpacity": 1}
    legend = {
        "orient": "bottom",
        "title": None,
        "columns": {"expr": f"width >= {three} ? 3 : width >= {two} ? 2 : 1"},
        "labelFontSize": style.px(_LEGEND),
        "labelColor": style.tokens.muted,
        "labelLimit": {"expr": f"max(width - {_SYMBOL}, {_LEAST})"},
        "labelExpr": f"{PHONE} ? {json.dumps(brief, ensure_ascii=False)}[datum.label] : datum.label",
        "encode": {"symbols": {"update": {key: {"value": value} for key, value in symbol.items()}}},
    }
    return {"field": "group", "type": "nominal", "scale": scale, "legend": legend}


def _legend_width(names: Sequence[str], columns: int, style: Style) -> float:
    """Pixels that the names need in so many columns, filled row by row."""
    widths = [text_width(name, style.px(_LEGEND)) + _SYMBOL for name in names]
    return math.fsum(max(widths[column::columns], default=0.0) for column in range(columns))


def _points(
    rows: Sequence[dict[str, Any]], style: Style, place: dict[str, Any], shape: dict[str, Any]
) -> list[parts.SpecLayer]:
    """Hollow where the model was calibrated with the point, solid where it was not."""
    tooltip = [{"field": field, "title": title} for field, title in _columns(style.language)]
    tooltip.append({"field": "seen", "title": tr("figure.accuracy.col.seen", style.language)})
    test = {"test": "datum.far", "value": style.tokens.attention}
    colour = {"condition": test, "value": style.tokens.ink}
    encoding = {**place, "shape": shape, "stroke": colour, "tooltip": tooltip}
    mark = {"type": "point", "size": _SIZE, "strokeWidth": 1.6}
    return [
        {
            "data": inline([row for row in rows if row["use"] == "calibrate"]),
            "mark": mark | {"fillOpacity": 0},
            "encoding": {**encoding, "fill": {"value": style.tokens.background}},
        },
        {
            "data": inline([row for row in rows if row["use"] != "calibrate"]),
            "mark": mark | {"fillOpacity": 0.85},
            "encoding": {**encoding, "fill": colour},
        },
    ]


def _by_error(points: Sequence[AccuracyRow]) -> dict[str, list[AccuracyRow]]:
    """Publications with their points, the smallest median error first, and last those that are no evidence."""
    points_of: dict[str, list[AccuracyRow]] = defaultdict(list)
    for point in points:
        points_of[point.publication].append(point)

    def place(item: tuple[str, list[AccuracyRow]]) -> tuple[bool, float, str]:
        return not _checked(item[1]), _median(_checked(item[1]) or item[1]), item[0]

    return dict(sorted(points_of.items(), key=place))


def _checked(points: Sequence[AccuracyRow]) -> list[AccuracyRow]:
    """Those that are evidence."""
    return [point for point in points if point.use == "check"]


def _mixed(points: Sequence[AccuracyRow]) -> bool:
    """Whether some of the points are evidence and others are not."""
    return 0 < len(_checked(points)) < len(points)


def _median(points: Sequence[AccuracyRow]) -> float:
    return statistics.median(abs(point.error) for point in points)


def _told(points: Sequence[AccuracyRow], language: Language, *, mixed: bool) -> dict[str, object]:
    """The words of a lane, and whether they tell of a large error."""
    checked = _checked(points)
    if mixed and not checked:
        key = "figure.accuracy.lane.used.one" if len(points) == 1 else "figure.accuracy.lane.used"
        return {"text": tr(key, language, n=len(points)), "far": False}
    judged = checked if mixed else points
    median, key = _median(judged), "figure.accuracy.lane.one" if len(points) == 1 else "figure.accuracy.lane"
    if len(judged) < len(points):
        key = "figure.accuracy.lane.some"
    text = tr(key, language, n=len(judged), all=len(points), median=share_text(median, language))
    return {"text": text, "far": median > FAR}


def lanes_title(points: Sequence[AccuracyRow], language: Language) -> str:
    """What `lanes` are, in words."""
    return tr("ui.accuracy.lanes.checked" if _mixed(points) else "ui.accuracy.lanes", language)
