"""The ladder of constraints: for each label how many instances every constraint allows, and the one that binds."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sim.outcome import Outcome
from sim.records.instances import ConstraintRecord
from sim.report.figures import parts
from sim.report.numbers import marked, written
from sim.report.sources import cited
from sim.report.style import Language, Spec, Style, chart, inline, text_width
from sim.report.texts import has, tr
from sim.report.words import LabelNames, label_names, spoken

_REACH = 2.5
"""The scale ends at so many times the largest number that fits. Longer rungs run off it, and say so."""
_ROWS = 16
"""More rows than these are cut to what is near: a label's last rung then says how many more there are."""
_HEIGHTS, _TALLEST, _LOWEST = (480, 720), 30, 24
"""Pixels of all rows, on a projector and on a page, and of one row at most and at least."""


_KIND = " · "
"""Between a label's name and its kind."""


def constraint_name(constraint: str, language: Language = "en") -> str:
    """The label of a constraint."""
    return tr(f"constraint.{constraint}", language) if has(f"constraint.{constraint}", language) else constraint


def rungs(outcome: Outcome, label: str) -> list[ConstraintRecord]:
    """A label's constraints, the tightest first, those that never bind last."""
    of_label = [record for record in outcome.of_type(ConstraintRecord) if record.of == label]
    return sorted(of_label, key=lambda r: (r.limit is None, r.limit or 0, not r.binds, r.constraint))


def binding(outcome: Outcome, label: str) -> ConstraintRecord | None:
    """The constraint that stops the next instance. None where nothing binds."""
    return next((record for record in rungs(outcome, label) if record.binds), None)


def fits(outcome: Outcome, label: str) -> int | None:
    """How many instances fit: what the binding constraint allows. None where nothing binds."""
    record = binding(outcome, label)
    return record.limit if record else None


def ladder(outcome: Outcome, style: Style, names: LabelNames, *, hidden: bool = False, tall: bool = True) -> Spec:
    """The ladders of all labels on one linear scale: what fits as a head line, below it a rung for each constraint.

    Lengths are linear. A rung longer than the scale ends in an arrow with its number.

    Args:
        hidden: The heads with "?" and the rungs empty, before the run is shown.
        tall: For a page. Else for a projector.
    """
    largest = max((fits(outcome, label) or 0 for label in outcome.labels), default=0)
    limits = [record.limit for label in outcome.labels for record in rungs(outcome, label) if record.limit is not None]
    cap = min(float(max(limits, default=1)), _REACH * (largest or max(limits, default=1))) or 1.0
    rows: list[dict[str, Any]] = []
    full = sum(1 + len(rungs(outcome, label)) for label in outcome.labels) <= _ROWS
    for label in outcome.labels:
        rows.append(_head(outcome, label, style, hidden))
        every = rungs(outcome, label)
        shown = every if full else _nearest(every, cap)
        if hidden:
            shown = sorted(shown, key=lambda record: record.constraint)
        following = next((record for record in every if not record.binds and record.limit is not None), None)
        rows += [_rung(record, cap, record is following, style, hidden) for record in shown]
        if len(shown) < len(every) and not hidden:
            rows[-1]["text"] += " · " + tr("figure.more", style.language, n=len(every) - len(shown))
    lane = _lane(rows, names, outcome, style)
    longest = max((row["end"] for row in rows), default=cap) or cap
    ends = parts.end_for(longest, [row["text"] for row in rows if row["end"] > cap / 2], style)
    scale = {"domainMin": 0, "domainMax": ends, "nice": False}
    axis: dict[str, Any] = {"values": [t for t in parts.ticks(cap) if t == int(t)], "format": ",d"}
    x = {"field": "zero", "type": "quantitative", "title": None, "scale": scale, "axis": axis, "stack": None}
    if hidden:
        x["axis"] = {"labels": False, "grid": False}
    layers = _bars([row for row in rows if not row["head"]], style, x)
    layers += _words(rows, style)
    step = style.px(max(_LOWEST, min(_TALLEST, _HEIGHTS[tall] / max(len(rows), 1))))
    return chart(style, height={"step": step}, encoding={"y": lane}, layer=layers)


