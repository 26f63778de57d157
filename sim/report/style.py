"""The visual language as values: colours, type and the Vega configuration every figure shares.

Chrome is ink and colour is data: six owners in a fixed order, and one attention colour for what it costs. A figure
draws with these tokens only, so that page, export and notebook agree. Knows no outcome.
"""

from __future__ import annotations

import base64
import json
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sim.records.instances import OWNERS, Owner

Theme = Literal["light", "dark"]
Language = Literal["en", "ja"]
LANGUAGES: tuple[Language, ...] = ("en", "ja")

Spec = dict[str, Any]
"""A Vega-Lite specification."""

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
FONT = "Source Sans, Hiragino Sans, Noto Sans CJK JP, Noto Sans JP, Yu Gothic UI, Meiryo, sans-serif"
CODE_FONT = "Source Code Pro, Noto Sans Mono CJK JP, monospace"
SMALLEST, LEGIBLE = 13, 12
"""Pixels of the smallest text in a figure, and of the smallest to which a place that is narrow may shrink it."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """One theme's colours.

    Attributes:
        neutral: The fill of a count that no owner has.
        owners: An owner's fill.
        on: The text colour that can be read on that fill.
    """

    ink: str
    muted: str
    background: str
    panel: str
    track: str
    line: str
    accent: str
    neutral: str
    attention: str
    wash: str
    attention_text: str
    on_attention: str
    owners: Mapping[Owner, str]
    on: Mapping[Owner, str]


LIGHT = Tokens(
    ink="#15181D",
    muted="#5A6270",
    background="#FFFFFF",
    panel="#F3F4F6",
    track="#F3F4F6",
    line="#C9CDD4",
    accent="#24304F",
    neutral="#AEB4BE",
    attention="#B82A08",
    wash="#FCEDE8",
    attention_text="#9C2406",
    on_attention="#FFFFFF",
    owners={
        "machine": "#8C9198",
        "kernel": "#8A4F93",
        "userland": "#BF8A1F",
        "engine": "#06765A",
        "files": "#0C97DC",
        "application": "#1F2A5C",
    },
    on={
        "machine": "#15181D",
        "kernel": "#FFFFFF",
        "userland": "#15181D",
        "engine": "#FFFFFF",
        "files": "#15181D",
        "application": "#FFFFFF",
    },
)
DARK = Tokens(
    ink="#ECEDEF",
    muted="#A7AEB9",
    background="#14171C",
    panel="#20252D",
    track="#1B2027",
    line="#454C58",
    accent="#B9C6EA",
    neutral="#6B7380",
    attention="#F2662B",
    wash="#3A2018",
    attention_text="#FF9A70",
    on_attention="#0E1116",
    owners={
        "machine": "#C3C6CB",
        "kernel": "#B87FB3",
        "userland": "#F0CF7A",
        "engine": "#1BA981",
        "files": "#74CDF8",
        "application": "#4479EA",
    },
    on=dict.fromkeys(OWNERS, "#0E1116"),
)
TOKENS: Mapping[Theme, Tokens] = {"light": LIGHT, "dark": DARK}


@dataclass(frozen=True, slots=True)
class Style:
    """How a figure is drawn: theme, language, and a factor on type and lanes together (1.25 for a projector)."""

    theme: Theme = "light"
    language: Language = "en"
    size: float = 1.0

    @property
    def tokens(self) -> Tokens:
        """The theme's colours."""
        return TOKENS[self.theme]

    def px(self, pixels: float) -> int:
        """A length that grows with `size`, in whole pixels."""
        return round(pixels * self.size)


def type_size(style: Style, plus: int = 0) -> dict[str, str]:
    """A font size as an expression on the chart's own width: 15 px, 19 px in wide figures, 13 px on a phone."""
    wide, usual = (max(SMALLEST, style.px(pixels) + plus) for pixels in (19, 15))
    return {"expr": f"width > 1000 ? {wide} : width < 320 ? {max(SMALLEST, SMALLEST + plus)} : {usual}"}


def text_width(text: str, pixels: float) -> float:
    """About how wide a text comes out: no metrics in pure Python, so a wide face is assumed."""
    return sum(1.0 if unicodedata.east_asian_width(c) in "WF" else 0.53 for c in text) * pixels


