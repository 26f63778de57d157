"""A metric along an axis of a sweep: a line for each series, its name at its end, its 95 % interval at each point."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sim.errors import InputError
from sim.never import never
from sim.quantity import UNITS, parse, render
from sim.report.figures import parts
from sim.report.style import Spec, Style, chart, inline

LINES = 12
"""Lines that one figure holds."""

_PLOT = 320
_DASHES = [[1, 0], [6, 3], [2, 2], [8, 2, 2, 2], [4, 4], [1, 3]]
"""Strokes that tell the lines apart beside their names."""
_SHAPES = ["circle", "square", "triangle-up", "diamond", "triangle-down", "cross"]
_FONT = 15
_LEGEND = 100
"""Characters of a row of the legend."""
_TICKS = 8


@dataclass(frozen=True, slots=True)
class SweptValue:
    """One point of a line.

    Attributes:
        at: What the axis is there, as a file would have it.
        line: The name of the line.
        value: In the metric's unit.
        low, high: The ends of its 95 % interval. None where there is none.
    """

    at: Any
    line: str
    value: float
    low: float | None = None
    high: float | None = None


def sweep_figure(values: Sequence[SweptValue], axis: str, metric: str, unit: str, style: Style) -> Spec:
    """The figure. What never happened is left out.

    Args:
        axis: What the axis is called.
        metric: What the metric is called.
        unit: The metric's unit.

    Raises `InputError` where there is nothing to draw, or more lines than one can tell apart.
    """
    kept = [value for value in values if not never(value.value)]
    lines = list(dict.fromkeys(value.line for value in kept))
    if not kept:
        raise InputError(f"nothing to draw: no point has {metric}")
    if len(lines) > LINES:
        raise InputError(f"{len(lines)} lines are too many for one figure; expected at most {LINES}: name one label")
    across = _Across([value.at for value in kept], axis)
    word = _unit_word(max(abs(value.value) for value in kept), unit)
    factor = UNITS[unit][word] if unit in UNITS else 1.0
    rows = [
        {
            "x": across.place(value.at),
            "line": value.line,
            "y": value.value / factor,
            "low": None if value.low is None or never(value.low) else value.low / factor,
            "high": None if value.high is None or never(value.high) else value.high / factor,
        }
        for value in kept
    ]
    y = {"type": "quantitative", "title": f"{metric}, {word}" if word else metric, "scale": {"zero": True}}
    layers = [*_intervals(rows, y, style), *_marks(rows, lines, across, y, style)]
    return chart(style, height=style.px(_PLOT), encoding={"x": across.encoding()}, layer=layers)


class _Across:
    """The axis: numbers in one unit, on a logarithm where they spread so, or words side by side."""

    def __init__(self, values: Sequence[Any], name: str) -> None:
        self._name = name
        self._numbers = {_key(value): number for value in values if (number := _number(value)) is not None}
        distinct = dict.fromkeys(map(_key, values))
        self.numeric = len(self._numbers) == len(distinct)
        dimension = _dimension(values[0]) if self.numeric else ""
        if self.numeric and any(_dimension(value) != dimension for value in values):
            self.numeric = False
        numbers = sorted(self._numbers.values()) if self.numeric else []
        spread = len(numbers) > 2 and numbers[0] > 0
        self._log = spread and statistics.median(numbers) < 0.2 * numbers[-1]
        usual = statistics.median_high(numbers) if self._log else numbers[-1] if numbers else 0.0
        self._word = _unit_word(usual, dimension) if dimension else ""
        self._factor = UNITS[dimension][self._word] if dimension else 1.0
        self._words = [_word_of(value) for value in dict.fromkeys(map(_key, values))]

    def place(self, value: Any) -> Any:
        return self._numbers[_key(value)] / self._factor if self.numeric else _word_of(_key(value))

    def encoding(self) -> dict[str, Any]:
        title = f"{self._name}, {self._word}" if self._word else self._name
        if not self.numeric:
            return {"field": "x", "type": "nominal", "title": title, "sort": self._words, "axis": {"labelAngle": 0}}
        scale: dict[str, Any] = {"type": "log"} if self._log else {"zero": False}
        axis: dict[str, Any] = {"tickCount": _TICKS, "labelOverlap": True}
        if all(number == int(number) for number in self._numbers.values()):
            axis["tickMinStep"] = 1
        scale |= {"nice": False, "padding": 12}
        return {"field": "x", "type": "quantitative", "title": title, "scale": scale, "axis": axis}


def _intervals(rows: Sequence[Mapping[str, Any]], y: Mapping[str, Any], style: Style) -> list[parts.SpecLayer]:
    ranged = [row for row in rows if row["low"] is not None and row["high"] is not None]
    if not ranged:
        return []
    encoding = {"y": {**y, "field": "low"}, "y2": {"field": "high"}}
    rule = {"type": "rule", "strokeWidth": 1.5, "color": style.tokens.muted}
    layers = [{"data": inline(ranged), "mark": rule, "encoding": encoding}]
    tick = {"type": "tick", "orient": "horizontal", "thickness": 1.5, "size": 14, "color": style.tokens.muted}
    return layers + [
        {"data": inline(ranged), "mark": tick, "encoding": {"y": {**y, "field": end}}} for end in ("low", "high")
    ]


def _marks(
    rows: Sequence[Mapping[str, Any]], lines: Sequence[str], across: _Across, y: Mapping[str, Any], style: Style
) -> list[parts.SpecLayer]:
    ink = style.tokens.ink
    place = {**y, "field": "y"}
    told = [{"field": "line"}, {"field": "x"}, {"field": "y"}, {"field": "low"}, {"field": "high"}]
    legend: dict[str, Any] | None = None
    if len(lines) > 1:
        columns = max(1, _LEGEND // max(map(len, lines)))
        legend = {"title": None, "orient": "top", "labelFontSize": style.px(_FONT), "symbolSize": 90}
        legend |= {"labelLimit": 400, "columns": columns}
    # As many lines as there are marks have them filled, the next as many hollow and with another stroke.
    rounds = [number // len(_SHAPES) for number in range(len(lines))]
    shape = _scaled("line", lines, _SHAPES, legend)
    fill = _scaled("line", lines, [style.tokens.background if turn else ink for turn in rounds], legend)
    layers: list[parts.SpecLayer] = []
    if across.numeric:
        strokes = [_DASHES[(number + turn) % len(_DASHES)] for number, turn in enumerate(rounds)]
        dash = _scaled("line", lines, strokes, None)
        mark: dict[str, Any] = {"type": "line", "strokeWidth": 2, "color": ink}
        layers.append({"data": inline(rows), "mark": mark, "encoding": {"y": place, "strokeDash": dash}})
    point = {"type": "point", "opacity": 1, "size": style.px(60), "strokeWidth": 1.5}
    stroke = _scaled("line", lines, [ink], legend)
    encoding = {"y": place, "shape": shape, "fill": fill, "stroke": stroke, "tooltip": told}
    layers.append({"data": inline(rows), "mark": point, "encoding": encoding})
    return layers


def _scaled(field: str, domain: Sequence[str], values: Sequence[Any], legend: Any) -> dict[str, Any]:
    of = [values[number % len(values)] for number in range(len(domain))]
    return {"field": field, "type": "nominal", "scale": {"domain": list(domain), "range": of}, "legend": legend}


def _key(value: Any) -> Any:
    return value if isinstance(value, str | int | float | bool | None) else repr(value)


def _word_of(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _dimension(value: Any) -> str:
    """The dimension of a written quantity. "" for a plain number."""
    if not isinstance(value, str):
        return ""
    for dimension in ("s", "B", "B/s", "1/s"):
        try:
            parse(value, dimension)
        except InputError:
            continue
        return dimension
    return ""


def _number(value: Any) -> float | None:
    """A value as a number, in SI units. None for a word."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return float(value)
    dimension = _dimension(value)
    return parse(value, dimension) if dimension else None


def _unit_word(largest: float, unit: str) -> str:
    """The unit that a person would choose for the largest of some numbers."""
    if unit not in UNITS or unit == "1":
        return ""
    return render(largest, unit).partition(" ")[2]