def _nearest(every: Sequence[ConstraintRecord], cap: float) -> list[ConstraintRecord]:
    """The rungs on the scale, the one that binds and the next one, and the first that runs off the scale."""
    inside = [record for record in every if record.limit is not None and record.limit <= cap]
    outside = [record for record in every if record.limit is not None and record.limit > cap]
    return inside + outside[:1]


def _key(label: str, constraint: str = "") -> str:
    return f"{label}|{constraint}"


def _head(outcome: Outcome, label: str, style: Style, hidden: bool) -> dict[str, Any]:
    record, language = binding(outcome, label), style.language
    if hidden or record is None or record.limit is None:
        text = "?" if hidden else tr("figure.never", language)
    else:
        text = tr("figure.fit", language, n=f"{record.limit:,}") if record.limit else tr("figure.fit_none", language)
        text = marked(text, language) if record.estimate else text
    return {"lane": _key(label), "head": True, "zero": 0, "end": 0, "text": text, "style": "head"}


def _rung(record: ConstraintRecord, cap: float, following: bool, style: Style, hidden: bool) -> dict[str, Any]:
    language, limit = style.language, record.limit
    row = {"lane": _key(record.of, record.constraint), "head": False, "zero": 0, "end": 0.0, "estimate": False}
    row["what"] = constraint_name(record.constraint, language)
    if hidden:
        return row | {"text": "", "style": "hidden"}
    if limit is None:
        return row | {"text": tr("figure.never", language), "style": "never", "source": cited(record.source, language)}
    words = [f"→ {limit_text(record, language)}" if limit > cap else limit_text(record, language)]
    if record.binds or following:
        words.append(tr("figure.stops" if record.binds else "figure.next", language))
    return row | {
        "end": min(float(limit), cap * 1.02),
        "limit": limit,
        "text": " · ".join(words),
        "style": "binds" if record.binds else "other",
        "estimate": record.estimate,
        "demand": written(record.demand, record.unit, language, record.estimate),
        "capacity": written(record.capacity, record.unit, language),
        "source": cited(record.source, language),
    }


def limit_text(record: ConstraintRecord, language: Language, *, short: bool = False) -> str:
    """What a constraint allows, as a figure and its table write it.

    Args:
        short: An estimate as "≈" alone.
    """
    if record.limit is None:
        return tr("figure.never", language)
    return marked(f"{record.limit:,}", language, short=short) if record.estimate else f"{record.limit:,}"


def _lane(rows: Sequence[Mapping[str, Any]], names: LabelNames, outcome: Outcome, style: Style) -> dict[str, Any]:
    """One axis for heads and rungs: technologies in ink and bold, constraints muted."""
    said = {_key(label): name for label, name in spoken(names).items()}
    for record in outcome.of_type(ConstraintRecord):
        said[_key(record.of, record.constraint)] = constraint_name(record.constraint, style.language)
    usual, wide, narrow = (
        round(min(most, max(text_width(text, pixels) for text in said.values()) + 14))
        for pixels, most in ((style.px(15), style.px(280)), (style.px(19), style.px(340)), (13, 132))
    )
    extent = {"expr": f"containerSize()[0] < 420 ? {narrow} : containerSize()[0] > 1120 ? {wide} : {usual}"}
    is_head = "substring(datum.value, length(datum.value) - 1) === '|'"
    # On a phone a name and its kind stand on two lines.
    folded = {key: text.split(_KIND, 1) for key, text in said.items() if _KIND in text}
    phone = "containerSize()[0] < 420"
    texts, two = (json.dumps(each, ensure_ascii=False) for each in (said, {**said, **folded}))
    axis = {
        "labelExpr": f"({phone} ? {two} : {texts})[datum.value]",
        "labelLineHeight": 14,
        "labelOffset": {
            "condition": {
                "test": f"{phone} && indexof({json.dumps(list(folded), ensure_ascii=False)}, datum.value) >= 0",
                "value": -7,
            },
            "value": 0,
        },
        "minExtent": extent,
        "maxExtent": extent,
        "labelLimit": extent,
        "labelColor": {"condition": {"test": is_head, "value": style.tokens.ink}, "value": style.tokens.muted},
        "labelFontWeight": {"condition": {"test": is_head, "value": 700}, "value": 400},
        "grid": False,
    }
    return {"field": "lane", "type": "nominal", "sort": [row["lane"] for row in rows], "title": None, "axis": axis}