def value_width(text: str, pixels: float) -> float:
    """The same of a value and its unit, whose stops and spaces are narrow."""
    return text_width(text, pixels) - sum(0.3 for letter in text if letter in "., \u202f") * pixels


PHONE = "containerSize()[0] < 420"
"""In an expression of a chart: whether it is on a phone."""


def on_phone(there: float | str, elsewhere: float | str) -> dict[str, str]:
    """A property of a mark or an axis that a phone has otherwise."""
    return {"expr": f"{PHONE} ? {there} : {elsewhere}"}


def config(style: Style) -> dict[str, Any]:
    """The Vega configuration: no frame, no ticks, hair-line grid, no tooltip unless a mark's encoding asks for one."""
    tokens, size = style.tokens, type_size(style)
    return {
        "background": None,
        "font": FONT,
        "view": {"stroke": None},
        "mark": {"tooltip": None},
        "axis": {
            "labelColor": tokens.muted,
            "titleColor": tokens.muted,
            "labelFontSize": size,
            "titleFontSize": size,
            "titleFontWeight": "normal",
            "gridColor": tokens.line,
            "gridOpacity": 0.6,
            "domain": False,
            "ticks": False,
            "labelPadding": 8,
            "labelSeparation": 6,
            "titlePadding": 10,
        },
        "text": {"font": FONT, "color": tokens.ink, "fontSize": size},
        "title": {
            "font": FONT,
            "color": tokens.muted,
            "fontSize": style.px(15),
            "fontWeight": "normal",
            "anchor": "start",
        },
    }


def inline(rows: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Rows as a `data:` URL: the browser reads them, and no data frame library is imported on the way."""
    text = json.dumps(list(rows), ensure_ascii=False, separators=(",", ":")).encode()
    return {"url": "data:application/json;base64," + base64.b64encode(text).decode(), "format": {"type": "json"}}


def rows_of(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rows that `inline` put into a data source, or its literal values."""
    if "values" in data:
        return [dict(row) for row in data["values"]]
    rows: list[dict[str, Any]] = json.loads(base64.b64decode(data["url"].partition(",")[2]))
    return rows


def with_rows(node: Any) -> Any:
    """A specification, or a part of one, with rows instead of `data:` URLs: for a page that is one file."""
    if isinstance(node, list):
        return [with_rows(one) for one in node]
    if not isinstance(node, dict):
        return node
    if isinstance(node.get("url"), str) and node["url"].startswith("data:"):
        return {"values": rows_of(node)}
    return {name: with_rows(one) for name, one in node.items()}


def chart(style: Style, **parts: Any) -> Spec:
    """A specification as wide as its container, in this look."""
    return {"$schema": SCHEMA, "width": "container", "config": config(style), **parts}


_SIZES = ("fontSize", "labelFontSize", "titleFontSize", "labelLineHeight")
_ROOMS = ("minExtent", "maxExtent", "labelLimit")
_USUAL = 15
"""Pixels of the text for which a figure leaves room, where it is no phone and as narrow as one."""


def legible(spec: Any, least: int) -> Any:
    """A copy of a specification, or of a part of one, whose texts have at least so many pixels, and room for them."""
    if isinstance(spec, list):
        return [legible(part, least) for part in spec]
    if not isinstance(spec, dict):
        return spec
    return {name: _grown(name, part, least) for name, part in spec.items()}


def _grown(name: str, part: Any, least: int) -> Any:
    if name in _SIZES:
        return _at_least(part, least)
    if name in _ROOMS and least > SMALLEST:
        return _widened(part, least)
    return legible(part, least)


def _widened(room: Any, least: int) -> Any:
    """Room for text of at least so many pixels, a number or an expression. Other forms stay as they are."""
    usual, narrow = max(1.0, least / _USUAL), least / SMALLEST
    if isinstance(room, int | float):
        return round(room * usual)
    if not isinstance(room, dict) or set(room) != {"expr"}:
        return room
    return {"expr": f"({PHONE} ? {narrow:g} : {usual:g}) * ({room['expr']})"}


def _at_least(size: Any, least: int) -> Any:
    """A font size, a number or an expression, of at least so many pixels. Other forms stay as they are."""
    if isinstance(size, int | float):
        return max(size, least)
    return {"expr": f"max({least}, {size['expr']})"} if isinstance(size, dict) and set(size) == {"expr"} else size
