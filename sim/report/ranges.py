"""The line below a control: what it takes, in which unit, where the lesson has it, and what its source says."""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape
from typing import Any

from sim.errors import InputError
from sim.exploring.catalogued import catalogued
from sim.loading import Control
from sim.quantity import LARGEST, parse, render
from sim.report.catalogtexts import sourced
from sim.report.style import Language, Style
from sim.report.texts import tr

_WIDE = 50
"""How many times the least the most is, from which on a line of bounds is drawn by its logarithm."""


@dataclass(frozen=True)
class SourceRange:
    """What the catalog says of a control's value.

    Attributes:
        low: The least that its sources allow, in SI units.
        high: The most.
        source: Where that is from. "" for what this project chose itself.
    """

    low: float
    high: float
    source: str


def source_ranges(parameters: Any, label: str) -> dict[str, SourceRange]:
    """What the catalog says of the parameters of a label, by the control's path."""
    found = {}
    for name, number in catalogued(parameters).items():
        low, high = (number.value if end is None else end for end in (number.low, number.high))
        found[f"{label}.{name}"] = SourceRange(low, high, "" if number.sources == ("definition",) else number.source)
    return found


def range_line(
    control: Control, value: str, style: Style, setting: str, source: SourceRange | None = None, fits: int | None = None
) -> str:
    """The bounds of a number with a tick where the lesson has it, as HTML. "" for what is no number.

    Args:
        value: What it is set to, in written form. One that cannot be read has no mark.
        setting: What the value that it starts with is called: "lesson" or "preset".
        source: What its source says.
        fits: The most that there is room for under what else is set. None where that is as much as it takes.
    """
    if control.kind not in ("number", "quantity"):
        return ""
    lang = style.language
    parts = [bounds(control, lang)]
    if control.default is not None:
        parts.append(tr(f"ui.range.{setting}", lang, value=_said(control.default, control)))
    if fits is not None and (control.maximum is None or fits < control.maximum):
        parts.append(tr("ui.range.fits", lang, most=fits))
    if source is not None:
        low, high = _said(source.low, control), _said(source.high, control)
        ends = low if low == high else f"{low}–{high}"
        named = f" ({sourced(source.source, lang)})" if source.source else ""
        parts.append(tr("ui.range.source", lang, range=ends) + named)
    words = (" · ").join(filter(None, parts))
    shown = _bar(control, value, style, source)
    text = f'<div style="font-size:.8125rem;line-height:1.35;color:{style.tokens.muted}">{escape(words)}</div>'
    return f'<div style="margin:-.6rem 0 .2rem">{shown}{text}</div>'


def bounds(control: Control, language: Language) -> str:
    """What a number may be, in words. "" where nothing bounds it."""
    low, high = control.minimum, _most(control)
    if low is not None and high is not None:
        return tr("ui.range.between", language, low=_said(low, control), high=_said(high, control))
    if low is not None:
        return tr("ui.range.least", language, low=_said(low, control))
    return "" if high is None else tr("ui.range.most", language, high=_said(high, control))


def place(value: float, low: float, high: float) -> float:
    """Where a value stands between two bounds, from 0 to 1: by its logarithm where they are far apart.

    >>> place(5, 0, 10), place(10, 1, 100)
    (0.5, 0.5)
    """
    if high <= low:
        return 0.0
    share = (value - low) / (high - low)
    if low > 0 and high / low > _WIDE and value > 0:
        share = math.log(value / low) / math.log(high / low)
    return min(1.0, max(0.0, share))


def _most(control: Control) -> float | None:
    """The most it takes. None where that is only the largest number that there is."""
    return None if control.maximum == LARGEST.get(control.unit) else control.maximum


def _said(value: float, control: Control) -> str:
    if control.unit and control.unit != "1":
        return render(value, control.unit)
    return f"{value:,.12g}"


def _bar(control: Control, value: str, style: Style, source: SourceRange | None) -> str:
    """The bounds as a line: the source's range as a band, a tick for what it starts with, a dot for what it is."""
    low, high, tokens = control.minimum, _most(control), style.tokens
    if low is None or high is None:
        return ""
    marks = [_mark(0, 1, "2px", "6px", tokens.line)]
    if source is not None:
        start, end = place(source.low, low, high), place(source.high, low, high)
        marks.append(_mark(start, max(end, start + 0.01), "6px", "4px", tokens.neutral))
    if control.default is not None:
        marks.append(_mark(place(control.default, low, high), None, "12px", "1px", tokens.ink))
    now = _read(control, value)
    if now is not None and low <= now <= high:
        at = place(now, low, high)
        marks.append(
            f'<i style="position:absolute;left:calc({100 * at:.2f}% - 4px);top:3px;width:8px;height:8px;'
            f'border-radius:50%;background:{tokens.accent}"></i>'
        )
    return f'<div aria-hidden="true" style="position:relative;height:14px;margin:0 4px">{"".join(marks)}</div>'


def _mark(start: float, end: float | None, height: str, top: str, colour: str) -> str:
    width = "2px" if end is None else f"{100 * (end - start):.2f}%"
    return (
        f'<i style="position:absolute;left:{100 * start:.2f}%;width:{width};top:{top};height:{height};'
        f'background:{colour}"></i>'
    )


def _read(control: Control, value: str) -> float | None:
    try:
        return parse(value, control.unit or "1")
    except InputError:
        return None