def _bars(rungs: Sequence[dict[str, Any]], style: Style, x: dict[str, Any]) -> list[parts.SpecLayer]:
    tokens = style.tokens
    titles = (
        ("what", "figure.col.constraint"),
        ("text", "figure.col.limit"),
        ("demand", "figure.col.demand"),
        ("capacity", "figure.col.capacity"),
        ("source", "figure.col.source"),
    )
    tooltip = [{"field": field, "title": tr(title, style.language)} for field, title in titles]
    track = {"type": "bar", "height": {"band": 0.62}, "color": tokens.track}
    layers: list[parts.SpecLayer] = [
        {"data": inline(rungs), "mark": track, "encoding": {"x": x, "x2": {"value": {"expr": "width"}}}}
    ]
    for row_style, colour in (("other", tokens.line), ("binds", tokens.attention)):
        for guess in (False, True):
            chosen = [row for row in rungs if row["style"] == row_style and row["estimate"] == guess]
            mark: dict[str, Any] = {"type": "bar", "height": {"band": 0.62}, "color": colour, "clip": True}
            if guess:
                stroke = tokens.muted if row_style == "other" else colour
                mark |= {"fillOpacity": parts.PALE, "stroke": stroke, "strokeDash": parts.DASH, "strokeWidth": 1.5}
            encoding = {"x": {"field": "zero", "type": "quantitative"}, "x2": {"field": "end"}, "tooltip": tooltip}
            if chosen:
                layers.append({"data": inline(chosen), "mark": mark, "encoding": encoding})
    return layers


def _words(rows: Sequence[dict[str, Any]], style: Style) -> list[parts.SpecLayer]:
    """The number that fits stands large. Each rung has its limit at its end, the binding one in attention."""
    red = style.tokens.attention_text if style.theme == "dark" else style.tokens.attention
    marks: tuple[tuple[str, int, dict[str, Any]], ...] = (
        ("head", 4, {"fontWeight": 700, "dx": 0}),
        ("binds", 0, {"fontWeight": 700, "color": red}),
        ("other", 0, {"color": style.tokens.ink}),
        ("never", 0, {"color": style.tokens.muted}),
    )
    layers = []
    for row_style, plus, mark in marks:
        chosen = [row for row in rows if row["style"] == row_style]
        if chosen:
            layers.append(parts.text_layer(chosen, style, "end", "text", plus=plus, **mark))
    return layers


def ladder_table(outcome: Outcome, language: Language = "en") -> list[dict[str, str]]:
    """One row a label and constraint: limit, whether it binds, what one more takes, what there is, source."""
    names, table = label_names(outcome, language), []
    for label in outcome.labels:
        for record in rungs(outcome, label):
            never = record.limit is None
            cells = {
                "label": str(names[label]),
                "constraint": constraint_name(record.constraint, language),
                "limit": limit_text(record, language),
                "binds": tr("figure.yes" if record.binds else "figure.no", language),
                "demand": "–" if never else written(record.demand, record.unit, language, record.estimate),
                "capacity": "–" if never else written(record.capacity, record.unit, language),
                "source": cited(record.source, language),
            }
            table.append({tr(f"figure.col.{column}", language): cell for column, cell in cells.items()})
    return table


def ladder_alt(outcome: Outcome, language: Language = "en") -> str:
    """How many fit and what stops the next, in a sentence."""
    names, said = spoken(label_names(outcome, language)), []
    for label in outcome.labels:
        record = binding(outcome, label)
        if record and record.limit is not None:
            stop = constraint_name(record.constraint, language)
            count = marked(f"{record.limit:,}", language, short=True) if record.estimate else f"{record.limit:,}"
            said.append(tr("figure.ladder_alt", language, name=names[label], n=count, constraint=stop))
    return ("。" if language == "ja" else "; ").join(said) + ("。" if language == "ja" else ".")
